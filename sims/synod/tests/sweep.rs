//! Sweeps: no rule breaks, for any number of threads; every kind of fault that a default sweep
//! should have is hit, and every mark is reached; and a seed means the same on every machine.

use squall_hunt::{Plan, Progress, Sweep, sweep};
use squall_script::System;
use squall_sim_echo::EchoSystem;
use squall_sim_synod::Synod;
use squall_stories::{assert_kept, golden};
use squall_world::Kind;

/// The kinds of fault that must fire in a sweep of the Synod.
const EXPECTED: [Kind; 38] = [
    Kind::N1,
    Kind::N2,
    Kind::N3,
    Kind::N4,
    Kind::N5,
    Kind::N6,
    Kind::N7,
    Kind::N8,
    Kind::N9,
    Kind::N10,
    Kind::N11,
    Kind::N12,
    Kind::N13,
    Kind::P1,
    Kind::P2,
    Kind::P4,
    Kind::P6,
    Kind::P7,
    Kind::P8,
    Kind::P9,
    Kind::P10,
    Kind::C1,
    Kind::C2,
    Kind::C3,
    Kind::C5,
    Kind::C6,
    Kind::D1,
    Kind::D2,
    Kind::D3,
    Kind::D4,
    Kind::D8,
    Kind::D9,
    Kind::D10,
    Kind::D11,
    Kind::K1,
    Kind::K2,
    Kind::K5,
    Kind::B5,
];

fn sweep_of<S: System>(system: &S, seeds: u64, threads: usize) -> Sweep {
    let plan = Plan { seeds: 0..seeds, threads, findings_max: 1, repeat_every: 20 };
    sweep(system, &plan, &Progress::default(), &|| false).expect("threads")
}

/// Checks that no rule breaks, that a verdict is unknown only if progress was not due, and that
/// every run repeats itself.
fn is_clean(swept: &Sweep, seeds: u64) {
    let found = swept.findings.first();
    assert!(found.is_none(), "{}", found.map(|f| f.script.to_string()).unwrap_or_default());
    assert_eq!((swept.tally.runs, swept.seeds.clone()), (seeds, 0..seeds));
    assert_eq!(swept.tally.clean, seeds, "{:?}", swept.tally.unknown);
    assert_eq!(swept.tally.diverged, []);
    assert!(swept.tally.repeated >= seeds / 20);
    assert_eq!(swept.tally.bound(), Some((3, seeds)));
}

/// Checks that the report of a sweep does not depend on the number of threads.
fn threads_agree<S: System>(system: &S) {
    let one = sweep_of(system, 2_000, 1);
    let two = sweep_of(system, 2_000, 2);
    is_clean(&one, 2_000);
    assert_eq!(one.tally, two.tally);
    assert_eq!(one.coverage, two.coverage);
}

#[test]
fn a_sweep_of_the_synod_tells_the_same_on_two_threads() {
    threads_agree(&Synod);
}

#[test]
fn a_sweep_of_echo_tells_the_same_on_two_threads() {
    threads_agree(&EchoSystem);
}

#[test]
fn a_sweep_of_the_synod_hits_every_fault_and_reaches_every_mark() {
    let swept = sweep_of(&Synod, 10_000, 2);
    is_clean(&swept, 10_000);
    let missed: Vec<_> = EXPECTED.iter().filter(|kind| swept.tally.hits.of(**kind) == 0).collect();
    assert!(missed.is_empty(), "never hit: {missed:?}");
    let marks = System::profile(&Synod).marks.iter().filter(|mark| swept.tally.marks.of(mark) == 0);
    let missed: Vec<_> = marks.collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}

/// Every two kinds of fault occur together in some run, and every phase of the protocol is entered
/// during cuts of every shape.
#[test]
fn a_sweep_of_the_synod_covers_pairs_of_faults_and_cuts_at_phases() {
    let Sweep { coverage, .. } = sweep_of(&Synod, 10_000, 2);
    assert!(coverage.together.kinds().len() >= EXPECTED.len());
    let share = coverage.together.pair_share();
    assert!(share.seen * 100 >= share.possible * 99, "{share:?}");
    let phases = ["phase 1 done", "phase 2 begins", "choice learned"];
    let mut cells = coverage.phases.cells().filter(|(phase, ..)| phases.contains(phase));
    let missed: Vec<_> = cells.by_ref().filter(|(_, _, runs)| *runs == 0).collect();
    assert_eq!(missed, []);
    let shapes = coverage.phases.cells().filter(|(phase, ..)| *phase == phases[0]).count();
    assert_eq!(shapes, squall_hunt::SHAPES.len());
    let rate = coverage.newness.millionths().expect("runs");
    assert!((1..1_000_000).contains(&rate), "{rate}");
}

#[test]
fn a_seed_means_the_same_everywhere() {
    assert_kept!("golden_digests", golden(&Synod));
}
