//! Sessions as the database knows them: who, and what it was answered last (CHUBBY section 2.8;
//! requirement N7).
//!
//! Model: a session is opened and ended by entries of the log, and leases are not in it: they are
//! the master's. Its calls have rising numbers and are applied in that order, each once. A number
//! may be left out, since calls that change nothing are not in the log. A client has one call under
//! way, so only the last result is kept, and an earlier number is a copy of a call that was
//! answered. A client that did not hear that its session is open asks again with the same nonce and
//! is told the same session.

use std::collections::BTreeMap;
use std::fmt;

use squall_process::ProcessId;

use crate::Error;
use crate::database::Done;

/// The number of a session, 1 for the first of the cell. Prints as `S1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct SessionId(pub u64);

/// A session.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Session {
    pub(crate) client: ProcessId,
    /// Tells the sessions of one client apart, those of its earlier lives included.
    pub(crate) nonce: u64,
    /// The number of the last call that was applied.
    pub(crate) sequence: u64,
    /// Its result.
    pub(crate) result: Result<Done, Error>,
}

/// The sessions that are open.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Sessions {
    open: BTreeMap<SessionId, Session>,
    last: u64,
}

/// What the table says of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It is a new one of its session, whose client is named.
    Apply(ProcessId),
    /// It is not to be applied, and this is its result.
    Answer(Result<Done, Error>),
}

impl Sessions {
    pub(crate) fn restore(open: BTreeMap<SessionId, Session>, last: u64) -> Self {
        Self { open, last }
    }

    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.open.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.open.iter().map(|(id, session)| (*id, session))
    }

    /// Opens a session, or returns the one that `client` opened with this nonce.
    pub(crate) fn open(&mut self, client: ProcessId, nonce: u64) -> SessionId {
        let known = |session: &Session| session.client == client && session.nonce == nonce;
        if let Some((id, _)) = self.iter().find(|(_, session)| known(session)) {
            return id;
        }
        self.last += 1;
        let id = SessionId(self.last);
        let session = Session { client, nonce, sequence: 0, result: Ok(Done::Nothing) };
        self.open.insert(id, session);
        id
    }

    pub(crate) fn remove(&mut self, id: SessionId) -> Option<Session> {
        self.open.remove(&id)
    }

    pub(crate) fn judge(&self, id: SessionId, sequence: u64) -> Verdict {
        let Some(session) = self.open.get(&id) else {
            return Verdict::Answer(Err(Error::NoSession));
        };
        if sequence == session.sequence && sequence > 0 {
            return Verdict::Answer(session.result.clone());
        }
        if sequence > session.sequence {
            return Verdict::Apply(session.client);
        }
        Verdict::Answer(Err(Error::OutOfOrder))
    }

    pub(crate) fn record(&mut self, id: SessionId, sequence: u64, result: Result<Done, Error>) {
        if let Some(session) = self.open.get_mut(&id) {
            session.sequence = sequence;
            session.result = result;
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}", self.0)
    }
}
