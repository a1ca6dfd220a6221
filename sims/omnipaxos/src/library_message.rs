//! The library's messages, with the text and the hash that a message must have.

use std::fmt;
use std::hash::{Hash, Hasher};

use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::HeartbeatMsg;
use omnipaxos::messages::sequence_paxos::{Compaction, PaxosMsg};
use omnipaxos::storage::SnapshotType;
use omnipaxos::util::{LogSync, SequenceNumber};

use super::command::Command;
use super::record::{Sign, hash_of_stop, write_entries};
use super::term::Term;

/// A message of the library, boxed because it is large and is moved often.
#[derive(Clone, Debug)]
pub struct LibraryMessage(pub Box<Message<Command>>);

/// Corrects a message that brings a follower up to date whose log ends at `end`, followed by the
/// stop-sign, and that begins behind the stop-sign: the library counted the stop-sign as an entry.
pub(super) fn correct(message: &mut Message<Command>, end: u64) {
    if let Message::SequencePaxos(paxos) = message
        && let PaxosMsg::AcceptSync(accept) = &mut paxos.msg
        && accept.log_sync.stopsign.is_some()
        && accept.log_sync.suffix.is_empty()
        && accept.log_sync.decided_snapshot.is_none()
        && accept.log_sync.sync_idx as u64 == end + 1
    {
        accept.log_sync.sync_idx = end as usize;
    }
}

impl Hash for LibraryMessage {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &*self.0 {
            Message::SequencePaxos(paxos) => hash_paxos(&paxos.msg, state),
            Message::BLE(heartbeat) => match &heartbeat.msg {
                HeartbeatMsg::Request(request) => (20u8, request.round).hash(state),
                HeartbeatMsg::Reply(reply) => {
                    (21u8, reply.round, reply.happy).hash(state);
                    (Term::from(reply.ballot), Term::from(reply.leader)).hash(state);
                }
            },
        }
    }
}

fn hash_paxos<H: Hasher>(message: &PaxosMsg<Command>, state: &mut H) {
    match message {
        PaxosMsg::PrepareReq(request) => (1u8, Term::from(request.n)).hash(state),
        PaxosMsg::Prepare(prepare) => {
            (2u8, Term::from(prepare.n), Term::from(prepare.n_accepted)).hash(state);
            (prepare.decided_idx, prepare.accepted_idx).hash(state);
        }
        PaxosMsg::Promise(promise) => {
            (3u8, Term::from(promise.n), Term::from(promise.n_accepted)).hash(state);
            (promise.decided_idx, promise.accepted_idx).hash(state);
            promise.log_sync.iter().for_each(|sync| hash_sync(sync, state));
        }
        PaxosMsg::AcceptSync(accept) => {
            (4u8, Term::from(accept.n), accept.decided_idx).hash(state);
            hash_number(accept.seq_num, state);
            hash_sync(&accept.log_sync, state);
        }
        PaxosMsg::AcceptDecide(accept) => {
            (5u8, Term::from(accept.n), accept.decided_idx, &accept.entries).hash(state);
            hash_number(accept.seq_num, state);
        }
        PaxosMsg::Accepted(accepted) => {
            (6u8, Term::from(accepted.n), accepted.accepted_idx).hash(state);
        }
        PaxosMsg::NotAccepted(not) => (7u8, Term::from(not.n)).hash(state),
        PaxosMsg::Decide(decide) => {
            (8u8, Term::from(decide.n), decide.decided_idx).hash(state);
            hash_number(decide.seq_num, state);
        }
        PaxosMsg::ProposalForward(calls) => (9u8, calls).hash(state),
        PaxosMsg::Compaction(Compaction::Trim(count)) => (10u8, count).hash(state),
        PaxosMsg::Compaction(Compaction::Snapshot(count)) => (11u8, count).hash(state),
        PaxosMsg::AcceptStopSign(accept) => {
            (12u8, Term::from(accept.n), hash_of_stop(&accept.ss)).hash(state);
            hash_number(accept.seq_num, state);
        }
        PaxosMsg::ForwardStopSign(sign) => (13u8, hash_of_stop(sign)).hash(state),
    }
}

fn hash_number<H: Hasher>(number: SequenceNumber, state: &mut H) {
    (number.session, number.counter).hash(state);
}

fn hash_sync<H: Hasher>(sync: &LogSync<Command>, state: &mut H) {
    (sync.sync_idx, &sync.suffix, sync.stopsign.as_ref().map(hash_of_stop)).hash(state);
    match &sync.decided_snapshot {
        Some(SnapshotType::Complete(folded)) => (1u8, folded).hash(state),
        Some(SnapshotType::Delta(folded)) => (2u8, folded).hash(state),
        None => 0u8.hash(state),
    }
}

