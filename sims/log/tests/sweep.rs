//! Sweeps: nothing is broken, every run repeats itself, and a seed means the same on every machine.

use squall_hunt::{Plan, Progress, sweep};
use squall_sim_log::Log;
use squall_stories::{assert_kept, golden};

/// The marks that a short sweep does not reach: they tell of damage that the protocol does not do.
const NEVER: [&str; 2] = ["a snapshot is refused", "replicas diverge"];

#[test]
fn a_sweep_is_clean_repeats_itself_and_reaches_every_mark() {
    const SEEDS: u64 = 3_000;
    let plan = Plan { seeds: 0..SEEDS, threads: 1, findings_max: 1, repeat_every: 20 };
    let swept = sweep(&Log, &plan, &Progress::default(), &|| false).expect("one thread");
    let found = swept.findings.first();
    assert!(found.is_none(), "{}", found.map(|f| f.script.to_string()).unwrap_or_default());
    assert_eq!((swept.tally.runs, swept.tally.clean), (SEEDS, SEEDS), "{:?}", swept.tally.unknown);
    assert_eq!(swept.tally.diverged, []);
    let missed = swept.tally.marks.iter().filter(|(_, count)| *count == 0);
    let missed: Vec<_> = missed.map(|(mark, _)| mark).collect();
    assert_eq!(missed, NEVER, "marks never reached");
}

#[test]
fn a_seed_means_the_same_everywhere() {
    assert_kept!("golden_digests", golden(&Log));
}
