//! What a script costs: run (w3), read, and read about.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use squall_paxos::Value;
use squall_script::{Runner, Script, parse};
use squall_sims::synod::Synod;
use squall_trace::{Lines, Observer};

/// Runs of one iteration.
const RUNS: u64 = 100;

/// Lines of the script that is parsed.
const LINES: u64 = 1_000;

/// Two rivals among five servers, on a network that loses messages.
const RIVALS: &str = "\
squall 1
system synod
seed 0
servers 5
delay 1ms..10ms
loss 5%

0ms n1 propose apple
0ms n2 propose pear
";

pub(crate) fn bench(criterion: &mut Criterion) {
    runs(criterion);
    reading(criterion);
    traces(criterion);
}

/// Synod, all judges on, a new world for each seed.
fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runs");
    group.throughput(Throughput::Elements(RUNS));
    group.bench_function("w3 synod", |bencher| {
        let mut runs = Runs::new();
        bencher.iter(|| (0..RUNS).for_each(|_| runs.next(())));
    });
    group.finish();
}

/// From text to a script that is known to be sound.
fn reading(criterion: &mut Criterion) {
    let text = long_script();
    let mut group = criterion.benchmark_group("lines");
    group.throughput(Throughput::Elements(LINES));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| parse(&Synod, black_box(&text), "long").expect("a sound script"));
    });
    group.finish();
}

/// The same runs without a reader, with an optional reader that is absent, and with a reader that
/// keeps every line as text. The first two should cost the same.
fn traces(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("trace");
    group.throughput(Throughput::Elements(RUNS));
    group.bench_function("no reader", |bencher| {
        let mut runs = Runs::new();
        bencher.iter(|| (0..RUNS).for_each(|_| runs.next(())));
    });
    group.bench_function("absent reader", |bencher| {
        let mut runs = Runs::new();
        bencher.iter(|| (0..RUNS).for_each(|_| runs.next(black_box(None::<Lines>))));
    });
    group.bench_function("rendered", |bencher| {
        let mut runs = Runs::new();
        bencher.iter(|| {
            (0..RUNS).for_each(|_| {
                let mut lines = Lines::all();
                runs.next(&mut lines);
                black_box(lines.as_slice().len());
            });
        });
    });
    group.finish();
}

/// One script under rising seeds.
struct Runs {
    runner: Runner<'static, Synod>,
    script: Script,
}

impl Runs {
    fn new() -> Self {
        let script = parse(&Synod, RIVALS, "rivals").expect("a sound script");
        Self { runner: Runner::new(&Synod), script }
    }

    fn next(&mut self, watch: impl Observer<squall_paxos::Participant<Value>>) {
        self.script.seed += 1;
        let report = self.runner.run(&self.script, watch).expect("five servers can agree");
        assert!(report.broken().is_none(), "seed {}: {:?}", self.script.seed, report.broken());
    }
}

/// A script of requests, faults, conditions and fixed luck.
fn long_script() -> String {
    let mut text = "squall 1\nsystem synod\nseed 1\nservers 5\nclients 2\n\n".to_owned();
    for number in 1..=LINES {
        let action = match number % 8 {
            0 => "c1 propose apple".to_owned(),
            1 => "cut n1 n2 | n3 n4 n5".to_owned(),
            2 => "heal all".to_owned(),
            3 => format!("n3>n5#{number} lost"),
            4 => "loss 2.5%".to_owned(),
            5 => "crash n1 n2".to_owned(),
            6 => "boot n1 n2".to_owned(),
            _ => "delay 1ms + exp 5ms".to_owned(),
        };
        let _ = writeln!(text, "{number}.5ms {action}");
    }
    text
}
