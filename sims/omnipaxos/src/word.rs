//! What servers say to one another.

use std::fmt;
use std::sync::Arc;

use super::connection::Stamp;
use super::library_message::Letter;
use super::record::Configuration;

/// One word of a server to another.
#[derive(Clone, Hash, Debug)]
pub enum Word {
    /// A server makes itself known to another, or begins a new session.
    Hello(Stamp),
    /// A message of the library, within a session.
    Letter(Envelope),
    /// To a server that should lead: a client wants it.
    Lead,
    /// To a server that is behind: who takes part now, and the state to begin with.
    Handover(Arc<Configuration>),
}

/// A message of the library, and what stands on it.
#[derive(Clone, Debug, Hash)]
pub struct Envelope {
    /// The session.
    pub stamp: Stamp,
    /// Its number within the session.
    pub number: u32,
    /// The configuration whose instance it is from.
    pub config: u32,
    /// The message.
    pub letter: Letter,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello(stamp) => write!(f, "hello {stamp}"),
            Self::Letter(envelope) => {
                let Envelope { stamp, number, letter, .. } = envelope;
                write!(f, "{letter} [{stamp}#{number}]")
            }
            Self::Lead => f.write_str("take the lead"),
            Self::Handover(configuration) => write!(f, "hand over {configuration}"),
        }
    }
}
