//! The fingerprint of a finding: what stays the same when the same mistake shows again, with other
//! processes, at other times, under other seeds.
//!
//! It consists of the system, the rule, and the shape of the evidence: the kinds of its events, and
//! the words of its story that do not differ from run to run. The following are removed from the
//! story: every word with a digit (processes, ballots, times, operations), every word of one
//! character, the texts of the events of the evidence, the values in the requests of clients (the
//! words of the script's operations, except the first of each), and how the run ended. A list of
//! such words counts as one of them, so its length does not matter.
//!
//! Two mistakes that break one rule in the same words have the same fingerprint: it sorts findings,
//! but does not distinguish causes. A panic is identified by its place in the code, including the
//! line.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use squall_judge::{End, Evidence, Rule};
use squall_script::{Action, AnyRunner, NO_PANIC, Report, Script, Watch};
use squall_trace::{Line, Lines};

use crate::panics;

/// What two findings share if they differ only in names, numbers, times and values. Prints as the
/// rule, the kinds of the evidence's events, and 16 bits of a hash: `agreement/claimed-7f3a`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint {
    rule: String,
    shape: String,
}

impl Fingerprint {
    /// Returns the fingerprint of a run of `script` that broke `rule`. `proof` contains the events
    /// of the evidence.
    #[must_use]
    pub fn of(script: &Script, rule: Rule, evidence: &Evidence, proof: &[Line]) -> Self {
        let kinds: BTreeSet<&str> = proof.iter().map(|line| line.kind.name()).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let kinds = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join("-") };
        let mut values = values(script);
        values.extend(proof.iter().flat_map(|line| words(&line.text)).map(str::to_owned));
        let story = match evidence.story.rsplit_once(", at ") {
            Some((story, place)) if rule == NO_PANIC => {
                format!("{} at {place}", outline(story, &values))
            }
            _ => outline(&evidence.story, &values),
        };
        let hash = hash([&script.system, rule.name, &kinds, &story]);
        Self { rule: rule.name.to_owned(), shape: format!("{kinds}-{hash:04x}") }
    }

    /// Runs `script`. Returns the fingerprint of what it breaks, if it breaks a rule.
    pub fn take(runner: &mut dyn AnyRunner, script: &Script) -> Option<(Self, Report)> {
        let report = panics::hush(|| runner.play(script)).ok()?;
        let fingerprint = Self::of_report(runner, script, &report)?;
        Some((fingerprint, report))
    }

    /// Returns the fingerprint of a run of `script` with this `report`. Runs it once more to see
    /// the events of the evidence. Returns `None` if no rule is broken, or the run does not repeat
    /// itself.
    pub fn of_report(runner: &mut dyn AnyRunner, script: &Script, report: &Report) -> Option<Self> {
        let (_, evidence) = report.broken()?;
        let mut proof = Lines::all();
        let (rule, evidence, again) = broken(runner, script, &mut |event| {
            if evidence.events.contains(&event.number()) {
                proof.keep(event);
            }
        })?;
        let repeats = again.digest == report.digest;
        repeats.then(|| Self::of(script, rule, &evidence, proof.as_slice()))
    }

    /// Returns the rule that is broken.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the name of the file that keeps a finding: the rule, and the hash.
    #[must_use]
    pub fn file_name(&self) -> String {
        let hash = self.shape.rsplit('-').next().unwrap_or_default();
        format!("{}-{hash}.squall", self.rule)
    }
}

impl Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.rule, self.shape)
    }
}

