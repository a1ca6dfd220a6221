//! What participants say to one another. The crate's page has the table: who to whom, and when.
//!
//! Model: any message may be lost, delayed, repeated, or arrive where it was not meant to. An
//! envelope that names another cluster, another receiver, or the asker's dead incarnation is
//! dropped before any role sees what is inside.

use std::fmt;
use std::hash::{Hash, Hasher};

use squall_process::ProcessId;

use crate::{Ballot, ClusterId, Proposable, Vote};

/// A message in its envelope. Prints as what is inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<V> {
    /// The cell that it belongs to.
    pub cluster: ClusterId,
    /// Whom it is meant for.
    pub to: ProcessId,
    /// The incarnation of the process that asks: the sender of a request. Its answer (promise,
    /// nack, nothing) repeats it, so that a process never accepts an answer to a request of an
    /// earlier incarnation. Without meaning in `accepted` and `learn`, which are facts and
    /// stay true.
    pub asker: u32,
    /// What is said.
    pub body: Body<V>,
}

impl<V: Hash> Hash for Message<V> {
    /// The envelope as one word: it is hashed with every message.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [cluster, to, asker] = [self.cluster.0, self.to.code(), self.asker].map(u128::from);
        state.write_u128(cluster << 64 | to << 32 | asker);
        self.body.hash(state);
    }
}

/// What is said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Body<V> {
    /// Phase 1a, proposer to acceptor: do not take part in anything below this ballot any more.
    Prepare(Ballot),
    /// Phase 1b, acceptor to proposer: promised, durably.
    Promise {
        /// The ballot that was asked for.
        ballot: Ballot,
        /// The vote of the highest ballot that this acceptor ever cast.
        accepted: Option<Vote<V>>,
    },
    /// Phase 2a, proposer to acceptor: accept this value.
    Accept(Vote<V>),
    /// Phase 2b, acceptor to those whom the learner path names: accepted, durably.
    Accepted(Vote<V>),
    /// Acceptor to proposer: not under this ballot. A hint, no more.
    Nack {
        /// The ballot that is refused.
        ballot: Ballot,
        /// The higher one that was promised.
        promised: Ballot,
    },
    /// To learners and clients: this is the chosen value.
    Learn(V),
    /// A learner to another, or a client to a server: what was chosen?
    Ask {
        /// The client's number for this question; 0 among servers.
        question: u32,
    },
    /// Server to client: while you were asking, nothing was chosen.
    Nothing {
        /// The question that this answers.
        question: u32,
    },
    /// Client to server: get this value chosen, or another, and tell which.
    Request(V),
}

impl<V: Proposable> fmt::Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}

impl<V: Proposable> fmt::Display for Body<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prepare(ballot) => write!(f, "prepare {ballot}"),
            Self::Promise { ballot, accepted: None } => write!(f, "promise {ballot}"),
            Self::Promise { ballot, accepted: Some(vote) } => {
                write!(f, "promise {ballot} accepted {vote}")
            }
            Self::Accept(vote) => write!(f, "accept {vote}"),
            Self::Accepted(vote) => write!(f, "accepted {vote}"),
            Self::Nack { ballot, promised } => write!(f, "nack {ballot} promised {promised}"),
            Self::Learn(value) => write!(f, "learn {value}"),
            Self::Ask { question: 0 } => f.write_str("ask"),
            Self::Ask { question } => write!(f, "ask {question}"),
            Self::Nothing { question } => write!(f, "nothing {question}"),
            Self::Request(value) => write!(f, "request {value}"),
        }
    }
}

/// Who asked, and in which incarnation: where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    pub(crate) process: ProcessId,
    pub(crate) incarnation: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_message_with_a_short_word_fits_48_bytes() {
        assert!(size_of::<Message<Value>>() <= 48, "{}", size_of::<Message<Value>>());
    }
}
