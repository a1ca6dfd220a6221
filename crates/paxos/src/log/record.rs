//! What a server writes to its disk, and what it can still rely on when it reads that again.
//!
//! Model: a journal of facts. Each record also says of which kind the record before it was, so that
//! a record that rotted can be told apart from its neighbour (Alagappan, FAST 2018: the identity of
//! a record is stored apart from it): a lost promise is known from the stamp itself, a lost vote
//! leaves its slot damaged until the slot is known to be chosen, a lost piece of a snapshot is
//! fetched from others. A last record that rotted has no neighbour to tell, nor has one of two that
//! rotted together; the acceptor is then lost.
//!
//! Limits: a record kept by a crash before its sync may sit in a cache only, so what was read is
//! relied on only after one more sync.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use squall_process::{Disk, ProcessId, RecordNumber, Stored};

use crate::log::message::Pvalue;
use crate::log::snapshot::{Piece, Snapshot, SnapshotId};
use crate::log::{DiskId, Serializable, Slot, StateMachine};
use crate::{Ballot, ClusterId};

/// One record, stamped with whose it is. Prints as its fact.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Record<S: StateMachine> {
    /// The cluster.
    pub cluster: ClusterId,
    /// The server that wrote it.
    pub process: ProcessId,
    /// The incarnation of that server.
    pub incarnation: u32,
    /// The record that this server wrote before it, and what that says.
    pub previous: Previous,
    /// What must not be forgotten.
    pub fact: Fact<S>,
}

/// What a record says of the one before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Previous {
    /// Its number; 0 if there is none. Between the two lie records of other processes at most, if
    /// this one shares its journal.
    pub number: RecordNumber,
    /// What it says.
    pub stamp: Stamp,
}

/// What must not be forgotten.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Fact<S: StateMachine> {
    /// Whose disk this is, and which member that is.
    Identity {
        /// The disk.
        disk: DiskId,
        /// The slot that added the server with this disk; none if it was not added yet.
        since: Option<Slot>,
    },
    /// The acceptor takes part in nothing below this ballot.
    Promised(Ballot),
    /// The acceptor cast this vote, and takes part in nothing below its ballot.
    Accepted {
        /// The slot.
        slot: Slot,
        /// The vote.
        vote: Pvalue<S>,
    },
    /// One piece of a snapshot.
    Piece {
        /// Which snapshot.
        id: SnapshotId,
        /// Which piece, from 0.
        index: u64,
        /// The piece.
        piece: Piece<S>,
    },
    /// The snapshot is whole. Repeats what may stand only in records that are given up now.
    Checkpoint {
        /// Which snapshot.
        id: SnapshotId,
        /// The number of its pieces.
        count: u64,
        /// The highest ballot that was promised.
        promised: Option<Ballot>,
        /// The disk.
        disk: DiskId,
        /// The slot that added the server with this disk.
        since: Option<Slot>,
    },
}

/// Of which kind a record is, and what it concerns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Stamp {
    /// There was no record.
    Start,
    /// [`Fact::Identity`].
    Identity,
    /// [`Fact::Promised`].
    Promised(Ballot),
    /// [`Fact::Accepted`].
    Accepted {
        /// The slot.
        slot: Slot,
        /// The configuration.
        config: Slot,
        /// The ballot.
        ballot: Ballot,
    },
    /// [`Fact::Piece`].
    Piece(SnapshotId),
    /// [`Fact::Checkpoint`].
    Checkpoint {
        /// The slot of its snapshot.
        slot: Slot,
        /// The highest ballot that was promised.
        promised: Option<Ballot>,
    },
}

impl<S: StateMachine> Fact<S> {
    /// Returns of which kind it is.
    pub(crate) const fn stamp(&self) -> Stamp {
        match self {
            Self::Identity { .. } => Stamp::Identity,
            Self::Promised(ballot) => Stamp::Promised(*ballot),
            Self::Accepted { slot, vote } => {
                Stamp::Accepted { slot: *slot, config: vote.config, ballot: vote.ballot }
            }
            Self::Piece { id, .. } => Stamp::Piece(*id),
            Self::Checkpoint { id, promised, .. } => {
                Stamp::Checkpoint { slot: id.slot, promised: *promised }
            }
        }
    }
}

