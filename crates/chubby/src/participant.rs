//! A participant of a cell, server or client, as one process type; and the words of its contract.

use std::fmt;
use std::sync::Arc;

use squall_paxos::log;
use squall_process::{Context, Input, Instant, Process, Span};

use crate::Settings;
use crate::client::{Client, Op, Reply};
use crate::database::{Database, HeldLock, SessionId};
use crate::master::Stage;
use crate::message::Message;
use crate::server::Server;

/// One process of a cell.
#[derive(Clone, Debug)]
pub enum Participant {
    /// A server.
    Server(Box<Server>),
    /// A client.
    Client(Box<Client>),
}

impl Participant {
    /// Returns a server that was not started yet.
    #[must_use]
    pub fn server(settings: Arc<Settings>) -> Self {
        Self::Server(Box::new(Server::new(settings)))
    }

    /// Returns a client that was not started yet.
    #[must_use]
    pub fn client(settings: Arc<Settings>) -> Self {
        Self::Client(Box::new(Client::new(settings)))
    }

    /// Returns the server, if it is one.
    #[must_use]
    pub const fn as_server(&self) -> Option<&Server> {
        match self {
            Self::Server(server) => Some(server),
            Self::Client(_) => None,
        }
    }

    /// Returns the client, if it is one.
    #[must_use]
    pub const fn as_client(&self) -> Option<&Client> {
        match self {
            Self::Server(_) => None,
            Self::Client(client) => Some(client),
        }
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = Timer;
    type Record = log::Record<Database>;
    type Op = Op;
    type Reply = Reply;
    type Claim = Claim;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match self {
            Self::Server(server) => server.step(input, context),
            Self::Client(client) => client.step(input, context),
        }
    }
}

/// The timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Of the log.
    Log(log::Timer),
    /// The master answers the KeepAlive of a session.
    Reply(SessionId),
    /// The lease of a session is over at the master.
    Lease(SessionId),
    /// A lock-delay is over.
    Wake,
    /// Ephemeral nodes that no client has open are removed.
    Ephemerals,
    /// The client repeats its KeepAlive.
    KeepAlive,
    /// The client repeats its call.
    Call,
    /// The client's lease is over.
    Jeopardy,
    /// The client waits no longer for a master.
    Grace,
}

/// What a participant says of itself, for the judges only.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Claim {
    /// Of the log.
    Log(log::Claim<Database>),
    /// A master entered a stage.
    Stage {
        /// Its epoch.
        epoch: u64,
        /// The stage.
        stage: Stage,
    },
    /// A master is none any more.
    Retired {
        /// Its epoch.
        epoch: u64,
    },
    /// A master promised that a session does not expire before this much of its own clock.
    Extended {
        /// The session.
        session: SessionId,
        /// The rest of its lease.
        remainder: Span,
    },
    /// A client has a session, and relies on it until then by its own clock.
    Session {
        /// The session.
        session: SessionId,
        /// Until when.
        until: Instant,
    },
    /// A client's lease is over.
    Jeopardy(SessionId),
    /// A client's lease is on again.
    Safe(SessionId),
    /// A client's session is over.
    Expired(SessionId),
    /// A client holds this lock.
    Holds(HeldLock),
    /// A client holds this lock no more.
    LetGo(HeldLock),
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(timer) => timer.fmt(f),
            Self::Reply(session) => write!(f, "reply {session}"),
            Self::Lease(session) => write!(f, "lease {session}"),
            Self::Wake => f.write_str("wake"),
            Self::Ephemerals => f.write_str("ephemerals"),
            Self::KeepAlive => f.write_str("keep-alive"),
            Self::Call => f.write_str("call"),
            Self::Jeopardy => f.write_str("jeopardy"),
            Self::Grace => f.write_str("grace"),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(claim) => claim.fmt(f),
            Self::Stage { epoch, stage } => write!(f, "master {epoch} stage {stage}"),
            Self::Retired { epoch } => write!(f, "master {epoch} retires"),
            Self::Extended { session, remainder } => write!(f, "extends {session} by {remainder}"),
            Self::Session { session, until } => write!(f, "relies on {session} until {until}"),
            Self::Jeopardy(session) => write!(f, "{session} in jeopardy"),
            Self::Safe(session) => write!(f, "{session} safe"),
            Self::Expired(session) => write!(f, "{session} expired"),
            Self::Holds(lock) => write!(f, "holds {lock}"),
            Self::LetGo(lock) => write!(f, "lets go {lock}"),
        }
    }
}
