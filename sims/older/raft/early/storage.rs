//! Storage in today's form.

use raft_proto::eraftpb::{ConfState, Entry, HardState, Snapshot};

use super::{Result, Wire};

/// Why entries are read. These versions do not say.
#[derive(Debug)]
pub struct GetEntriesContext;

/// The initial state of a node.
#[derive(Clone, Debug, Default)]
pub struct RaftState {
    pub hard_state: HardState,
    pub conf_state: ConfState,
}

impl RaftState {
    pub const fn new(hard_state: HardState, conf_state: ConfState) -> Self {
        Self { hard_state, conf_state }
    }
}

/// Storage in today's form.
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

/// Storage in the form of each version.
pub struct Stored<T>(pub T);

/// Drops the entries beyond `max` bytes, but never the first one.
pub fn limit_size<T: Wire>(entries: &mut Vec<T>, max: Option<u64>) {
    let Some(max) = max else { return };
    let mut size = 0;
    let fits = |entry: &T| {
        size += entry.bytes().len() as u64;
        size <= max
    };
    let count = entries.iter().map(fits).take_while(|fits| *fits).count();
    entries.truncate(count.max(1));
}
