//! Claims: what a server says of itself to the judges.

use std::fmt;

use squall_judge::consensus::{ConsensusClaim, Statement};

/// What a server says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Claim {
    /// It is the leader of this term.
    Leads(u64),
    /// It applied an entry.
    Applied {
        /// Its place in the log.
        index: u64,
        /// Its command, as a hash.
        command: u64,
        /// The store after it, as a hash.
        state: u64,
        /// The term that the server was in.
        term: u64,
    },
    /// It took over the state of a snapshot.
    Restored {
        /// The last entry that is in it.
        index: u64,
        /// The store, as a hash.
        state: u64,
    },
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leads(term) => write!(f, "leads {term}"),
            Self::Applied { index, command, state, .. } => {
                let (command, state) = (*command as u16, *state as u16);
                write!(f, "applied {index}, command {command:04x}, state {state:04x}")
            }
            Self::Restored { index, state } => {
                write!(f, "restored {index}, state {:04x}", *state as u16)
            }
        }
    }
}

impl ConsensusClaim for Claim {
    type Term = u64;

    fn statement(&self) -> Option<Statement<u64>> {
        Some(match *self {
            Self::Leads(term) => Statement::Leads(term),
            Self::Applied { index, command, state, term } => {
                Statement::Applied { index, command, state, term }
            }
            Self::Restored { index, state } => Statement::Restored { index, state },
        })
    }
}
