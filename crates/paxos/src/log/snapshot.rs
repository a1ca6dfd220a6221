//! Snapshots: the replicated state at one slot, in pieces (PML section 5.5; RAFT-D chapter 5).
//!
//! Model: the first piece is the [`Header`], which holds all that is not the state machine: the
//! members, the sessions with their results, the epoch and the logical time. The pieces of the
//! state machine follow. A snapshot is restored only if it is of this cluster and format, is whole,
//! and has the digest that its header names.

use std::fmt;
use std::sync::Arc;

use crate::ClusterId;
use crate::log::state::Replicated;
use crate::log::{Serializable, Slot, StateMachine};
use serde::{Deserialize, Serialize};

/// The format of the snapshots that this code writes and reads.
pub const SNAPSHOT_VERSION: u32 = 1;

/// Which snapshot: its slot, and the digest of the state there. Prints as `s7:1f…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SnapshotId {
    /// The last slot that it covers.
    pub slot: Slot,
    /// The digest of the state after that slot.
    pub digest: u64,
}

/// The first piece of a snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Header<S: StateMachine> {
    /// The format.
    pub version: u32,
    /// The cluster.
    pub cluster: ClusterId,
    /// Which snapshot this is.
    pub id: SnapshotId,
    /// The number of pieces, this one included.
    pub count: u64,
    /// What is replicated beside the state machine, which is empty here.
    pub(crate) beside: Replicated<S>,
}

/// One piece of a snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Piece<S: StateMachine> {
    /// The first.
    Header(Arc<Header<S>>),
    /// Of the state machine.
    State(S::Part),
}

/// A whole snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Snapshot<S: StateMachine> {
    pub(crate) id: SnapshotId,
    pub(crate) pieces: Vec<Piece<S>>,
}

/// Why a snapshot is not restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SnapshotError {
    /// It has a format that this code does not read.
    Version {
        /// The format.
        found: u32,
    },
    /// It is of another cluster.
    Cluster {
        /// That cluster.
        found: ClusterId,
    },
    /// The first piece is not a header, or pieces are missing.
    Truncated,
    /// The pieces do not make the state whose digest the header names.
    Damaged,
}

impl<S: StateMachine> Snapshot<S> {
    /// Returns the snapshot of `state` after `slot`.
    pub(crate) fn of(state: &Replicated<S>, slot: Slot, cluster: ClusterId) -> Self {
        let parts = state.machine.snapshot();
        let id = SnapshotId { slot, digest: state.digest() };
        let header = Header {
            version: SNAPSHOT_VERSION,
            cluster,
            id,
            count: parts.len() as u64 + 1,
            beside: Replicated { machine: S::default(), ..state.clone() },
        };
        let mut pieces = Vec::with_capacity(parts.len() + 1);
        pieces.push(Piece::Header(Arc::new(header)));
        pieces.extend(parts.into_iter().map(Piece::State));
        Self { id, pieces }
    }

    /// Returns the state that the pieces make.
    pub(crate) fn restore(
        pieces: &[Piece<S>],
        cluster: ClusterId,
    ) -> Result<Replicated<S>, SnapshotError> {
        let Some(Piece::Header(header)) = pieces.first() else {
            return Err(SnapshotError::Truncated);
        };
        if header.version != SNAPSHOT_VERSION {
            return Err(SnapshotError::Version { found: header.version });
        }
        if header.cluster != cluster {
            return Err(SnapshotError::Cluster { found: header.cluster });
        }
        if header.count != pieces.len() as u64 {
            return Err(SnapshotError::Truncated);
        }
        let mut parts = Vec::with_capacity(pieces.len() - 1);
        for piece in &pieces[1..] {
            match piece {
                Piece::State(part) => parts.push(part.clone()),
                Piece::Header(_) => return Err(SnapshotError::Damaged),
            }
        }
        let machine = S::restore(&parts).ok_or(SnapshotError::Damaged)?;
        let state = Replicated { machine, ..header.beside.clone() };
        if state.digest() == header.id.digest { Ok(state) } else { Err(SnapshotError::Damaged) }
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:016x}", self.slot, self.digest)
    }
}

impl<S: StateMachine> fmt::Display for Piece<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(header) => write!(f, "header of {}", header.count),
            Self::State(part) => part.fmt(f),
        }
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { found } => {
                write!(f, "the snapshot has format {found}, not {SNAPSHOT_VERSION}")
            }
            Self::Cluster { found } => write!(f, "the snapshot is of cluster {}", found.0),
            Self::Truncated => f.write_str("pieces of the snapshot are missing"),
            Self::Damaged => f.write_str("the snapshot does not have the digest that it names"),
        }
    }
}

impl std::error::Error for SnapshotError {}