/// A text that is not a fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a fingerprint is a rule, `/`, kinds of events, and four hexadecimal digits")]
pub struct ParseFingerprintError;

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, ParseFingerprintError> {
        let is_name = |text: &str| {
            let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !text.is_empty() && text.chars().all(is_part)
        };
        let (rule, shape) = text.split_once('/').ok_or(ParseFingerprintError)?;
        let (kinds, hash) = shape.rsplit_once('-').ok_or(ParseFingerprintError)?;
        let is_hash = hash.len() == 4 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_name(rule) || !is_name(kinds) || !is_hash {
            return Err(ParseFingerprintError);
        }
        Ok(Self { rule: rule.to_owned(), shape: shape.to_owned() })
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = ParseFingerprintError;

    fn try_from(text: String) -> Result<Self, ParseFingerprintError> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

/// Runs `script` with the observer `watch`. Returns the broken rule and the evidence, which
/// includes the place of a panic.
pub(crate) fn broken(
    runner: &mut dyn AnyRunner,
    script: &Script,
    watch: Watch<'_>,
) -> Option<(Rule, Evidence, Report)> {
    let report = panics::hush(|| runner.watch(script, watch)).ok()?;
    let (rule, evidence) = evidence_of(&report)?;
    Some((rule, evidence, report))
}

/// Returns the rule that the last run of this thread broke and the evidence, which includes the
/// place of a panic.
pub(crate) fn evidence_of(report: &Report) -> Option<(Rule, Evidence)> {
    let (rule, evidence) = report.broken()?;
    let mut evidence = evidence.clone();
    if rule == NO_PANIC
        && let Some(place) = panics::last_place()
    {
        evidence.story.push_str(&format!(", at {place}"));
    }
    Some((rule, evidence))
}

/// Returns the values in the requests of clients: the words of the operations, except the first of
/// each, which is the verb.
fn values(script: &Script) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for line in &script.lines {
        if let Action::Ask { op, .. } = &line.action {
            values.extend(words(&op.to_string()).skip(1).map(str::to_owned));
        }
    }
    values
}

/// Returns the words of `story` that are the same in every run, with `_` for the other words.
fn outline(story: &str, values: &BTreeSet<String>) -> String {
    const ENDS: [End; 6] =
        [End::Satisfied, End::Quiet, End::Overdue, End::Out, End::Endless, End::Broken];
    let mut story = story.to_owned();
    for end in ENDS {
        story = story.replace(&end.to_string(), "");
    }
    let mut outline: Vec<&str> = Vec::new();
    for word in words(&story) {
        let varies = word.chars().any(|c| c.is_ascii_digit())
            || word.chars().nth(1).is_none()
            || values.contains(word);
        if !varies {
            outline.push(word);
            continue;
        }
        if let [.., "_", "and"] = outline.as_slice() {
            outline.pop();
        }
        if outline.last() != Some(&"_") {
            outline.push("_");
        }
    }
    outline.join(" ")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Returns 16 bits of the FNV-1a hash of `parts`, the same on every machine.
fn hash(parts: [&str; 4]) -> u16 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) as u16
}

#[cfg(test)]
mod tests {
    use squall_trace::{Details, LineKind};

    use super::*;

    const AGREEMENT: Rule = Rule::safety("agreement", "no two learn different values");

    fn print_of(rule: Rule, story: &str, ops: &[&str], proof: &[&str]) -> Fingerprint {
        let mut script = Script::new("synod", 7, 3, 1);
        for op in ops {
            let op = squall_script::Operation::new((*op).to_owned());
            let process = squall_process::ProcessId::client(1);
            let at = squall_process::Instant::ZERO;
            let action = Action::Ask { process, op };
            script.lines.push(squall_script::Line { at, action });
        }
        let evidence = Evidence { story: story.to_owned(), events: Vec::new() };
        let proof: Vec<_> = proof.iter().map(|text| line(text)).collect();
        Fingerprint::of(&script, rule, &evidence, &proof)
    }

