//! The differences between 0.6.0-alpha and the versions around it.

use published::eraftpb::{ConfChange, ConfState, Entry, Snapshot};
use published::{Error, NO_LIMIT, RawNode, Result};

use crate::config::Config;
use crate::early::{GetEntriesContext, ReadState, Ready, Storage, Stored, recast, recast_all};

/// Returns a node that begins with the contents of `store`.
pub(crate) fn start<T: Storage>(config: &Config, store: Stored<T>) -> Result<RawNode<Stored<T>>> {
    let config = published::Config {
        id: config.id,
        election_tick: config.election_tick,
        heartbeat_tick: config.heartbeat_tick,
        applied: config.applied,
        max_size_per_msg: config.max_size_per_msg,
        max_inflight_msgs: config.max_inflight_msgs,
        check_quorum: config.check_quorum,
        pre_vote: config.pre_vote,
        min_election_tick: config.min_election_tick,
        max_election_tick: config.max_election_tick,
        read_only_option: config.read_only_option,
        skip_bcast_commit: config.skip_bcast_commit,
        batch_append: config.batch_append,
        ..published::Config::default()
    };
    RawNode::new(&config, store)
}

pub(crate) fn apply_conf_change<T: published::Storage>(
    node: &mut RawNode<T>,
    change: &ConfChange,
) -> Result<ConfState> {
    match node.apply_conf_change(change) {
        // An earlier change has already done it.
        Err(Error::Exists(..) | Error::NotExists(..)) => {
            node.apply_conf_change(&ConfChange::default())
        }
        changed => changed,
    }
}

/// Returns `ready` in today's form, with all messages after the sync.
pub(crate) fn seen(ready: &mut published::Ready) -> Ready {
    let read = |state: &published::ReadState| ReadState {
        index: state.index,
        request_ctx: state.request_ctx.clone(),
    };
    Ready {
        ss: ready.ss().map(|soft| published::SoftState { ..*soft }),
        hs: ready.hs().map(recast),
        read_states: ready.read_states().iter().map(read).collect(),
        entries: recast_all(ready.entries()),
        snapshot: recast(ready.snapshot()),
        committed: recast_all(&ready.committed_entries.take().unwrap_or_default()),
        persisted_messages: recast_all(&std::mem::take(&mut ready.messages)),
        must_sync: ready.must_sync(),
        ..Ready::default()
    }
}

impl<T: Storage> published::Storage for Stored<T> {
    fn initial_state(&self) -> Result<published::RaftState> {
        let state = self.0.initial_state()?;
        Ok(published::RaftState::new(recast(&state.hard_state), recast(&state.conf_state)))
    }

    fn entries(&self, low: u64, high: u64, max_size: impl Into<Option<u64>>) -> Result<Vec<Entry>> {
        let max = max_size.into().filter(|max| *max != NO_LIMIT);
        Ok(recast_all(&self.0.entries(low, high, max, GetEntriesContext)?))
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
        Ok(recast(&self.0.snapshot(request_index, published::INVALID_ID)?))
    }
}
