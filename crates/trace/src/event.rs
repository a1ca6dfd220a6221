//! The events of a run.

use squall_fault::{Fate, Fault, Link};
use squall_process::{
    Disk, DiskError, Instant, OpId, Outcome, Process, ProcessId, RecordNumber, SessionEvent,
    SessionId, Span,
};

/// One thing that happened.
///
/// Its text is one line, the same in traces, tests and documents.
#[derive(Debug)]
pub struct Event<'a, P: Process> {
    /// Its place in the run, from 1.
    pub number: u64,
    /// When, by the clock of the world.
    pub at: Instant,
    /// What.
    pub what: EventKind<'a, P>,
}

/// Why a message that was under way did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// The link was cut meanwhile.
    Cut,
    /// The receiver is down.
    Down,
}

/// What a crash left of the records that no sync had covered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Survival {
    /// How many there were.
    pub unsynced: u32,
    /// How many of them are on the disk.
    pub kept: u32,
    /// Whether the last one kept is cut short.
    pub torn: bool,
    /// Whether one was kept while an earlier one was lost.
    pub reordered: bool,
}

/// What an event tells.
///
/// Its kind stands by itself: merged with what is inside, as with the fate of a message, it would
/// not be known where an event is made.
#[derive(Debug)]
#[repr(u8)]
pub enum EventKind<'a, P: Process> {
    /// A fault of the script is carried out.
    Fault(&'a Fault),
    /// Faults end; from here on progress is due.
    Calm,
    /// A client's user asks for something.
    Asked {
        /// Who is asked.
        process: ProcessId,
        /// The operation's name.
        id: OpId,
        /// The operation.
        op: &'a P::Op,
    },
    /// A process starts with what its disk kept.
    Booted {
        /// Which.
        process: ProcessId,
        /// How often it was started before.
        incarnation: u64,
        /// What it finds.
        disk: &'a Disk<P::Record>,
    },
    /// A process is gone, all but its disk.
    Crashed {
        /// Which.
        process: ProcessId,
        /// What became of records that no sync had covered.
        survival: Survival,
        /// Whether operations that it was asked for were still open.
        open_ops: bool,
    },
    /// A process stopped itself.
    Halted {
        /// Which.
        process: ProcessId,
        /// What it said.
        reason: &'static str,
    },
    /// A process stands still; what arrives waits. With `clock_stops`, its clock stands still too.
    Paused {
        /// Which.
        process: ProcessId,
        /// Whether its clock stops as well.
        clock_stops: bool,
    },
    /// A process goes on after a pause or a suspension.
    Resumed {
        /// Which.
        process: ProcessId,
    },
    /// A process sends a message, the `number`th on its link.
    Sent {
        /// From whom to whom.
        link: Link,
        /// Its number on the link, from 1.
        number: u32,
        /// The message.
        message: &'a P::Message,
        /// What becomes of it.
        fate: Fate,
    },
    /// A message arrives and is handed over.
    Arrived {
        /// From whom to whom.
        link: Link,
        /// Its number on the link.
        number: u32,
        /// The message.
        message: &'a P::Message,
    },
    /// A message that was under way does not arrive.
    Dropped {
        /// From whom to whom.
        link: Link,
        /// Its number on the link.
        number: u32,
        /// Why.
        reason: DropReason,
    },
    /// A process does something on a session.
    SessionActed {
        /// Which process.
        process: ProcessId,
        /// Which session.
        session: SessionId,
        /// What it does.
        action: SessionAction<'a, P::Message>,
        /// What becomes of what travels because of it.
        fate: Fate,
    },
    /// A process is told of a session.
    SessionTold {
        /// Which process.
        process: ProcessId,
        /// Which session.
        session: SessionId,
        /// What it is told.
        event: &'a SessionEvent<P::Message>,
    },
    /// A process sets a timer.
    TimerSet {
        /// Whose.
        process: ProcessId,
        /// Which.
        timer: P::Timer,
        /// How long, by the local clock.
        after: Span,
    },
    /// A process forgets a timer.
    TimerCancelled {
        /// Whose.
        process: ProcessId,
        /// Which.
        timer: P::Timer,
    },
    /// A timer fires.
    Fired {
        /// Whose.
        process: ProcessId,
        /// Which.
        timer: P::Timer,
    },
    /// A process writes a record; it is not durable yet.
    Wrote {
        /// Whose.
        process: ProcessId,
        /// Its number.
        number: RecordNumber,
        /// The record.
        record: &'a P::Record,
    },
    /// A write is refused.
    WriteFailed {
        /// Whose.
        process: ProcessId,
        /// The number of the record.
        number: RecordNumber,
        /// Why.
        error: DiskError,
    },
    /// A process asks for a sync.
    SyncAsked {
        /// Whose.
        process: ProcessId,
    },
    /// A record is on the disk for good: a sync covered it, or a crash left it there.
    Durable {
        /// Whose.
        process: ProcessId,
        /// Its number.
        number: RecordNumber,
        /// The record.
        record: &'a P::Record,
    },
    /// A process is told that a sync completed.
    Synced {
        /// Whose.
        process: ProcessId,
        /// The last record covered.
        through: RecordNumber,
    },
    /// A process is told that a sync failed.
    SyncFailed {
        /// Whose.
        process: ProcessId,
        /// The last record that it covered.
        through: RecordNumber,
    },
    /// A process gives up old records.
    Trimmed {
        /// Whose.
        process: ProcessId,
        /// The first record it keeps.
        before: RecordNumber,
    },
    /// An operation is answered.
    Completed {
        /// By whom.
        process: ProcessId,
        /// Which.
        id: OpId,
        /// How.
        outcome: &'a Outcome<P::Reply>,
    },
    /// A process says something of itself.
    Claimed {
        /// Who.
        process: ProcessId,
        /// What.
        claim: &'a P::Claim,
    },
    /// A process notes an interesting situation.
    Reached {
        /// Who.
        process: ProcessId,
        /// Which situation.
        mark: &'static str,
    },
    /// A step is over; this is the process after it. Not a line of a trace: for judges that look at
    /// states.
    Stepped {
        /// Who.
        process: ProcessId,
        /// Its state.
        state: &'a P,
    },
}

/// What a process does on a session.
#[derive(Debug, Hash)]
pub enum SessionAction<'a, M> {
    /// It opens it.
    Open {
        /// How long the other end may take to answer.
        deadline: Span,
    },
    /// It sends a message.
    Send(&'a M),
    /// It sets its deadline.
    SetDeadline {
        /// How long from now.
        after: Span,
    },
    /// It closes it.
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
