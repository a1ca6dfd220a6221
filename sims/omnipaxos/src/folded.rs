//! The library's snapshots: calls folded into a store.
//!
//! The library makes a snapshot of any range of the log and merges it into an earlier one, without
//! saying where in the log the range is. The effect of a call depends on the state before it, so a
//! range is kept as its calls until it is merged into a store. A snapshot that is stored or read
//! always begins at the beginning of the log, and [`Folded::settle`] makes it a store.

use std::hash::{Hash, Hasher};

use omnipaxos::storage::{Entry, Snapshot};

use super::command::Command;
use squall_service::Store;

/// A range of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folded {
    /// The state before `calls`; `None` if the merge must supply it.
    store: Option<Store>,
    calls: Vec<Command>,
}

impl Folded {
    /// Returns the state at its end, if the log begins with `origin` and the range with the log.
    #[must_use]
    pub fn settle(self, origin: &Store) -> Store {
        let mut store = self.store.unwrap_or_else(|| origin.clone());
        for call in &self.calls {
            store.apply(&call.0);
        }
        store
    }
}

impl From<Store> for Folded {
    fn from(store: Store) -> Self {
        Self { store: Some(store), calls: Vec::new() }
    }
}

impl Hash for Folded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.store.hash(state);
        self.calls.hash(state);
    }
}

impl std::fmt::Display for Folded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.store {
            Some(store) => store.fmt(f)?,
            None => f.write_str("…")?,
        }
        self.calls.iter().try_for_each(|call| write!(f, ", {call}"))
    }
}

impl Entry for Command {
    type Snapshot = Folded;
}

impl Snapshot<Command> for Folded {
    fn create(entries: &[Command]) -> Self {
        Self { store: None, calls: entries.to_vec() }
    }

    fn merge(&mut self, delta: Self) {
        if delta.store.is_some() {
            *self = delta;
            return;
        }
        match &mut self.store {
            Some(store) => {
                for call in &delta.calls {
                    store.apply(&call.0);
                }
            }
            None => self.calls.extend(delta.calls),
        }
    }

    fn use_snapshots() -> bool {
        true
    }
}
