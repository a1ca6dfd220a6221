//! The effects of a step, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::SessionEvent;
use crate::{OpId, Process, ProcessId, RecordNumber, SessionId, Span};

/// One thing that a process requests. The effects of one step are carried out together, after the
/// step.
#[derive(Clone, Debug)]
pub enum Effect<P: Process> {
    /// Send `message` to `to`. It may never arrive.
    Send {
        /// The receiver; a process may send to itself.
        to: ProcessId,
        /// The message.
        message: P::Message,
    },
    /// Fire `timer` once, after a span of `after` by the local clock. Replaces an earlier setting
    /// of the same timer.
    SetTimer {
        /// Its name.
        timer: P::Timer,
        /// The time from now.
        after: Span,
    },
    /// Cancel `timer`. Nothing happens if it is not set.
    CancelTimer {
        /// Its name.
        timer: P::Timer,
    },
    /// Open a session. Its deadline closes it unless the other end answers before. If this process
    /// already holds the session, the answer is [`SessionEvent::Taken`]. A process may only open a
    /// session that names it as the opener.
    OpenSession {
        /// Its name.
        session: SessionId,
        /// The time within which the other end must answer, by the local clock.
        deadline: Span,
    },
    /// Send `message` on a session, after all that was sent on it before. A process may send before
    /// the other end has answered. On a closed session, the message is lost.
    SendOn {
        /// The session.
        session: SessionId,
        /// The message. Beside a name it would make each effect larger.
        message: Box<P::Message>,
    },
    /// Close a session after a span of `after` by the local clock, unless the deadline is set again
    /// before. The answer to an opening ends the deadline of the opening.
    SetDeadline {
        /// The session.
        session: SessionId,
        /// The time from now.
        after: Span,
    },
    /// Close a session. The other end learns of it after all that was sent before; this end is not
    /// told.
    CloseSession {
        /// The session.
        session: SessionId,
    },
    /// Append `record` to the journal. It is durable only after a sync.
    Write {
        /// The number that it will have.
        number: RecordNumber,
        /// The record.
        record: P::Record,
    },
    /// Make all records written so far durable, including those of this step.
    Sync,
    /// Drop the records below `before`. They are gone once a later sync completes.
    Trim {
        /// The first record to keep.
        before: RecordNumber,
    },
    /// Answer an operation.
    Complete {
        /// The operation.
        op: OpId,
        /// The outcome for its user.
        outcome: Outcome<P::Reply>,
    },
    /// Make a claim for the judges.
    Claim(P::Claim),
    /// Record that a mark was reached.
    Reach(Mark),
    /// Halt this process, for example after an error that it cannot survive. Its supervisor
    /// restarts it some time later.
    Halt(&'static str),
}

/// An interesting situation: a name by which it is counted, and a note about it in this run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mark {
    /// The name of the situation.
    pub name: &'static str,
    /// A text made at run time. It stands in the trace and is not counted by.
    pub note: Option<Box<str>>,
}

/// The result of an operation, for its user.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Outcome<R> {
    /// It was done, with this reply.
    Done(R),
    /// It was definitely not done, and never will be.
    Refused,
    /// It may have been done, it may be done later, or it may never be done.
    Unknown,
}

impl<R: fmt::Display> fmt::Display for Outcome<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(reply) => write!(f, "done {reply}"),
            Self::Refused => f.write_str("refused"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
