//! Claims: what a server of a replicated log says of itself, for the judges.

use std::fmt;

use squall_judge::consensus::Statement;

use super::{Call, Store};

/// What a server says of itself. `T` is what orders leaders: a term, a ballot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Claim<T> {
    /// It is the leader of this term.
    Leads(T),
    /// It applied what stands at a place of the log.
    Applied {
        /// The place, from 1.
        index: u64,
        /// The call, if it is one.
        call: Option<Call>,
        /// What stands there, as a hash.
        command: u64,
        /// The store after it, as a hash.
        state: u64,
        /// The term that the server was in.
        term: T,
    },
    /// It took over a store that somebody made by applying all up to a place.
    Restored {
        /// The place.
        index: u64,
        /// The store, as a hash.
        state: u64,
    },
}

impl<T> Claim<T> {
    /// That `store` was taken over, which has everything up to `index` in it.
    #[must_use]
    pub fn restored(index: u64, store: &Store) -> Self {
        Self::Restored { index, state: store.digest() }
    }

    /// The role that who says so has.
    #[must_use]
    pub const fn role(&self) -> Option<&'static str> {
        if matches!(self, Self::Leads(_)) { Some("leader") } else { None }
    }
}

impl<T: Copy> Claim<T> {
    /// Returns what it says of the replicated log.
    #[must_use]
    pub const fn statement(&self) -> Statement<T> {
        match *self {
            Self::Leads(term) => Statement::Leads(term),
            Self::Applied { index, command, state, term, .. } => {
                Statement::Applied { index, command, state, term }
            }
            Self::Restored { index, state } => Statement::Restored { index, state },
        }
    }
}

impl<T: fmt::Display> fmt::Display for Claim<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leads(term) => write!(f, "leads {term}"),
            Self::Applied { index, call: Some(call), .. } => write!(f, "applied {index} {call}"),
            Self::Applied { index, call: None, .. } => write!(f, "applied {index}"),
            Self::Restored { index, .. } => write!(f, "restored the state after {index}"),
        }
    }
}