    /// Returns a line of this kind and text.
    fn line(text: &str) -> Line {
        let (kind, text) = text.split_once(": ").unwrap_or((text, ""));
        let kind = match kind {
            "claimed" => LineKind::Claimed,
            "durable" => LineKind::Durable,
            "completed" => LineKind::Completed,
            "arrived" => LineKind::Arrived,
            "timer-set" => LineKind::TimerSet,
            other => panic!("no line is {other}"),
        };
        let (details, text) = (Details::default(), text.to_owned());
        let (process, peer, message) = (None, None, None);
        Line { number: 1, at_ns: 0, kind, process, peer, message, details, text }
    }

    #[test]
    fn other_processes_and_values_are_the_same_finding() {
        let ops = ["propose apple", "propose pear"];
        let one = print_of(AGREEMENT, "n1 learned apple, c2 learned pear", &ops, &["claimed"]);
        let other = print_of(AGREEMENT, "n3 learned pear, n12 learned apple", &ops, &["claimed"]);
        assert_eq!(one, other);
        assert_eq!(one.to_string(), "agreement/claimed-462f");
        assert_eq!(one.file_name(), "agreement-462f.squall");
    }

    #[test]
    fn how_long_a_list_is_and_how_often_a_kind_came_does_not_count() {
        let outline = |story| outline(story, &BTreeSet::new());
        assert_eq!(outline("n1, n2 and n3 voted 2.n1=x"), "_ voted _");
        assert_eq!(outline("n1 voted 7"), "_ voted _");
        assert_eq!(
            outline("o1 of c1 is not answered: nothing was left to happen"),
            outline("o2 of c7 is not answered: the time in which progress was due went by"),
        );
        let kinds = |kinds: &[&str]| print_of(AGREEMENT, "n1 erred", &[], kinds);
        assert_eq!(kinds(&["durable", "claimed", "durable"]), kinds(&["claimed", "durable"]));
        assert!(kinds(&[]).to_string().starts_with("agreement/nothing-"));
    }

    /// A value that the mistake itself made is part of the evidence.
    #[test]
    fn what_the_evidence_says_does_not_count() {
        let print = |heard: &str, ops: &[&str]| {
            let story = format!("c1 said thunder and heard {heard}");
            let proof = format!("completed: c1 is told o1 done say {heard}");
            print_of(AGREEMENT, &story, ops, &[&proof])
        };
        let said = print("rain", &["say thunder", "say rain"]);
        assert_eq!(said, print("rain", &["say thunder"]));
        assert_eq!(said, print("hail", &["say thunder"]));
    }

    #[test]
    fn another_rule_kind_or_story_is_another_finding() {
        let ops = ["propose apple"];
        let base = print_of(AGREEMENT, "n1 learned apple", &ops, &["claimed"]);
        let choice = Rule::safety("one-choice", "at most one value is chosen");
        assert_ne!(base, print_of(choice, "n1 learned apple", &ops, &["claimed"]));
        assert_ne!(base, print_of(AGREEMENT, "n1 forgot apple", &ops, &["claimed"]));
        assert_ne!(base, print_of(AGREEMENT, "n1 learned apple", &ops, &["durable"]));
        assert_ne!(base, print_of(AGREEMENT, "n1 learned apple", &[], &["claimed"]));
    }

    #[test]
    fn a_panic_is_known_by_its_place() {
        let at = |place: &str| {
            let story = format!("a step panicked: the index is 7, at {place}");
            print_of(NO_PANIC, &story, &[], &["arrived"])
        };
        assert_eq!(at("src/server.rs:12:3"), at("src/server.rs:12:3"));
        assert_ne!(at("src/server.rs:12:3"), at("src/server.rs:40:3"));
    }

    #[test]
    fn it_prints_and_parses() {
        let print = print_of(AGREEMENT, "n1 learned apple", &[], &["claimed", "timer-set"]);
        assert_eq!(print.to_string().parse(), Ok(print));
        for text in ["", "agreement", "agreement/7f3a", "/claimed-7f3a", "a/b-7f3", "a/b-7f3g"] {
            assert_eq!(text.parse::<Fingerprint>(), Err(ParseFingerprintError), "{text}");
        }
    }
}