impl fmt::Display for LibraryMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Message::SequencePaxos(paxos) => write_paxos(f, &paxos.msg),
            Message::BLE(heartbeat) => match &heartbeat.msg {
                HeartbeatMsg::Request(request) => write!(f, "heartbeat {}", request.round),
                HeartbeatMsg::Reply(reply) => {
                    let (ballot, leader) = (Term::from(reply.ballot), Term::from(reply.leader));
                    let mood = if reply.happy { "happy" } else { "unhappy" };
                    write!(f, "beat {}: {ballot} follows {leader}, {mood}", reply.round)
                }
            },
        }
    }
}

fn write_paxos(f: &mut fmt::Formatter<'_>, message: &PaxosMsg<Command>) -> fmt::Result {
    match message {
        PaxosMsg::PrepareReq(request) => write!(f, "prepare me, {}", Term::from(request.n)),
        PaxosMsg::Prepare(prepare) => {
            let (term, accepted) = (Term::from(prepare.n), Term::from(prepare.n_accepted));
            write!(f, "prepare {term}, has ")?;
            write_has(f, prepare.decided_idx, prepare.accepted_idx, accepted)
        }
        PaxosMsg::Promise(promise) => {
            let (term, accepted) = (Term::from(promise.n), Term::from(promise.n_accepted));
            write!(f, "promise {term}, has ")?;
            write_has(f, promise.decided_idx, promise.accepted_idx, accepted)?;
            promise.log_sync.iter().try_for_each(|sync| write_sync(f, sync))
        }
        PaxosMsg::AcceptSync(accept) => {
            let (term, decided) = (Term::from(accept.n), accept.decided_idx);
            write!(f, "sync {term}{}, decided {decided}", Number(accept.seq_num))?;
            write_sync(f, &accept.log_sync)
        }
        PaxosMsg::AcceptDecide(accept) => {
            let (term, decided) = (Term::from(accept.n), accept.decided_idx);
            write!(f, "accept {term}{}, decided {decided}", Number(accept.seq_num))?;
            accept.entries.iter().try_for_each(|call| write!(f, ", {call}"))
        }
        PaxosMsg::Accepted(accepted) => {
            write!(f, "accepted {} up to {}", Term::from(accepted.n), accepted.accepted_idx)
        }
        PaxosMsg::NotAccepted(not) => write!(f, "not accepted, promised {}", Term::from(not.n)),
        PaxosMsg::Decide(decide) => {
            let (term, decided) = (Term::from(decide.n), decide.decided_idx);
            write!(f, "decide {term}{}, decided {decided}", Number(decide.seq_num))
        }
        PaxosMsg::ProposalForward(calls) => {
            f.write_str("forward")?;
            calls.iter().try_for_each(|call| write!(f, " {call}"))
        }
        PaxosMsg::Compaction(Compaction::Trim(count)) => write!(f, "trim {count}"),
        PaxosMsg::Compaction(Compaction::Snapshot(Some(count))) => write!(f, "snapshot {count}"),
        PaxosMsg::Compaction(Compaction::Snapshot(None)) => f.write_str("snapshot"),
        PaxosMsg::AcceptStopSign(accept) => {
            let (term, number) = (Term::from(accept.n), Number(accept.seq_num));
            write!(f, "accept {term}{number}, {}", Sign(&accept.ss))
        }
        PaxosMsg::ForwardStopSign(sign) => write!(f, "forward {}", Sign(sign)),
    }
}

/// The position of a message among those of one leader to one follower: `#2.5`, the fifth since the
/// second sync.
struct Number(SequenceNumber);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}.{}", self.0.session, self.0.counter)
    }
}

fn write_has(
    f: &mut fmt::Formatter<'_>,
    decided: usize,
    accepted: usize,
    term: Term,
) -> fmt::Result {
    write!(f, "{decided} decided, {accepted} accepted under {term}")
}

fn write_sync(f: &mut fmt::Formatter<'_>, sync: &LogSync<Command>) -> fmt::Result {
    f.write_str(", then ")?;
    match &sync.decided_snapshot {
        Some(SnapshotType::Complete(folded)) => {
            write!(f, "snapshot of {} {folded}, ", sync.sync_idx)?;
        }
        Some(SnapshotType::Delta(folded)) => write!(f, "on to {} {folded}, ", sync.sync_idx)?,
        None => {}
    }
    write_entries(f, sync.sync_idx as u64, &sync.suffix)?;
    match &sync.stopsign {
        Some(sign) => write!(f, ", {}", Sign(sign)),
        None => Ok(()),
    }
}
