//! A participant: a server around a library, or a client.
//!
//! An adapter of a library implements [`Server`]; everything else is here.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;

use squall_judge::consensus::Term;
use squall_process::{Context, Input, Process, ProcessId};

use super::{Claim, Client, Op, Patience, Reply, Talk, Wait};

/// A server of the key-value service, around one instance of a library.
pub trait Server: Debug + Sized {
    /// The settings of the servers of a run.
    type Settings: Debug;
    /// A message between servers.
    type Word: Clone + Debug + Display + Hash;
    /// A record on the disk of a server.
    type Record: Clone + Debug + Display + Hash;
    /// What orders leaders.
    type Term: Term + Hash;

    /// Returns a server that has not started yet.
    fn new(id: ProcessId, settings: &Arc<Self::Settings>) -> Self;

    /// Takes one input.
    fn step(&mut self, input: Input<Participant<Self>>, context: &mut ServerContext<'_, Self>);
}

/// The context of one step of a server.
pub type ServerContext<'a, S> = Context<'a, Participant<S>>;

/// One participant.
#[derive(Debug)]
pub enum Participant<S> {
    /// A server.
    Server(S),
    /// A client.
    Client(Client),
}

/// A message between participants.
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

/// A timer of a participant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// Of a server: a tick of the library's clock.
    Tick,
    /// Of a client.
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

    /// Returns the settings of its servers.
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
