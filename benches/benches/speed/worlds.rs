//! What one delivery costs: worlds of the smallest processes, watched by the digest alone.
//!
//! Delays are uniform from 1 to 10 ms, so messages overtake one another, and nothing is lost. After
//! the boot every step is one delivery, and the number of messages in flight stays the same, so a
//! world is set up once and then goes on for as long as it is measured.

use std::convert::Infallible;
use std::fmt;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use squall_process::{Context, Input, Instant, Process, ProcessId, Span};
use squall_trace::Digest;
use squall_world::{Blueprint, Conditions, Delay, SpanRange, Stepped, World};

/// Deliveries of one iteration.
const DELIVERIES: u64 = 1_000;

/// How many others a gossiper knows.
const VIEW: usize = 5;

/// Ping-pong (w1), and gossip (w4) among few and many.
pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deliveries");
    group.throughput(Throughput::Elements(DELIVERIES));
    group.bench_function("w1 ping-pong", |bencher| {
        let mut running = Running::new(2, Pair);
        bencher.iter(|| running.deliver(DELIVERIES));
        black_box(running.digest.value());
    });
    for processes in [10, 1_000, 10_000] {
        group.bench_function(BenchmarkId::new("w4 gossip", processes), |bencher| {
            let mut running = Running::new(processes, Crowd { processes });
            running.deliver(10 * u64::from(processes));
            bencher.iter(|| running.deliver(DELIVERIES));
            black_box(running.digest.value());
        });
    }
    group.finish();
}

/// A world that runs without end.
struct Running<P: Process, B> {
    world: World<P, B>,
    digest: Digest,
}

impl<P: Process, B: Blueprint<P>> Running<P, B> {
    fn new(processes: u32, blueprint: B) -> Self {
        let delay = SpanRange::new(Span::from_millis(1), Span::from_millis(10));
        let delay = Delay::Uniform(delay.expect("1 is less than 10"));
        let conditions = Conditions { delay, ..Conditions::default() };
        let mut running = Self { world: World::new(), digest: Digest::new() };
        running.world.reset(7, processes, 0, blueprint, &conditions);
        running.world.start(&mut running.digest);
        running
    }

    fn deliver(&mut self, deliveries: u64) {
        for _ in 0..deliveries {
            let stepped = self.world.step(Instant::MAX, &mut self.digest);
            assert_eq!(stepped, Stepped::Something, "a message is always in flight");
        }
    }
}

/// How often a message was passed on.
#[derive(Clone, Copy, Hash, Debug)]
struct Passed(u64);

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "passed {}", self.0)
    }
}

/// Sends the ball back. The first one serves.
#[derive(Debug)]
struct Player;

impl Process for Player {
    type Message = Passed;
    type Timer = u8;
    type Record = Infallible;
    type Op = u8;
    type Reply = u8;
    type Claim = Infallible;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { .. } if context.id() == ProcessId::server(1) => {
                context.send(ProcessId::server(2), Passed(0));
            }
            Input::Message { from, message } => context.send(from, Passed(message.0 + 1)),
            _ => {}
        }
    }
}

/// Makes two players.
struct Pair;

impl Blueprint<Player> for Pair {
    fn build(&self, _: ProcessId) -> Player {
        Player
    }
}

/// Starts one rumour, and passes on what it hears to one of those that it knows.
#[derive(Debug)]
struct Gossiper {
    view: [ProcessId; VIEW],
}

impl Process for Gossiper {
    type Message = Passed;
    type Timer = u8;
    type Record = Infallible;
    type Op = u8;
    type Reply = u8;
    type Claim = Infallible;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let passed = match input {
            Input::Boot { .. } => Passed(0),
            Input::Message { message, .. } => Passed(message.0 + 1),
            _ => return,
        };
        let place = context.random_below(VIEW as u64) as usize;
        context.send(self.view[place], passed);
    }
}

/// Makes gossipers, each of which knows five others, spread over the crowd.
struct Crowd {
    processes: u32,
}

impl Blueprint<Gossiper> for Crowd {
    fn build(&self, id: ProcessId) -> Gossiper {
        let others = u64::from(self.processes - 1);
        let view = std::array::from_fn(|place| {
            // Weyl's sequence: well spread without a generator.
            let word = (u64::from(id.number()) * VIEW as u64 + place as u64 + 1)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let step = 1 + (word >> 32) * others / (1 << 32);
            let other = (u64::from(id.number()) - 1 + step) % u64::from(self.processes);
            ProcessId::server(other as u32 + 1)
        });
        Gossiper { view }
    }
}
