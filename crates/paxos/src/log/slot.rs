//! Positions in the log and the logical time that entries carry.
//!
//! Limits: slots and times are 64 bits and never wrap in practice; arithmetic stops at the end.

use std::fmt;

use serde::{Deserialize, Serialize};
use squall_process::Span;

/// A position in the log, from 1. Slot 0 is before the first entry. Prints as `s7`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct Slot(pub u64);

impl Slot {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// After every entry: what no slot ever added.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Returns the slot after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the number of slots from `earlier` to this one; 0 if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the slot `count` after this one.
    #[must_use]
    pub const fn plus(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// Logical time: the span during which the cluster had a leader, as its leaders measured it. It is
/// carried by entries and never read from a clock when they are applied (RAFT-D section 6.3).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct LogTime(pub Span);

impl LogTime {
    /// Returns this time moved on by `span`.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0 + span)
    }
}

impl fmt::Display for LogTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
