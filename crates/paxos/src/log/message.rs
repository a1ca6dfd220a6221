//! What participants of a log say to one another. docs/log.md has the table: who to whom, and when.
//!
//! Model: any message may be lost, delayed, repeated, or arrive where it was not meant to. The
//! envelope names the cluster, the member that it is meant for and the member that sent it. A vote
//! of a former life of a member is therefore not one of the member that has its name now.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use squall_process::ProcessId;

use crate::log::members::Change;
use crate::log::snapshot::{Piece, SnapshotId};
use crate::log::{
    Caller, DiskId, Entry, MembersError, Operation, Serializable, SessionId, Slot, StateMachine,
};
use crate::{Ballot, ClusterId};

/// A message in its envelope. Prints as what is inside.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Message<S: StateMachine> {
    /// The cluster.
    pub cluster: ClusterId,
    /// The process that it is meant for.
    pub to: ProcessId,
    /// The life of that process as a member that it is meant for, by the slot that added it.
    pub to_since: Slot,
    /// The life of the sender as a member; none if it is not one.
    pub from_since: Option<Slot>,
    /// What is said.
    pub body: Body<S>,
}

/// A vote: an entry under a ballot, asked for under a configuration (a "pvalue" in PMMC).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Pvalue<S: StateMachine> {
    /// The ballot.
    pub ballot: Ballot,
    /// The version of the members that govern the slot.
    pub config: Slot,
    /// The entry.
    pub entry: Arc<Entry<S>>,
}

impl<S: StateMachine> Pvalue<S> {
    /// Returns what votes for one slot are compared by: a newer configuration outranks any ballot.
    pub(crate) const fn rank(&self) -> (Slot, Ballot) {
        (self.config, self.ballot)
    }
}

/// What an acceptor tells of one slot in its promise.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Report<S: StateMachine> {
    /// It accepted this.
    Voted(Slot, Pvalue<S>),
    /// It knows that this was chosen.
    Chosen(Slot, Arc<Entry<S>>),
}

/// Phase 1a: take part in nothing below `ballot`, in any slot, and tell what you accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Prepare {
    /// The ballot.
    pub ballot: Ballot,
    /// The configuration of slot `from`.
    pub config: Slot,
    /// The first slot that the leader does not know to be chosen.
    pub from: Slot,
}

/// A round of confirmation: no two of one ballot have the same number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Round {
    /// The ballot.
    pub ballot: Ballot,
    /// The configuration in force.
    pub config: Slot,
    /// The number.
    pub number: u64,
}

/// What is said.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Body<S: StateMachine> {
    /// Election: who is there?
    Ping {
        /// The round of the asker.
        round: u64,
        /// What the asker has applied.
        chosen: Slot,
    },
    /// Election: the answer.
    Pong {
        /// The round of the asker.
        round: u64,
        /// The ballot of the leader that it follows.
        leader: Option<Ballot>,
        /// Whether it follows a leader that it reaches and that reaches a quorum.
        content: bool,
        /// What it has applied.
        chosen: Slot,
    },
    /// Phase 1a, leader to acceptors, for all slots from `from` on.
    Prepare(Prepare),
    /// Phase 1b, acceptor to leader: promised, durably.
    Promise {
        /// The ballot that was asked for.
        ballot: Ballot,
        /// The configuration that was asked for.
        config: Slot,
        /// What this acceptor gave up, because a snapshot covers it.
        compacted: Slot,
        /// What it knows of slots above.
        reports: Vec<Report<S>>,
    },
    /// Acceptor to leader: not under this ballot. A hint, no more.
    Nack {
        /// The ballot that is refused.
        ballot: Ballot,
        /// The higher one that was promised.
        promised: Ballot,
    },
    /// Phase 2a, leader to acceptors.
    Accept {
        /// The slot.
        slot: Slot,
        /// What to accept.
        vote: Pvalue<S>,
        /// All slots up to this one are chosen, with what this ballot proposed in them.
        chosen: Slot,
    },
    /// Phase 2b, acceptor to leader: accepted, durably.
    Accepted {
        /// The slot.
        slot: Slot,
        /// The ballot.
        ballot: Ballot,
        /// The configuration.
        config: Slot,
    },
    /// Leader to members: all slots up to `chosen` are chosen, with what `ballot` proposed in them.
    Commit {
        /// The ballot.
        ballot: Ballot,
        /// The last of those slots.
        chosen: Slot,
    },
    /// A replica that is behind asks for what was chosen.
    Fetch {
        /// The first slot that it does not know.
        from: Slot,
        /// The snapshot that it is being sent, and the next piece of it.
        piece: Option<(SnapshotId, u64)>,
    },
    /// Entries that are chosen, from slot `first` on.
    Decisions {
        /// The slot of the first entry.
        first: Slot,
        /// The entries.
        entries: Vec<Arc<Entry<S>>>,
        /// What the sender has applied.
        chosen: Slot,
    },
    /// One piece of a snapshot.
    Piece {
        /// Which snapshot.
        id: SnapshotId,
        /// Which piece, from 0.
        index: u64,
        /// The number of pieces.
        count: u64,
        /// The piece.
        piece: Piece<S>,
    },
    /// Leader to acceptors: is this still the highest ballot that you promised?
    Confirm(Round),
    /// Acceptor to leader: yes, durably. It also grants a lease if the cluster has leases.
    Confirmed(Round),
    /// A replica asks the leader from which slot on a read may be answered.
    WhichIndex {
        /// Tells the answers apart.
        number: u64,
    },
    /// The answer, once a quorum confirmed it.
    Index {
        /// The number that was asked with.
        number: u64,
        /// Reads may be answered once this slot is applied.
        slot: Slot,
    },
    /// Leader to acceptors: its leases are void.
    Release {
        /// Its ballot.
        ballot: Ballot,
    },
    /// Leader to a member: lead in its place.
    TakeOver {
        /// Its ballot.
        ballot: Ballot,
    },
    /// Leader to a server that is to be added: which disk has it?
    WhichDisk,
    /// The answer.
    Disk(DiskId),
    /// A client asks a server, or a server the leader for a client that is pinned to it.
    Request(Request<S>),
    /// The answer, on its way to the client.
    Answer {
        /// Who asked.
        caller: Caller,
        /// The answer.
        answer: Answer<S>,
    },
}

