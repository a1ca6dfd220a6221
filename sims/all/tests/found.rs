//! `docs/found.md` is accurate: each script that it names exists, and breaks a rule that it names,
//! or did in the versions that the script names; and the document describes each script that
//! exists.
#![cfg(all(feature = "raft", feature = "omnipaxos"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use squall_script::{Report, Runner, System, parse};
use squall_sims::omnipaxos::OmniPaxosSystem;
use squall_sims::raft::RaftSystem;

const FOUND: &str = include_str!("../../../docs/found.md");

/// The folders of the scripts that the document describes.
const FOLDERS: [&str; 4] = ["omnipaxos/found", "older/scripts", "older/raft/scripts", "raft/found"];

fn sims() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the texts in backticks, in prose and in tables.
fn quoted() -> impl Iterator<Item = &'static str> {
    FOUND.split('`').skip(1).step_by(2)
}

/// Returns the names of the scripts that the document describes.
fn told() -> BTreeSet<String> {
    let words = FOUND.split(|c: char| c.is_whitespace() || "`(),".contains(c));
    let files = words.filter(|word| word.ends_with(".squall"));
    files.filter_map(|path| path.rsplit('/').next()).map(str::to_owned).collect()
}

/// Returns the scripts that exist.
fn kept() -> Vec<PathBuf> {
    let read = |folder| fs::read_dir(sims().join(folder)).expect("a folder");
    let entries = FOLDERS.into_iter().flat_map(read);
    entries.map(|entry| entry.expect("a readable entry").path()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

#[test]
fn the_scripts_that_are_kept_are_those_that_are_told_of() {
    let kept: BTreeSet<String> = kept().iter().map(|path| name_of(path)).collect();
    assert_eq!(kept, told());
}

#[test]
fn each_script_breaks_a_rule_that_is_told_or_did_in_older_versions() {
    let rules: BTreeSet<&str> = quoted().collect();
    for path in kept() {
        let text = fs::read_to_string(&path).expect("text");
        let broken = broken(&text, &path);
        let promise = text.lines().find_map(|line| line.strip_prefix("# breaks "));
        let rule = match promise.and_then(|promise| promise.split_once(" in ")) {
            Some((rule, versions)) => {
                assert_eq!(broken, None, "{}", path.display());
                versions.split(' ').for_each(|version| is_there(version, &path));
                rule.to_owned()
            }
            None => broken.unwrap_or_else(|| panic!("{} breaks nothing", path.display())),
        };
        assert!(rules.contains(rule.as_str()), "{rule} is not told of: {}", path.display());
    }
}

/// Returns the rule that a script breaks today.
fn broken(text: &str, path: &Path) -> Option<String> {
    let system = text.lines().find_map(|line| line.strip_prefix("system "));
    let report = match system.expect("a system") {
        "omnipaxos" => run(&OmniPaxosSystem::SAFE, text, path),
        "omnipaxos-as-published" => run(&OmniPaxosSystem::AS_PUBLISHED, text, path),
        "raft" => run(&RaftSystem::SAFE, text, path),
        "raft-library-leases" => run(&RaftSystem::LIBRARY_LEASES, text, path),
        other => panic!("the system {other} of {} is unknown", path.display()),
    };
    report.broken().map(|(rule, _)| rule.name.to_owned())
}

fn run<S: System>(system: &S, text: &str, path: &Path) -> Report {
    let script = parse(system, text, &name_of(path)).unwrap_or_else(|error| panic!("{error}"));
    Runner::new(system).run(&script, ()).expect("sizes and knobs that fit")
}

/// Checks that there is a package for `version` of the library of the script at `path`.
fn is_there(version: &str, path: &Path) {
    let library = if path.to_string_lossy().contains("raft") { "raft" } else { "omnipaxos" };
    let number = version.split('+').next().expect("a version");
    let folder = sims().join("older").join(format!("{library}-{number}"));
    assert!(
        folder.is_dir(),
        "{} names {version}: there is no {}",
        path.display(),
        folder.display()
    );
}

/// If the document says that a test is in a file, the test is there.
#[test]
fn each_test_that_is_named_is_there() {
    let quoted: Vec<_> = FOUND.split('`').collect();
    let pairs = quoted.windows(3).filter(|window| window[1] == " in ");
    let mut count = 0;
    for window in pairs.filter(|window| window[2].starts_with("sims/")) {
        let path = sims().join("..").join(window[2]);
        let text = fs::read_to_string(&path).expect("a file of tests");
        assert!(text.contains(&format!("fn {}()", window[0])), "{} in {}", window[0], window[2]);
        count += 1;
    }
    assert!(count >= 3, "tests are named, as `this_one` in `sims/raft/tests/sweep.rs`");
}
