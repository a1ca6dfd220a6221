//! Claims: what a server of a replicated log states about itself, for the judges.

use std::fmt;

use squall_judge::consensus::Statement;

use super::{Call, Store};

/// A claim of a server. `T` is what orders leaders: a term, a ballot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Claim<T> {
    /// The server is the leader of this term.
    Leads(T),
    /// The server applied the entry at a position of the log.
    Applied {
        /// The position, from 1.
        index: u64,
        /// The call, if the entry is one.
        call: Option<Call>,
        /// The entry, as a hash.
        command: u64,
        /// The store after it, as a hash.
        state: u64,
        /// The term that the server was in.
        term: T,
    },
    /// The server took over a store that some process made by applying all entries up to a
    /// position.
    Restored {
        /// The position.
        index: u64,
        /// The store, as a hash.
        state: u64,
    },
}

impl<T> Claim<T> {
    /// Returns the claim that `store`, which includes everything up to `index`, was taken over.
    #[must_use]
    pub fn restored(index: u64, store: &Store) -> Self {
        Self::Restored { index, state: store.digest() }
    }

    /// Returns the role of a server that makes this claim.
    #[must_use]
    pub const fn role(&self) -> Option<&'static str> {
        if matches!(self, Self::Leads(_)) { Some("leader") } else { None }
    }
}

impl<T: Copy> Claim<T> {
    /// Returns what the claim says about the replicated log.
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
