//! What a slot can hold, and what a batch is made of.
//!
//! Model: one slot, one [`Entry`]. Commands of clients travel in batches (PML section 4.2); a
//! change of members, a mark of leadership and a comparison of states each take a slot of their
//! own.

use std::fmt;

use serde::{Deserialize, Serialize};
use squall_process::ProcessId;

use crate::log::{Change, DiskId, LogTime, Serializable, Slot, StateMachine};
use crate::{Ballot, log::SessionId};

/// The content of one slot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Entry<S: StateMachine> {
    /// The logical time. A no-op carries that of an earlier entry.
    pub at: LogTime,
    /// What is to be done.
    pub content: Content<S>,
}

/// What an entry does when it is applied.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Content<S: StateMachine> {
    /// Nothing: fills a hole that a former leader left (PMS section 3).
    Noop,
    /// Commands of clients, applied in order.
    Batch(Vec<Command<S>>),
    /// A change of the members. It governs from the next slot on.
    Change {
        /// The change.
        change: Change,
        /// The disk of the server that it adds.
        disk: DiskId,
        /// The client that asked, and under which session and sequence number; none if the leader
        /// proposed it by itself.
        asked: Option<Asked>,
    },
    /// The first entry of a leader: begins a new epoch (PML section 5.3).
    Lead(Ballot),
    /// Compares states: `digest` is that of the leader after `slot`. A replica with another one
    /// has diverged (PML section 6.2).
    Check {
        /// The slot of the comparison before this one, or 0.
        slot: Slot,
        /// The leader's digest after that slot.
        digest: u64,
    },
}

/// Where a command comes from: answered to whom, and recognised by what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The client, and the way to it.
    pub caller: Caller,
    /// Its session.
    pub session: SessionId,
    /// The number of the command in its session, from 1.
    pub sequence: u64,
    /// The client has the answers to all commands below this number.
    pub unacknowledged: u64,
}

/// The client that asks, the server that its answers pass through, and its number for the
/// question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Caller {
    /// The client.
    pub client: ProcessId,
    /// The process that the answer is sent to: the client itself, or the server that it is pinned
    /// to.
    pub via: ProcessId,
    /// Tells the answers to this client apart.
    pub number: u64,
}

/// One command of a batch.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Command<S: StateMachine> {
    /// Opens a session (RAFT-D section 6.3).
    Register(Caller),
    /// An operation on the state, applied exactly once.
    Apply {
        /// Who asked.
        asked: Asked,
        /// What is asked.
        operation: Operation<S>,
    },
    /// An operation that a leader proposes for the process that contains it. It is in one slot, so
    /// it needs no session.
    Own {
        /// The server, and its number for the operation.
        caller: Caller,
        /// What is asked.
        operation: Operation<S>,
    },
    /// A question, answered by the state at this place of the log. It needs no session.
    Read {
        /// Who asked.
        caller: Caller,
        /// The question.
        query: S::Query,
    },
}

impl<S: StateMachine> Command<S> {
    /// Returns the number of bytes that count against the limits: at least 1.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Register(_) | Self::Read { .. } => 1,
            Self::Apply { operation, .. } | Self::Own { operation, .. } => operation.size().max(1),
        }
    }
}

/// An operation on the state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Operation<S: StateMachine> {
    /// One command.
    One(S::Command),
    /// Several, guarded (PML section 5.6). Boxed, since it is rare and large.
    Guarded(Box<Guarded<S>>),
}

impl<S: StateMachine> Operation<S> {
    /// Returns the size of its commands in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::One(command) => S::size(command),
            Self::Guarded(guarded) => {
                guarded.then.iter().chain(&guarded.otherwise).map(S::size).sum()
            }
        }
    }
}

/// A guarded multi-operation: if all guards hold, `then` is applied, else `otherwise`; as one step.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Guarded<S: StateMachine> {
    /// All must hold.
    pub guards: Vec<Guard<S>>,
    /// Applied if they do.
    pub then: Vec<S::Command>,
    /// Applied if one does not.
    pub otherwise: Vec<S::Command>,
}

/// A condition on the replicated state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Guard<S: StateMachine> {
    /// The answer to this query is this reply.
    Answers {
        /// The query.
        query: S::Query,
        /// The reply.
        reply: S::Reply,
    },
    /// The epoch has this number: the same leader has led without a break (PML section 5.3).
    Epoch(u64),
}

impl<S: StateMachine> fmt::Display for Entry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Noop => f.write_str("noop"),
            Content::Lead(ballot) => write!(f, "lead {ballot}"),
            Content::Check { slot, digest } => write!(f, "check {slot} {digest:016x}"),
            Content::Change { change, .. } => change.fmt(f),
            Content::Batch(commands) => {
                for (index, command) in commands.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{command}")?;
                }
                Ok(())
            }
        }
    }
}

impl<S: StateMachine> fmt::Display for Command<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(caller) => write!(f, "register {}", caller.client),
            Self::Apply { asked, operation } => {
                write!(f, "{}.{} {operation}", asked.session, asked.sequence)
            }
            Self::Own { caller, operation } => write!(f, "{} {operation}", caller.client),
            Self::Read { caller, query } => write!(f, "{} reads {query}", caller.client),
        }
    }
}

impl<S: StateMachine> fmt::Display for Operation<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(command) => command.fmt(f),
            Self::Guarded(guarded) => guarded.fmt(f),
        }
    }
}

impl<S: StateMachine> fmt::Display for Guarded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("if")?;
        for (index, guard) in self.guards.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match guard {
                Guard::Answers { query, reply } => write!(f, "{comma} {query} is {reply}")?,
                Guard::Epoch(epoch) => write!(f, "{comma} epoch is {epoch}")?,
            }
        }
        for (word, commands) in [(" then", &self.then), (" else", &self.otherwise)] {
            f.write_str(word)?;
            for (index, command) in commands.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                write!(f, "{comma} {command}")?;
            }
        }
        Ok(())
    }
}
