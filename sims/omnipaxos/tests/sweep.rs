//! The crate omnipaxos under faults: with workarounds, no rule breaks; without them, a sweep finds
//! the bugs that `docs/found.md` describes; and an adapter with a mistake is caught.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use squall_canary::Canary;
use squall_hunt::{Plan, Progress, Sweep, sweep};
use squall_script::{Runner, System, parse};
use squall_sim_omnipaxos::{OmniPaxosFlaw, OmniPaxosSystem};
use squall_stories::{assert_kept, golden};

fn sweep_of<S: System>(system: &S, seeds: u64, findings_max: usize) -> Sweep {
    let plan = Plan { seeds: 0..seeds, threads: 1, findings_max, repeat_every: 20 };
    sweep(system, &plan, &Progress::default(), &|| false).expect("one thread")
}

/// Returns the rules that the findings break.
fn rules_broken<S: System>(system: &S, seeds: u64) -> BTreeSet<&'static str> {
    sweep_of(system, seeds, 20).findings.iter().map(|finding| finding.rule).collect()
}

#[track_caller]
fn is_caught(flaw: OmniPaxosFlaw, seeds: u64, rule: &str) {
    let broken = rules_broken(&Canary(flaw), seeds);
    assert!(broken.contains(rule), "{flaw:?} breaks {broken:?}, not {rule}");
}

#[test]
fn with_care_nothing_is_broken_and_every_mark_is_reached() {
    let system = OmniPaxosSystem::SAFE;
    let swept = sweep_of(&system, 3_000, 1);
    let found = swept.findings.first();
    assert!(found.is_none(), "{}", found.map(|f| f.script.to_string()).unwrap_or_default());
    assert_eq!(swept.tally.clean, 3_000, "{:?}", swept.tally.unknown);
    assert!(swept.tally.repeated >= 150 && swept.tally.diverged.is_empty());
    let missed: Vec<_> = System::profile(&system)
        .marks
        .iter()
        .filter(|mark| swept.tally.marks.of(mark) == 0)
        .collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}

/// A snapshot without the state before its delta; a stop-sign that is counted twice.
#[test]
fn as_published_the_known_bugs_are_found() {
    let broken = rules_broken(&OmniPaxosSystem::AS_PUBLISHED, 3_000);
    assert!(broken.contains("state-equality"), "{broken:?}");
}

/// The scripts that break a rule in an older version of the library (`sims/older/kept.rs`) hold in
/// this one.
#[test]
fn what_broke_older_versions_holds() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../older/scripts");
    let system = OmniPaxosSystem::SAFE;
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.display().to_string();
        let script = parse(&system, &fs::read_to_string(&path).expect("text"), &name);
        let script = script.unwrap_or_else(|error| panic!("{error}"));
        let report = Runner::new(&system).run(&script, ()).expect("sizes and knobs that fit");
        assert_eq!(report.broken(), None, "{name}");
        count += 1;
    }
    assert!(count >= 7, "scripts were lost");
}

/// The promise in a message is not on the disk of its sender.
#[test]
fn an_adapter_that_sends_before_its_records_are_durable_is_caught() {
    is_caught(OmniPaxosFlaw::SendsEarly, 2_000, "applied-is-durable");
}

#[test]
fn an_adapter_that_applies_before_the_decision_is_caught() {
    is_caught(OmniPaxosFlaw::AppliesEarly, 2_000, "applied-is-durable");
}

#[test]
fn an_adapter_that_forgets_promises_is_caught() {
    is_caught(OmniPaxosFlaw::ForgetsPromises, 2_000, "election-safety");
}

#[test]
fn an_adapter_that_trusts_an_empty_disk_is_caught() {
    is_caught(OmniPaxosFlaw::TrustsNewDisk, 2_000, "leader-completeness");
}

#[test]
fn a_seed_means_the_same_everywhere() {
    assert_kept!("golden_digests", golden(&OmniPaxosSystem::SAFE));
}
