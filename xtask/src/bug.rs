//! The museum: one patch a bug, each with a label above its diff and a witness beside it.
//!
//! A patch opens with four lines, `breaks:`, `caught by:`, `exposed by:` and `source:`, which go on
//! where the next line is indented. Then comes a unified diff against the code under test: a
//! protocol crate, or what the project puts around a library. The witness is a script of the same
//! name that shows the bug.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use diffy::{Line, Patch};

use crate::failure::Failure;

/// The packages of systems. The bugs of one are in its folder `bugs`.
pub(crate) const SYSTEMS: &str = "sims";

/// The system that is the project's own protocol, and in every program. The others are adapters of
/// libraries, each behind a feature of its name.
pub(crate) const PROTOCOL: &str = "synod";

/// The system of the replicated log, which every program has as well.
pub(crate) const LOG: &str = "log";

/// What a bug of each system may change, by how its path begins: nothing that judges, that says to
/// judges what a record or a claim means, or that draws and tunes runs.
const MAY_CHANGE: [(&str, &[&str]); 4] = [
    ("synod", &["crates/paxos/src/"]),
    (LOG, &["crates/paxos/src/log/"]),
    (
        "raft",
        &[
            "sims/raft/src/log.rs",
            "sims/raft/src/members.rs",
            "sims/raft/src/membership.rs",
            "sims/raft/src/reads.rs",
            "sims/raft/src/replica.rs",
            "sims/raft/src/server.rs",
        ],
    ),
    (
        "omnipaxos",
        &[
            "sims/omnipaxos/src/cabinet.rs",
            "sims/omnipaxos/src/connection.rs",
            "sims/omnipaxos/src/folded.rs",
            "sims/omnipaxos/src/instance.rs",
            "sims/omnipaxos/src/library.rs",
            "sims/omnipaxos/src/server.rs",
            "sims/omnipaxos/src/storage.rs",
        ],
    ),
];

/// One planted bug.
#[derive(Clone, Debug)]
pub(crate) struct Bug {
    pub(crate) name: String,
    pub(crate) system: String,
    pub(crate) label: Label,
    /// The file of the patch, and its text.
    pub(crate) patch: PathBuf,
    text: String,
}

/// What stands above the diff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Label {
    pub(crate) breaks: String,
    /// The rules of which one must catch it, the most likely first.
    pub(crate) caught_by: Vec<String>,
    pub(crate) exposed_by: String,
    pub(crate) source: String,
}

/// A file as a bug leaves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Patched {
    /// Its path below the project's folder.
    pub(crate) file: String,
    pub(crate) text: String,
}

/// Every bug, by system and name.
pub(crate) fn all(root: &Path) -> Result<Vec<Bug>, Failure> {
    patches(root)?.iter().map(|(system, patch)| Bug::read(system, patch)).collect()
}

/// The names of all bugs.
pub(crate) fn names(root: &Path) -> Result<Vec<String>, Failure> {
    Ok(patches(root)?.iter().map(|(system, patch)| name_of(system, patch)).collect())
}

/// The names of those in the protocol.
pub(crate) fn names_in_protocol(root: &Path) -> Result<Vec<String>, Failure> {
    let patches = patches(root)?.into_iter();
    Ok(patches.filter(|(system, _)| system == PROTOCOL).map(|(_, patch)| stem(&patch)).collect())
}

/// The bug called `name`, which must be one of the names.
pub(crate) fn read(root: &Path, name: &str) -> Result<Bug, Failure> {
    let patches = patches(root)?;
    let known = patches.iter().find(|(system, patch)| name_of(system, patch) == name);
    let (system, patch) = known.unwrap_or_else(|| panic!("{name} is not one of the names"));
    Bug::read(system, patch)
}

/// What a bug is called: by its file, and where the system is no protocol of the project's own, by
/// the system before that.
fn name_of(system: &str, patch: &Path) -> String {
    match system {
        PROTOCOL => stem(patch),
        library => format!("{library}-{}", stem(patch)),
    }
}

/// Every patch, with the system that it is for: those of the protocol first.
fn patches(root: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut systems = entries(&root.join(SYSTEMS))?;
    systems.retain(|system| system.join("bugs").is_dir());
    systems.sort_by_key(|system| stem(system) != PROTOCOL);
    let mut patches = Vec::new();
    for system in systems {
        let is_patch = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "patch");
        let of_system = entries(&system.join("bugs"))?.into_iter().filter(is_patch);
        patches.extend(of_system.map(|patch| (stem(&system), patch)));
    }
    Ok(patches)
}

/// What is in `folder`, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let listed = listed.map_err(Failure::file("list", folder))?;
    let mut paths: Vec<_> = listed.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

impl Bug {
    fn read(system: &str, patch: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(patch).map_err(Failure::file("read", patch))?;
        Self::parse(system, patch, text)
    }

    /// The bug that the text of `patch` is.
    pub(crate) fn parse(system: &str, patch: &Path, text: String) -> Result<Self, Failure> {
        let label = Label::parse(&text)
            .map_err(|key| Failure::Unlabelled { patch: patch.to_owned(), key })?;
        let (name, system) = (name_of(system, patch), system.to_owned());
        Ok(Self { name, system, label, patch: patch.to_owned(), text })
    }

