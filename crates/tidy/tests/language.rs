//! The language of comments, messages and documents: words that no text may hold, terms that are
//! retired, terms that are defined once, and parameters that hide a noun.
//!
//! A folder or file in [`NOT_CLEAN`] is not checked yet. The list may only get shorter. Each rule has
//! a case beneath it that must fail. This file is not checked, since it holds the words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::Visit;

/// Folders and files whose prose does not follow the rules yet, relative to the root.
const NOT_CLEAN: [&str; 8] = [
    "crates/cli",
    "crates/hunt",
    "crates/paxos",
    "crates/script",
    "crates/squall",
    "docs/tutorial.md",
    // Calls what `crates/squall` still names in the old way.
    "fuzz/fuzz_targets/trace_parse.rs",
    // Holds the words.
    "crates/tidy/tests/language.rs",
];

/// Phrases that hide the subject or the number of a sentence, and what to write instead.
const TICS: [(&str, &str); 20] = [
    ("so many", "name the number: at most `budget` runs"),
    ("whoever", "name the subject"),
    ("whatever may come", "name the event"),
    ("somebody", "name the subject"),
    ("anybody", "name the subject"),
    ("everybody", "name the subject"),
    ("nobody", "name the subject: no process, no thread"),
    ("says whether", "Returns whether"),
    ("of others", "name the other one"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("mending", "fixing"),
    ("go round", "work around"),
    ("goes round", "works around"),
    ("gone round", "worked around"),
    ("for ever", "forever"),
    ("as it were", "leave it out"),
    ("a good deal", "give the number"),
    ("not never", "which does not mean impossible"),
];

/// Terms that had more than one meaning or hid a standard one, and the terms in use now.
///
/// A letter is right for a letter of the alphabet. Code that reads text character by character is
/// in [`READS_TEXT`], where the rule about letters does not apply.
const RETIRED: [(&str, &str); 17] = [
    ("happening", "event kind"),
    ("happenings", "event kinds"),
    ("sight", "observation"),
    ("sights", "observations"),
    ("weather", "conditions"),
    ("disaster", "fault plan"),
    ("disasters", "fault plan"),
    ("sighting", "occurrence"),
    ("sightings", "occurrences"),
    ("parting", "first difference"),
    ("partings", "first differences"),
    ("post office", "outbox"),
    ("letter", "message, or character"),
    ("letters", "messages, or characters"),
    ("excerpt", "snippet"),
    ("excerpts", "snippets"),
    ("small talk", "message"),
];

/// Folders and files that speak of the letters of a text.
const READS_TEXT: [&str; 7] = [
    "crates/history",
    "crates/linear/tests",
    "crates/paxos/src/synod/value.rs",
    "crates/script",
    "crates/service/src/op.rs",
    "sims/log/src/store.rs",
    "sims/log/src/system.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project's root")
}

