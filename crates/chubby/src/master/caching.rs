//! Who may have what in its cache (CHUBBY section 2.7; PROTOCOLS 2.4).
//!
//! Model: a session that was told a node "to cache" may serve it from its cache until it takes note
//! of an invalidation or its lease is over. A change of a node waits until no session may. From the
//! first invalidation until the change is applied the node is uncachable: it is read, and not
//! cached, so one round of invalidations is enough.

use std::collections::{BTreeMap, BTreeSet};

use crate::Path;
use crate::database::SessionId;

#[derive(Clone, Debug, Default)]
pub(crate) struct Caching {
    paths: BTreeMap<Path, Entry>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    cachers: BTreeSet<SessionId>,
    /// Those that were sent an invalidation and have not taken note of it.
    unaware: BTreeSet<SessionId>,
    /// The number of changes that are under way.
    changes: u32,
}

impl Caching {
    /// Notes that `session` is told the node, or its absence. Returns whether it may keep it.
    pub(crate) fn may_cache(&mut self, path: &Path, session: SessionId) -> bool {
        let entry = self.paths.entry(path.clone()).or_default();
        let cachable = entry.changes == 0;
        if cachable {
            entry.cachers.insert(session);
        }
        cachable
    }

    /// A change of `path` is under way. Returns the sessions that must be told. The session that
    /// asked for the change keeps nothing of it, by itself.
    pub(crate) fn begin_change(
        &mut self,
        path: &Path,
        asked: Option<SessionId>,
    ) -> BTreeSet<SessionId> {
        let entry = self.paths.entry(path.clone()).or_default();
        entry.changes += 1;
        let mut told = std::mem::take(&mut entry.cachers);
        if let Some(asked) = asked {
            told.remove(&asked);
        }
        entry.unaware.extend(&told);
        told
    }

    /// A change of `path` is applied, or never will be by this master.
    pub(crate) fn end_change(&mut self, path: &Path) {
        if let Some(entry) = self.paths.get_mut(path) {
            entry.changes = entry.changes.saturating_sub(1);
            if entry.changes == 0 && entry.cachers.is_empty() && entry.unaware.is_empty() {
                self.paths.remove(path);
            }
        }
    }

    /// Returns whether no session can have `path` in its cache.
    pub(crate) fn is_clear(&self, path: &Path) -> bool {
        self.paths.get(path).is_none_or(|entry| entry.unaware.is_empty())
    }

    /// `session` has taken note of an invalidation.
    pub(crate) fn acknowledge(&mut self, path: &Path, session: SessionId) {
        if let Some(entry) = self.paths.get_mut(path) {
            entry.unaware.remove(&session);
        }
    }

    /// The lease of `session` is over, or the session has ended: it serves nothing from its cache.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.paths.retain(|_, entry| {
            entry.cachers.remove(&session);
            entry.unaware.remove(&session);
            entry.changes > 0 || !entry.cachers.is_empty() || !entry.unaware.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_change_waits_for_the_invalidations_of_the_first() {
        let (path, one, two) = ("/a".parse().unwrap(), SessionId(1), SessionId(2));
        let mut caching = Caching::default();
        assert!(caching.may_cache(&path, one) && caching.may_cache(&path, two));
        // The session that writes is not told, the other one is.
        assert_eq!(caching.begin_change(&path, Some(one)), BTreeSet::from([two]));
        assert!(!caching.may_cache(&path, one), "uncachable until the change is applied");
        assert_eq!(caching.begin_change(&path, None), BTreeSet::new());
        assert!(!caching.is_clear(&path));
        caching.acknowledge(&path, two);
        assert!(caching.is_clear(&path));
        caching.end_change(&path);
        assert!(!caching.may_cache(&path, two), "the second change is under way");
        caching.end_change(&path);
        assert!(caching.may_cache(&path, two));
    }

    #[test]
    fn a_session_whose_lease_is_over_holds_up_nothing() {
        let (path, one) = ("/a".parse().unwrap(), SessionId(1));
        let mut caching = Caching::default();
        caching.may_cache(&path, one);
        caching.begin_change(&path, None);
        caching.forget(one);
        assert!(caching.is_clear(&path));
    }
}
