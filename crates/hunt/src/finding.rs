//! A finding: a script that breaks a rule, and what proves it.

use std::fmt::Write as _;

use squall_judge::Evidence;
use squall_script::{NO_PANIC, Op, Runner, Script, System};
use squall_trace::{Digest, Line, Lines};

use crate::panics;

/// A broken rule, with the script that breaks it.
#[derive(Clone, Debug)]
pub struct Finding<O> {
    /// What was run.
    pub script: Script<O>,
    /// The rule's name.
    pub rule: &'static str,
    /// The rule in a sentence.
    pub sentence: &'static str,
    /// What proves it.
    pub evidence: Evidence,
    /// The events that the evidence names, as lines.
    pub proof: Vec<Line>,
    /// The last events before the end.
    pub last: Vec<Line>,
    /// The digest of the run.
    pub digest: Digest,
}

/// So many of the last events stand in a finding.
const LAST_EVENTS: usize = 12;

impl<O> Finding<O> {
    /// Runs `script` and tells what it finds, if it finds anything.
    pub fn of<S>(runner: &mut Runner<'_, S>, script: &Script<O>) -> Option<Self>
    where
        S: System<Process: squall_process::Process<Op = O>>,
        O: Clone,
    {
        let mut lines = Lines::all();
        let report = panics::hush(|| runner.run(script, &mut lines)).ok()?;
        let (rule, evidence) = report.broken()?;
        let mut evidence = evidence.clone();
        if rule == NO_PANIC
            && let Some(place) = panics::last_place()
        {
            let _ = write!(evidence.story, ", at {place}");
        }
        let lines = lines.as_slice();
        let proof = lines.iter().filter(|line| evidence.events.contains(&line.number));
        Some(Self {
            script: script.clone(),
            rule: rule.name,
            sentence: rule.sentence,
            proof: proof.cloned().collect(),
            last: lines[lines.len().saturating_sub(LAST_EVENTS)..].to_vec(),
            evidence,
            digest: report.digest,
        })
    }

    /// The name of the file that keeps it: the rule and 16 bits of the digest.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{:04x}.squall", self.rule, self.digest.value() & 0xffff)
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
    pub fn find<S: System>(runner: &mut Runner<'_, S>, script: &Script<Op<S>>) -> Self {
        let seed = script.seed;
        let record = |runner: &mut Runner<'_, S>| {
            let mut lines = Lines::all();
            let _ = panics::hush(|| runner.run(script, &mut lines));
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
