//! The events of a run.

use squall_fault::{Fate, Fault, Link};
use squall_process::{
    Disk, DiskError, Instant, Mark, OpId, Outcome, Process, ProcessId, RecordNumber, SessionEvent,
    SessionId, Span,
};

/// One thing that happened.
///
/// Its text is one line, the same in traces, tests and documents.
#[derive(Debug)]
pub struct Event<'a, P: Process> {
    /// Its place in the run, from 1.
    pub number: u64,
    /// The time, by the clock of the world.
    pub at: Instant,
    /// What happened.
    pub what: EventKind<'a, P>,
}

/// Why a message under way did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// The link was cut in the meantime.
    Cut,
    /// The receiver is down.
    Down,
}

/// What a crash left of the unsynced records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Survival {
    /// The number of unsynced records.
    pub unsynced: u32,
    /// How many of them are still on the disk.
    pub kept: u32,
    /// Whether the last one kept is cut short.
    pub torn: bool,
    /// Whether one was kept while an earlier one was lost.
    pub reordered: bool,
}

/// What an event says.
///
/// The kind does not include the values inside it, such as the fate of a message. Otherwise it
/// would not be known where the event is made.
#[derive(Debug)]
#[repr(u8)]
pub enum EventKind<'a, P: Process> {
    /// A fault of the script is carried out.
    Fault(&'a Fault),
    /// Faults end; from now on progress is due.
    Calm,
    /// The user of a client asks for something.
    Asked {
        /// The process.
        process: ProcessId,
        /// The operation's name.
        id: OpId,
        /// The operation.
        op: &'a P::Op,
    },
    /// A process starts with what its disk kept.
    Booted {
        /// The process.
        process: ProcessId,
        /// How many times it was started before.
        incarnation: u64,
        /// What it finds.
        disk: &'a Disk<P::Record>,
    },
    /// A process loses everything except its disk.
    Crashed {
        /// The process.
        process: ProcessId,
        /// What the crash left of the unsynced records.
        survival: Survival,
        /// Whether operations that the process was asked for were still open.
        open_ops: bool,
    },
    /// A process halted itself.
    Halted {
        /// The process.
        process: ProcessId,
        /// The reason that it gave.
        reason: &'static str,
    },
    /// A process stands still, and what arrives waits. With `clock_stops`, its clock stands still
    /// too.
    Paused {
        /// The process.
        process: ProcessId,
        /// Whether its clock stops too.
        clock_stops: bool,
    },
    /// A process continues after a pause or a suspension.
    Resumed {
        /// The process.
        process: ProcessId,
    },
    /// A process sends a message, the `number`th on its link.
    Sent {
        /// The link.
        link: Link,
        /// Its number on the link, from 1.
        number: u32,
        /// The message.
        message: &'a P::Message,
        /// Its fate.
        fate: Fate,
    },
    /// A message arrives and is handed over.
    Arrived {
        /// The link.
        link: Link,
        /// Its number on the link.
        number: u32,
        /// The message.
        message: &'a P::Message,
    },
    /// A message that was under way does not arrive.
    Dropped {
        /// The link.
        link: Link,
        /// Its number on the link.
        number: u32,
        /// The reason.
        reason: DropReason,
    },
    /// A process does something on a session.
    SessionActed {
        /// The process.
        process: ProcessId,
        /// The session.
        session: SessionId,
        /// The action.
        action: SessionAction<'a, P::Message>,
        /// The fate of the message that the action causes.
        fate: Fate,
    },
    /// Something happens to an end of a session.
    SessionTold {
        /// The process.
        process: ProcessId,
        /// The session.
        session: SessionId,
        /// What happens.
        event: &'a SessionEvent<P::Message>,
    },
    /// A process sets a timer.
    TimerSet {
        /// The process.
        process: ProcessId,
        /// The timer.
        timer: P::Timer,
        /// The time until it fires, by the local clock.
        after: Span,
    },
    /// A process cancels a timer.
    TimerCancelled {
        /// The process.
        process: ProcessId,
        /// The timer.
        timer: P::Timer,
    },
    /// A timer fires.
    Fired {
        /// The process.
        process: ProcessId,
        /// The timer.
        timer: P::Timer,
    },
    /// A process writes a record; it is not durable yet.
    Wrote {
        /// The process.
        process: ProcessId,
        /// Its number.
        number: RecordNumber,
        /// The record.
        record: &'a P::Record,
    },
    /// A write is refused.
    WriteFailed {
        /// The process.
        process: ProcessId,
        /// The number of the record.
        number: RecordNumber,
        /// The error.
        error: DiskError,
    },
    /// A process requests a sync.
    SyncAsked {
        /// The process.
        process: ProcessId,
    },
    /// A record is permanently on the disk: a sync covered it, or a crash left it there.
    Durable {
        /// The process.
        process: ProcessId,
        /// Its number.
        number: RecordNumber,
        /// The record.
        record: &'a P::Record,
    },
    /// A process learns that a sync completed.
    Synced {
        /// The process.
        process: ProcessId,
        /// The last record covered.
        through: RecordNumber,
    },
    /// A process learns that a sync failed.
    SyncFailed {
        /// The process.
        process: ProcessId,
        /// The last record that it covered.
        through: RecordNumber,
    },
    /// A process drops old records.
    Trimmed {
        /// The process.
        process: ProcessId,
        /// The first record that it keeps.
        before: RecordNumber,
    },
    /// An operation is answered.
    Completed {
        /// The process.
        process: ProcessId,
        /// The operation.
        id: OpId,
        /// Its outcome.
        outcome: &'a Outcome<P::Reply>,
    },
    /// A process makes a claim.
    Claimed {
        /// The process.
        process: ProcessId,
        /// The claim.
        claim: &'a P::Claim,
    },
    /// A process reaches a mark.
    Reached {
        /// The process.
        process: ProcessId,
        /// The mark.
        mark: &'a Mark,
    },
    /// A step is over; this is the process after it. It is not a line of a trace, but for judges
    /// that look at states.
    Stepped {
        /// The process.
        process: ProcessId,
        /// Its state.
        state: &'a P,
    },
}

/// What a process does on a session.
#[derive(Debug, Hash)]
pub enum SessionAction<'a, M> {
    /// Opens the session.
    Open {
        /// The time within which the other end must answer.
        deadline: Span,
    },
    /// Sends a message.
    Send(&'a M),
    /// Sets its deadline.
    SetDeadline {
        /// The time from now.
        after: Span,
    },
    /// Closes the session.
    Close,
}

impl<M> Clone for SessionAction<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for SessionAction<'_, M> {}

impl<P: Process> Clone for EventKind<'_, P> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Process> Copy for EventKind<'_, P> {}
