//! The requests of a node.

use published::SoftState;
use raft_proto::eraftpb::{Entry, HardState, Message, Snapshot};

/// A read may be answered, once the log is applied up to `index`.
#[derive(Clone, Debug)]
pub struct ReadState {
    pub index: u64,
    pub request_ctx: Vec<u8>,
}

/// The requests of a node.
#[derive(Debug, Default)]
pub struct Ready {
    pub(crate) number: u64,
    pub(crate) ss: Option<SoftState>,
    pub(crate) hs: Option<HardState>,
    pub(crate) read_states: Vec<ReadState>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) snapshot: Snapshot,
    pub(crate) committed: Vec<Entry>,
    /// Messages that may be sent at once.
    pub(crate) messages: Vec<Message>,
    /// Messages that may be sent once the rest is durable.
    pub(crate) persisted_messages: Vec<Message>,
    pub(crate) must_sync: bool,
}

impl Ready {
    pub const fn number(&self) -> u64 {
        self.number
    }

    pub const fn ss(&self) -> Option<&SoftState> {
        self.ss.as_ref()
    }

    pub const fn hs(&self) -> Option<&HardState> {
        self.hs.as_ref()
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    pub const fn must_sync(&self) -> bool {
        self.must_sync
    }

    /// Returns whether there is anything that other servers may rely on.
    pub(crate) fn is_to_be_written(&self) -> bool {
        !self.entries.is_empty() || !self.snapshot.is_empty()
    }

    pub fn take_read_states(&mut self) -> Vec<ReadState> {
        std::mem::take(&mut self.read_states)
    }

    pub fn take_committed_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.committed)
    }

    pub fn take_messages(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }

    pub fn take_persisted_messages(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.persisted_messages)
    }
}
