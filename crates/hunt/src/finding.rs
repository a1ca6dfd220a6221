//! A finding: a script that breaks a rule, and what proves it.

use squall_judge::Evidence;
use squall_script::{AnyRunner, Script};
use squall_trace::{Digest, Line, Lines};

use crate::fingerprint::{Fingerprint, broken};
use crate::panics;
use crate::sightings::Sightings;

/// A broken rule, with the script that breaks it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was run.
    pub script: Script,
    /// The rule's name.
    pub rule: &'static str,
    /// The rule in a sentence.
    pub sentence: &'static str,
    /// What it shares with findings of the same sort.
    pub fingerprint: Fingerprint,
    /// What proves it.
    pub evidence: Evidence,
    /// The events that the evidence names, as lines.
    pub proof: Vec<Line>,
    /// The last events before the end.
    pub last: Vec<Line>,
    /// The run, event by event: the first [`TRACE_MAX`] events of it.
    pub trace: Vec<Line>,
    /// The stamps of the events behind these, [`STAMPS_MAX`] at most.
    pub stamps: Vec<u16>,
    /// The seeds of the sweep that have a finding of this fingerprint.
    pub seeds: Sightings,
    /// The digest of the run.
    pub digest: Digest,
}

/// So many events of the run stand in a finding, at most.
pub const TRACE_MAX: usize = 5_000;

/// And of so many more their stamps: enough to name the first event that differs in another run.
pub const STAMPS_MAX: usize = 200_000;

/// So many of the last events stand in a finding.
const LAST_EVENTS: usize = 12;

impl Finding {
    /// Runs `script` and tells what it finds, if it finds anything.
    pub fn of(runner: &mut dyn AnyRunner, script: &Script) -> Option<Self> {
        let mut lines = Lines::all();
        let (rule, evidence, report) = broken(runner, script, &mut |event| lines.keep(event))?;
        let lines = lines.as_slice();
        let is_proof = |line: &&Line| evidence.events.contains(&line.number);
        let proof: Vec<Line> = lines.iter().filter(is_proof).cloned().collect();
        Some(Self {
            script: script.clone(),
            rule: rule.name,
            sentence: rule.sentence,
            fingerprint: Fingerprint::of(script, rule, &evidence, &proof),
            last: lines[lines.len().saturating_sub(LAST_EVENTS)..].to_vec(),
            trace: lines.iter().take(TRACE_MAX).cloned().collect(),
            stamps: lines.iter().skip(TRACE_MAX).take(STAMPS_MAX).map(Line::stamp).collect(),
            seeds: Sightings::one(script.seed),
            proof,
            evidence,
            digest: report.digest,
        })
    }

    /// The name of the file that keeps it.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.fingerprint.file_name()
    }
}

/// A seed whose two runs were not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The seed.
    pub seed: u64,
    /// The first event that differs, as both runs had it; `None` for a run that ended. Without:
    /// the difference did not show again.
    pub first: Option<(Option<Line>, Option<Line>)>,
}

/// How often two recorded runs are tried before a difference is said not to show again.
const TRIES: u32 = 8;

impl Divergence {
    /// Looks for the first event in which two runs of `script` differ.
    #[must_use]
    pub fn find(runner: &mut dyn AnyRunner, script: &Script) -> Self {
        let seed = script.seed;
        let record = |runner: &mut dyn AnyRunner| {
            let mut lines = Lines::all();
            let _ = panics::hush(|| runner.watch(script, &mut |event| lines.keep(event)));
            lines
        };
        let one = record(runner);
        for _ in 0..TRIES {
            let other = record(runner);
            let (one, other) = (one.as_slice(), other.as_slice());
            let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
            if same < one.len().max(other.len()) {
                let first = (one.get(same).cloned(), other.get(same).cloned());
                return Self { seed, first: Some(first) };
            }
        }
        Self { seed, first: None }
    }
}