impl<S: StateMachine> fmt::Display for Record<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fact.fmt(f)
    }
}

impl<S: StateMachine> fmt::Display for Fact<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity { disk, since: Some(since) } => {
                write!(f, "identity disk {:x} since {since}", disk.0)
            }
            Self::Identity { disk, since: None } => write!(f, "identity disk {:x}", disk.0),
            Self::Promised(ballot) => write!(f, "promised {ballot}"),
            Self::Accepted { slot, vote } => write!(f, "accepted {slot} {vote}"),
            Self::Piece { id, index, piece } => write!(f, "snapshot {id} piece {index}: {piece}"),
            Self::Checkpoint { id, .. } => write!(f, "checkpoint {id}"),
        }
    }
}

/// What a disk still told at boot.
#[derive(Debug)]
pub(crate) struct Recovered<S: StateMachine> {
    /// The server never took part with this disk: there is no promise, no vote and no checkpoint,
    /// which are written only when the identity is durable.
    pub(crate) is_unused: bool,
    /// The disk and the member that it belongs to.
    pub(crate) disk: Option<DiskId>,
    pub(crate) since: Option<Slot>,
    /// The highest ballot that was promised.
    pub(crate) promised: Option<Ballot>,
    /// The vote of the highest rank for each slot, and its record.
    pub(crate) votes: BTreeMap<Slot, (RecordNumber, Pvalue<S>)>,
    /// Slots in which a vote was lost that others may rely on.
    pub(crate) damaged: BTreeMap<Slot, (Slot, Ballot)>,
    /// The newest snapshot that is whole, and its first record.
    pub(crate) snapshot: Option<(RecordNumber, Snapshot<S>)>,
    /// Votes up to this slot were given up.
    pub(crate) compacted: Slot,
    /// The last record that was read.
    pub(crate) last: Option<Previous>,
    /// A record was cut short. Nothing can rely on it.
    pub(crate) torn: bool,
    /// A record rotted.
    pub(crate) rotten: bool,
    /// What others rely on may be gone, and it is not known what.
    pub(crate) lost: bool,
}

impl<S: StateMachine> Recovered<S> {
    fn nothing(lost: bool) -> Self {
        Self {
            is_unused: true,
            disk: None,
            since: None,
            promised: None,
            votes: BTreeMap::new(),
            damaged: BTreeMap::new(),
            snapshot: None,
            compacted: Slot::ZERO,
            last: None,
            torn: false,
            rotten: false,
            lost,
        }
    }

    /// Reads `disk` as that of server `process` of `cluster` in its incarnation `incarnation`. A
    /// record of another server, or one that this incarnation is said to have written before it
    /// began, means that this disk is a copy of another, and ours is gone.
    pub(crate) fn read(
        disk: &Disk<Record<S>>,
        cluster: ClusterId,
        process: ProcessId,
        incarnation: u32,
    ) -> Self {
        let mut recovered = Self::nothing(false);
        let mut pieces: Vec<(RecordNumber, SnapshotId, u64, &Piece<S>)> = Vec::new();
        for (index, stored) in disk.records.iter().enumerate() {
            match stored {
                Stored::Torn { .. } => recovered.torn = true,
                Stored::Rotten { number } => {
                    recovered.rotten = true;
                    recovered.on_rotten(*number, &disk.records[index + 1..]);
                }
                Stored::Intact { number, record } => {
                    let ours = record.cluster == cluster && record.process == process;
                    if !ours || record.incarnation == incarnation {
                        return Self::nothing(true);
                    }
                    recovered.is_unused &= matches!(record.fact, Fact::Piece { .. });
                    let stamp = record.fact.stamp();
                    recovered.last = Some(Previous { number: *number, stamp });
                    recovered.take(*number, &record.fact, &mut pieces);
                }
            }
        }
        // What is on a replaced disk is ours once it has an identity of its own.
        recovered.lost |= disk.replaced && recovered.disk.is_none();
        let compacted = recovered.compacted;
        recovered.votes.retain(|slot, _| *slot > compacted);
        let votes = &recovered.votes;
        recovered.damaged.retain(|slot, rank| {
            let newer = votes.get(slot).is_some_and(|(_, vote)| vote.rank() > *rank);
            *slot > compacted && !newer
        });
        recovered
    }

