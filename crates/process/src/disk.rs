//! The disk as a process sees it: an append-only journal of numbered records.
//!
//! Writes and syncs are effects; completions are inputs; reading happens only at boot. A record
//! that the disk could not return whole is reported as such and never silently dropped, so a
//! process can tell "I never wrote this" from "I wrote something here and it is gone".

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a record in the journal of one process: 1 for the first, and one more for each
/// write, across restarts.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct RecordNumber(pub u64);

impl fmt::Display for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// The contents of a disk, as handed over at boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk<R> {
    /// The records that are left, in increasing order of numbers. A missing number is a write that
    /// never reached the disk, or a record that was trimmed.
    pub records: Vec<Stored<R>>,
    /// Whether the disk was lost and replaced by an empty one, at this boot or an earlier one. A
    /// host knows this because it was told to open a disk and found none; the new disk keeps the
    /// mark. The earlier promises of this process are forgotten, and other processes may still rely
    /// on them.
    pub replaced: bool,
}

impl<R> Disk<R> {
    /// Returns the disk of a process that has never run.
    #[must_use]
    pub const fn empty() -> Self {
        Self { records: Vec::new(), replaced: false }
    }

    /// Returns the records that can be read, in increasing order of numbers.
    pub fn intact(&self) -> impl Iterator<Item = (RecordNumber, &R)> {
        self.records.iter().filter_map(|stored| match stored {
            Stored::Intact { number, record } => Some((*number, record)),
            Stored::Torn { .. } | Stored::Rotten { .. } => None,
        })
    }

    /// Returns the disk of one inner process: the records that `select` accepts, under the same
    /// numbers. A torn or rotten record is handed to every inner process, because any of them may
    /// have written it.
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

    /// Returns whether a record that a completed sync had covered cannot be read, which means that
    /// acknowledged data was lost.
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

/// One record as the disk returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stored<R> {
    /// As it was written.
    Intact {
        /// Its number in the journal.
        number: RecordNumber,
        /// The record.
        record: R,
    },
    /// Cut short by a crash before any sync had covered it. No process can have relied on it.
    Torn {
        /// Its number in the journal.
        number: RecordNumber,
    },
    /// Covered by a sync, but its checksum no longer matches. Other processes may rely on it.
    Rotten {
        /// Its number in the journal.
        number: RecordNumber,
    },
}

/// Why a disk refused a request.
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
