//! stateright 0.31.0: a random walk over its actor model.
//!
//! It has no clock, no delays and no odds: in each state it lists all that can happen, and a
//! checker picks. The walk here picks as its simulation checker does, but keeps no fingerprints and
//! no path, which that one spends most of its time on, and states hold no history. Delay becomes
//! order: any message in flight may be next. Loss: the message picked is dropped with the
//! workload's odds. Timers, which all outlast a round trip, fire when nothing is in flight. A
//! process' local clock shows 1 ms more at each of its steps. The network is unordered and repeats
//! nothing; a message is compared and hashed by its number alone, and not by its content.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Debug};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use peers_workloads::{Action, Luck, Meter, Runner, Seat, Surroundings, Workload, ids, measure};
use squall_process::{Driver, Input, Instant, Process, ProcessId, Randomness, Span};
use stateright::Model;
use stateright::actor::{
    Actor, ActorModel, ActorModelAction, ActorModelState, Envelope, Id, Network, Out,
};

fn main() -> ExitCode {
    measure::main::<Stateright>()
}

struct Stateright;

impl Runner for Stateright {
    const NAME: &'static str = "stateright";
    const HAS_CLOCK: bool = false;

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        for seed in seeds {
            meter.open(seed);
            walk(workload, seed, meter);
        }
    }
}

fn walk<W: Workload>(workload: &W, seed: u64, meter: &Arc<Meter>) {
    let hosts = ids(workload.processes()).map(|id| Host {
        id,
        workload: workload.clone(),
        seed,
        meter: meter.clone(),
    });
    let model = ActorModel::<Host<W>>::new((), ())
        .actors(hosts)
        .init_network(Network::new_unordered_nonduplicating([]));
    let mut state = model.init_states().remove(0);
    let mut luck = Luck::new(seed, 0);
    let loss_percent = u64::from(workload.network().loss_percent);
    let mut actions = Vec::new();
    meter.begin();
    while !meter.done() {
        model.actions(&state, &mut actions);
        let action = pick(&mut actions, loss_percent, &mut luck);
        actions.clear();
        state = next_state(&model, &state, action);
    }
    meter.close();
}

fn next_state<W: Workload>(
    model: &ActorModel<Host<W>>,
    state: &ActorModelState<Host<W>>,
    action: HostAction<W>,
) -> ActorModelState<Host<W>> {
    let next = model.next_state(state, action);
    next.expect("each step makes a new state of its actor")
}

type HostAction<W> = ActorModelAction<Parcel<W>, Name<W>, ()>;

/// One of the messages in flight, or if there is none, one of the timers. Deliveries are listed
/// before timeouts.
fn pick<W: Workload>(
    actions: &mut Vec<HostAction<W>>,
    loss_percent: u64,
    luck: &mut Luck,
) -> HostAction<W> {
    let is_delivery = |action: &HostAction<W>| matches!(action, ActorModelAction::Deliver { .. });
    let deliveries = actions.partition_point(is_delivery);
    let choices = if deliveries > 0 { deliveries } else { actions.len() };
    assert!(choices > 0, "nothing can happen, and the goal not reached");
    let choice = usize::try_from(luck.below(choices as u64)).expect("no larger than a length");
    match actions.swap_remove(choice) {
        ActorModelAction::Deliver { src, dst, msg } if luck.below(100) < loss_percent => {
            ActorModelAction::Drop(Envelope { src, dst, msg })
        }
        action => action,
    }
}

/// One process, as an actor.
struct Host<W: Workload> {
    id: ProcessId,
    workload: W,
    seed: u64,
    meter: Arc<Meter>,
}

/// The state of an actor. The walk never compares states.
#[derive(Clone, Debug)]
struct HostState<W: Workload> {
    seat: Seat<W>,
    luck: Luck,
    now: Instant,
    sent: u64,
}

