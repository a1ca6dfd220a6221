//! A participant: a server around an instance of the library, or a client.

use std::fmt;

use squall_process::{Context, Input, Process, ProcessId};

use super::claim::Claim;
use super::message::Message;
use super::record::Record;
use super::server::Server;
use crate::kv::{Client, Op, Reply, Wait};

/// One participant.
#[derive(Debug)]
pub enum Participant {
    /// A server.
    Server(Box<Server>),
    /// A client.
    Client(Client),
}

/// The timers of a participant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// A server's library counts time by this.
    Tick,
    /// A client waits.
    Wait(Wait),
}

impl From<Wait> for Timer {
    fn from(wait: Wait) -> Self {
        Self::Wait(wait)
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tick => f.write_str("tick"),
            Self::Wait(wait) => wait.fmt(f),
        }
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Op;
    type Reply = Reply;
    type Claim = Claim;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match self {
            Self::Server(server) => server.step(input, context),
            Self::Client(client) => match input {
                Input::Boot { incarnation, .. } => client.on_boot(incarnation),
                Input::Message { from, message: Message::Talk(talk) } => {
                    client.on_talk(from, &talk, context);
                }
                Input::Timer(Timer::Wait(wait)) => client.on_wait(wait, context),
                Input::Op { id, op } => client.on_op(id, op, context),
                _ => {}
            },
        }
    }
}

/// The number by which the library knows a server.
pub(super) fn node(server: ProcessId) -> u64 {
    u64::from(server.number())
}

/// The server that the library knows by `node`.
pub(super) fn server(node: u64) -> ProcessId {
    ProcessId::server(node as u32)
}
