//! Messages between servers.

use std::fmt;
use std::sync::Arc;

use super::connection::Stamp;
use super::library_message::LibraryMessage;
use super::record::Configuration;

/// A message of a server to another one.
#[derive(Clone, Hash, Debug)]
pub enum Word {
    /// Introduces a server to another one, or begins a new session.
    Hello(Stamp),
    /// A message of the library, within a session.
    Library(Envelope),
    /// To a server that should lead, because a client asked for it.
    Lead,
    /// To a lagging server: the present members, and the state to begin with.
    Handover(Arc<Configuration>),
}

/// A message of the library with its header.
#[derive(Clone, Debug, Hash)]
pub struct Envelope {
    /// The session.
    pub stamp: Stamp,
    /// Its number within the session.
    pub number: u32,
    /// The configuration of its instance.
    pub config: u32,
    /// The message.
    pub message: LibraryMessage,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello(stamp) => write!(f, "hello {stamp}"),
            Self::Library(envelope) => {
                let Envelope { stamp, number, message, .. } = envelope;
                write!(f, "{message} [{stamp}#{number}]")
            }
            Self::Lead => f.write_str("take the lead"),
            Self::Handover(configuration) => write!(f, "hand over {configuration}"),
        }
    }
}
