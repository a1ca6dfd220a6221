//! Messages between servers: the library's messages, with the text and the hash that a message must
//! have.

use std::fmt;
use std::hash::{Hash, Hasher};

use raft::eraftpb;
use raft::prelude::MessageType;

use super::text::{self, Listed, Shot};

/// A message of the library.
#[derive(Clone, Debug)]
pub struct Peer(pub eraftpb::Message);

impl Hash for Peer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let message = &self.0;
        let flags = u64::from(message.reject) << 8 | message.get_msg_type() as u64;
        (flags, message.to, message.from, message.term, message.log_term).hash(state);
        (message.index, message.commit, message.commit_term).hash(state);
        (message.request_snapshot, message.reject_hint).hash(state);
        state.write(message.get_context());
        message.get_entries().iter().for_each(|entry| text::hash_entry(entry, state));
        if message.has_snapshot() {
            text::hash_snapshot(message.get_snapshot(), state);
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = &self.0;
        let (term, index, commit) = (message.term, message.index, message.commit);
        let log_term = message.log_term;
        match message.get_msg_type() {
            MessageType::MsgAppend => {
                let entries = Listed(message.get_entries());
                write!(f, "append {term} after {index}@{log_term} {entries} commit {commit}")
            }
            MessageType::MsgAppendResponse if message.reject => {
                let hint = message.reject_hint;
                write!(f, "appended {term} not {index}, perhaps {hint}@{log_term}")
            }
            MessageType::MsgAppendResponse => write!(f, "appended {term} up to {index}"),
            MessageType::MsgRequestVote => write!(f, "vote {term}? I have {index}@{log_term}"),
            MessageType::MsgRequestPreVote => {
                write!(f, "pre-vote {term}? I have {index}@{log_term}")
            }
            MessageType::MsgRequestVoteResponse => write!(f, "vote {term} {}", yes(message)),
            MessageType::MsgRequestPreVoteResponse => {
                write!(f, "pre-vote {term} {}", yes(message))
            }
            MessageType::MsgSnapshot => {
                write!(f, "snapshot {term} {}", Shot(message.get_snapshot()))
            }
            MessageType::MsgHeartbeat => {
                write!(f, "heartbeat {term} commit {commit}{}", ticket(message.get_context()))
            }
            MessageType::MsgHeartbeatResponse => {
                write!(f, "heard {term}{}", ticket(message.get_context()))
            }
            MessageType::MsgTimeoutNow => write!(f, "lead after {term}"),
            MessageType::MsgReadIndex => write!(f, "read index?{}", first_ticket(message)),
            MessageType::MsgReadIndexResp => {
                write!(f, "read index {index}{}", first_ticket(message))
            }
            other => write!(f, "{other:?} {term} {index}"),
        }
    }
}

fn yes(message: &eraftpb::Message) -> &'static str {
    if message.reject { "no" } else { "yes" }
}

fn first_ticket(message: &eraftpb::Message) -> String {
    message.get_entries().first().map_or_else(String::new, |entry| ticket(entry.get_data()))
}

fn ticket(bytes: &[u8]) -> String {
    super::reads::Ticket::of(bytes).map_or_else(String::new, |ticket| format!(" for {ticket}"))
}