/// A client's request.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Request<S: StateMachine> {
    /// Who asks.
    pub caller: Caller,
    /// What is asked.
    pub ask: Ask<S>,
}

/// What a client asks a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Ask<S: StateMachine> {
    /// Open a session.
    Register,
    /// Apply an operation, or change the members.
    Apply {
        /// The session.
        session: SessionId,
        /// The number of the operation in its session.
        sequence: u64,
        /// The client has the answers to all operations below this number.
        unacknowledged: u64,
        /// What to do.
        action: Action<S>,
    },
    /// Answer a query.
    Read {
        /// The query.
        query: S::Query,
        /// How fresh the answer must be, and how that is made sure.
        mode: ReadMode,
    },
    /// Hand leadership to this member.
    Transfer(ProcessId),
}

/// What is done exactly once.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Action<S: StateMachine> {
    /// An operation on the state.
    Operation(Operation<S>),
    /// A change of the members.
    Change(Change),
}

/// How a read is answered (requirement M16). All but `Stale` are linearizable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ReadMode {
    /// By the state at a place of its own in the log.
    Log,
    /// By the leader, after a round in which a phase-1 quorum confirmed that it leads.
    Confirmed,
    /// By the leader while it holds a lease; as `Confirmed` while it does not.
    Lease,
    /// By any replica, from the slot on that the leader names after such a round.
    Follower,
    /// By any replica whose state is not older than this many milliseconds; as `Follower` if it
    /// may be.
    Stale {
        /// The bound.
        millis: u64,
    },
}

/// What a client is answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Answer<S: StateMachine> {
    /// The session is open.
    Registered(SessionId),
    /// Done, with this result.
    Done(Reply<S>),
    /// Not by this server, which did nothing. It names the leader if it knows it.
    NotLeader(Option<ProcessId>),
    /// Not now: the leader has too much under way, and did nothing.
    Busy,
    /// The operation has more bytes than the limit.
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// The server to be added is none of those that the cluster knows.
    NoServer,
    /// The session has expired, or never was.
    NoSession,
    /// The number is not the next of its session.
    OutOfOrder,
}

/// The result of what was done.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Reply<S: StateMachine> {
    /// Of one command, or a query.
    One(S::Reply),
    /// Of a guarded operation: whether the guards held, and the result of each command.
    Guarded {
        /// Whether all guards held.
        held: bool,
        /// One reply for each command of the branch taken.
        replies: Vec<S::Reply>,
    },
    /// The members were changed as asked.
    Changed,
    /// The members could not be changed so.
    NotChanged(MembersError),
    /// Leadership was handed on.
    Transferred,
}

impl<S: StateMachine> fmt::Display for Message<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}

impl<S: StateMachine> fmt::Display for Pvalue<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}={}", self.ballot, self.config, self.entry)
    }
}

impl<S: StateMachine> fmt::Display for Report<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Voted(slot, vote) => write!(f, "{slot} {vote}"),
            Self::Chosen(slot, entry) => write!(f, "{slot} chosen={entry}"),
        }
    }
}

