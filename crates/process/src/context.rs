//! What a step is given and what it leaves behind.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Instant, OpId, Process, ProcessId, RecordNumber, SessionId, Span, WallTime};

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
    /// Open a session. It is closed by its deadline unless the other end answers before. A session
    /// that this process holds already may not be opened, nor one whose opener it is not.
    OpenSession {
        /// Its name.
        session: SessionId,
        /// How long the other end may take to answer, by the local clock.
        deadline: Span,
    },
    /// Send `message` on a session, behind all that was sent on it before. It may be sent before the
    /// other end has answered. On a session that is closed it goes nowhere.
    SendOn {
        /// Which.
        session: SessionId,
        /// The message.
        message: P::Message,
    },
    /// Close a session `after` from now by the local clock, unless this is set anew before. An answer
    /// to an opening ends the deadline of the opening.
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

/// Where chance comes from. The runtime decides how; a process only asks.
pub trait Randomness {
    /// A number below `bound`, each as likely as the next. `bound` is at least 1.
    fn below(&mut self, bound: u64) -> u64;
}

/// What a step is given: identity, time and chance; and where it leaves its effects.
pub struct Context<'a, P: Process> {
    id: ProcessId,
    now: Instant,
    wall: WallTime,
    randomness: &'a mut dyn Randomness,
    record_next: &'a mut RecordNumber,
    effects: &'a mut Vec<Effect<P>>,
}

impl<'a, P: Process> Context<'a, P> {
    /// For runtimes: the context of one step. Effects are appended to `effects`; records are
    /// numbered from `record_next`, which is moved on.
    pub fn new(
        id: ProcessId,
        (now, wall): (Instant, WallTime),
        randomness: &'a mut dyn Randomness,
        record_next: &'a mut RecordNumber,
        effects: &'a mut Vec<Effect<P>>,
    ) -> Self {
        Self { id, now, wall, randomness, record_next, effects }
    }

    /// Who this process is.
    #[must_use]
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// The local monotonic clock. It never goes back while the process lives; its rate is its own,
    /// and its zero means nothing to anybody else.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The local wall clock. It may be wrong by minutes and may step either way; nothing safe can
    /// rest on it.
    #[must_use]
    pub fn wall(&self) -> WallTime {
        self.wall
    }

    /// A random number below `bound`. Panics if `bound` is 0.
    pub fn random_below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "there is no number below 0");
        self.randomness.below(bound)
    }

    /// A random span from `low` to `high`, both included. `high` may not be below `low`.
    pub fn random_span(&mut self, low: Span, high: Span) -> Span {
        assert!(low <= high, "an empty range of spans");
        let width = (high - low).as_nanos().saturating_add(1);
        low + Span::from_nanos(self.randomness.below(width))
    }

    /// Sends `message` to `to`.
    pub fn send(&mut self, to: ProcessId, message: P::Message) {
        self.effects.push(Effect::Send { to, message });
    }

    /// Sends `message` to each of `to`.
    pub fn send_all(&mut self, to: impl IntoIterator<Item = ProcessId>, message: &P::Message) {
        for to in to {
            self.send(to, message.clone());
        }
    }

    /// Opens `session`. It is closed unless the other end answers within `deadline`.
    pub fn open_session(&mut self, session: SessionId, deadline: Span) {
        self.effects.push(Effect::OpenSession { session, deadline });
    }

    /// Sends `message` on `session`.
    pub fn send_on(&mut self, session: SessionId, message: P::Message) {
        self.effects.push(Effect::SendOn { session, message });
    }

    /// Lets `session` be closed `after` from now, unless this is set anew before.
    pub fn set_deadline(&mut self, session: SessionId, after: Span) {
        self.effects.push(Effect::SetDeadline { session, after });
    }

    /// Closes `session`.
    pub fn close_session(&mut self, session: SessionId) {
        self.effects.push(Effect::CloseSession { session });
    }

    /// Sets `timer` to fire `after` from now, replacing an earlier setting of it.
    pub fn set_timer(&mut self, timer: P::Timer, after: Span) {
        self.effects.push(Effect::SetTimer { timer, after });
    }

    /// Forgets `timer`.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer { timer });
    }

    /// Appends `record` to the journal and says which number it has.
    pub fn write(&mut self, record: P::Record) -> RecordNumber {
        let number = *self.record_next;
        self.record_next.0 += 1;
        self.effects.push(Effect::Write { number, record });
        number
    }

    /// The number that the next record will have.
    #[must_use]
    pub fn record_next(&self) -> RecordNumber {
        *self.record_next
    }

    /// Asks for everything written so far to be made durable.
    pub fn sync(&mut self) {
        self.effects.push(Effect::Sync);
    }

    /// Gives up the records below `before`.
    pub fn trim(&mut self, before: RecordNumber) {
        self.effects.push(Effect::Trim { before });
    }

    /// Answers operation `op`.
    pub fn complete(&mut self, op: OpId, outcome: Outcome<P::Reply>) {
        self.effects.push(Effect::Complete { op, outcome });
    }

    /// Says `claim` to the judges.
    pub fn claim(&mut self, claim: P::Claim) {
        self.effects.push(Effect::Claim(claim));
    }

    /// Notes that the situation named `mark` was reached.
    pub fn reach(&mut self, mark: &'static str) {
        self.effects.push(Effect::Reach(mark));
    }

    /// Stops this process after the step, as a process does that cannot trust itself or its disk
    /// any longer.
    pub fn halt(&mut self, reason: &'static str) {
        self.effects.push(Effect::Halt(reason));
    }
}

impl<P: Process> fmt::Debug for Context<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id)
            .field("now", &self.now)
            .field("effects", &self.effects)
            .finish_non_exhaustive()
    }
}
