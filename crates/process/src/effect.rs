//! What a step leaves behind, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::SessionEvent;
use crate::{OpId, Process, ProcessId, RecordNumber, SessionId, Span};

/// One thing that a process wants done. Effects of one step are carried out together, after the
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
    /// Let `timer` fire once, `after` from now by the local clock; replaces an earlier setting of
    /// the same timer.
    SetTimer {
        /// Its name.
        timer: P::Timer,
        /// How long from now.
        after: Span,
    },
    /// Forget `timer`. Nothing happens if it is not set.
    CancelTimer {
        /// Its name.
        timer: P::Timer,
    },
    /// Open a session. It is closed by its deadline unless the other end answers before. Opening
    /// one that this process holds already is answered with [`SessionEvent::Taken`]; one whose
    /// opener it is not may not be opened.
    OpenSession {
        /// Its name.
        session: SessionId,
        /// How long the other end may take to answer, by the local clock.
        deadline: Span,
    },
    /// Send `message` on a session, behind all that was sent on it before. It may be sent before
    /// the other end has answered. On a session that is closed it goes nowhere.
    SendOn {
        /// Which.
        session: SessionId,
        /// The message. Beside a name it would make each effect larger.
        message: Box<P::Message>,
    },
    /// Close a session `after` from now by the local clock, unless this is set anew before. An
    /// answer to an opening ends the deadline of the opening.
    SetDeadline {
        /// Which.
        session: SessionId,
        /// How long from now.
        after: Span,
    },
    /// Close a session. The other end is told after all that was sent before; this one is not.
    CloseSession {
        /// Which.
        session: SessionId,
    },
    /// Append `record` to the journal. It is durable only after a sync.
    Write {
        /// The number it will have.
        number: RecordNumber,
        /// The record.
        record: P::Record,
    },
    /// Make all records written so far durable, those of this step included.
    Sync,
    /// Records below `before` are no longer needed. They are gone once a later sync completes.
    Trim {
        /// The first record to keep.
        before: RecordNumber,
    },
    /// Answer an operation.
    Complete {
        /// Which.
        op: OpId,
        /// What its user is told.
        outcome: Outcome<P::Reply>,
    },
    /// Say something of oneself to the judges.
    Claim(P::Claim),
    /// Note that an interesting situation was reached.
    Reach(&'static str),
    /// Stop this process, as after an error that it cannot survive. Its supervisor starts it again
    /// some time later.
    Halt(&'static str),
}

/// What the user of an operation is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Outcome<R> {
    /// It was done, and this is the answer.
    Done(R),
    /// It was definitely not done, and never will be.
    Refused,
    /// It may have been done, it may be done later, it may never be done.
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
