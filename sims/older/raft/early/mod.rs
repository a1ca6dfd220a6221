//! The interface of raft 0.7 on a library that does one thing at a time.
//!
//! Before 0.6.0 a node handed out one *ready*, and required that all of it was done before anything
//! else happened: its entries durable, its messages sent, its committed entries applied. A leader
//! counts its own entries as soon as it has them, so it must not hear from other servers before its
//! own entries are durable. While a ready waits for the disk, the clock of the node therefore
//! stands, messages wait, and proposals are refused.
//!
//! Committed entries are handed out after the ready that they came with, once that is durable,
//! because some of them may be in that ready. The messages of a leader leave at once, those of
//! other servers when the ready is durable, as the library's documentation requires.
//!
//! Messages, entries and snapshots are those of a later version, converted by their bytes. The
//! protocol on the wire has gained fields, and none that changed its meaning.

mod node;
mod ready;
mod storage;

pub use node::{Raft, RawNode};
pub use published::{
    Error, INVALID_ID, ReadOnlyOption, Result, SnapshotStatus, StateRole, StorageError,
};
pub use raft_proto::{eraftpb, prelude};
pub use ready::{ReadState, Ready};
pub use storage::{GetEntriesContext, RaftState, Storage, Stored};

/// The content of the vote requests of a server that was told to take over. The library does not
/// export it.
pub const CAMPAIGN_TRANSFER: &[u8] = b"CampaignTransfer";

pub mod util {
    //! The only one of the library's tools that storage needs.

    pub use super::storage::limit_size;
}

/// A message of one generation of the protocol, as bytes.
pub trait Wire: Sized {
    fn bytes(&self) -> Vec<u8>;
    fn of(bytes: &[u8]) -> Self;
}

/// Returns `from`, of one generation of the protocol, in another one.
pub(crate) fn recast<A: Wire, B: Wire>(from: &A) -> B {
    B::of(&from.bytes())
}

pub(crate) fn recast_all<A: Wire, B: Wire>(from: &[A]) -> Vec<B> {
    from.iter().map(recast).collect()
}
