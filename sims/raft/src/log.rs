//! The log of one server as its library reads it: the library's `Storage`.
//!
//! Model: this is what the server has written, durable or not. The library requires that what it
//! hands over can be read at once and is durable later. It learns separately what is durable
//! (`on_persist_ready`), which is not known here. Entries up to the *cut* are gone. The term of the
//! last of them is kept, so that the entry after it can be matched. The snapshot includes at least
//! the entries up to the cut. It may include some entries behind the cut as well, which serve
//! servers that lag a little.

use raft::prelude::{ConfState, Entry, HardState, Snapshot};
use raft::{Error, GetEntriesContext, RaftState, Storage, StorageError, util::limit_size};

use super::record::Base;

/// The log of one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// Term, vote and commit index.
    pub(super) hard: HardState,
    /// The index and the term of the last entry that is gone.
    cut: (u64, u64),
    /// The entries behind the cut.
    entries: Vec<Entry>,
    snapshot: Snapshot,
}

impl Log {
    /// Returns the empty log of a cluster that begins with `members`.
    pub(super) fn new(members: &[u64]) -> Self {
        let mut log = Self::default();
        let conf = log.snapshot.mut_metadata().mut_conf_state();
        conf.set_voters(members.to_vec());
        log
    }

    /// Returns the log that `base` describes.
    pub(super) fn of(base: Base) -> Self {
        let Base { hard, cut, entries, snapshot } = base;
        Self { hard, cut, entries, snapshot }
    }

    /// Returns the whole log, as one record.
    pub(super) fn base(&self) -> Base {
        Base {
            hard: self.hard.clone(),
            cut: self.cut,
            entries: self.entries.clone(),
            snapshot: self.snapshot.clone(),
        }
    }

    /// Returns the index of the last entry.
    pub(super) fn last(&self) -> u64 {
        self.cut.0 + self.entries.len() as u64
    }

    /// Returns the snapshot before the first entry.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the index of the last entry that the snapshot includes.
    pub(super) fn snapshot_index(&self) -> u64 {
        self.snapshot.get_metadata().index
    }

    /// Puts `entry` in its place. Returns whether it replaced another one, in which case that entry
    /// and those behind it are gone.
    pub(super) fn append(&mut self, entry: Entry) -> bool {
        let place = entry.index.saturating_sub(self.cut.0 + 1) as usize;
        let conflicts = place < self.entries.len();
        self.entries.truncate(place);
        self.entries.push(entry);
        conflicts
    }

    /// Replaces the whole log by the snapshot of another server.
    pub(super) fn install(&mut self, snapshot: Snapshot) {
        let meta = snapshot.get_metadata();
        self.cut = (meta.index, meta.term);
        self.hard.commit = self.hard.commit.max(meta.index);
        self.entries.clear();
        self.snapshot = snapshot;
    }

    /// Replaces the entries that `snapshot`, made by this server, includes, except for the last
    /// `tail` of them.
    pub(super) fn compact(&mut self, snapshot: Snapshot, tail: u64) {
        let cut = snapshot.get_metadata().index.saturating_sub(tail);
        if cut > self.cut.0 {
            let gone = (cut - self.cut.0) as usize;
            self.cut = (cut, self.entries[gone - 1].term);
            self.entries.drain(..gone);
        }
        // The state machine has applied them, so they were committed.
        self.hard.commit = self.hard.commit.max(snapshot.get_metadata().index);
        self.snapshot = snapshot;
    }

    /// Raises the term to that of the last entry. A server that has an entry of a term has seen the
    /// term, even if a crash left only the entry. It has not voted in that term, because a vote
    /// waits for the hard state.
    pub(super) fn raise_term(&mut self) {
        let last = self.entries.last().map_or(self.cut.1, |entry| entry.term);
        if self.hard.term < last {
            self.hard.term = last;
            self.hard.vote = 0;
        }
    }

    /// Reduces a commit index that exceeds what a crash left of the log.
    pub(super) fn clamp_commit(&mut self) {
        self.hard.commit = self.hard.commit.min(self.last()).max(self.snapshot_index());
    }
}

impl Storage for Log {
    fn initial_state(&self) -> raft::Result<RaftState> {
        let conf: ConfState = self.snapshot.get_metadata().get_conf_state().clone();
        Ok(RaftState::new(self.hard.clone(), conf))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low <= self.cut.0 {
            return Err(Error::Store(StorageError::Compacted));
        }
        assert!(high <= self.last() + 1, "the library reads what it never wrote: entry {high}");
        let range = (low - self.cut.0 - 1) as usize..(high - self.cut.0 - 1) as usize;
        let mut entries = self.entries[range].to_vec();
        limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match index.checked_sub(self.cut.0) {
            None => Err(Error::Store(StorageError::Compacted)),
            Some(0) => Ok(self.cut.1),
            Some(behind) => {
                let entry = self.entries.get(behind as usize - 1);
                entry.map(|entry| entry.term).ok_or(Error::Store(StorageError::Unavailable))
            }
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.cut.0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, request_index: u64, _: u64) -> raft::Result<Snapshot> {
        if self.snapshot_index() == 0 || self.snapshot_index() < request_index {
            return Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        }
        Ok(self.snapshot.clone())
    }
}
