//! Changes of who takes part, in the terms of the library: always by joint consensus.

use raft::prelude::{
    ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2, ConfState,
};
use squall_process::ProcessId;

use crate::kv::Change;

/// Who sees to it that a joint configuration is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// The library, where it can.
    ByLibrary,
    /// The server.
    ByServer,
}

/// `change` as the library has it.
pub(super) fn conf_change(change: Change, leave: Leave) -> ConfChangeV2 {
    let singles = match change {
        Change::Add(new) => vec![single(ConfChangeType::AddNode, new)],
        Change::Remove(old) => vec![single(ConfChangeType::RemoveNode, old)],
        Change::Replace(old, new) => {
            vec![single(ConfChangeType::RemoveNode, old), single(ConfChangeType::AddNode, new)]
        }
    };
    let mut conf_change = ConfChangeV2::default();
    conf_change.set_transition(match leave {
        Leave::ByLibrary => ConfChangeTransition::Implicit,
        Leave::ByServer => ConfChangeTransition::Explicit,
    });
    conf_change.set_changes(singles.into());
    conf_change
}

fn single(kind: ConfChangeType, server: ProcessId) -> ConfChangeSingle {
    let mut single = ConfChangeSingle::default();
    single.set_change_type(kind);
    single.node_id = u64::from(server.number());
    single
}

/// Whether `change` can be made to `conf`, among so many servers: not while another one is half
/// done, not if nobody would take part any more, and not with a server that there is not.
pub(super) fn can_be(change: Change, conf: &ConfState, servers: u32) -> bool {
    let others =
        |old: ProcessId| conf.get_voters().iter().any(|voter| *voter != u64::from(old.number()));
    let possible = match change {
        Change::Add(new) | Change::Replace(_, new) => new.number() <= servers,
        Change::Remove(old) => others(old),
    };
    possible && !is_joint(conf)
}

/// Whether `conf` is joint: a change is half done.
pub(super) fn is_joint(conf: &ConfState) -> bool {
    !conf.get_voters_outgoing().is_empty()
}

/// `conf` with its members in order: the library has them in the order of a hash table.
pub(super) fn in_order(mut conf: ConfState) -> ConfState {
    conf.mut_voters().sort_unstable();
    conf.mut_learners().sort_unstable();
    conf.mut_voters_outgoing().sort_unstable();
    conf.mut_learners_next().sort_unstable();
    conf
}
