//! What the sweeps found again in older versions, as scripts: each breaks its rule in the versions
//! that it names and in no other. `docs/found.md` tells of them.

use std::fs;
use std::path::Path;

use squall_script::{Report, Runner, parse};
use squall_sims::omnipaxos::OmniPaxosSystem;

/// The version of the library: that of this package is the same.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The rule that `text` says it breaks, and the versions in which it does.
fn promise(text: &str) -> (&str, Vec<&str>) {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("# breaks "));
    let line = lines.next().expect("a line `# breaks RULE in VERSION VERSION`");
    let (rule, versions) = line.split_once(" in ").expect("a rule and versions");
    (rule, versions.split(' ').collect())
}

fn run(text: &str, name: &str) -> Report {
    let system = OmniPaxosSystem::MENDED;
    let script = parse(&system, text, name).unwrap_or_else(|error| panic!("{error}"));
    Runner::new(&system).run(&script, ()).expect("sizes and knobs that fit")
}

#[test]
fn each_script_breaks_its_rule_in_the_versions_that_it_names_and_in_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).expect("text");
        let (rule, versions) = promise(&text);
        let report = run(&text, &name);
        let broken = report.broken().map(|(rule, _)| rule.name);
        let is_named = versions.contains(&VERSION);
        assert_eq!(broken == Some(rule), is_named, "{name} in {VERSION}: {broken:?}");
        count += 1;
    }
    assert!(count >= 7, "scripts were lost");
}