    /// The script that shows the bug.
    pub(crate) fn witness(&self) -> PathBuf {
        self.patch.with_extension("squall")
    }

    /// The files of `tree` that it changes, as it leaves them.
    pub(crate) fn apply(&self, tree: &Path) -> Result<Vec<Patched>, Failure> {
        let mut patched = Vec::new();
        for part in PatchSet::parse(&self.text, ParseOptions::unidiff()) {
            let part = part.map_err(|error| self.no_diff(error.to_string()))?;
            let Some(path) = path_of(&part.operation().strip_prefix(1)) else {
                return Err(self.no_diff("it may change files, not make or remove them".to_owned()));
            };
            let allowed = self.may_change();
            if !allowed.iter().any(|allowed| path.starts_with(allowed)) {
                let allowed = allowed.join(", ");
                return Err(self.no_diff(format!(
                    "{path} is not among the files that it may change: {allowed}"
                )));
            }
            let Some(diff) = part.patch().as_text() else {
                return Err(self.no_diff(format!("{path} is not text")));
            };
            let file = tree.join(&path);
            let before = fs::read_to_string(&file).map_err(Failure::file("read", &file))?;
            let text = diffy::apply(&before, diff).map_err(|_| self.stale(&path, diff, &before))?;
            patched.push(Patched { file: path, text });
        }
        if patched.is_empty() {
            return Err(self.no_diff("there is no diff in it".to_owned()));
        }
        Ok(patched)
    }

    /// How the paths begin of what it may change.
    fn may_change(&self) -> &'static [&'static str] {
        let of_system = MAY_CHANGE.iter().find(|(system, _)| *system == self.system);
        of_system.map_or(&[], |(_, allowed)| allowed)
    }

    /// Whether it is in a protocol of the project's own.
    pub(crate) fn is_in_protocol(&self) -> bool {
        self.system == PROTOCOL
    }

    /// The feature of the program that has the system; none if every program has it.
    pub(crate) fn feature(&self) -> Option<&str> {
        let is_always_there = [PROTOCOL, LOG].contains(&self.system.as_str());
        (!is_always_there).then_some(&self.system)
    }

    fn no_diff(&self, reason: String) -> Failure {
        Failure::NoDiff { patch: self.patch.clone(), reason }
    }

    /// Names the first hunk whose old lines are nowhere in the file.
    fn stale(&self, file: &str, diff: &Patch<'_, str>, before: &str) -> Failure {
        let is_lost = |old: &str| !before.contains(old);
        let hunks: Vec<(String, String)> = diff.hunks().iter().map(texts).collect();
        let place = hunks.iter().position(|(old, _)| is_lost(old)).unwrap_or(0);
        let hunk = hunks.get(place).map(|(_, shown)| shown.clone()).unwrap_or_default();
        let (patch, file) = (self.patch.clone(), file.to_owned());
        Failure::Stale { patch, file, number: place + 1, hunk }
    }
}

/// The path that a part of a patch changes.
fn path_of(operation: &FileOperation<'_, str>) -> Option<String> {
    match operation {
        FileOperation::Modify { modified, .. } => Some(modified.to_string()),
        _ => None,
    }
}

/// The lines that a hunk looks for, and the hunk as it stands in the patch.
fn texts(hunk: &diffy::Hunk<'_, str>) -> (String, String) {
    let (mut old, mut shown) = (String::new(), String::new());
    for line in hunk.lines() {
        let (sign, text) = match line {
            Line::Context(text) => (' ', text),
            Line::Delete(text) => ('-', text),
            Line::Insert(text) => ('+', text),
        };
        if sign != '+' {
            old.push_str(text);
        }
        shown.push_str(&format!("    {sign}{text}"));
    }
    (old, shown)
}

