//! The library's values as text and as hashes, because it has neither in a short and stable form.

use std::fmt;
use std::hash::{Hash, Hasher};

use raft::prelude::{ConfState, Entry, EntryType, Snapshot};

use super::members::decode_promotion;
use squall_service::{Call, decode_call, decode_store, hash_of};

/// The entries `[4@2 c1#1 put x 1, 5@2 no-op]`: index, term and command of each.
pub(super) struct Listed<'a>(pub(super) &'a [Entry]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, entry) in self.0.iter().enumerate() {
            let gap = if place > 0 { ", " } else { "" };
            write!(f, "{gap}{}@{} ", entry.index, entry.term)?;
            command_text(entry, f)?;
        }
        f.write_str("]")
    }
}

fn command_text(entry: &Entry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match call(entry) {
        Some(call) => write!(f, "{call}"),
        None if is_change(entry) => match decode_promotion(entry.get_context()) {
            Some(learner) => write!(f, "{learner} may vote"),
            None => f.write_str("leave joint"),
        },
        None => f.write_str("no-op"),
    }
}

/// Returns the call that `entry` carries, if any.
pub(super) fn call(entry: &Entry) -> Option<Call> {
    decode_call(if is_change(entry) { entry.get_context() } else { entry.get_data() })
}

/// Returns whether `entry` is a change of members.
pub(super) fn is_change(entry: &Entry) -> bool {
    entry.get_entry_type() != EntryType::EntryNormal
}

/// The snapshot `6@2 {x=1} of n1 n2 n3`: index, term, state and members.
pub(super) struct Shot<'a>(pub(super) &'a Snapshot);

impl fmt::Display for Shot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meta = self.0.get_metadata();
        write!(f, "{}@{} ", meta.index, meta.term)?;
        let store = decode_store(self.0.get_data()).unwrap_or_default();
        write!(f, "{store} of {}", Members(meta.get_conf_state()))
    }
}

/// The members `n1 n2 n3`, or, during a change, `n1 n2 n3 -> n1 n3 n4`; and `, n5 learns`.
pub(super) struct Members<'a>(pub(super) &'a ConfState);

impl fmt::Display for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outgoing = self.0.get_voters_outgoing();
        if !outgoing.is_empty() {
            list(outgoing, f)?;
            f.write_str(" -> ")?;
        }
        list(self.0.get_voters(), f)?;
        self.0.get_learners().iter().try_for_each(|learner| write!(f, ", n{learner} learns"))
    }
}

fn list(members: &[u64], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, member) in members.iter().enumerate() {
        write!(f, "{}n{member}", if place > 0 { " " } else { "" })?;
    }
    Ok(())
}

/// Feeds `entry` to `state`.
pub(super) fn hash_entry<H: Hasher>(entry: &Entry, state: &mut H) {
    (entry.index, entry.term, entry.get_entry_type() as u8).hash(state);
    state.write(entry.get_data());
    state.write(entry.get_context());
}

/// Feeds `snapshot` to `state`.
pub(super) fn hash_snapshot<H: Hasher>(snapshot: &Snapshot, state: &mut H) {
    let meta = snapshot.get_metadata();
    (meta.index, meta.term).hash(state);
    state.write(snapshot.get_data());
    let conf = meta.get_conf_state();
    for members in [conf.get_voters(), conf.get_voters_outgoing(), conf.get_learners()] {
        members.hash(state);
    }
}

/// Returns a hash of the command of `entry`, which does not depend on its position in the log.
pub(super) fn command(entry: &Entry) -> u64 {
    hash_of(&(entry.get_entry_type() as u8, entry.get_data(), entry.get_context()))
}
