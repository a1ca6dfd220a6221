//! The fingerprint of a finding: what stays the same when the same mistake shows again, with other
//! processes, at other times, under other seeds.
//!
//! It consists of values alone: the system, the rule, the case of the rule that the evidence names,
//! and the kinds of the events that prove it. No text for readers goes into it, so a change of
//! words changes no fingerprint. The number of events of a kind does not count.
//!
//! Two mistakes that break one rule in the same case have the same fingerprint: it sorts findings,
//! but does not distinguish causes. A panic is identified by its place in the code, including the
//! line.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use squall_judge::{Argument, Evidence, Rule};
use squall_script::{AnyRunner, NO_PANIC, Report, Script, Watch};
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
        let place = evidence.arguments.iter().find_map(|argument| match argument {
            Argument::Place(place) => Some(place.as_str()),
            _ => None,
        });
        let place = place.unwrap_or_default();
        let hash = hash([&script.system, rule.name, &kinds, evidence.case, place]);
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
        evidence.template = "a step panicked: {}, at {}";
        evidence.arguments.push(Argument::Place(place.to_string()));
    }
    Some((rule, evidence))
}

/// Returns 16 bits of the FNV-1a hash of `parts`, the same on every machine.
fn hash(parts: [&str; 5]) -> u16 {
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

    fn print_of(rule: Rule, evidence: &Evidence, proof: &[LineKind]) -> Fingerprint {
        let script = Script::new("synod", 7, 3, 1);
        let proof: Vec<_> = proof.iter().map(|kind| line(*kind)).collect();
        Fingerprint::of(&script, rule, evidence, &proof)
    }

    /// Returns the evidence that two processes learned different values.
    fn learned(one: &str, other: &str) -> Evidence {
        let arguments = [Argument::Value(one.to_owned()), Argument::Value(other.to_owned())];
        Evidence::new("two-values", "one learned {}, another learned {}", arguments, [3, 9])
    }

    /// Returns a line of this kind.
    fn line(kind: LineKind) -> Line {
        let (details, text) = (Details::default(), String::new());
        let (process, peer, message) = (None, None, None);
        Line { number: 1, at_ns: 0, kind, process, peer, message, details, text }
    }

    #[test]
    fn other_processes_and_values_are_the_same_finding() {
        let one = print_of(AGREEMENT, &learned("apple", "pear"), &[LineKind::Claimed]);
        let other = print_of(AGREEMENT, &learned("pear", "fig"), &[LineKind::Claimed]);
        assert_eq!(one, other);
        assert_eq!(one.to_string(), "agreement/claimed-c76c");
        assert_eq!(one.file_name(), "agreement-c76c.squall");
    }

    #[test]
    fn other_words_are_the_same_finding() {
        let evidence = learned("apple", "pear");
        let reworded = Evidence { template: "{} here and {} there", ..evidence.clone() };
        let kinds = [LineKind::Claimed];
        assert_eq!(print_of(AGREEMENT, &evidence, &kinds), print_of(AGREEMENT, &reworded, &kinds));
    }

    #[test]
    fn how_often_a_kind_of_event_came_does_not_count() {
        let print = |kinds: &[LineKind]| print_of(AGREEMENT, &learned("apple", "pear"), kinds);
        let (claimed, durable) = (LineKind::Claimed, LineKind::Durable);
        assert_eq!(print(&[durable, claimed, durable]), print(&[claimed, durable]));
        assert!(print(&[]).to_string().starts_with("agreement/nothing-"));
    }

    #[test]
    fn another_rule_kind_or_case_is_another_finding() {
        let evidence = learned("apple", "pear");
        let base = print_of(AGREEMENT, &evidence, &[LineKind::Claimed]);
        let choice = Rule::safety("one-choice", "at most one value is chosen");
        assert_ne!(base, print_of(choice, &evidence, &[LineKind::Claimed]));
        assert_ne!(base, print_of(AGREEMENT, &evidence, &[LineKind::Durable]));
        let other_case = Evidence { case: "forgotten", ..evidence };
        assert_ne!(base, print_of(AGREEMENT, &other_case, &[LineKind::Claimed]));
    }

    #[test]
    fn a_panic_is_known_by_its_place() {
        let at = |place: &str| {
            let arguments =
                [Argument::Value("the index is 7".to_owned()), Argument::Place(place.to_owned())];
            let evidence = Evidence::new("panic", "{}, at {}", arguments, [7]);
            print_of(NO_PANIC, &evidence, &[LineKind::Arrived])
        };
        assert_eq!(at("src/server.rs:12:3"), at("src/server.rs:12:3"));
        assert_ne!(at("src/server.rs:12:3"), at("src/server.rs:40:3"));
    }

    #[test]
    fn it_prints_and_parses() {
        let kinds = [LineKind::Claimed, LineKind::TimerSet];
        let print = print_of(AGREEMENT, &learned("apple", "pear"), &kinds);
        assert_eq!(print.to_string().parse(), Ok(print));
        for text in ["", "agreement", "agreement/7f3a", "/claimed-7f3a", "a/b-7f3", "a/b-7f3g"] {
            assert_eq!(text.parse::<Fingerprint>(), Err(ParseFingerprintError), "{text}");
        }
    }
}
