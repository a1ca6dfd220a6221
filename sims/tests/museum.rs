//! The museum of bugs, seen from the correct code: each witness holds there, to its end.
//!
//! That it shows its bug once the patch beside it is applied, `cargo xtask bugs check` sees to.

use std::fs;
use std::path::PathBuf;

use squall_judge::Verdict;
use squall_script::{Runner, parse};
use squall_sims::synod::Synod;

/// The museum's files that end so, without the ending, by name.
fn names(ending: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bugs/synod");
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
    assert_eq!(names(".patch"), names(".squall"));
    assert!(names(".patch").len() >= 13, "the museum is emptier than it was");
}

#[test]
fn every_witness_holds_on_the_correct_code() {
    let mut runner = Runner::new(&Synod);
    for name in names(".squall") {
        let file = format!("bugs/synod/{name}.squall");
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(&file);
        let script = parse(&Synod, &fs::read_to_string(path).expect("text"), &file);
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
