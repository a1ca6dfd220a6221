//! Scripts that state which rule they break, and in which versions of a library. Each breaks its
//! rule in these versions and in no other. `docs/found.md` describes them.

use std::fs;

use squall_script::{Runner, System, parse};

/// Checks each script of `folder` against its statement for `version`. There are at least `least`
/// scripts.
///
/// A version may be named together with a feature, as in `1.0+feature`. It is then checked against
/// the statements for that feature.
pub fn hold<S: System>(system: &S, version: &str, folder: &str, least: usize) {
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).expect("text");
        let (rule, versions) = promise(&text);
        count += 1;
        let belief = version.split_once('+').map_or("", |(_, belief)| belief);
        if !versions.iter().any(|version| version.ends_with(belief)) {
            continue;
        }
        let script = parse(system, &text, &name).unwrap_or_else(|error| panic!("{error}"));
        let report = Runner::new(system).run(&script, ()).expect("sizes and knobs that fit");
        let broken = report.broken().map(|(rule, _)| rule.name);
        let is_named = versions.contains(&version);
        assert_eq!(broken == Some(rule), is_named, "{name} in {version}: {broken:?}");
    }
    assert!(count >= least, "scripts were lost");
}

/// Returns the rule that `text` says it breaks, and the versions in which it does.
fn promise(text: &str) -> (&str, Vec<&str>) {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("# breaks "));
    let line = lines.next().expect("a line `# breaks RULE in VERSION VERSION`");
    let (rule, versions) = line.split_once(" in ").expect("a rule and versions");
    (rule, versions.split(' ').collect())
}
