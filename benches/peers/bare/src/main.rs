//! The bare loop: the cost of the workloads without a simulator around them.
//!
//! One binary heap of 16-byte keys, a slab of payloads, delays and losses drawn from one ChaCha8
//! stream, process code called without indirection. No faults, no trace, no judges, no keyed luck,
//! no checks. It is of no use for testing a protocol: it is the limit that the other simulators are
//! compared with.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;

use peers_workloads::{Action, Meter, Network, Runner, Seat, Surroundings, Workload, ids, measure};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use squall_process::{Driver, Input, Instant, Process, ProcessId, Randomness};

fn main() -> ExitCode {
    measure::main::<Bare>()
}

struct Bare;

impl Runner for Bare {
    const NAME: &'static str = "bare";

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        let mut world = World::new(workload);
        for seed in seeds {
            meter.open(seed);
            world.run(seed, meter);
            meter.close();
        }
    }
}

/// A stream of chance.
struct Chance(ChaCha8Rng);

impl Chance {
    fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }
}

impl Randomness for Chance {
    #[inline]
    fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of 128 bits has 64")
    }
}

/// What is due.
enum Due<P: Process> {
    Message {
        from: ProcessId,
        to: ProcessId,
        message: P::Message,
    },
    Timer {
        owner: ProcessId,
        timer: P::Timer,
    },
    /// A timer that was cancelled or replaced, still on the heap.
    Nothing,
}

struct World<'a, W: Workload> {
    workload: &'a W,
    seats: Vec<Seat<W>>,
    agenda: Agenda<W::Process>,
    driver: Driver<W::Process>,
}

impl<'a, W: Workload> World<'a, W> {
    fn new(workload: &'a W) -> Self {
        Self {
            workload,
            seats: Vec::new(),
            agenda: Agenda::new(workload.network(), workload.processes()),
            driver: Driver::new(),
        }
    }

    fn run(&mut self, seed: u64, meter: &Meter) {
        let mut luck = Chance::new(seed, 1);
        self.agenda.clear(seed);
        self.seats.clear();
        for id in ids(self.workload.processes()) {
            let mut seat = Seat::new(self.workload, seed, id);
            let mut surroundings = Surroundings {
                now: Instant::ZERO,
                randomness: &mut luck,
                meter,
                driver: &mut self.driver,
            };
            let agenda = &mut self.agenda;
            seat.boot(self.workload, &mut surroundings, |action| {
                agenda.carry_out(id, action);
            });
            self.seats.push(seat);
        }
        meter.begin();
        while !meter.done() {
            let (to, input) = self.agenda.next();
            let mut surroundings = Surroundings {
                now: self.agenda.now,
                randomness: &mut luck,
                meter,
                driver: &mut self.driver,
            };
            let agenda = &mut self.agenda;
            self.seats[index(to)].step(input, &mut surroundings, |action| {
                agenda.carry_out(to, action);
            });
        }
    }
}

/// What happens next, and the network that decides about it.
struct Agenda<P: Process> {
    now: Instant,
    network: Network,
    chance: Chance,
    /// The time in the upper half, the place in `dues` in the lower.
    keys: BinaryHeap<Reverse<u128>>,
    dues: Vec<Due<P>>,
    vacant: Vec<u32>,
    /// For each process, the places of its timers.
    timers: Vec<Vec<(P::Timer, u32)>>,
}

impl<P: Process> Agenda<P> {
    fn new(network: Network, processes: u32) -> Self {
        Self {
            now: Instant::ZERO,
            network,
            chance: Chance::new(0, 0),
            keys: BinaryHeap::new(),
            dues: Vec::new(),
            vacant: Vec::new(),
            timers: ids(processes).map(|_| Vec::new()).collect(),
        }
    }

    fn clear(&mut self, seed: u64) {
        self.now = Instant::ZERO;
        self.chance = Chance::new(seed, 0);
        self.keys.clear();
        self.dues.clear();
        self.vacant.clear();
        self.timers.iter_mut().for_each(Vec::clear);
    }

    /// Moves the clock to what is due next. Panics if nothing is: no workload comes to rest before
    /// its goal.
    #[inline]
    fn next(&mut self) -> (ProcessId, Input<P>) {
        loop {
            let Reverse(key) = self.keys.pop().expect("nothing is due, and the goal not reached");
            let place = (key & u128::from(u32::MAX)) as u32;
            self.now = Instant::from_nanos((key >> 64) as u64);
            self.vacant.push(place);
            match std::mem::replace(&mut self.dues[place as usize], Due::Nothing) {
                Due::Message { from, to, message } => {
                    return (to, Input::Message { from, message });
                }
                Due::Timer { owner, timer } => {
                    self.timers[index(owner)].retain(|(set, _)| *set != timer);
                    return (owner, Input::Timer(timer));
                }
                Due::Nothing => {}
            }
        }
    }

    #[inline]
    fn carry_out(&mut self, owner: ProcessId, action: Action<P>) {
        match action {
            Action::Send { to, message } => {
                let loss_percent = u64::from(self.network.loss_percent);
                if loss_percent > 0 && self.chance.below(100) < loss_percent {
                    return;
                }
                let (low, high) = (self.network.delay_min, self.network.delay_max);
                let width = (high - low).as_nanos() + 1;
                let delay = low.as_nanos() + self.chance.below(width);
                let from = owner;
                self.plan(delay, Due::Message { from, to, message });
            }
            Action::SetTimer { timer, after } => {
                self.cancel(owner, timer);
                let place = self.plan(after.as_nanos(), Due::Timer { owner, timer });
                self.timers[index(owner)].push((timer, place));
            }
            Action::CancelTimer { timer } => self.cancel(owner, timer),
        }
    }

    #[inline]
    fn plan(&mut self, after_nanos: u64, due: Due<P>) -> u32 {
        let place = match self.vacant.pop() {
            Some(place) => {
                self.dues[place as usize] = due;
                place
            }
            None => {
                self.dues.push(due);
                u32::try_from(self.dues.len() - 1).expect("fewer than 2^32 are due")
            }
        };
        let time = self.now.as_nanos() + after_nanos;
        let key = (u128::from(time) << 64) | u128::from(place);
        self.keys.push(Reverse(key));
        place
    }

    /// Leaves the key on the heap and empties its place.
    fn cancel(&mut self, owner: ProcessId, timer: P::Timer) {
        let timers = &mut self.timers[index(owner)];
        if let Some(position) = timers.iter().position(|(set, _)| *set == timer) {
            let (_, place) = timers.swap_remove(position);
            self.dues[place as usize] = Due::Nothing;
        }
    }
}

#[inline]
fn index(id: ProcessId) -> usize {
    id.number() as usize - 1
}
