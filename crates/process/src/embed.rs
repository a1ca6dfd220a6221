//! Processes that contain processes: how the effects of an inner process become effects of the
//! outer one.
//!
//! Model: the inner process shares the identity, the clocks, the chance and the journal of the
//! outer one. An [`Embedding`] moves its messages, timers, records and claims into those of the
//! outer process. The embedding is a value, so one process can hold several inner ones of one type.
//! What the inner process completes is returned as a value, and so is what it trims: the journal is
//! shared, and the outer process trims up to the lowest number that all its inner processes allow.
//!
//! Limits: inputs are not split here. The outer process matches on its own messages and timers and
//! hands over those for the inner one. [`Disk::select`](crate::Disk::select) and
//! [`Input::journal_event`](crate::Input::journal_event) do the part that is always the same.

use crate::context::Sink;
use crate::{Effect, OpId, Outcome, Process, RecordNumber, SessionId};

/// Wraps the effects of an inner process into those of the outer one.
pub trait Embedding {
    /// The process that contains the other one.
    type Outer: Process;
    /// The process that is contained.
    type Inner: Process;

    /// Wraps a message of the inner process.
    fn message(&self, message: Message<Self::Inner>) -> Message<Self::Outer>;

    /// Wraps the name of a timer of the inner process.
    fn timer(&self, timer: Timer<Self::Inner>) -> Timer<Self::Outer>;

    /// Wraps a record of the inner process.
    fn record(&self, record: Record<Self::Inner>) -> Record<Self::Outer>;

    /// Wraps a claim of the inner process. `None` hides it from the judges.
    fn claim(&self, claim: Claim<Self::Inner>) -> Option<Claim<Self::Outer>>;

    /// Renames a session of the inner process. This distinguishes inner processes that would use
    /// the same numbers. The outer process reverses the renaming for the events of the session.
    fn session(&self, session: SessionId) -> SessionId {
        session
    }
}

type Message<P> = <P as Process>::Message;
type Timer<P> = <P as Process>::Timer;
type Record<P> = <P as Process>::Record;
type Claim<P> = <P as Process>::Claim;

/// What an inner process returns to the outer one.
#[derive(Clone, Debug)]
pub enum Returned<P: Process> {
    /// It answered an operation of the outer process.
    Completed {
        /// The operation, as the outer process named it.
        op: OpId,
        /// Its outcome.
        outcome: Outcome<P::Reply>,
    },
    /// It no longer needs its records below `before`. Nothing is trimmed unless the outer process
    /// does so.
    Trimmed {
        /// The first record that it keeps.
        before: RecordNumber,
    },
}

/// Takes the effects of an inner process, one by one.
pub(crate) trait Outlet<P: Process> {
    fn pass(&mut self, effect: Effect<P>);
}

/// The outlet of a process that is embedded in another.
pub(crate) struct Embedded<'e, 's, E: Embedding> {
    pub(crate) embedding: &'e E,
    pub(crate) sink: &'e mut Sink<'s, E::Outer>,
    pub(crate) returned: &'e mut Vec<Returned<E::Inner>>,
}

impl<E: Embedding> Outlet<E::Inner> for Embedded<'_, '_, E> {
    fn pass(&mut self, effect: Effect<E::Inner>) {
        let embedding = self.embedding;
        let effect = match effect {
            Effect::Send { to, message } => {
                Effect::Send { to, message: embedding.message(message) }
            }
            Effect::SetTimer { timer, after } => {
                Effect::SetTimer { timer: embedding.timer(timer), after }
            }
            Effect::CancelTimer { timer } => Effect::CancelTimer { timer: embedding.timer(timer) },
            Effect::Write { number, record } => {
                Effect::Write { number, record: embedding.record(record) }
            }
            Effect::Claim(claim) => match embedding.claim(claim) {
                Some(claim) => Effect::Claim(claim),
                None => return,
            },
            Effect::OpenSession { session, deadline } => {
                Effect::OpenSession { session: embedding.session(session), deadline }
            }
            Effect::SendOn { session, message } => Effect::SendOn {
                session: embedding.session(session),
                message: Box::new(embedding.message(*message)),
            },
            Effect::SetDeadline { session, after } => {
                Effect::SetDeadline { session: embedding.session(session), after }
            }
            Effect::CloseSession { session } => {
                Effect::CloseSession { session: embedding.session(session) }
            }
            Effect::Sync => Effect::Sync,
            Effect::Reach(mark) => Effect::Reach(mark),
            Effect::Halt(reason) => Effect::Halt(reason),
            Effect::Complete { op, outcome } => {
                return self.returned.push(Returned::Completed { op, outcome });
            }
            Effect::Trim { before } => return self.returned.push(Returned::Trimmed { before }),
        };
        self.sink.push(|| effect);
    }
}
