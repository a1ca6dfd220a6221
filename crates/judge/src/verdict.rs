//! Verdicts, and their evidence.

use std::fmt;

use serde::{Deserialize, Serialize};
use squall_linear::Limit;
use squall_process::Span;

use crate::Evidence;

/// A rule: a short name for reports and file names, and one sentence for readers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// One lower-case word, or a few joined by hyphens.
    pub name: &'static str,
    /// What must hold.
    pub sentence: &'static str,
    /// Whether the rule says that something good happens in the end (progress), not that something
    /// bad never happens (safety).
    pub progress: bool,
}

impl Rule {
    /// Returns a rule that something bad never happens.
    #[must_use]
    pub const fn safety(name: &'static str, sentence: &'static str) -> Self {
        Self { name, sentence, progress: false }
    }

    /// Returns a rule that something good happens, within a bound after `calm`.
    #[must_use]
    pub const fn progress(name: &'static str, sentence: &'static str) -> Self {
        Self { name, sentence, progress: true }
    }
}

/// The immediate result of a judge: nothing yet, or that the rule is broken.
pub type Ruling = Result<(), Box<Evidence>>;

/// The answer to the question of one judge about one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The rule held.
    Holds,
    /// The rule is broken.
    Broken(Evidence),
    /// There is no verdict, for this reason.
    Unknown(Reason),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::Broken(evidence) => write!(f, "broken: {}", evidence.story()),
            Self::Unknown(reason) => write!(f, "unknown: {reason}"),
        }
    }
}

/// Why nothing can be said about a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// The run ended because another rule was broken.
    OtherRuleBroken,
    /// The script owes no progress.
    NoProgressDue,
    /// The limit of steps was reached.
    Endless {
        /// The steps that were taken.
        steps: u64,
        /// How long the run took, by the clock of the world.
        after: Span,
    },
    /// The search through the orders of a history ended before its end.
    Search(Limit),
    /// What a judge of a system says.
    Said(&'static str),
}

impl Reason {
    /// Returns the reason without figures, so that equal reasons of many runs can be counted.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::OtherRuleBroken => "another rule was broken first",
            Self::NoProgressDue => "no progress is due in this script",
            Self::Endless { .. } => "the limit of steps was reached",
            Self::Search(Limit::Budget(_)) => "the budget of configurations is used up",
            Self::Search(Limit::Memory(_)) => "the memory for configurations is used up",
            Self::Search(Limit::Slots(_)) => "too many operations are open at once",
            Self::Search(Limit::Stopped) => "the search was stopped",
            Self::Said(reason) => reason,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endless { steps, after } => {
                write!(f, "{} after {steps} steps, at {after}", self.summary())
            }
            Self::Search(limit) => limit.fmt(f),
            _ => f.write_str(self.summary()),
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// After `calm`, every judge was satisfied.
    Satisfied,
    /// Nothing was left to happen.
    Quiet,
    /// The bound after `calm` within which progress is due has passed.
    Overdue,
    /// The script ended without `calm`, and its time has passed.
    Out,
    /// The limit of steps was reached.
    Endless,
    /// A rule was broken.
    Broken,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Satisfied => "all that was due was done",
            Self::Quiet => "nothing was left to happen",
            Self::Overdue => "the time in which progress was due went by",
            Self::Out => "the time of the script was over",
            Self::Endless => "the limit of steps was reached",
            Self::Broken => "a rule was broken",
        })
    }
}
