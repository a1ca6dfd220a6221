//! Messages between clients and servers.

use std::fmt;

use squall_process::ProcessId;

use super::{Op, Reply};

/// One incarnation of a client. A client that restarts begins a new session, because it does not
/// know what the earlier one asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Session {
    /// The client.
    pub client: ProcessId,
    /// How many times the client was started before.
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
    /// The session that asks.
    pub session: Session,
    /// The number of the operation within the session, from 1. A session has one operation under
    /// way at a time, so a higher number means that the client no longer waits for a lower one.
    pub number: u32,
    /// The operation.
    pub op: Op,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{} {}", self.session, self.number, self.op)
    }
}

/// The answer of a server to a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// It was done.
    Done(Reply),
    /// The operation was not done, and never will be, by any server.
    Refused,
    /// Not here; perhaps at that server.
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

/// A message between a client and a server.
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
    /// Returns the message with `answer` to `call`.
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
