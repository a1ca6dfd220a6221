//! Verdicts, and their evidence.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

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

/// What proves that a rule is broken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// What happened, in one sentence.
    pub story: String,
    /// The numbers of the events that show it, in order.
    pub events: Vec<u64>,
}

impl Evidence {
    /// Returns the ruling that the rule is broken, with the sentence `story` and the events that
    /// show it.
    ///
    /// # Errors
    ///
    /// Always, because this makes the error of a ruling.
    #[cold]
    pub fn broken(story: impl Into<String>, events: impl IntoIterator<Item = u64>) -> Ruling {
        let mut events: Vec<u64> = events.into_iter().filter(|&number| number > 0).collect();
        events.sort_unstable();
        events.dedup();
        Err(Box::new(Self { story: story.into(), events }))
    }
}

/// The immediate result of a judge: nothing yet, or that the rule is broken.
pub type Ruling = Result<(), Box<Evidence>>;

/// The answer to the question of one judge about one run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The rule held.
    Holds,
    /// The rule is broken.
    Broken(Evidence),
    /// There is no verdict, for this reason.
    Unknown(Cow<'static, str>),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::Broken(evidence) => write!(f, "broken: {}", evidence.story),
            Self::Unknown(reason) => write!(f, "unknown: {reason}"),
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
