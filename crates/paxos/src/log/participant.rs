//! A participant, server or client, as one process type; and the words of its contract.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use squall_process::{Context, Input, Process, ProcessId, Span};

use crate::Ballot;
pub use crate::log::message::Reply;
use crate::log::message::{Message, ReadMode};
use crate::log::record::Record;
use crate::log::{
    Change, Client, Entry, Guard, Guarded, Member, Operation, Serializable, Server, Settings, Slot,
    StateMachine,
};

/// One process of a cluster.
#[derive(Clone, Debug)]
pub enum Participant<S: StateMachine> {
    /// A server: acceptor, replica, and leader if it is elected. Boxed, since it is large.
    Server(Box<Server<S>>),
    /// A client.
    Client(Client<S>),
}

impl<S: StateMachine> Participant<S> {
    /// Returns a server that was not started yet.
    #[must_use]
    pub fn server(settings: Arc<Settings>) -> Self {
        Self::Server(Box::new(Server::new(settings)))
    }

    /// Returns a client that was not started yet.
    #[must_use]
    pub fn client(settings: Arc<Settings>) -> Self {
        Self::Client(Client::new(settings))
    }

    /// Returns a client that speaks to `server` alone, which passes on what it asks.
    #[must_use]
    pub fn pinned_client(settings: Arc<Settings>, server: ProcessId) -> Self {
        Self::Client(Client::pinned(settings, server))
    }

    /// Returns the server, if it is one.
    #[must_use]
    pub const fn as_server(&self) -> Option<&Server<S>> {
        match self {
            Self::Server(server) => Some(server),
            Self::Client(_) => None,
        }
    }
}

impl<S: StateMachine> Process for Participant<S> {
    type Message = Message<S>;
    type Timer = Timer;
    type Record = Record<S>;
    type Op = Op<S>;
    type Reply = Reply<S>;
    type Claim = Claim<S>;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match self {
            Self::Server(server) => server.step(input, context),
            Self::Client(client) => client.step(input, context),
        }
    }
}

/// What a client is asked to do.
///
/// Prints and parses as `put a 1` (a command of the state machine), `if get a is 1 then put a 2
/// else`, `read lease get a`, `members add n4`, `transfer n2`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Op<S: StateMachine> {
    /// Apply an operation, once.
    Apply(Operation<S>),
    /// Answer a query.
    Read {
        /// How fresh the answer must be.
        mode: ReadMode,
        /// The query.
        query: S::Query,
    },
    /// Change the members.
    Members(Change),
    /// Hand leadership to this member.
    Transfer(ProcessId),
}

impl<S: StateMachine> fmt::Display for Op<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apply(operation) => operation.fmt(f),
            Self::Read { mode, query } => write!(f, "read {mode} {query}"),
            Self::Members(change) => write!(f, "members {change}"),
            Self::Transfer(process) => write!(f, "transfer {process}"),
        }
    }
}

/// A text that is no operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseOpError {
    /// `read` is not followed by a mode and a query.
    Read,
    /// `members` is not followed by a change.
    Members,
    /// `transfer` is not followed by a server.
    Transfer,
    /// `if` is not followed by guards, `then` and `else`.
    Guarded,
    /// It is no command of the state machine.
    Command,
}

impl fmt::Display for ParseOpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "expected read, a mode such as lease, and a query",
            Self::Members => "expected members and a change such as add n4",
            Self::Transfer => "expected transfer and a server such as n2",
            Self::Guarded => "expected if QUERY is REPLY then COMMANDS else COMMANDS",
            Self::Command => "expected a command of the state machine",
        })
    }
}

impl std::error::Error for ParseOpError {}

impl<S: StateMachine> FromStr for Op<S>
where
    S::Command: FromStr,
    S::Query: FromStr,
    S::Reply: FromStr,
{
    type Err = ParseOpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(' ') {
            Some(("read", rest)) => {
                let (mode, query) = rest.split_once(' ').ok_or(ParseOpError::Read)?;
                let mode = mode.parse().map_err(|_| ParseOpError::Read)?;
                let query = query.parse().map_err(|_| ParseOpError::Read)?;
                Ok(Self::Read { mode, query })
            }
            Some(("members", rest)) => {
                rest.parse().map(Self::Members).map_err(|_| ParseOpError::Members)
            }
            Some(("transfer", rest)) => {
                rest.parse().map(Self::Transfer).map_err(|_| ParseOpError::Transfer)
            }
            Some(("if", rest)) => {
                let guarded = parse_guarded(rest).ok_or(ParseOpError::Guarded)?;
                Ok(Self::Apply(Operation::Guarded(Box::new(guarded))))
            }
            _ => {
                let command = text.parse().map_err(|_| ParseOpError::Command)?;
                Ok(Self::Apply(Operation::One(command)))
            }
        }
    }
}

