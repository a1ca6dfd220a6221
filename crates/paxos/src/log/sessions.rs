//! Sessions of clients: each operation is applied once, however often it is in the log (RAFT-D
//! section 6.3; the `perform` of PMMC).
//!
//! Model: the table is part of the replicated state and changes only when entries are applied. A
//! session takes its operations in order: the next number is applied, an earlier one is answered
//! from the table, a later one is refused. A session that was silent for too long, by the time that
//! entries carry, is removed on all replicas by the same entry. A session that is not in the table
//! is an error and never a new session.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};
use squall_process::ProcessId;

use crate::log::{Agreement, Asked, LogTime, Reply, Serializable, StateMachine};

/// The number of a session: 1 for the first that the cluster opened. Prints as `k1`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "k{}", self.0)
    }
}

/// The sessions that are open.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Sessions<S: StateMachine> {
    open: BTreeMap<SessionId, Session<S>>,
    /// The last number that was given to a session.
    last: u64,
    /// No session expires before this time.
    expiry: LogTime,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
struct Session<S: StateMachine> {
    client: ProcessId,
    heard: LogTime,
    /// The number of its last operation that was applied.
    applied: u64,
    /// The results that the client may still ask for, up to that of the last operation.
    replies: VecDeque<Reply<S>>,
}

/// What the table says of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict<S: StateMachine> {
    /// Apply it, and [`Sessions::record`] the result.
    Apply,
    /// It was applied before, with this result.
    Repeated(Reply<S>),
    /// It was applied before, and the client said that it has the result.
    Acknowledged,
    /// An earlier operation of the session is missing.
    OutOfOrder,
    /// There is no such session.
    Unknown,
}

impl<S: StateMachine> Default for Sessions<S> {
    fn default() -> Self {
        Self { open: BTreeMap::new(), last: 0, expiry: LogTime(squall_process::Span::MAX) }
    }
}

impl<S: StateMachine> Sessions<S> {
    /// Returns the number of sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Returns whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns whether `session` is open.
    #[must_use]
    pub fn contains(&self, session: SessionId) -> bool {
        self.open.contains_key(&session)
    }

    /// Returns the client of each open session and the number of its last operation.
    pub fn iter(&self) -> impl Iterator<Item = (SessionId, ProcessId, u64)> {
        self.open.iter().map(|(id, session)| (*id, session.client, session.applied))
    }

    /// Removes the sessions that were silent for too long. Returns whether there were any.
    pub(crate) fn expire(&mut self, now: LogTime, agreement: &Agreement) -> bool {
        if now <= self.expiry || self.open.is_empty() {
            return false;
        }
        let silence = agreement.session_silence;
        let before = self.open.len();
        self.open.retain(|_, session| now <= session.heard.plus(silence));
        let oldest = self.open.values().map(|session| session.heard).min();
        self.expiry = oldest.map_or(LogTime(squall_process::Span::MAX), |at| at.plus(silence));
        self.open.len() < before
    }

    /// Opens a session. The one that was silent longest makes room if there are too many.
    pub(crate) fn register(
        &mut self,
        client: ProcessId,
        now: LogTime,
        agreement: &Agreement,
    ) -> SessionId {
        while self.open.len() >= agreement.sessions_max {
            let silent = self.open.iter().min_by_key(|(id, session)| (session.heard, **id));
            let Some(silent) = silent.map(|(id, _)| *id) else {
                break;
            };
            self.open.remove(&silent);
        }
        self.last += 1;
        let id = SessionId(self.last);
        let session = Session { client, heard: now, applied: 0, replies: VecDeque::new() };
        self.open.insert(id, session);
        self.expiry = self.expiry.min(now.plus(agreement.session_silence));
        id
    }

    /// Returns what is to be done with the operation that `asked` names, and notes that its
    /// session was heard of.
    pub(crate) fn judge(&mut self, asked: &Asked, now: LogTime) -> Verdict<S> {
        let Some(session) = self.open.get_mut(&asked.session) else {
            return Verdict::Unknown;
        };
        if session.client != asked.caller.client {
            return Verdict::Unknown;
        }
        session.heard = now;
        let first = session.applied + 1 - session.replies.len() as u64;
        let read = asked.unacknowledged.saturating_sub(first);
        let read = usize::try_from(read).unwrap_or(usize::MAX).min(session.replies.len());
        session.replies.drain(..read);
        let first = session.applied + 1 - session.replies.len() as u64;
        if asked.sequence == session.applied + 1 {
            Verdict::Apply
        } else if asked.sequence > session.applied {
            Verdict::OutOfOrder
        } else {
            let index = asked.sequence.checked_sub(first).and_then(|at| usize::try_from(at).ok());
            match index.and_then(|index| session.replies.get(index)) {
                Some(reply) => Verdict::Repeated(reply.clone()),
                None => Verdict::Acknowledged,
            }
        }
    }

    /// Keeps the result of the next operation of the session that `asked` names.
    pub(crate) fn record(&mut self, asked: &Asked, reply: Reply<S>) {
        if let Some(session) = self.open.get_mut(&asked.session) {
            session.applied += 1;
            session.replies.push_back(reply);
        }
    }
}