impl<S: StateMachine> fmt::Display for Body<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping { round, chosen } => write!(f, "ping {round} at {chosen}"),
            Self::Pong { round, leader, content, chosen } => {
                let mood = if *content { "content" } else { "discontent" };
                match leader {
                    Some(leader) => write!(f, "pong {round} leader {leader} {mood} at {chosen}"),
                    None => write!(f, "pong {round} {mood} at {chosen}"),
                }
            }
            Self::Prepare(Prepare { ballot, config, from }) => {
                write!(f, "prepare {ballot}/{config} from {from}")
            }
            Self::Promise { ballot, config, compacted, reports } => {
                write!(f, "promise {ballot}/{config} after {compacted}")?;
                reports.iter().try_for_each(|report| write!(f, "; {report}"))
            }
            Self::Nack { ballot, promised } => write!(f, "nack {ballot} promised {promised}"),
            Self::Accept { slot, vote, chosen } => {
                write!(f, "accept {slot} {vote} chosen {chosen}")
            }
            Self::Accepted { slot, ballot, config } => {
                write!(f, "accepted {slot} {ballot}/{config}")
            }
            Self::Commit { ballot, chosen } => write!(f, "commit {ballot} chosen {chosen}"),
            Self::Fetch { from, piece: None } => write!(f, "fetch {from}"),
            Self::Fetch { from, piece: Some((id, index)) } => {
                write!(f, "fetch {from} snapshot {id} piece {index}")
            }
            Self::Decisions { first, entries, chosen } => {
                write!(f, "decisions {first} chosen {chosen}")?;
                entries.iter().try_for_each(|entry| write!(f, "; {entry}"))
            }
            Self::Piece { id, index, count, piece } => {
                write!(f, "snapshot {id} piece {index} of {count}: {piece}")
            }
            Self::Confirm(Round { ballot, config, number }) => {
                write!(f, "confirm {ballot}/{config} round {number}")
            }
            Self::Confirmed(Round { ballot, config, number }) => {
                write!(f, "confirmed {ballot}/{config} round {number}")
            }
            Self::WhichIndex { number } => write!(f, "which-index {number}"),
            Self::Index { number, slot } => write!(f, "index {number} {slot}"),
            Self::Release { ballot } => write!(f, "release {ballot}"),
            Self::TakeOver { ballot } => write!(f, "take-over {ballot}"),
            Self::WhichDisk => f.write_str("which-disk"),
            Self::Disk(disk) => write!(f, "disk {:016x}", disk.0),
            Self::Request(request) => write!(f, "request {} {}", request.caller, request.ask),
            Self::Answer { caller, answer } => write!(f, "answer {caller} {answer}"),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.via == self.client {
            write!(f, "{}#{}", self.client, self.number)
        } else {
            write!(f, "{}#{} via {}", self.client, self.number, self.via)
        }
    }
}

impl<S: StateMachine> fmt::Display for Ask<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register => f.write_str("register"),
            Self::Apply { session, sequence, action, .. } => {
                write!(f, "{session}.{sequence} {action}")
            }
            Self::Read { query, mode } => write!(f, "read {mode} {query}"),
            Self::Transfer(process) => write!(f, "transfer {process}"),
        }
    }
}

impl<S: StateMachine> fmt::Display for Action<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(operation) => operation.fmt(f),
            Self::Change(change) => change.fmt(f),
        }
    }
}

impl fmt::Display for ReadMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => f.write_str("log"),
            Self::Confirmed => f.write_str("confirmed"),
            Self::Lease => f.write_str("lease"),
            Self::Follower => f.write_str("follower"),
            Self::Stale { millis } => write!(f, "stale-{millis}ms"),
        }
    }
}

/// A text that is no read mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseReadModeError;

impl fmt::Display for ParseReadModeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected log, confirmed, lease, follower or stale-50ms")
    }
}

impl std::error::Error for ParseReadModeError {}

impl std::str::FromStr for ReadMode {
    type Err = ParseReadModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "log" => Ok(Self::Log),
            "confirmed" => Ok(Self::Confirmed),
            "lease" => Ok(Self::Lease),
            "follower" => Ok(Self::Follower),
            _ => {
                let digits = text.strip_prefix("stale-").and_then(|rest| rest.strip_suffix("ms"));
                let millis = digits.and_then(|digits| digits.parse().ok());
                millis.map(|millis| Self::Stale { millis }).ok_or(ParseReadModeError)
            }
        }
    }
}

impl<S: StateMachine> fmt::Display for Answer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(session) => write!(f, "registered {session}"),
            Self::Done(reply) => write!(f, "done {reply}"),
            Self::NotLeader(Some(leader)) => write!(f, "not-leader but {leader}"),
            Self::NotLeader(None) => f.write_str("not-leader"),
            Self::Busy => f.write_str("busy"),
            Self::TooLarge { size } => write!(f, "too-large {size}"),
            Self::NoServer => f.write_str("no-server"),
            Self::NoSession => f.write_str("no-session"),
            Self::OutOfOrder => f.write_str("out-of-order"),
        }
    }
}

impl<S: StateMachine> fmt::Display for Reply<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(reply) => reply.fmt(f),
            Self::Guarded { held, replies } => {
                f.write_str(if *held { "held" } else { "failed" })?;
                replies.iter().try_for_each(|reply| write!(f, " {reply}"))
            }
            Self::Changed => f.write_str("changed"),
            Self::NotChanged(error) => write!(f, "not-changed: {error}"),
            Self::Transferred => f.write_str("transferred"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_modes_print_as_they_parse() {
        for text in ["log", "confirmed", "lease", "follower", "stale-50ms"] {
            assert_eq!(text.parse::<ReadMode>().unwrap().to_string(), text);
        }
        for text in ["", "stale", "stale-ms", "stale-5"] {
            assert_eq!(text.parse::<ReadMode>(), Err(ParseReadModeError), "{text}");
        }
    }
}
