//! The museum of bugs, seen from the correct code: each witness holds there, to its end.
//!
//! That it shows its bug once the patch beside it is applied, `cargo xtask bugs check` sees to.

use std::fs;
use std::path::PathBuf;

use squall_judge::Verdict;
use squall_script::{Runner, System, parse};
use squall_sims::synod::Synod;

fn folder(system: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bugs").join(system)
}

/// The museum's files for `system` that end so, without the ending, by name.
fn names(system: &str, ending: &str) -> Vec<String> {
    let folder = folder(system);
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("a readable entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<_> =
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn every_bug_has_a_witness() {
    for (system, least) in [("synod", 20), ("raft", 2), ("omnipaxos", 2)] {
        assert_eq!(names(system, ".patch"), names(system, ".squall"));
        assert!(names(system, ".patch").len() >= least, "the museum is emptier than it was");
    }
}

#[test]
fn every_witness_holds_on_the_correct_protocol() {
    every_witness_holds(&Synod, "synod");
}

#[cfg(feature = "raft")]
#[test]
fn every_witness_holds_on_the_correct_adapter_of_raft() {
    every_witness_holds(&squall_sims::raft::RaftSystem::SAFE, "raft");
}

#[cfg(feature = "omnipaxos")]
#[test]
fn every_witness_holds_on_the_correct_adapter_of_omnipaxos() {
    every_witness_holds(&squall_sims::omnipaxos::OmniPaxosSystem::MENDED, "omnipaxos");
}

fn every_witness_holds<S: System>(system: &S, of: &str) {
    let mut runner = Runner::new(system);
    for name in names(of, ".squall") {
        let path = folder(of).join(format!("{name}.squall"));
        let text = fs::read_to_string(path).expect("text");
        let script = parse(system, &text, &name);
        let script = script.unwrap_or_else(|error| panic!("{error}"));
        let report = runner.run(&script, ()).expect("sizes and knobs that fit");
        // Of progress nothing is said where the script has no calm.
        let holds = |verdict: &Verdict| *verdict == Verdict::Holds;
        for (rule, verdict) in &report.rulings {
            let is_due = !rule.progress || script.calm_at().is_some();
            assert!(holds(verdict) || !is_due, "{name}: {}: {verdict}", rule.name);
        }
    }
}
