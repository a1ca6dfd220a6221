//! The library's messages, as the library itself prints them.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};

use omnipaxos::messages::Message;
use omnipaxos::messages::sequence_paxos::PaxosMsg;

use super::command::Command;

/// A message of the library, boxed because it is large and is moved often.
#[derive(Clone, Debug)]
pub struct LibraryMessage(pub Box<Message<Command>>);

/// Corrects a message that brings a follower up to date whose log ends at `end`, followed by the
/// stop-sign, and that begins behind the stop-sign: the library counted the stop-sign as an entry.
pub(super) fn correct(message: &mut Message<Command>, end: u64) {
    if let Message::SequencePaxos(paxos) = message
        && let PaxosMsg::AcceptSync(accept) = &mut paxos.msg
        && accept.stopsign.is_some()
        && accept.suffix.is_empty()
        && accept.decided_snapshot.is_none()
        && accept.sync_idx == end + 1
    {
        accept.sync_idx = end;
    }
}

impl fmt::Display for LibraryMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Message::SequencePaxos(paxos) => write!(f, "{:?}", paxos.msg),
            Message::BLE(heartbeat) => write!(f, "{:?}", heartbeat.msg),
        }
    }
}

impl Hash for LibraryMessage {
    fn hash<H: Hasher>(&self, state: &mut H) {
        write!(Text(state), "{self}").expect("a hash takes any text");
    }
}

/// A writer that feeds text into a hash.
struct Text<'a, H>(&'a mut H);

impl<H: Hasher> Write for Text<'_, H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
