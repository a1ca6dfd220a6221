//! The context of a step: what the step is given, and where it leaves its effects.

use std::fmt;

use crate::embed::{Embedded, Embedding, Outlet, Returned};
use crate::{
    Effect, Instant, Mark, OpId, Outcome, Process, ProcessId, RecordNumber, SessionId, Span,
    WallTime,
};

/// The source of chance. The runtime decides its values; a process only asks.
pub trait Randomness {
    /// Returns a number below `bound`, each equally likely. `bound` is at least 1.
    fn below(&mut self, bound: u64) -> u64;
}

/// The local clocks of a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Clocks {
    /// The monotonic clock.
    pub monotonic: Instant,
    /// The wall clock.
    pub wall: WallTime,
}

/// The context of a step: identity, time and chance, and the place where it leaves its effects.
///
/// A runtime makes one with a [`Driver`](crate::Driver). A process that contains another makes one
/// for the inner process, by [`embed`](Self::embed) or [`collect`](Self::collect).
pub struct Context<'a, P: Process> {
    id: ProcessId,
    clocks: Clocks,
    randomness: &'a mut dyn Randomness,
    record_next: &'a mut RecordNumber,
    sink: Sink<'a, P>,
}

/// Where effects go.
pub(crate) enum Sink<'a, P: Process> {
    /// To the runtime.
    Direct(&'a mut Vec<Effect<P>>),
    /// To the process that contains this one.
    Wrapped(&'a mut dyn Outlet<P>),
}

impl<P: Process> Sink<'_, P> {
    /// Leaves one effect. It is made where it goes, so that it is not moved on the way.
    #[inline]
    pub(crate) fn push(&mut self, effect: impl FnOnce() -> Effect<P>) {
        match self {
            Self::Direct(effects) => effects.push(effect()),
            Self::Wrapped(outlet) => outlet.pass(effect()),
        }
    }
}

impl<'a, P: Process> Context<'a, P> {
    /// Returns the context of one step, whose effects are appended to `effects`.
    #[inline]
    pub(crate) fn new(
        id: ProcessId,
        clocks: Clocks,
        randomness: &'a mut dyn Randomness,
        record_next: &'a mut RecordNumber,
        effects: &'a mut Vec<Effect<P>>,
    ) -> Self {
        Self { id, clocks, randomness, record_next, sink: Sink::Direct(effects) }
    }

