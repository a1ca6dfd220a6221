//! anysystem 0.3.0.
//!
//! One system a world, one node with one process for each process. Messages are text there: the
//! text is the ticket of a message, so nothing is encoded beyond a small number. Processes boot on
//! a local message. Delay, loss and chance are anysystem's own. Its logger has no sink, but it
//! keeps every event, as do its processes, and that cannot be switched off; so memory grows with
//! deliveries.

use std::cell::RefCell;
use std::ops::Range;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use anysystem::{Context, Message, System};
use peers_workloads::{Action, Depot, Meter, Runner, Seat, Surroundings, Workload, ids, measure};
use squall_process::{Driver, Input, Instant, Process, ProcessId, Randomness, Span};

fn main() -> ExitCode {
    measure::main::<Anysystem>()
}

struct Anysystem;

impl Runner for Anysystem {
    const NAME: &'static str = "anysystem";

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        for seed in seeds {
            meter.open(seed);
            let mut system = build(workload, seed, meter);
            for id in ids(workload.processes()) {
                system.send_local_message(&id.to_string(), Message::new("boot", ""));
            }
            meter.begin();
            while !meter.done() {
                assert!(system.step(), "nothing is due, and the goal not reached");
            }
            meter.close();
        }
    }
}

fn build<W: Workload>(workload: &W, seed: u64, meter: &Arc<Meter>) -> System {
    let network = workload.network();
    let mut system = System::new(seed);
    system.network().set_delays(seconds(network.delay_min), seconds(network.delay_max));
    system.network().set_drop_rate(f64::from(network.loss_percent) / 100.0);
    let depot = Rc::new(RefCell::new(Depot::default()));
    for id in ids(workload.processes()) {
        let name = id.to_string();
        let host = Host {
            workload: workload.clone(),
            seat: Seat::new(workload, seed, id),
            meter: meter.clone(),
            depot: depot.clone(),
            timers: Vec::new(),
            driver: Driver::new(),
        };
        system.add_node(&name);
        system.add_process(&name, Box::new(host), &name);
    }
    system
}

/// One process.
#[derive(Clone)]
struct Host<W: Workload> {
    workload: W,
    seat: Seat<W>,
    meter: Arc<Meter>,
    depot: Rc<RefCell<Depot<<W::Process as Process>::Message>>>,
    /// The names of all timers that were ever set.
    timers: Vec<(String, <W::Process as Process>::Timer)>,
    driver: Driver<W::Process>,
}

impl<W: Workload> Host<W> {
    /// Boots the process, or hands it `input`.
    fn step(&mut self, input: Option<Input<W::Process>>, context: &mut Context) {
        let now = Instant::from_nanos((context.time() * 1e9) as u64);
        let mut actions = Vec::new();
        let mut surroundings = Surroundings {
            now,
            randomness: &mut Chance(context),
            meter: &self.meter,
            driver: &mut self.driver,
        };
        let carry_out = |action| actions.push(action);
        match input {
            None => self.seat.boot(&self.workload, &mut surroundings, carry_out),
            Some(input) => self.seat.step(input, &mut surroundings, carry_out),
        }
        for action in actions {
            match action {
                Action::Send { to, message } => {
                    let ticket = self.depot.borrow_mut().leave(message);
                    let message = Message::new(String::new(), ticket.to_string());
                    context.send(message, to.to_string());
                }
                Action::SetTimer { timer, after } => {
                    context.set_timer(self.timer_name(timer), seconds(after));
                }
                Action::CancelTimer { timer } => context.cancel_timer(self.timer_name(timer)),
            }
        }
    }

    fn timer_name(&mut self, timer: <W::Process as Process>::Timer) -> &str {
        let known = self.timers.iter().position(|(_, known)| *known == timer);
        let position = known.unwrap_or_else(|| {
            self.timers.push((timer.to_string(), timer));
            self.timers.len() - 1
        });
        &self.timers[position].0
    }
}

impl<W: Workload> anysystem::Process for Host<W> {
    fn on_message(
        &mut self,
        message: Message,
        from: String,
        context: &mut Context,
    ) -> Result<(), String> {
        let ticket = message.data.parse().map_err(|_| "not a ticket")?;
        let from: ProcessId = from.parse().map_err(|_| "not a process")?;
        let message = self.depot.borrow_mut().collect(ticket);
        self.step(Some(Input::Message { from, message }), context);
        Ok(())
    }

    fn on_local_message(&mut self, _message: Message, context: &mut Context) -> Result<(), String> {
        self.step(None, context);
        Ok(())
    }

    fn on_timer(&mut self, name: String, context: &mut Context) -> Result<(), String> {
        let known = self.timers.iter().find(|(known, _)| *known == name);
        let (_, timer) = known.ok_or("a timer that was never set")?;
        self.step(Some(Input::Timer(*timer)), context);
        Ok(())
    }
}

struct Chance<'a>(&'a mut Context);

impl Randomness for Chance<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        ((self.0.rand() * bound as f64) as u64).min(bound - 1)
    }
}

fn seconds(span: Span) -> f64 {
    span.as_nanos() as f64 / 1e9
}
