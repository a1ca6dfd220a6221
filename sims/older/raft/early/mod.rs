//! The interface of raft 0.7 on a library that does one thing at a time.
//!
//! Before 0.6.0 a node handed out one *ready*, and wanted to hear that all of it was done before
//! anything else happened: its entries durable, its messages sent, what is committed applied. A
//! leader counts its own entries as soon as it has them; so it must not hear what others have
//! before its own are durable. That is how it is done here. While a ready waits for the disk, the
//! clock of the node stands still, messages wait, and proposals are refused.
//!
//! What was committed is handed out behind the ready that it came with, once that is durable: some
//! of it may be in that ready. A leader's messages leave at once, those of others when the ready is
//! durable, as the library's documentation has it.
//!
//! Messages, entries and snapshots are those of a later version, by their bytes: the protocol on
//! the wire has got fields, and none that changed its meaning.

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

/// What is on the questions of a server that was told to take over. The library kept it to itself.
pub const CAMPAIGN_TRANSFER: &[u8] = b"CampaignTransfer";

pub mod util {
    //! Of the library's tools the one that storage needs.

    pub use super::storage::limit_size;
}

/// A message of some generation of the protocol, as bytes.
pub trait Wire: Sized {
    fn bytes(&self) -> Vec<u8>;
    fn of(bytes: &[u8]) -> Self;
}

/// `from`, which is of one generation of the protocol, in another.
pub(crate) fn recast<A: Wire, B: Wire>(from: &A) -> B {
    B::of(&from.bytes())
}

pub(crate) fn recast_all<A: Wire, B: Wire>(from: &[A]) -> Vec<B> {
    from.iter().map(recast).collect()
}
