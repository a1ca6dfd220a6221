//! The world: hosts, links, disks and clocks, and the one place where time moves.

mod effects;
mod faults;
mod inputs;
mod lives;
mod record;
mod turn;

use std::collections::VecDeque;

use squall_fault::{Conditions, Hits, Kind, Luck};
use squall_process::{
    Context, DiskError, Effect, Input, Instant, OpId, Process, ProcessId, Randomness, RecordNumber,
};
use squall_trace::{Event, EventKind, Observer};

use self::inputs::Envelope;
use crate::agenda::Agenda;
use crate::blueprint::Blueprint;
use crate::choices::{Choices, Draws};
use crate::host::{Host, Mode};
use crate::network::Network;
use crate::timeline::Timeline;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(crate) enum Due<P: Process> {
    /// A message arrives. If it waited at its host before, `there` says for which incarnation.
    Message { from: u32, to: u32, number: u32, incarnation: u32, there: u32, message: P::Message },
    /// A timer may be due.
    Timer { host: u32, token: u32 },
    /// The disk has done with a sync, or given up on it.
    Sync { host: u32, incarnation: u32, through: RecordNumber, fails: bool },
    /// The process is told how a sync ended.
    SyncEnded { host: u32, incarnation: u32, through: RecordNumber, failed: bool },
    /// The process is told that a write was refused.
    WriteFailed { host: u32, incarnation: u32, number: RecordNumber, error: DiskError },
    /// Somebody asks the process for something.
    Asked { host: u32, id: OpId, op: P::Op },
    /// A busy process has time for the next thing that waits for it.
    Next { host: u32, incarnation: u32 },
    /// A supervisor starts a process that stopped itself.
    Restart { host: u32, incarnation: u32 },
}

/// The simulated universe.
///
/// The life of a world is: [`reset`](Self::reset); [`fix`](Self::fix) what luck is fixed;
/// [`start`](Self::start); then [`step`](Self::step) and [`act`](Self::act) in turn. It is generic
/// over what lives in it and over who watches, so nothing is boxed, and nothing is rendered unless
/// somebody reads. It can be reset and used again without giving back memory, and it can be cloned
/// at any moment if the processes can.
#[derive(Clone, Debug)]
pub struct World<P: Process, B> {
    pub(crate) blueprint: Option<B>,
    pub(crate) time: Timeline,
    pub(crate) hosts: Vec<Host<P>>,
    /// How often each process was started before: beside the hosts, for whoever gets a message.
    pub(crate) incarnations: Vec<u32>,
    pub(crate) servers: u32,
    pub(crate) agenda: Agenda<Due<P>>,
    /// What happens at once, before anything on the agenda.
    pub(crate) ready: VecDeque<Due<P>>,
    pub(crate) network: Network,
    /// Messages on clogged links, in the order in which they were sent.
    pub(crate) held: Vec<Due<P>>,
    pub(crate) choices: Choices,
    pub(crate) conditions: Conditions,
    pub(crate) hits: Hits,
    pub(crate) effects: Vec<Effect<P>>,
    /// Who last claimed each role.
    pub(crate) roles: Vec<(&'static str, u32)>,
    /// Clogs that were not released yet, the oldest first.
    pub(crate) clogs: Vec<crate::Links>,
    pub(crate) asked: u64,
    pub(crate) asked_at: [Instant; 2],
    pub(crate) syncs_held: Vec<Due<P>>,
    /// When the last of what faults and luck put off so far comes to its end.
    pub(crate) settled_at: Instant,
}

/// What one call of [`World::step`] came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// Something happened.
    Something,
    /// Nothing was due before the given time, and it is now that time.
    Nothing,
}

