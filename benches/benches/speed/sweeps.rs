//! What a seed costs: drawn, run and judged, as `squall run synod` does it on one thread.

use std::ops::Range;

use criterion::{BatchSize, Criterion, Throughput};
use squall_hunt::{Plan, Progress, Tally, generate_into, sweep};
use squall_script::Script;
use squall_sims::synod::Synod;

/// The seeds of one iteration.
const SEEDS: Range<u64> = 0..512;

pub(crate) fn bench(criterion: &mut Criterion) {
    let tally = swept();
    let mut group = criterion.benchmark_group("sweep of synod");
    group.throughput(Throughput::Elements(tally.runs));
    group.bench_function("runs", |bencher| bencher.iter(swept));
    // The same work, counted in inputs handed to processes.
    group.throughput(Throughput::Elements(tally.steps));
    group.bench_function("steps", |bencher| bencher.iter(swept));
    group.throughput(Throughput::Elements(1));
    group.bench_function("generate alone", |bencher| {
        let mut script = Script::new("synod", 0, 1, 0);
        let mut seed = 0;
        let next = || {
            seed += 1;
            seed
        };
        bencher.iter_batched(
            next,
            |seed| generate_into(&Synod, seed, &mut script),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn swept() -> Tally {
    let plan = Plan { seeds: SEEDS, ..Plan::default() };
    let swept = sweep(&Synod, &plan, &Progress::default(), &|| false).expect("one thread");
    assert!(swept.findings.is_empty(), "seed {:?} is a finding", swept.seeds);
    swept.tally
}
