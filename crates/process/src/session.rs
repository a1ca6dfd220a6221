//! Sessions: connections between two processes, in addition to datagrams.
//!
//! A session has two ends. One process opens it by a name that it chooses. The other one receives
//! [`SessionEvent::Incoming`] and may send at once. Both ends send. Every message that arrives,
//! arrives once and in the order of sending. A session lasts until
//!
//! * one end closes it: the other end receives [`Closed::Peer`] after all that was sent before;
//! * it is reset: by the network, or because the process at the other end is gone. The two cannot
//!   be told apart, and neither can a crash and an orderly end of the other process;
//! * its deadline passes by the local clock of one end.
//!
//! What was under way when a session broke may or may not have arrived. A session that one end
//! considers open may be silently gone at the other end: only a deadline, or the answer to the next
//! message, ends it here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ProcessId;

/// The name of a session: `n1>n2~3` is the one that n1 opened to n2 as its number 3.
///
/// The opener chooses the number, as it would choose a port. An end may use a name again when the
/// session is closed there. If the other end still holds an earlier session of that name, that one
/// is reset first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId {
    /// The process that opened it.
    pub opener: ProcessId,
    /// The process at the other end.
    pub acceptor: ProcessId,
    /// Its number among the sessions between these two.
    pub number: u32,
}

impl SessionId {
    /// Returns the other end of the session of `process`.
    #[must_use]
    pub fn peer_of(self, process: ProcessId) -> ProcessId {
        if process == self.opener { self.acceptor } else { self.opener }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>{}~{}", self.opener, self.acceptor, self.number)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What happens to one end of a session.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum SessionEvent<M> {
    /// The other end answered: the session is open.
    Opened,
    /// No process listens at the other end. The session is closed here.
    Refused,
    /// This end holds a session of that name already. That one goes on, and the opening is void.
    Taken,
    /// The other process has opened a session to this one.
    Incoming,
    /// A message arrives.
    Message(Box<M>),
    /// The session is closed here. No more messages arrive on it, and messages sent on it are lost.
    Closed(Closed),
}

/// Why a session is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Closed {
    /// The other end closed it. Everything that it sent has arrived.
    Peer,
    /// It was reset, or the process at the other end is gone.
    Reset,
    /// The deadline that this end has set has passed.
    Deadline,
}

impl<M> SessionEvent<M> {
    /// Returns the same event with its message wrapped or unwrapped by `change`.
    pub fn map<N>(self, change: impl FnOnce(M) -> N) -> SessionEvent<N> {
        match self {
            Self::Opened => SessionEvent::Opened,
            Self::Refused => SessionEvent::Refused,
            Self::Taken => SessionEvent::Taken,
            Self::Incoming => SessionEvent::Incoming,
            Self::Message(message) => SessionEvent::Message(Box::new(change(*message))),
            Self::Closed(reason) => SessionEvent::Closed(reason),
        }
    }
}

impl<M: fmt::Display> fmt::Display for SessionEvent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::Refused => f.write_str("refused"),
            Self::Taken => f.write_str("taken"),
            Self::Incoming => f.write_str("incoming"),
            Self::Message(message) => write!(f, "arrives {message}"),
            Self::Closed(reason) => write!(f, "closed by {reason}"),
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer => "the other end",
            Self::Reset => "a reset",
            Self::Deadline => "its deadline",
        })
    }
}