impl<P: Process, B: Blueprint<P>> Default for World<P, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// A world without anybody in it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            blueprint: None,
            time: Timeline { now: Instant::ZERO, events: 0, steps: 0 },
            hosts: Vec::new(),
            incarnations: Vec::new(),
            servers: 0,
            agenda: Agenda::new(),
            ready: VecDeque::new(),
            network: Network::default(),
            held: Vec::new(),
            choices: Choices::new(),
            conditions: Conditions::default(),
            hits: Hits::none(),
            effects: Vec::new(),
            roles: Vec::new(),
            clogs: Vec::new(),
            asked: 0,
            asked_at: [Instant::ZERO; 2],
            syncs_held: Vec::new(),
            settled_at: Instant::ZERO,
        }
    }

    /// Makes it a new world of `servers` and `clients` made by `blueprint`, with the luck of
    /// `seed`.
    pub fn reset(
        &mut self,
        seed: u64,
        (servers, clients): (u32, u32),
        blueprint: B,
        conditions: &Conditions,
    ) {
        self.blueprint = Some(blueprint);
        self.time = Timeline { now: Instant::ZERO, events: 0, steps: 0 };
        self.servers = servers;
        let ids = (1..=servers).map(ProcessId::server).chain((1..=clients).map(ProcessId::client));
        self.hosts.truncate((servers + clients) as usize);
        for (place, id) in ids.enumerate() {
            match self.hosts.get_mut(place) {
                Some(host) => host.reset(id),
                None => self.hosts.push(Host::new(id)),
            }
        }
        self.agenda.clear();
        self.ready.clear();
        self.held.clear();
        self.choices.reset(seed);
        self.network.reset(conditions);
        self.incarnations.clear();
        self.incarnations.resize(self.hosts.len(), 0);
        self.conditions = *conditions;
        self.hits = Hits::none();
        self.effects.clear();
        self.roles.clear();
        self.clogs.clear();
        self.asked = 0;
        self.asked_at = [Instant::ZERO; 2];
        self.syncs_held.clear();
        self.settled_at = Instant::ZERO;
    }

    /// Fixes one draw, before the start.
    pub fn fix(&mut self, luck: Luck) {
        self.choices.fix(luck);
    }

    /// Boots every process, servers first.
    pub fn start<O: Observer<P>>(&mut self, watch: &mut O) {
        if self.hosts.len() > 1 {
            self.hits.hit(Kind::C6);
        }
        for host in 0..self.hosts.len() {
            self.boot(host, watch);
        }
    }

    /// The clock of the world.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.time.now
    }

    /// How many inputs were handed to processes.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.time.steps
    }

    /// How many events there were.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.time.events
    }

    /// How often each kind of fault fired.
    #[must_use]
    pub fn hits(&self) -> &Hits {
        &self.hits
    }

    /// The fixed draws that did not come up.
    pub fn unused_luck(&mut self) -> Vec<Luck> {
        self.choices.fixed().unused().collect()
    }

    /// Whether something is due before `before`.
    #[must_use]
    pub fn is_due(&self, before: Instant) -> bool {
        !self.ready.is_empty() || self.agenda.next_at().is_some_and(|at| at < before)
    }

    /// When the last sync that took its time and the last timer that was late came to their ends,
    /// or will: `calm` does not call back what is under way, and until then nobody can be blamed.
    #[must_use]
    pub fn settled_at(&self) -> Instant {
        self.settled_at
    }

    /// Whether nothing is left to happen, unless somebody acts.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.ready.is_empty() && self.agenda.next_at().is_none()
    }

    /// The process of `id`, unless it is down or does not exist.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> Option<&P> {
        self.hosts.iter().find(|host| host.id == id)?.process.as_ref()
    }

    /// Lets the next thing happen that is due before `before`: moves the clock there, hands one
    /// input to one process, and carries out its effects. If nothing is due, it is `before`
    /// now. The only place where time moves.
    #[inline]
    pub fn step<O: Observer<P>>(&mut self, before: Instant, watch: &mut O) -> Stepped {
        let due = if let Some(due) = self.ready.pop_front() {
            due
        } else if let Some((at, due)) = self.agenda.pop_before(before) {
            self.time.now = at;
            due
        } else {
            self.time.now = self.time.now.max(before);
            return Stepped::Nothing;
        };
        self.happen(due, watch);
        Stepped::Something
    }

    #[inline]
    fn happen<O: Observer<P>>(&mut self, due: Due<P>, watch: &mut O) {
        match due {
            Due::Message { from, to, number, incarnation, there, message } => {
                let envelope = Envelope { from, to, number, incarnation, there };
                self.arrive(envelope, message, watch);
            }
            Due::Timer { host, token } => self.ring(host as usize, token, watch),
            Due::Sync { host, incarnation, through, fails } => {
                self.sync_ends(host as usize, (incarnation, through, fails), due, watch);
            }
            Due::SyncEnded { host, incarnation, .. }
            | Due::WriteFailed { host, incarnation, .. } => {
                if self.hosts[host as usize].incarnation == incarnation {
                    self.tell_host(host as usize, due, watch);
                }
            }
            Due::Asked { host, .. } => self.tell_host(host as usize, due, watch),
            Due::Next { host, incarnation } => {
                self.next_waiting(host as usize, incarnation, watch);
            }
            Due::Restart { host, incarnation } => {
                let place = host as usize;
                if self.hosts[place].mode == Mode::Down
                    && self.hosts[place].incarnation == incarnation
                    && self.hosts[place].supervised
                    && !self.hosts[place].condemned
                {
                    self.boot(place, watch);
                }
            }
        }
    }

    /// Hands one input to one process and carries out its effects.
    #[inline]
    pub(crate) fn give<O: Observer<P>>(&mut self, place: usize, input: Input<P>, watch: &mut O) {
        self.time.steps += 1;
        let now = self.time.now;
        let host = &mut self.hosts[place];
        host.steps += 1;
        if !host.lag.is_zero() {
            host.busy_until = now + host.lag;
        }
        let local = host.clock.monotonic(now);
        let times = (local, host.clock.wall_at(local));
        let Some(process) = &mut host.process else {
            return;
        };
        let moment = (now, self.time.events);
        let mut randomness = HostRandomness {
            choices: &mut self.choices,
            id: host.id,
            luck: &mut host.luck,
            moment,
        };
        let mut context =
            Context::new(host.id, times, &mut randomness, &mut host.record_next, &mut self.effects);
        process.step(input, &mut context);
        let state = EventKind::Stepped { process: host.id, state: process };
        watch.event(&Event { number: self.time.events, at: now, what: state });
        self.carry_out(place, watch);
    }
}

/// The chance that a process is given: its own draws, one after the other.
struct HostRandomness<'a> {
    choices: &'a mut Choices,
    id: ProcessId,
    luck: &'a mut (u32, Draws),
    /// When, and after how many events.
    moment: (Instant, u64),
}

impl Randomness for HostRandomness<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        let (drawn, draws) = self.luck;
        *drawn += 1;
        let number = *drawn;
        let value = self.choices.random_below(draws, (self.id, number - 1), bound.max(1));
        if self.choices.is_recording() {
            self.choices.note(self.moment, Luck::Random { process: self.id, number, value });
        }
        value
    }
}
