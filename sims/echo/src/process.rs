//! The processes of the echo system: a server that says everything back, and a client that asks
//! until it hears.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use squall_process::{Context, Input, OpId, Outcome, Process, ProcessId, Span};

/// What is said, and what is said back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// Client to server.
    Say(OpId, Say),
    /// Server to client.
    Echo(OpId, Say),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(id, Say(word)) => write!(f, "say {id} {word}"),
            Self::Echo(id, Say(word)) => write!(f, "echo {id} {word}"),
        }
    }
}

/// The one operation: `say hello`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Say(pub String);

impl fmt::Display for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "say {}", self.0)
    }
}

impl FromStr for Say {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.strip_prefix("say ").ok_or("expected say and a word")?;
        Ok(Self(word.to_owned()))
    }
}

/// The client's timer for one operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timer(pub OpId);

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "retry {}", self.0)
    }
}

/// What cannot be: echo writes nothing to disk and claims nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Never(Infallible);

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

/// How long a client waits before it says it again.
const RETRY: Span = Span::from_millis(50);

/// A server, or a client with what it has said and not heard.
#[derive(Clone, Debug)]
pub enum Echo {
    /// Says everything back, and remembers nothing.
    Server,
    /// Says it again and again.
    Client {
        /// The server it talks to.
        server: ProcessId,
        /// What it has not heard yet.
        open: Vec<(OpId, Say)>,
    },
}

impl Process for Echo {
    type Message = Message;
    type Timer = Timer;
    type Record = Never;
    type Op = Say;
    type Reply = Say;
    type Claim = Never;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match (self, input) {
            (Self::Server, Input::Message { from, message: Message::Say(id, word) }) => {
                context.send(from, Message::Echo(id, word));
            }
            (Self::Client { server, open }, Input::Op { id, op }) => {
                context.send(*server, Message::Say(id, op.clone()));
                context.set_timer(Timer(id), RETRY);
                open.push((id, op));
            }
            (Self::Client { server, open }, Input::Timer(Timer(id))) => {
                if let Some((_, word)) = open.iter().find(|(open, _)| *open == id) {
                    context.send(*server, Message::Say(id, word.clone()));
                    context.set_timer(Timer(id), RETRY);
                }
            }
            (
                Self::Client { open, .. },
                Input::Message { message: Message::Echo(id, word), .. },
            ) => {
                // A second echo of the same word finds nothing open.
                if let Some(place) = open.iter().position(|(open, _)| *open == id) {
                    open.swap_remove(place);
                    context.cancel_timer(Timer(id));
                    context.complete(id, Outcome::Done(word));
                }
            }
            _ => {}
        }
    }
}