impl Label {
    /// What stands above the diff in `text`, or which key is missing.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut values: BTreeMap<&str, String> = BTreeMap::new();
        let mut current = None;
        for line in text.lines().take_while(|line| !line.starts_with("--- ")) {
            if let Some(more) = line.strip_prefix("  ") {
                if let Some(value) = current.and_then(|key| values.get_mut(key)) {
                    value.push(' ');
                    value.push_str(more);
                }
            } else if let Some((key, value)) = line.split_once(": ") {
                values.insert(key, value.to_owned());
                current = Some(key);
            }
        }
        let mut take = |key| values.remove(key).ok_or(key);
        let (breaks, caught_by) = (take("breaks")?, take("caught by")?);
        let caught_by = caught_by.split(", ").map(str::to_owned).collect();
        Ok(Self { breaks, caught_by, exposed_by: take("exposed by")?, source: take("source")? })
    }

    /// Whether `rule` is one of those that must catch it.
    pub(crate) fn names(&self, rule: &str) -> bool {
        self.caught_by.iter().any(|named| named == rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "\
breaks: one thing.
caught by: agreement, validity
exposed by: a crash,
  and a boot.
source: a paper.

--- a/crates/paxos/src/vote.rs
+++ b/crates/paxos/src/vote.rs
@@ -1,3 +1,3 @@
 one
-two
+zwei
 three
@@ -5,2 +5,2 @@
 five
-six
+sechs
";

    fn bug(text: &str) -> Result<Bug, Failure> {
        Bug::parse("synod", Path::new("bugs/two.patch"), text.to_owned())
    }

    /// A tree whose one file has this text.
    fn tree(text: &str) -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("crates/paxos/src")).unwrap();
        fs::write(tree.path().join("crates/paxos/src/vote.rs"), text).unwrap();
        tree
    }

    #[test]
    fn a_label_goes_on_where_the_next_line_is_indented() {
        let bug = bug(PATCH).unwrap();
        assert_eq!((bug.name.as_str(), bug.label.breaks.as_str()), ("two", "one thing."));
        assert_eq!(bug.label.exposed_by, "a crash, and a boot.");
        assert!(bug.label.names("validity") && !bug.label.names("ballots"));
        assert_eq!(bug.witness(), Path::new("bugs/two.squall"));
    }

    #[test]
    fn a_label_without_a_source_is_refused() {
        let error = bug(&PATCH.replace("source", "sauce")).unwrap_err().to_string();
        assert_eq!(error, "bugs/two.patch: above the diff there is no `source:`");
    }

    #[test]
    fn a_patch_applies_where_its_lines_have_moved_to() {
        let tree = tree("zero\none\ntwo\nthree\nfour\nfive\nsix\n");
        let patched = bug(PATCH).unwrap().apply(tree.path()).unwrap();
        let text = "zero\none\nzwei\nthree\nfour\nfive\nsechs\n".to_owned();
        assert_eq!(patched, [Patched { file: "crates/paxos/src/vote.rs".to_owned(), text }]);
    }

    #[test]
    fn a_patch_that_no_longer_applies_is_named_with_the_hunk() {
        let tree = tree("one\ntwo\nthree\nfour\nfive\n6\n");
        let error = bug(PATCH).unwrap().apply(tree.path()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "bugs/two.patch no longer applies: crates/paxos/src/vote.rs has changed under \
             hunk 2\n\n     five\n    -six\n    +sechs\n\n  fix the patch: plant the bug by hand, \
             and take a new diff"
        );
    }

    #[test]
    fn a_patch_of_a_judge_is_refused() {
        let text = PATCH.replace("crates/paxos/src", "sims/synod/src/rules");
        let error = bug(&text).unwrap().apply(Path::new(".")).unwrap_err().to_string();
        assert_eq!(
            error,
            "bugs/two.patch: sims/synod/src/rules/vote.rs is not among the files that it may \
             change: \
             crates/paxos/src/"
        );
    }

    #[test]
    fn a_patch_of_an_adapter_may_not_say_what_records_mean() {
        let of_raft = |file: &str| {
            let text = PATCH.replace("crates/paxos/src/vote.rs", file);
            Bug::parse("raft", Path::new("bugs/two.patch"), text).unwrap()
        };
        let refused = |file: &str| {
            let error = of_raft(file).apply(Path::new("nowhere")).unwrap_err().to_string();
            error.contains("is not among the files that it may change")
        };
        assert_eq!(of_raft("sims/raft/src/log.rs").name, "raft-two");
        assert!(!refused("sims/raft/src/log.rs") && refused("sims/omnipaxos/src/server.rs"));
        assert!(refused("sims/raft/src/record.rs") && refused("sims/raft/src/system.rs"));
        assert!(refused("crates/paxos/src/vote.rs"));
    }

    #[test]
    fn a_patch_without_a_diff_is_refused() {
        let text = PATCH.split("---").next().unwrap();
        let error = bug(text).unwrap().apply(Path::new(".")).unwrap_err().to_string();
        assert!(error.starts_with("bugs/two.patch: "), "{error}");
    }

    /// The document lists the museum as it is: name, what it breaks, source.
    #[test]
    fn the_document_lists_every_bug() {
        let root = crate::root();
        let document = fs::read_to_string(root.join("docs/bugs.md")).unwrap();
        let is_row = |line: &&str| {
            line.starts_with('|') && !["| bug |", "| --- |"].iter().any(|of| line.starts_with(of))
        };
        let rows: Vec<&str> = document.lines().filter(is_row).collect();
        let row = |bug: Bug| {
            let (breaks, source) = (bug.label.breaks, bug.label.source);
            let ends = |text: &str| text.trim_end_matches('.').to_owned();
            format!("| {} | {} | {} |", bug.name, ends(&breaks), ends(&source))
        };
        let listed: Vec<String> = all(&root).unwrap().into_iter().map(row).collect();
        assert_eq!(rows, listed);
    }

    /// The museum fits the code: quick to know, before anything is built.
    #[test]
    fn every_patch_applies() {
        let root = crate::root();
        for bug in all(&root).unwrap() {
            bug.apply(&root).unwrap_or_else(|failure| panic!("{failure}"));
        }
    }
}
