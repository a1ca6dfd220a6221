//! A participant: a server that stands around a library, or a client.
//!
//! Whoever brings a library writes a [`Server`]; the rest is here.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;

use squall_judge::consensus::Term;
use squall_process::{Context, Input, Process, ProcessId};

use super::{Claim, Client, Op, Patience, Reply, Talk, Wait};

/// A server of the key-value service: what stands around one instance of a library.
pub trait Server: Debug + Sized {
    /// How the servers of a run are tuned.
    type Settings: Debug;
    /// What servers say to one another.
    type Word: Clone + Debug + Display + Hash;
    /// What it writes to its disk.
    type Record: Clone + Debug + Display + Hash;
    /// What orders its leaders.
    type Term: Term + Hash;

    /// A server that was not started yet.
    fn new(id: ProcessId, settings: &Arc<Self::Settings>) -> Self;

    /// Takes one input.
    fn step(&mut self, input: Input<Participant<Self>>, context: &mut ServerContext<'_, Self>);
}

/// What a step of a server is given, and where it leaves its effects.
pub type ServerContext<'a, S> = Context<'a, Participant<S>>;

/// One participant.
#[derive(Debug)]
pub enum Participant<S> {
    /// A server.
    Server(S),
    /// A client.
    Client(Client),
}

/// What participants say to one another.
#[derive(Clone, Hash, Debug)]
pub enum Message<W> {
    /// Between servers.
    Word(W),
    /// Between a client and a server.
    Talk(Talk),
}

impl<W: Display> Display for Message<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => Display::fmt(word, f),
            Self::Talk(talk) => Display::fmt(talk, f),
        }
    }
}

/// The timers of a participant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// A server's: its library's clock ticks.
    Tick,
    /// A client's.
    Client(Wait),
}

impl Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tick => f.write_str("tick"),
            Self::Client(wait) => Display::fmt(wait, f),
        }
    }
}

impl<S: Server> Process for Participant<S> {
    type Message = Message<S::Word>;
    type Timer = Timer;
    type Record = S::Record;
    type Op = Op;
    type Reply = Reply;
    type Claim = Claim<S::Term>;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let client = match self {
            Self::Server(server) => return server.step(input, context),
            Self::Client(client) => client,
        };
        match input {
            Input::Boot { incarnation, .. } => client.on_boot(incarnation),
            Input::Op { id, op } => client.on_op(id, op, context),
            Input::Timer(Timer::Client(wait)) => client.on_wait(wait, context),
            Input::Message { from, message: Message::Talk(talk) } => {
                client.on_talk(from, &talk, context);
            }
            _ => {}
        }
    }
}

/// What the participants of a run share.
#[derive(Debug)]
pub struct Cluster<S: Server> {
    servers: u32,
    patience: Patience,
    settings: Arc<S::Settings>,
}

impl<S: Server> Cluster<S> {
    /// Returns a cluster of this many `servers`, and of clients with this `patience`.
    #[must_use]
    pub fn new(servers: u32, patience: Patience, settings: S::Settings) -> Self {
        Self { servers, patience, settings: Arc::new(settings) }
    }

    /// How its servers are tuned.
    #[must_use]
    pub fn settings(&self) -> &S::Settings {
        &self.settings
    }

    /// Returns the participant `id`, before its boot.
    #[must_use]
    pub fn build(&self, id: ProcessId) -> Participant<S> {
        if id.is_server() {
            Participant::Server(S::new(id, &self.settings))
        } else {
            Participant::Client(Client::new(self.servers, self.patience))
        }
    }
}
