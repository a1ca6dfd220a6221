//! Changes of members, as the library expresses them: always by joint consensus.

use raft::prelude::{
    ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2, ConfState,
};
use squall_process::ProcessId;

use squall_service::Change;

/// What ends a joint configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// The library, if it can.
    ByLibrary,
    /// The server.
    ByServer,
}

/// What a new member begins as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// A voter.
    AsVoter,
    /// A learner, until it has all committed entries.
    AsLearner,
}

/// Returns `change` of `conf` in the library's terms. A server that replaces another one votes at
/// once.
pub(super) fn conf_change(
    change: Change,
    conf: &ConfState,
    leave: Leave,
    join: Join,
) -> ConfChangeV2 {
    let votes = |server: ProcessId| conf.get_voters().contains(&u64::from(server.number()));
    let singles = match change {
        Change::Add(new) if join == Join::AsLearner && !votes(new) => {
            vec![single(ConfChangeType::AddLearnerNode, new)]
        }
        Change::Add(new) => vec![single(ConfChangeType::AddNode, new)],
        Change::Remove(old) => vec![single(ConfChangeType::RemoveNode, old)],
        Change::Replace(old, new) => {
            vec![single(ConfChangeType::RemoveNode, old), single(ConfChangeType::AddNode, new)]
        }
    };
    joint(singles, leave)
}

/// Returns the change by which `learner` becomes a voter.
pub(super) fn promotion(learner: ProcessId, leave: Leave) -> ConfChangeV2 {
    joint(vec![single(ConfChangeType::AddNode, learner)], leave)
}

fn joint(singles: Vec<ConfChangeSingle>, leave: Leave) -> ConfChangeV2 {
    let mut conf_change = ConfChangeV2::default();
    conf_change.set_transition(match leave {
        Leave::ByLibrary => ConfChangeTransition::Implicit,
        Leave::ByServer => ConfChangeTransition::Explicit,
    });
    conf_change.set_changes(singles.into());
    conf_change
}

/// Returns the content of the entry by which `learner` becomes a voter: its number. No call is that
/// short.
pub(super) fn encode_promotion(learner: ProcessId) -> Vec<u8> {
    learner.number().to_le_bytes().to_vec()
}

/// Returns the learner that becomes a voter by an entry with the content `bytes`.
pub(super) fn decode_promotion(bytes: &[u8]) -> Option<ProcessId> {
    let number = u32::from_le_bytes(bytes.try_into().ok()?);
    (1..=ProcessId::NUMBER_MAX).contains(&number).then(|| ProcessId::server(number))
}

/// Returns whether `server` is a learner in `conf`.
pub(super) fn learns(conf: &ConfState, server: ProcessId) -> bool {
    conf.get_learners().contains(&u64::from(server.number()))
}

fn single(kind: ConfChangeType, server: ProcessId) -> ConfChangeSingle {
    let mut single = ConfChangeSingle::default();
    single.set_change_type(kind);
    single.node_id = u64::from(server.number());
    single
}

/// Returns whether `change` is possible in `conf`, among `servers` servers. It is not possible
/// during another change, if no voter would be left, or with a server that does not exist.
pub(super) fn can_be(change: Change, conf: &ConfState, servers: u32) -> bool {
    let others =
        |old: ProcessId| conf.get_voters().iter().any(|voter| *voter != u64::from(old.number()));
    let possible = match change {
        Change::Add(new) | Change::Replace(_, new) => new.number() <= servers,
        Change::Remove(old) => others(old),
    };
    possible && !is_joint(conf)
}

/// Returns whether `conf` is joint: a change is half done.
pub(super) fn is_joint(conf: &ConfState) -> bool {
    !conf.get_voters_outgoing().is_empty()
}

/// Returns `conf` with its members in order. The library keeps them in the order of a hash table.
pub(super) fn in_order(mut conf: ConfState) -> ConfState {
    conf.mut_voters().sort_unstable();
    conf.mut_learners().sort_unstable();
    conf.mut_voters_outgoing().sort_unstable();
    conf.mut_learners_next().sort_unstable();
    conf
}
