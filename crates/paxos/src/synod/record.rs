//! What a server writes to its disk, and what it can still rely on when it reads that again.
//!
//! Model: an append-only journal that nobody trims: one decree needs a few records a ballot, and a
//! record that rotted must be seen at every later boot. Checksums are the disk's work; it hands
//! over torn and rotten records as such.
//!
//! Limits: a record kept by a crash before its sync may sit in a cache only, so what was read is
//! taken as durable only after one more sync.

use std::fmt;
use std::hash::{Hash, Hasher};

use squall_process::{Disk, ProcessId, RecordNumber, Stored};

use crate::{Ballot, ClusterId, Proposable, Vote};

/// One record, stamped with whose it is. Prints as its entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<V> {
    /// The cell.
    pub cluster: ClusterId,
    /// The server that wrote it.
    pub process: ProcessId,
    /// The incarnation of that server.
    pub incarnation: u32,
    /// What must not be forgotten.
    pub entry: Entry<V>,
}

impl<V: Hash> Hash for Record<V> {
    /// The stamp as one word: it is hashed with every record.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let stamp = [self.cluster.0, self.process.code(), self.incarnation].map(u128::from);
        state.write_u128(stamp[0] << 64 | stamp[1] << 32 | stamp[2]);
        self.entry.hash(state);
    }
}

/// What must not be forgotten. Prints as `round 2.n1`, `promised 2.n1`, `accepted 2.n1=apple`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entry<V> {
    /// A proposer is about to use this ballot of its own.
    Round(Ballot),
    /// An acceptor takes part in nothing below this ballot.
    Promised(Ballot),
    /// An acceptor cast this vote, and takes part in nothing below its ballot.
    Accepted(Vote<V>),
}

impl<V: Proposable> fmt::Display for Record<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(f)
    }
}

impl<V: Proposable> fmt::Display for Entry<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Round(ballot) => write!(f, "round {ballot}"),
            Self::Promised(ballot) => write!(f, "promised {ballot}"),
            Self::Accepted(vote) => write!(f, "accepted {vote}"),
        }
    }
}

/// What a disk still told at boot.
#[derive(Debug)]
pub(crate) struct Recovered<V> {
    /// The highest ballot that was promised, by a promise or by a vote.
    pub(crate) promised: Option<Ballot>,
    /// The vote of the highest ballot.
    pub(crate) accepted: Option<Vote<V>>,
    /// The last own round that can be read.
    pub(crate) round: u32,
    /// The last record that was read.
    pub(crate) last: Option<RecordNumber>,
    /// A record was cut short. Nobody can have relied on it.
    pub(crate) torn: bool,
    /// A promise or a vote that others rely on may be gone.
    pub(crate) acceptor_lost: bool,
    /// A round that was used may be gone.
    pub(crate) round_lost: bool,
}

impl<V: Proposable> Recovered<V> {
    /// Reads `disk` as the one of server `owner` of `cluster` in its incarnation `incarnation`.
    ///
    /// A rotten record may have been of any kind. A round is safe all the same if a later one can
    /// be read, for rounds only grow. A record of another owner, or one that this incarnation is
    /// said to have written before it began, means that this is not our disk, and ours is gone.
    pub(crate) fn read(
        disk: &Disk<Record<V>>,
        cluster: ClusterId,
        owner: ProcessId,
        incarnation: u32,
    ) -> Self {
        let mut recovered = Self {
            promised: None,
            accepted: None,
            round: 0,
            last: None,
            torn: false,
            acceptor_lost: disk.replaced,
            round_lost: disk.replaced,
        };
        for stored in &disk.records {
            match stored {
                Stored::Torn { .. } => recovered.torn = true,
                Stored::Rotten { .. } => {
                    recovered.acceptor_lost = true;
                    recovered.round_lost = true;
                }
                Stored::Intact { number, record } => {
                    let ours = (record.cluster, record.process) == (cluster, owner);
                    if !ours || record.incarnation == incarnation {
                        return recovered.foreign();
                    }
                    recovered.last = Some(*number);
                    recovered.take(&record.entry, disk.replaced);
                }
            }
        }
        recovered
    }

    fn take(&mut self, entry: &Entry<V>, replaced: bool) {
        match entry {
            Entry::Round(ballot) => {
                self.round = self.round.max(ballot.round());
                self.round_lost = replaced;
            }
            Entry::Promised(ballot) => self.promised = self.promised.max(Some(*ballot)),
            Entry::Accepted(vote) => {
                self.promised = self.promised.max(Some(vote.ballot));
                if self.accepted.as_ref().is_none_or(|old| old.ballot < vote.ballot) {
                    self.accepted = Some(vote.clone());
                }
            }
        }
    }

    /// Nothing that was read is ours.
    fn foreign(self) -> Self {
        Self {
            promised: None,
            accepted: None,
            round: 0,
            last: None,
            torn: self.torn,
            acceptor_lost: true,
            round_lost: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_record_with_a_short_word_fits_48_bytes() {
        assert!(size_of::<Record<Value>>() <= 48);
    }
}
