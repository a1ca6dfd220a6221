//! The exit status: what a script that calls the program can rely on.

use std::process::ExitCode;

/// How a command ended, and the number that the process exits with.
///
/// Of several, the worst counts. The order, from the best: holds, nothing was run, nothing is
/// broken, unknown, broken, diverged, misuse, fault. A run that does not repeat itself is worse
/// than a broken rule, because no finding can be trusted before it is fixed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// 0: every rule that was judged holds, or there was nothing to judge.
    Holds,
    /// 4: nothing was run, so nothing is known.
    NothingRun,
    /// 6: the script breaks no rule, so there is nothing to shrink or to explain.
    NothingBroken,
    /// 3: no rule is broken, and for some run nothing can be said.
    Unknown,
    /// 1: a rule is broken.
    Broken,
    /// 5: a run did not repeat itself.
    Diverged,
    /// 2: wrong use: an option, a name, a file.
    Misuse,
    /// 70: a fault in the harness itself, or in the description of a system; or the data could not
    /// be written.
    Fault,
}

impl Status {
    /// Returns the number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::Broken => 1,
            Self::Misuse => 2,
            Self::Unknown => 3,
            Self::NothingRun => 4,
            Self::Diverged => 5,
            Self::NothingBroken => 6,
            Self::Fault => 70,
        }
    }

    /// Returns one word for machines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::Misuse => "misuse",
            Self::Unknown => "unknown",
            Self::NothingRun => "nothing-run",
            Self::Diverged => "diverged",
            Self::NothingBroken => "nothing-broken",
            Self::Fault => "fault",
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}