/// Returns the clean files with this ending, with their paths relative to the root.
fn clean_files(ending: &str) -> Vec<(PathBuf, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let short = path.strip_prefix(&root).expect("a path below the root").to_owned();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let skipped = ["target", ".git", "corpus", "artifacts", "findings"];
            if skipped.contains(&name.as_str()) || NOT_CLEAN.iter().any(|at| short.starts_with(at))
            {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push((short, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    assert!(!found.is_empty(), "no file is checked");
    found.sort();
    found
}

/// Fails with every complaint of `rule` about the files with these endings.
fn check(endings: &[&str], rule: impl Fn(&Path, &str) -> Vec<String>) {
    let files = endings.iter().flat_map(|ending| clean_files(ending));
    let complaints: Vec<String> = files
        .flat_map(|(path, text)| {
            rule(&path, &text)
                .into_iter()
                .map(move |complaint| format!("{}:{complaint}", path.display()))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Returns whether `line` holds `phrase` as whole words. Names such as `post-office` are one word.
fn holds(line: &str, phrase: &str) -> bool {
    let is_word = |other: char| other.is_alphanumeric() || other == '_' || other == '-';
    line.match_indices(phrase).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + phrase.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Returns a complaint for each line that holds one of these phrases.
fn complaints(text: &str, phrases: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for (phrase, instead) in phrases.iter().filter(|(phrase, _)| holds(&line, phrase)) {
            found.push(format!("{}: {phrase:?}; instead: {instead}", place + 1));
        }
    }
    found
}

#[test]
fn a_sentence_names_its_subject() {
    check(&[".rs", ".md"], |_, text| complaints(text, &TICS));
    assert_eq!(complaints("At most so many runs.\nNobody runs.\n", &TICS).len(), 2);
    assert_eq!(complaints("recommended, amend, nobody_runs", &TICS), Vec::<String>::new());
}

/// Returns a complaint for each line of the file at `path` that holds a retired term.
fn retired(path: &Path, text: &str) -> Vec<String> {
    let reads_text = READS_TEXT.iter().any(|at| path.starts_with(at));
    let is_letter = |phrase: &str| phrase == "letter" || phrase == "letters";
    let phrases: Vec<(&str, &str)> =
        RETIRED.into_iter().filter(|(phrase, _)| !(reads_text && is_letter(phrase))).collect();
    complaints(text, &phrases)
}

#[test]
fn a_retired_term_stays_retired() {
    check(&[".rs", ".md"], retired);
    let path = Path::new("crates/world/src/lib.rs");
    assert_eq!(retired(path, "fair weather"), ["1: \"weather\"; instead: conditions"]);
    assert_eq!(retired(path, "a letter arrives").len(), 1);
    assert_eq!(retired(Path::new("crates/script/src/lib.rs"), "a letter"), Vec::<String>::new());
}

/// Returns the terms of the glossary: first cells of its table, and what is bold below the table.
fn terms(glossary: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in glossary.lines().filter(|line| line.starts_with("| ")) {
        let cell = line.split('|').nth(1).unwrap_or_default().trim();
        if cell != "word" && !cell.starts_with("---") {
            found.extend(cell.split(", ").map(str::to_lowercase));
        }
    }
    let below = glossary.lines().filter(|line| !line.starts_with('|')).collect::<Vec<_>>();
    let below = below.join("\n");
    found.extend(below.split("**").skip(1).step_by(2).map(str::to_lowercase));
    found
}

/// Returns the terms that the glossary defines more than once.
fn defined_twice(glossary: &str) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for term in terms(glossary) {
        *counts.entry(term).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(term, _)| term).collect()
}

/// Returns the terms of the glossary that are retired.
fn defined_and_retired(glossary: &str) -> Vec<String> {
    let retired = |term: &String| RETIRED.iter().any(|(phrase, _)| term == phrase);
    terms(glossary).into_iter().filter(retired).collect()
}

#[test]
fn the_glossary_gives_each_word_one_meaning() {
    let glossary = fs::read_to_string(root().join("GLOSSARY.md")).expect("the glossary");
    assert!(terms(&glossary).len() > 80, "the terms of the glossary are not read");
    assert_eq!(defined_twice(&glossary), Vec::<String>::new());
    assert_eq!(defined_and_retired(&glossary), Vec::<String>::new());

    let wrong = "| cut, clog | a link |\n| parting | an event |\n\nIn Raft: **cut**, an entry\n";
    assert_eq!(defined_twice(wrong), ["cut"]);
    assert_eq!(defined_and_retired(wrong), ["parting"]);
}

/// Finds parameters whose type is a tuple, or a reference to one.
#[derive(Default)]
struct TupleParameters(Vec<String>);

impl Visit<'_> for TupleParameters {
    fn visit_signature(&mut self, signature: &syn::Signature) {
        for input in &signature.inputs {
            let syn::FnArg::Typed(parameter) = input else { continue };
            let mut kind = &*parameter.ty;
            while let syn::Type::Reference(reference) = kind {
                kind = &reference.elem;
            }
            if matches!(kind, syn::Type::Tuple(tuple) if !tuple.elems.is_empty()) {
                let line = parameter.span().start().line;
                self.0.push(format!("{line}: {} takes a tuple", signature.ident));
            }
        }
    }
}

fn tuple_parameters(source: &str) -> Vec<String> {
    let mut found = TupleParameters::default();
    found.visit_file(&syn::parse_file(source).expect("Rust"));
    found.0
}

#[test]
fn a_parameter_is_no_tuple() {
    check(&[".rs"], |_, text| tuple_parameters(text));
    let wrong = "fn f(a: (u64, u64), b: &(u8, u8)) {} fn g(a: u64, b: ()) {}";
    assert_eq!(tuple_parameters(wrong).len(), 2);
}
