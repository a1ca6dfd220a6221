//! The disk as a process sees it: an append-only journal of numbered records.
//!
//! Writes and syncs are effects; completions are inputs; reading happens at boot and only there. A
//! record that the disk could not give back whole is handed over as such and never silently
//! dropped, so a process can tell "I never wrote this" from "I wrote something here and it is
//! gone".

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a record in the journal of one process: 1 for the first, one more for each write,
/// across restarts.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct RecordNumber(pub u64);

impl fmt::Display for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// What a disk kept, as handed over at boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk<R> {
    /// The records that are left, by rising number. A missing number is a write that never reached
    /// the disk, or one that was trimmed.
    pub records: Vec<Stored<R>>,
    /// True once the disk was lost and an empty one put in its place, and at every later boot. A
    /// host knows it because it was told to open a disk and there was none; the new disk keeps it.
    /// What this process promised before is forgotten, and other processes may still rely on it.
    pub replaced: bool,
}

impl<R> Disk<R> {
    /// The disk of a process that never ran.
    #[must_use]
    pub const fn empty() -> Self {
        Self { records: Vec::new(), replaced: false }
    }

    /// The records that can be read, by rising number.
    pub fn intact(&self) -> impl Iterator<Item = (RecordNumber, &R)> {
        self.records.iter().filter_map(|stored| match stored {
            Stored::Intact { number, record } => Some((*number, record)),
            Stored::Torn { .. } | Stored::Rotten { .. } => None,
        })
    }

    /// Returns the disk of one inner process: the records that `select` finds to be its own, under
    /// the same numbers. A torn or rotten record is handed to every inner process, since it may
    /// have been a record of any of them.
    #[must_use]
    pub fn select<S>(&self, mut select: impl FnMut(&R) -> Option<S>) -> Disk<S> {
        let own = |stored: &Stored<R>| match stored {
            Stored::Intact { number, record } => {
                select(record).map(|record| Stored::Intact { number: *number, record })
            }
            Stored::Torn { number } => Some(Stored::Torn { number: *number }),
            Stored::Rotten { number } => Some(Stored::Rotten { number: *number }),
        };
        Disk { records: self.records.iter().filter_map(own).collect(), replaced: self.replaced }
    }

    /// Returns whether a record that a completed sync had covered cannot be read: acknowledged data
    /// was lost.
    #[must_use]
    pub fn has_rot(&self) -> bool {
        self.records.iter().any(|stored| matches!(stored, Stored::Rotten { .. }))
    }
}

impl<R> Default for Disk<R> {
    fn default() -> Self {
        Self::empty()
    }
}

/// One record as the disk gives it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stored<R> {
    /// As it was written.
    Intact {
        /// Its place in the journal.
        number: RecordNumber,
        /// The record.
        record: R,
    },
    /// Cut short by a crash before any sync had covered it. Nobody can have relied on it.
    Torn {
        /// Its place in the journal.
        number: RecordNumber,
    },
    /// A sync had covered it, and its checksum no longer matches. Others may rely on it.
    Rotten {
        /// Its place in the journal.
        number: RecordNumber,
    },
}

/// Why a disk refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum DiskError {
    /// No space is left; there may be space again later.
    Full,
    /// The device reported an error for this one request.
    Failed,
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "disk full",
            Self::Failed => "device error",
        })
    }
}