    /// A record rotted. What it said is known from the next one that this server wrote. That one
    /// may also name an earlier record as the one before it: then another process that shares the
    /// journal wrote what rotted.
    fn on_rotten(&mut self, number: RecordNumber, later: &[Stored<Record<S>>]) {
        let next = later.iter().find_map(|stored| match stored {
            Stored::Intact { record, .. } => Some(record.previous),
            Stored::Torn { .. } | Stored::Rotten { .. } => None,
        });
        let stamp = match next {
            Some(previous) if previous.number < number => return,
            Some(previous) if previous.number == number => previous.stamp,
            _ => Stamp::Start,
        };
        match stamp {
            Stamp::Start | Stamp::Identity => self.lost = true,
            Stamp::Promised(ballot) => self.promised = self.promised.max(Some(ballot)),
            Stamp::Accepted { slot, config, ballot } => {
                self.promised = self.promised.max(Some(ballot));
                let rank = self.damaged.entry(slot).or_insert((config, ballot));
                *rank = (*rank).max((config, ballot));
            }
            Stamp::Piece(_) => {}
            Stamp::Checkpoint { slot, promised } => {
                self.promised = self.promised.max(promised);
                self.compacted = self.compacted.max(slot);
            }
        }
    }

    fn take<'d>(
        &mut self,
        number: RecordNumber,
        fact: &'d Fact<S>,
        pieces: &mut Vec<(RecordNumber, SnapshotId, u64, &'d Piece<S>)>,
    ) {
        match fact {
            Fact::Identity { disk, since } => {
                self.disk = Some(*disk);
                self.since = *since;
            }
            Fact::Promised(ballot) => self.promised = self.promised.max(Some(*ballot)),
            Fact::Accepted { slot, vote } => {
                self.promised = self.promised.max(Some(vote.ballot));
                let older = self.votes.get(slot).is_none_or(|(_, old)| old.rank() < vote.rank());
                if older {
                    self.votes.insert(*slot, (number, vote.clone()));
                }
            }
            Fact::Piece { id, index, piece } => pieces.push((number, *id, *index, piece)),
            Fact::Checkpoint { id, count, promised, disk, since } => {
                self.promised = self.promised.max(*promised);
                self.disk = Some(*disk);
                self.since = *since;
                self.compacted = self.compacted.max(id.slot);
                self.assemble(*id, *count, pieces);
                pieces.clear();
            }
        }
    }

    /// Takes the pieces that were written for `id` just before, if all of them can be read.
    fn assemble(
        &mut self,
        id: SnapshotId,
        count: u64,
        pieces: &[(RecordNumber, SnapshotId, u64, &Piece<S>)],
    ) {
        let start = pieces.iter().rposition(|(_, of, index, _)| *of == id && *index == 0);
        let Some(start) = start else {
            return;
        };
        let whole = pieces[start..]
            .iter()
            .enumerate()
            .all(|(at, (_, of, index, _))| *of == id && *index == at as u64);
        if whole && (pieces.len() - start) as u64 == count {
            let first = pieces[start].0;
            let pieces = pieces[start..].iter().map(|(.., piece)| (*piece).clone()).collect();
            self.snapshot = Some((first, Snapshot { id, pieces }));
        }
    }
}