impl<W: Workload> Host<W> {
    /// Boots the process, or hands it `input`.
    fn step(
        &self,
        state: &mut HostState<W>,
        input: Option<Input<W::Process>>,
        out: &mut Out<Self>,
    ) {
        let mut driver = Driver::new();
        state.now += Span::from_millis(1);
        let mut surroundings = Surroundings {
            now: state.now,
            randomness: &mut state.luck,
            meter: &self.meter,
            driver: &mut driver,
        };
        let sent = &mut state.sent;
        let carry_out = |action| match action {
            Action::Send { to, message } => {
                *sent += 1;
                let number = *sent;
                out.send(actor(to), Parcel { number, message });
            }
            Action::SetTimer { timer, .. } => out.set_timer(Name(timer), NO_TIME),
            Action::CancelTimer { timer } => out.cancel_timer(Name(timer)),
        };
        match input {
            None => state.seat.boot(&self.workload, &mut surroundings, carry_out),
            Some(input) => state.seat.step(input, &mut surroundings, carry_out),
        }
    }
}

/// Models take no notice of how long a timer runs.
const NO_TIME: Range<Duration> = Duration::ZERO..Duration::ZERO;

impl<W: Workload> Actor for Host<W> {
    type Msg = Parcel<W>;
    type Timer = Name<W>;
    type State = HostState<W>;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> HostState<W> {
        let mut state = HostState {
            seat: Seat::new(&self.workload, self.seed, self.id),
            luck: Luck::new(self.seed, u64::from(self.id.number())),
            now: Instant::ZERO,
            sent: 0,
        };
        self.step(&mut state, None, out);
        state
    }

    fn on_msg(
        &self,
        _id: Id,
        state: &mut Cow<'_, HostState<W>>,
        from: Id,
        parcel: Parcel<W>,
        out: &mut Out<Self>,
    ) {
        let number = u32::try_from(usize::from(from)).expect("a process number fits");
        let input = Input::Message { from: ProcessId::server(number + 1), message: parcel.message };
        self.step(state.to_mut(), Some(input), out);
    }

    fn on_timeout(
        &self,
        _id: Id,
        state: &mut Cow<'_, HostState<W>>,
        name: &Name<W>,
        out: &mut Out<Self>,
    ) {
        self.step(state.to_mut(), Some(Input::Timer(name.0)), out);
    }
}

fn actor(id: ProcessId) -> Id {
    Id::from(id.number() as usize - 1)
}

/// A message and its number among those of its sender.
struct Parcel<W: Workload> {
    number: u64,
    message: <W::Process as Process>::Message,
}

/// The name of a timer.
struct Name<W: Workload>(<W::Process as Process>::Timer);

impl<W: Workload> Clone for Parcel<W> {
    fn clone(&self) -> Self {
        Self { number: self.number, message: self.message.clone() }
    }
}

impl<W: Workload> Debug for Parcel<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.message)
    }
}

impl<W: Workload> PartialEq for Parcel<W> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<W: Workload> Eq for Parcel<W> {}

impl<W: Workload> PartialOrd for Parcel<W> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<W: Workload> Ord for Parcel<W> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl<W: Workload> Hash for Parcel<W> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.number.hash(hasher);
    }
}

impl<W: Workload> Clone for Name<W> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<W: Workload> Debug for Name<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<W: Workload> PartialEq for Name<W> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<W: Workload> Eq for Name<W> {}

impl<W: Workload> Hash for Name<W> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

impl<W: Workload> PartialOrd for Name<W> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Timers have no order of their own; the model wants some order, the same every time.
impl<W: Workload> Ord for Name<W> {
    fn cmp(&self, other: &Self) -> Ordering {
        let digest = |name: &Self| {
            let mut hasher = DefaultHasher::new();
            name.0.hash(&mut hasher);
            hasher.finish()
        };
        digest(self).cmp(&digest(other))
    }
}

impl<W: Workload> PartialEq for HostState<W> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl<W: Workload> Hash for HostState<W> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.sent.hash(hasher);
    }
}
