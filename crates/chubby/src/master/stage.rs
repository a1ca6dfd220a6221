//! The nine stages of a fail-over (CHUBBY section 2.9).
//!
//! Model: a new master goes through them in this order, and each says what it answers. The first
//! three need what the log alone knows; the fourth to the sixth bring every session to a known
//! state; from the seventh on all calls are answered.

use std::fmt;

/// Where a master stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// 1: it picks the epoch, which its first entry in the log begins.
    Epoch = 1,
    /// 2: it answers who the master is, until it holds a master lease.
    Location,
    /// 3: it takes sessions and locks from the database, with leases as long as any master before
    /// can have granted.
    Rebuild,
    /// 4: it answers KeepAlives and nothing else.
    KeepAlives,
    /// 5: each session is sent a fail-over event.
    FailOverEvent,
    /// 6: it waits until each session has taken note of that, or expired.
    Acknowledgements,
    /// 7: it answers all calls.
    AllCalls,
    /// 8: it takes up handles of earlier epochs when they are used.
    Handles,
    /// 9: it removed the ephemeral nodes that no client had open, and does so from now on.
    Ephemerals,
}

impl Stage {
    /// Returns whether KeepAlives are answered.
    #[must_use]
    pub fn answers_keep_alives(self) -> bool {
        self >= Self::KeepAlives
    }

    /// Returns whether all calls are answered.
    #[must_use]
    pub fn answers_calls(self) -> bool {
        self >= Self::AllCalls
    }

    /// Returns whether ephemeral nodes that no client has open are removed.
    #[must_use]
    pub fn removes_ephemerals(self) -> bool {
        self >= Self::Ephemerals
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epoch => "epoch",
            Self::Location => "location",
            Self::Rebuild => "rebuild",
            Self::KeepAlives => "keep-alives",
            Self::FailOverEvent => "fail-over-event",
            Self::Acknowledgements => "acknowledgements",
            Self::AllCalls => "all-calls",
            Self::Handles => "handles",
            Self::Ephemerals => "ephemerals",
        })
    }
}