    /// Returns the name of this process.
    #[must_use]
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// Returns the local monotonic clock. It never goes back during a life of the process. It has
    /// its own rate, and its zero means nothing to another process.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clocks.monotonic
    }

    /// Returns the local wall clock. It may be wrong by minutes and may step forwards or backwards;
    /// safety must not depend on it.
    #[must_use]
    pub fn wall(&self) -> WallTime {
        self.clocks.wall
    }

    /// Returns a random number below `bound`. Panics if `bound` is 0.
    pub fn random_below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "there is no number below 0");
        self.randomness.below(bound)
    }

    /// Returns a random span from `low` to `high`, both included. Panics if `high` is below `low`.
    pub fn random_span(&mut self, low: Span, high: Span) -> Span {
        assert!(low <= high, "an empty range of spans");
        let width = (high - low).as_nanos().saturating_add(1);
        low + Span::from_nanos(self.randomness.below(width))
    }

    /// Sends `message` to `to`.
    pub fn send(&mut self, to: ProcessId, message: P::Message) {
        self.sink.push(|| Effect::Send { to, message });
    }

    /// Sends `message` to each of `to`.
    pub fn send_all(&mut self, to: impl IntoIterator<Item = ProcessId>, message: &P::Message) {
        for to in to {
            self.send(to, message.clone());
        }
    }

    /// Opens `session`. It is closed unless the other end answers within `deadline`. If this
    /// process holds a session of that name, it is told
    /// [`SessionEvent::Taken`](crate::SessionEvent::Taken).
    pub fn open_session(&mut self, session: SessionId, deadline: Span) {
        self.sink.push(|| Effect::OpenSession { session, deadline });
    }

    /// Sends `message` on `session`.
    pub fn send_on(&mut self, session: SessionId, message: P::Message) {
        self.sink.push(|| Effect::SendOn { session, message: Box::new(message) });
    }

    /// Closes `session` after a span of `after`, unless the deadline is set again before.
    pub fn set_deadline(&mut self, session: SessionId, after: Span) {
        self.sink.push(|| Effect::SetDeadline { session, after });
    }

    /// Closes `session`.
    pub fn close_session(&mut self, session: SessionId) {
        self.sink.push(|| Effect::CloseSession { session });
    }

    /// Sets `timer` to fire after a span of `after`, replacing an earlier setting of it.
    pub fn set_timer(&mut self, timer: P::Timer, after: Span) {
        self.sink.push(|| Effect::SetTimer { timer, after });
    }

    /// Cancels `timer`.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.sink.push(|| Effect::CancelTimer { timer });
    }

    /// Appends `record` to the journal and returns its number.
    pub fn write(&mut self, record: P::Record) -> RecordNumber {
        let number = *self.record_next;
        self.record_next.0 += 1;
        self.sink.push(|| Effect::Write { number, record });
        number
    }

    /// Returns the number that the next record will have.
    #[must_use]
    pub fn record_next(&self) -> RecordNumber {
        *self.record_next
    }

    /// Requests that everything written so far is made durable.
    pub fn sync(&mut self) {
        self.sink.push(|| Effect::Sync);
    }

    /// Drops the records below `before`.
    pub fn trim(&mut self, before: RecordNumber) {
        self.sink.push(|| Effect::Trim { before });
    }

    /// Answers the operation `op`.
    pub fn complete(&mut self, op: OpId, outcome: Outcome<P::Reply>) {
        self.sink.push(|| Effect::Complete { op, outcome });
    }

    /// Makes a claim for the judges.
    pub fn claim(&mut self, claim: P::Claim) {
        self.sink.push(|| Effect::Claim(claim));
    }

    /// Records that the mark `mark` was reached.
    pub fn reach(&mut self, mark: &'static str) {
        self.sink.push(|| Effect::Reach(Mark { name: mark, note: None }));
    }

    /// Notes that the situation named `mark` was reached, and what there is to say of it in this
    /// run: `reach_with("grows", format!("to {members} members"))`.
    pub fn reach_with(&mut self, mark: &'static str, note: impl Into<Box<str>>) {
        self.sink.push(|| Effect::Reach(Mark { name: mark, note: Some(note.into()) }));
    }

    /// Halts this process after the step, for example because it can no longer trust itself or its
    /// disk.
    pub fn halt(&mut self, reason: &'static str) {
        self.sink.push(|| Effect::Halt(reason));
    }

    /// Leaves `effect` unchanged, for a process that passes on what it [collected](Self::collect)
    /// from an inner one of the same types.
    pub fn push(&mut self, effect: Effect<P>) {
        self.sink.push(|| effect);
    }

    /// Runs `step` with the context of an inner process. Its effects become effects of this process
    /// through `embedding`, one by one and without a copy. What it completes and trims is appended
    /// to `returned`.
    ///
    /// The inner process has the identity, the clocks and the chance of this one, and shares its
    /// journal.
    pub fn embed<E, T>(
        &mut self,
        embedding: &E,
        returned: &mut Vec<Returned<E::Inner>>,
        step: impl FnOnce(&mut Context<'_, E::Inner>) -> T,
    ) -> T
    where
        E: Embedding<Outer = P>,
    {
        let mut outlet = Embedded { embedding, sink: &mut self.sink, returned };
        step(&mut Context {
            id: self.id,
            clocks: self.clocks,
            randomness: &mut *self.randomness,
            record_next: &mut *self.record_next,
            sink: Sink::Wrapped(&mut outlet),
        })
    }

    /// Runs `step` with the context of an inner process whose effects are appended to `effects` and
    /// go no further, for a process that looks at each effect of the inner one, such as one with a
    /// planted mistake.
    pub fn collect<Q: Process, T>(
        &mut self,
        effects: &mut Vec<Effect<Q>>,
        step: impl FnOnce(&mut Context<'_, Q>) -> T,
    ) -> T {
        step(&mut Context {
            id: self.id,
            clocks: self.clocks,
            randomness: &mut *self.randomness,
            record_next: &mut *self.record_next,
            sink: Sink::Direct(effects),
        })
    }
}

impl<P: Process> fmt::Debug for Context<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id)
            .field("clocks", &self.clocks)
            .field("record_next", &self.record_next)
            .finish_non_exhaustive()
    }
}
