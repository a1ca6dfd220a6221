//! How fast linearizability is decided: `cargo bench -p squall-linear`.
//!
//! Each history is of a compare-and-set register with 5 values. Its clients are always busy: a
//! third of the operations are reads, a third writes, a third compare-and-sets, and the next client
//! is drawn at random. The history holds, or wrong reads near its end break it.
//!
//! First the bench prints how much memory a history takes, and how much more its check has at most
//! at once. An allocator counts both, so the figures are exact.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use squall_counting::Counting;
use squall_linear::models::{Register, RegisterOp, RegisterReply};
use squall_linear::{BUDGET, Call, Checked, History, check};

type Operations = History<RegisterOp<u64>, RegisterReply<u64>>;

/// The values of the register.
const VALUES: u64 = 5;

/// The number of clients, and of operations that each of them calls.
const SIZES: [(usize, usize); 4] = [(5, 100_000), (10, 10_000), (15, 1_000), (20, 1_000)];

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    say_memory();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("linearizable");
    for (clients, operations) in SIZES {
        let size = format!("{clients} clients x {operations}");
        for is_broken in [false, true] {
            let history = record(clients, operations, is_broken);
            group.bench_function(BenchmarkId::new(word(is_broken), &size), |bencher| {
                bencher.iter(|| decide(&history, is_broken));
            });
        }
    }
    let small = record(3, 7, false);
    group.bench_function("holds/3 clients x 7, as in a run", |bencher| {
        bencher.iter(|| decide(&small, false));
    });
    group.finish();
    criterion.final_summary();
}

fn word(is_broken: bool) -> &'static str {
    if is_broken { "broken" } else { "holds" }
}

/// Prints how much memory each history and its check take.
fn say_memory() {
    for (clients, operations) in SIZES {
        for is_broken in [false, true] {
            let before = Counting::in_use();
            let history = record(clients, operations, is_broken);
            let takes = Counting::in_use().abs_diff(before);
            let ((), more) = Counting::most(|| decide(&history, is_broken));
            let [takes, more] = [takes, more].map(|bytes| bytes.div_ceil(1024));
            let word = word(is_broken);
            println!("{word}/{clients} clients x {operations}: {takes} KiB, its check {more} KiB");
        }
    }
}

fn decide(history: &Operations, is_broken: bool) {
    let checked = check(&Register { initial: 0 }, black_box(history), BUDGET);
    assert_eq!(matches!(checked, Checked::Broken(_)), is_broken);
    assert!(!matches!(checked, Checked::Unknown(_)));
}

/// A random number generator that is the same everywhere (xorshift64*).
struct Luck(u64);

impl Luck {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn op(&mut self) -> RegisterOp<u64> {
        match self.below(3) {
            0 => RegisterOp::Read,
            1 => RegisterOp::Write(self.below(VALUES)),
            _ => {
                let (old, new) = (self.below(VALUES), self.below(VALUES));
                RegisterOp::CompareAndSet { old, new }
            }
        }
    }
}

/// What a client does next.
enum Client {
    Idle,
    Waiting(Call, RegisterOp<u64>),
    Served(Call, RegisterReply<u64>),
}

/// Returns the history of `clients`, with `operations` operations each.
fn record(clients: usize, operations: usize, is_broken: bool) -> Operations {
    let (mut history, mut luck, mut state) = (Operations::new(), Luck(88_172_645_463_325_252), 0);
    let mut busy: Vec<(Client, usize)> = (0..clients).map(|_| (Client::Idle, operations)).collect();
    let mut truths = clients * operations * 98 / 100;
    for number in 1.. {
        let Some(most) = u64::try_from(busy.len()).ok().filter(|most| *most > 0) else { break };
        let who = luck.below(most) as usize;
        let (client, left) = &mut busy[who];
        *client = match std::mem::replace(client, Client::Idle) {
            Client::Idle if *left == 0 => {
                busy.swap_remove(who);
                continue;
            }
            Client::Idle => {
                *left -= 1;
                let op = luck.op();
                Client::Waiting(history.call(number, 0, op), op)
            }
            Client::Waiting(call, op) => Client::Served(call, serve(&mut state, op)),
            Client::Served(call, reply) => {
                truths = truths.saturating_sub(1);
                let is_read = matches!(reply, RegisterReply::Value(_));
                let lies = is_broken && truths == 0 && is_read;
                history.give_back(
                    call,
                    number,
                    match lies {
                        true => RegisterReply::Value(VALUES),
                        false => reply,
                    },
                );
                Client::Idle
            }
        };
    }
    history
}

fn serve(state: &mut u64, op: RegisterOp<u64>) -> RegisterReply<u64> {
    match op {
        RegisterOp::Read => RegisterReply::Value(*state),
        RegisterOp::Write(value) => {
            *state = value;
            RegisterReply::Written
        }
        RegisterOp::CompareAndSet { old, new } => {
            let fits = *state == old;
            *state = if fits { new } else { *state };
            RegisterReply::Swapped(fits)
        }
    }
}
