//! Squall itself, with everything on that a sweep needs: keyed luck, the digest, judges, the fault
//! plan (an empty one, consulted all the same), hit counts.
//!
//! W3 is a script run by the script runner: the system `synod` with all its judges, a new script
//! and a new world for each seed, in the memory of the one before. The others are worlds of the
//! workload's processes, with the judges that fit every system.

use std::any::Any;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;

use peers_workloads::{Meter, Network, Runner, Synod, Workload, measure};
use squall_judge::{Answered, AnsweredOnce, Marks, Panel, Seen};
use squall_paxos::{Claim, Op, Participant, Value};
use squall_process::{Instant, Process, ProcessId};
use squall_script::{Line, Operation, Script};
use squall_trace::{Digest, Event, EventKind, Observer};
use squall_world::{Action, Blueprint, Chance, Conditions, Delay, SpanRange, Stepped, World};

fn main() -> ExitCode {
    measure::main::<Squall>()
}

struct Squall;

impl Runner for Squall {
    const NAME: &'static str = "squall";

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        if (workload as &dyn Any).is::<Synod>() {
            run_synod(workload.network(), seeds, meter);
        } else {
            run_worlds(workload, seeds, meter);
        }
    }
}

fn conditions(network: Network) -> Conditions {
    let delay = SpanRange::new(network.delay_min, network.delay_max).expect("a range of delays");
    Conditions {
        delay: Delay::Uniform(delay),
        loss: Chance::from_percent(network.loss_percent),
        ..Conditions::default()
    }
}

/// W3, as users run it: a script, judged by all rules of the system.
fn run_synod(network: Network, seeds: Range<u64>, meter: &Arc<Meter>) {
    let system = squall_sims::synod::Synod;
    let mut runner = squall_script::Runner::new(&system);
    let mut script: Script = Script::new("synod", 0, 5, 0);
    script.conditions = conditions(network);
    for number in 1..=2 {
        let op: Op<Value> = format!("propose {number}").parse().expect("an operation");
        let action = Action::Ask { process: ProcessId::server(number), op: Operation::new(op) };
        script.lines.push(Line { at: Instant::ZERO, action });
    }
    for seed in seeds {
        meter.open(seed);
        script.seed = seed;
        let report = runner.run(&script, Counter { meter }).expect("five servers can agree");
        assert!(report.broken().is_none(), "seed {seed}: {:?}", report.broken());
        meter.close();
    }
}

/// Tells the meter what happens.
struct Counter<'a> {
    meter: &'a Meter,
}

impl Observer<Participant<Value>> for Counter<'_> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "where an event is made, its kind is known")]
    fn event(&mut self, event: &Event<'_, Participant<Value>>) {
        match &event.what {
            EventKind::Sent { .. } => self.meter.sent(),
            EventKind::Arrived { .. } => {
                self.meter.at(event.at);
                self.meter.delivered();
            }
            EventKind::Claimed { process, claim: Claim::Learned { value } } => {
                let value = value.as_str().parse().expect("a number was proposed");
                self.meter.learned(*process, value);
            }
            _ => {}
        }
    }
}

/// Everything else: a world of the workload's processes.
fn run_worlds<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
    let conditions = conditions(workload.network());
    let mut world = World::new();
    for seed in seeds {
        meter.open(seed);
        let blueprint = Built { workload, seed };
        world.reset(seed, workload.processes(), 0, blueprint, &conditions);
        let mut court = Court {
            digest: Digest::new(),
            panel: (AnsweredOnce::new(), Answered::new()),
            marks: Marks::default(),
            meter,
        };
        world.start(&mut court);
        meter.begin();
        while !meter.done() {
            let stepped = world.step(Instant::MAX, &mut court);
            assert_eq!(stepped, Stepped::Something, "nothing is due, and the goal not reached");
        }
        meter.at(world.now());
        meter.close();
    }
}

struct Built<'a, W> {
    workload: &'a W,
    seed: u64,
}

impl<W: Workload> Blueprint<W::Process> for Built<'_, W> {
    fn build(&self, id: ProcessId) -> W::Process {
        self.workload.process(self.seed, id)
    }
}

/// The digest, the judges that fit every system, and the meter.
struct Court<'a> {
    digest: Digest,
    panel: (AnsweredOnce, Answered),
    marks: Marks,
    meter: &'a Meter,
}

impl<P: Process> Observer<P> for Court<'_> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "where an event is made, its kind is known")]
    fn event(&mut self, event: &Event<'_, P>) {
        self.digest.event(event);
        match &event.what {
            EventKind::Sent { .. } => self.meter.sent(),
            EventKind::Arrived { .. } => self.meter.delivered(),
            _ => {}
        }
        if let Some(seen) = Seen::of(event) {
            self.panel.see(&seen, &mut self.marks).expect("nothing is asked, so nothing is broken");
        }
    }
}
