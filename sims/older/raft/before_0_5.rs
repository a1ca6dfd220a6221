//! The differences between the versions before 0.5.0 and later ones.

use published::eraftpb::{ConfChange, ConfState, Entry, Snapshot};
use published::{INVALID_ID, NO_LIMIT, RawNode, Result};

use crate::config::Config;
use crate::early::{GetEntriesContext, ReadState, Ready, Storage, Stored, recast, recast_all};

/// Whether a server keeps its vote, even if the library drops it.
const MISTRUSTS: bool = cfg!(not(feature = "starts-as-told"));

/// Returns a node that begins with the contents of `store`.
///
/// The library takes a server that has voted and has no entries yet for a new one, and lets it
/// begin with term 1 and no vote (`docs/found.md`).
pub(crate) fn start<T: Storage>(config: &Config, store: Stored<T>) -> Result<RawNode<Stored<T>>> {
    let hard = store.0.initial_state()?.hard_state;
    let mut published = published::Config {
        id: config.id,
        election_tick: config.election_tick,
        heartbeat_tick: config.heartbeat_tick,
        applied: config.applied,
        max_size_per_msg: config.max_size_per_msg,
        max_inflight_msgs: config.max_inflight_msgs,
        check_quorum: config.check_quorum,
        pre_vote: config.pre_vote,
        read_only_option: config.read_only_option,
        skip_bcast_commit: config.skip_bcast_commit,
        ..published::Config::default()
    };
    crate::set_range(&mut published, config);
    let mut node = RawNode::new(&published, store, Vec::new())?;
    if MISTRUSTS && hard.term > node.raft.term {
        node.raft.become_follower(hard.term, INVALID_ID);
    }
    if MISTRUSTS && hard.term == node.raft.term {
        node.raft.vote = hard.vote;
    }
    Ok(node)
}

pub(crate) fn apply_conf_change<T: published::Storage>(
    node: &mut RawNode<T>,
    change: &ConfChange,
) -> Result<ConfState> {
    Ok(node.apply_conf_change(change))
}

/// Returns `ready` in today's form, with all messages after the sync.
pub(crate) fn seen(ready: &mut published::Ready) -> Ready {
    let read = |state: &published::ReadState| ReadState {
        index: state.index,
        request_ctx: state.request_ctx.clone(),
    };
    Ready {
        ss: ready.ss.as_ref().map(|soft| published::SoftState { ..*soft }),
        hs: ready.hs.as_ref().map(recast),
        read_states: ready.read_states.iter().map(read).collect(),
        entries: recast_all(&ready.entries),
        snapshot: recast(&ready.snapshot),
        committed: recast_all(&ready.committed_entries.take().unwrap_or_default()),
        persisted_messages: recast_all(&std::mem::take(&mut ready.messages)),
        must_sync: ready.must_sync,
        ..Ready::default()
    }
}

impl<T: Storage> published::Storage for Stored<T> {
    fn initial_state(&self) -> Result<published::RaftState> {
        let state = self.0.initial_state()?;
        Ok(published::RaftState {
            hard_state: recast(&state.hard_state),
            conf_state: recast(&state.conf_state),
        })
    }

    fn entries(&self, low: u64, high: u64, max_size: u64) -> Result<Vec<Entry>> {
        let max = Some(max_size).filter(|max| *max != NO_LIMIT);
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

    fn snapshot(&self) -> Result<Snapshot> {
        Ok(recast(&self.0.snapshot(0, INVALID_ID)?))
    }
}
