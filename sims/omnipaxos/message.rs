//! What servers and clients say to one another.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::connection::Stamp;
use super::letter::Letter;
use super::record::Configuration;
use crate::kv::Talk;

/// One message.
#[derive(Clone, Debug)]
pub enum Message {
    /// Between a client and a server.
    Talk(Talk),
    /// A server makes itself known to another, or begins a new session.
    Hello(Stamp),
    /// A message of the library, within a session.
    Letter(Box<Envelope>),
    /// To a server that is behind: who takes part now, and the state to begin with.
    Handover(Arc<Configuration>),
}

/// A message of the library, and what stands on it.
#[derive(Clone, Debug, Hash)]
pub struct Envelope {
    /// The session.
    pub stamp: Stamp,
    /// Its number within the session.
    pub number: u64,
    /// The configuration whose instance it is from.
    pub config: u32,
    /// The message.
    pub letter: Letter,
}

impl From<Talk> for Message {
    fn from(talk: Talk) -> Self {
        Self::Talk(talk)
    }
}

impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Talk(talk) => talk.hash(state),
            Self::Hello(stamp) => stamp.hash(state),
            Self::Letter(envelope) => envelope.hash(state),
            Self::Handover(configuration) => configuration.hash(state),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Talk(talk) => talk.fmt(f),
            Self::Hello(stamp) => write!(f, "hello {stamp}"),
            Self::Letter(envelope) => {
                let Envelope { stamp, number, letter, .. } = &**envelope;
                write!(f, "{letter} [{stamp}#{number}]")
            }
            Self::Handover(configuration) => write!(f, "hand over {configuration}"),
        }
    }
}
