//! What a server says of itself, for the judges.

use std::fmt;

use squall_judge::consensus::{ConsensusClaim, Statement};

use super::term::Term;
use crate::kv::Call;

/// One claim.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Claim {
    /// It has the promises that it needs, and its log is the one that counts.
    Leads(Term),
    /// It applied what stands at this place of the whole log.
    Applied {
        /// The place, from 1, counted through all configurations.
        index: u64,
        /// The call.
        call: Call,
        /// What stands there, as a hash.
        command: u64,
        /// The state after it, as a hash.
        state: u64,
        /// The ballot that it has promised.
        term: Term,
    },
    /// It took over the state after so many commands.
    Restored {
        /// How many.
        index: u64,
        /// The state, as a hash.
        state: u64,
    },
}

impl ConsensusClaim for Claim {
    type Term = Term;

    fn statement(&self) -> Option<Statement<Term>> {
        Some(match *self {
            Self::Leads(term) => Statement::Leads(term),
            Self::Applied { index, command, state, term, .. } => {
                Statement::Applied { index, command, state, term }
            }
            Self::Restored { index, state } => Statement::Restored { index, state },
        })
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leads(term) => write!(f, "leads {term}"),
            Self::Applied { index, call, .. } => write!(f, "applied {index} {call}"),
            Self::Restored { index, .. } => write!(f, "restored the state after {index}"),
        }
    }
}
