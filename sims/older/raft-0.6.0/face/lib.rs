//! The interface of raft 0.7, on version 0.6.0 of the library.
//!
//! The differences are small: storage is not told why its entries are read nor which server a
//! snapshot is for, and priorities are unsigned.

#[path = "../../raft/config.rs"]
mod config;

use std::ops::{Deref, DerefMut};

use published::eraftpb::{Entry, Snapshot};
pub use published::{
    CAMPAIGN_TRANSFER, Error, INVALID_ID, RaftState, ReadOnlyOption, ReadState, Ready, Result,
    SnapshotStatus, StateRole, StorageError, eraftpb, prelude, util,
};

pub use config::Config;

/// Why entries are read. This version does not say.
#[derive(Debug)]
pub struct GetEntriesContext;

/// Storage as the library has it today.
pub trait Storage {
    fn initial_state(&self) -> Result<RaftState>;
    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        context: GetEntriesContext,
    ) -> Result<Vec<Entry>>;
    fn term(&self, index: u64) -> Result<u64>;
    fn first_index(&self) -> Result<u64>;
    fn last_index(&self) -> Result<u64>;
    fn snapshot(&self, request_index: u64, to: u64) -> Result<Snapshot>;
}

/// Storage in the form of this version.
pub struct Stored<T>(T);

impl<T: Storage> published::Storage for Stored<T> {
    fn initial_state(&self) -> Result<RaftState> {
        self.0.initial_state()
    }

    fn entries(&self, low: u64, high: u64, max_size: impl Into<Option<u64>>) -> Result<Vec<Entry>> {
        self.0.entries(low, high, max_size, GetEntriesContext)
    }

    fn term(&self, index: u64) -> Result<u64> {
        self.0.term(index)
    }

    fn first_index(&self) -> Result<u64> {
        self.0.first_index()
    }

    fn last_index(&self) -> Result<u64> {
        self.0.last_index()
    }

    fn snapshot(&self, request_index: u64) -> Result<Snapshot> {
        self.0.snapshot(request_index, INVALID_ID)
    }
}

/// A node: that of the library.
pub struct RawNode<T: Storage>(published::RawNode<Stored<T>>);

impl<T: Storage> RawNode<T> {
    /// Returns a node that begins with the contents of `store`.
    pub fn new(config: &Config, store: T, logger: &slog::Logger) -> Result<Self> {
        published::RawNode::new(&config.published(), Stored(store), logger).map(Self)
    }

    /// Returns its storage.
    pub fn store(&self) -> &T {
        &self.0.store().0
    }

    /// Returns its storage, for writing.
    pub fn mut_store(&mut self) -> &mut T {
        &mut self.0.mut_store().0
    }
}

impl<T: Storage> Deref for RawNode<T> {
    type Target = published::RawNode<Stored<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: Storage> DerefMut for RawNode<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Config {
    /// Returns the same configuration, in the form of this version.
    fn published(&self) -> published::Config {
        published::Config {
            id: self.id,
            election_tick: self.election_tick,
            heartbeat_tick: self.heartbeat_tick,
            applied: self.applied,
            max_size_per_msg: self.max_size_per_msg,
            max_inflight_msgs: self.max_inflight_msgs,
            check_quorum: self.check_quorum,
            pre_vote: self.pre_vote,
            min_election_tick: self.min_election_tick,
            max_election_tick: self.max_election_tick,
            read_only_option: self.read_only_option,
            skip_bcast_commit: self.skip_bcast_commit,
            batch_append: self.batch_append,
            priority: self.priority.unsigned_abs(),
            max_uncommitted_size: self.max_uncommitted_size,
            max_committed_size_per_ready: self.max_committed_size_per_ready,
        }
    }
}