fn parse_guarded<S: StateMachine>(text: &str) -> Option<Guarded<S>>
where
    S::Command: FromStr,
    S::Query: FromStr,
    S::Reply: FromStr,
{
    let (guards, rest) = text.split_once(" then")?;
    let (then, otherwise) = rest.split_once(" else")?;
    let guards = parse_list(guards, |guard| {
        let (query, reply) = guard.split_once(" is ")?;
        if query == "epoch" {
            return reply.parse().ok().map(Guard::Epoch);
        }
        Some(Guard::Answers { query: query.parse().ok()?, reply: reply.parse().ok()? })
    })?;
    let command = |text: &str| text.parse().ok();
    let (then, otherwise) = (parse_list(then, command)?, parse_list(otherwise, command)?);
    Some(Guarded { guards, then, otherwise })
}

/// Reads what stands between commas; nothing at all is an empty list.
fn parse_list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|item| parse(item.trim())).collect()
}

/// What a server says of itself, for the judges only.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub enum Claim<S: StateMachine> {
    /// It applied this entry. Prints as `applied s3 put a 1`.
    Applied {
        /// The slot.
        slot: Slot,
        /// The entry.
        entry: Arc<Entry<S>>,
    },
    /// It took up the state after this slot from a snapshot: of another server, or its own after
    /// a restart.
    Installed {
        /// The slot.
        slot: Slot,
        /// The digest of the state.
        digest: u64,
    },
    /// It leads under this ballot, with its first own entry in this slot.
    Leads {
        /// The ballot.
        ballot: Ballot,
        /// The slot.
        slot: Slot,
    },
    /// As a leader it believes in a lease for this long from now on, by its own clock.
    Lease {
        /// The ballot.
        ballot: Ballot,
        /// The configuration whose members granted it.
        config: Slot,
        /// How long.
        span: Span,
    },
    /// As a leader it believes in its lease no more.
    LeaseDropped,
    /// As an acceptor it takes part in nothing for another leader for this long from now on, by its
    /// own clock.
    Granted {
        /// The ballot of the leader that holds the lease.
        ballot: Ballot,
        /// How long.
        span: Span,
    },
    /// As an acceptor it is released from its grant for this ballot.
    Released {
        /// The ballot.
        ballot: Ballot,
    },
    /// It is this member now.
    Joined(Member),
    /// It has another state after this slot than the leader had.
    Diverged {
        /// The slot.
        slot: Slot,
    },
    /// Its disk lost something that others may rely on, and it takes no part as an acceptor until
    /// that is repaired or it is added anew.
    Faulty,
}

impl<S: StateMachine> fmt::Display for Claim<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied { slot, entry } => write!(f, "applied {slot} {entry}"),
            Self::Installed { slot, digest } => write!(f, "installed {slot}:{digest:016x}"),
            Self::Leads { ballot, slot } => write!(f, "leads {ballot} from {slot}"),
            Self::Lease { ballot, config, span } => {
                write!(f, "lease {ballot}/{config} for {span}")
            }
            Self::LeaseDropped => f.write_str("lease dropped"),
            Self::Granted { ballot, span } => write!(f, "granted {ballot} for {span}"),
            Self::Released { ballot } => write!(f, "released {ballot}"),
            Self::Joined(member) => write!(f, "joined as {member}"),
            Self::Diverged { slot } => write!(f, "diverged at {slot}"),
            Self::Faulty => f.write_str("faulty"),
        }
    }
}

/// The timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// A round of the election ends.
    Heartbeat,
    /// The leader repeats what was not answered.
    Resend,
    /// Commands have waited long enough for others to share their batch.
    Linger,
    /// The leader extends its lease.
    Lease,
    /// A replica that is behind asks for entries.
    CatchUp,
    /// The client turns to the next server.
    Request,
    /// The client gives up.
    GiveUp,
}

impl Timer {
    pub(crate) const COUNT: usize = 7;
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Heartbeat,
        Self::Resend,
        Self::Linger,
        Self::Lease,
        Self::CatchUp,
        Self::Request,
        Self::GiveUp,
    ];
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heartbeat => "heartbeat",
            Self::Resend => "resend",
            Self::Linger => "linger",
            Self::Lease => "lease",
            Self::CatchUp => "catch-up",
            Self::Request => "request",
            Self::GiveUp => "give-up",
        })
    }
}
