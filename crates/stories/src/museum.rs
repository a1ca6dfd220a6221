//! The museum of bugs, seen from the correct code: each witness holds there, to its end.
//!
//! That it shows its bug once the patch beside it is applied, `cargo xtask bugs check` sees to.

use std::fs;
use std::path::Path;

use squall_judge::Verdict;
use squall_script::{Runner, System, parse};

use super::names_in;

/// Returns the files in `folder` that end so, without the ending, by name.
fn names(folder: &Path, ending: &str) -> Vec<String> {
    let names = names_in(folder);
    let mut names: Vec<_> =
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    names
}

/// Holds the museum of `system` in `folder` to what it promises: it has `least` bugs at least, each
/// has a witness, and each witness holds on the correct code.
///
/// # Panics
///
/// Panics if a promise is not kept.
pub fn holds<S: System>(system: &S, folder: impl AsRef<Path>, least: usize) {
    let folder = folder.as_ref();
    assert_eq!(names(folder, ".patch"), names(folder, ".squall"));
    assert!(names(folder, ".patch").len() >= least, "the museum is emptier than it was");
    let mut runner = Runner::new(system);
    for name in names(folder, ".squall") {
        let path = folder.join(format!("{name}.squall"));
        let text = fs::read_to_string(path).expect("text");
        let script = parse(system, &text, &name);
        let script = script.unwrap_or_else(|error| panic!("{error}"));
        let report = runner.run(&script, ()).expect("sizes and knobs that fit");
        // Nothing is said of progress where the script has no calm.
        let holds = |verdict: &Verdict| *verdict == Verdict::Holds;
        for (rule, verdict) in &report.rulings {
            let is_due = !rule.progress || script.calm_at().is_some();
            assert!(holds(verdict) || !is_due, "{name}: {}: {verdict}", rule.name);
        }
    }
}
