//! A participant of the cell, server or client, as one process type; and the words of its contract:
//! operations, replies, claims and timers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use squall_process::{Context, Input, Process};

use crate::{Ballot, Client, Configuration, Message, Proposable, Record, Server, Vote};

/// One process of a cell. Who it is, it is told by its context: servers are those that the
/// configuration lists.
#[derive(Clone, Debug)]
pub enum Participant<V> {
    /// A server: acceptor, proposer and learner.
    Server(Server<V>),
    /// A client.
    Client(Client<V>),
}

impl<V: Proposable> Participant<V> {
    /// Returns a server that was not started yet.
    #[must_use]
    pub fn server(configuration: Arc<Configuration>) -> Self {
        Self::Server(Server::new(configuration))
    }

    /// Returns a client that was not started yet.
    #[must_use]
    pub fn client(configuration: Arc<Configuration>) -> Self {
        Self::Client(Client::new(configuration))
    }

    /// Returns what it believes to be chosen.
    #[must_use]
    pub const fn learned(&self) -> Option<&V> {
        match self {
            Self::Server(server) => server.learned(),
            Self::Client(client) => client.learned(),
        }
    }
}

impl<V: Proposable> Process for Participant<V> {
    type Message = Message<V>;
    type Timer = Timer;
    type Record = Record<V>;
    type Op = Op<V>;
    type Reply = Reply<V>;
    type Claim = Claim<V>;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match self {
            Self::Server(server) => server.step(input, context),
            Self::Client(client) => client.step(input, context),
        }
    }
}

/// What a participant is asked to do. Prints and parses as `propose apple` and `ask`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op<V> {
    /// Get this value chosen, or find out which other was.
    Propose(V),
    /// Find out what was chosen. Linearizable: the answer was true at some time between the
    /// question and the answer.
    Ask,
}

impl<V: fmt::Display> fmt::Display for Op<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Propose(value) => write!(f, "propose {value}"),
            Self::Ask => f.write_str("ask"),
        }
    }
}

/// Why a text is no operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseOpError<E> {
    /// It is neither `ask` nor `propose` and a value.
    Verb,
    /// The value is none.
    Value(E),
}

impl<E: fmt::Display> fmt::Display for ParseOpError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb => f.write_str("expected ask, or propose and a value"),
            Self::Value(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for ParseOpError<E> {}

impl<V: FromStr> FromStr for Op<V> {
    type Err = ParseOpError<V::Err>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(' ') {
            None if text == "ask" => Ok(Self::Ask),
            Some(("propose", value)) => {
                value.parse().map(Self::Propose).map_err(ParseOpError::Value)
            }
            _ => Err(ParseOpError::Verb),
        }
    }
}

/// What an operation that was done gives back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reply<V> {
    /// This value is chosen, for ever. Prints as `chosen apple`.
    Chosen(V),
    /// Nothing was chosen. Prints as `nothing`.
    Nothing,
}

impl<V: fmt::Display> fmt::Display for Reply<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen(value) => write!(f, "chosen {value}"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// What a server says of itself, for the judges only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Claim<V> {
    /// Its learner knows the choice. Prints as `learned apple`.
    Learned {
        /// Which value.
        value: V,
    },
    /// Its proposer has a phase-1 quorum. Prints as `leads 2.n1`.
    Leads {
        /// For which ballot.
        ballot: Ballot,
    },
    /// Its proposer is about to ask for acceptance. Prints as `proposes 2.n1=apple`.
    Proposes {
        /// Of what.
        vote: Vote<V>,
    },
}

impl<V: fmt::Display> fmt::Display for Claim<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Learned { value } => write!(f, "learned {value}"),
            Self::Leads { ballot } => write!(f, "leads {ballot}"),
            Self::Proposes { vote } => write!(f, "proposes {vote}"),
        }
    }
}

/// The timers. At most two are set in a process at a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// The proposer asks again, or ends its back-off.
    Round,
    /// The learner asks another server.
    Ask,
    /// The client turns to the next server.
    Request,
    /// The client stops trying.
    GiveUp,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Round => "round",
            Self::Ask => "ask",
            Self::Request => "request",
            Self::GiveUp => "give-up",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ParseValueError, Value};

    #[test]
    fn operations_print_as_they_parse() {
        for text in ["propose apple", "ask"] {
            assert_eq!(text.parse::<Op<Value>>().unwrap().to_string(), text);
        }
        assert_eq!("choose x".parse::<Op<Value>>(), Err(ParseOpError::Verb));
        let empty = ParseOpError::Value(ParseValueError::Empty);
        assert_eq!("propose ".parse::<Op<Value>>(), Err(empty));
    }
}
