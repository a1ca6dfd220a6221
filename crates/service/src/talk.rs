//! What clients and servers say to one another.

use std::fmt;

use squall_process::ProcessId;

use super::{Op, Reply};

/// Who asks: one life of a client. A client that starts again begins a new session, since it does
/// not know what the earlier one had asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Session {
    /// The client.
    pub client: ProcessId,
    /// How often it was started before.
    pub incarnation: u32,
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.incarnation {
            0 => self.client.fmt(f),
            life => write!(f, "{}/{life}", self.client),
        }
    }
}

/// One operation of one session: the command of the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// Who asks.
    pub session: Session,
    /// The number of the operation within the session, from 1. A session has one operation under
    /// way at a time, so a higher number says that nobody waits for a lower one any more.
    pub number: u32,
    /// What is asked.
    pub op: Op,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{} {}", self.session, self.number, self.op)
    }
}

/// What a server says to a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// It was done.
    Done(Reply),
    /// It was not done, and never will be, whoever is asked.
    Refused,
    /// Not here; perhaps there.
    Elsewhere(Option<ProcessId>),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(reply) => write!(f, "done {reply}"),
            Self::Refused => f.write_str("refused"),
            Self::Elsewhere(Some(server)) => write!(f, "ask {server}"),
            Self::Elsewhere(None) => f.write_str("ask another"),
        }
    }
}

/// What clients and servers say to one another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Talk {
    /// Client to server.
    Call(Call),
    /// Server to client.
    Answer {
        /// The session that asked.
        session: Session,
        /// The number of the call.
        number: u32,
        /// The answer.
        answer: Answer,
    },
}

impl Talk {
    /// `answer` to `call`.
    #[must_use]
    pub const fn answer(call: &Call, answer: Answer) -> Self {
        Self::Answer { session: call.session, number: call.number, answer }
    }
}

impl fmt::Display for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => write!(f, "call {call}"),
            Self::Answer { session, number, answer } => {
                write!(f, "answer {session}#{number} {answer}")
            }
        }
    }
}
