//! Echo: the smallest system. A client says a word to a server and expects to hear it again.
//!
//! `docs/tutorial.md` builds it step by step.

use squall::prelude::*;

/// The only operation: `say hello`.
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

/// The word of one operation, on its way to the server or back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Message(pub OpId, pub Say);

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

/// A server, or a client with the words that it has said and not heard.
#[derive(Clone, Debug)]
pub enum Echo {
    /// Repeats everything, and remembers nothing.
    Server,
    /// Says a word to its server until it hears it.
    Client {
        /// The server it talks to.
        server: ProcessId,
        /// The words that it has not heard yet.
        open: BTreeMap<OpId, Say>,
    },
}

/// How long a client waits before it repeats the word.
const RETRY: Span = Span::from_millis(50);

impl Process for Echo {
    type Message = Message;
    /// A client has one timer for each operation.
    type Timer = OpId;
    type Record = Infallible;
    type Op = Say;
    type Reply = Say;
    type Claim = Infallible;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match (self, input) {
            (Self::Server, Input::Message { from, message }) => context.send(from, message),
            (Self::Client { server, open }, Input::Op { id, op }) => {
                context.send(*server, Message(id, op.clone()));
                context.set_timer(id, RETRY);
                open.insert(id, op);
            }
            (Self::Client { server, open }, Input::Timer(id)) => {
                if let Some(word) = open.get(&id) {
                    context.send(*server, Message(id, word.clone()));
                    context.set_timer(id, RETRY);
                }
            }
            (Self::Client { open, .. }, Input::Message { message: Message(id, word), .. }) => {
                // A second echo of the same word finds nothing open.
                let Some(_) = open.remove(&id) else { return };
                context.cancel_timer(id);
                context.complete(id, Outcome::Done(word));
            }
            _ => {}
        }
    }
}

/// The system: any number of servers, and clients that each talk to one of them.
#[derive(Clone, Copy, Debug)]
pub struct EchoSystem;

const WORDS: [&str; 6] = ["hello", "world", "rain", "wind", "thunder", "sun"];

impl System for EchoSystem {
    type Process = Echo;
    /// The number of servers.
    type Setup = u32;
    type Panel = (Replies<Echo>, AnsweredOnce, Answered);

    fn profile(&self) -> Profile {
        Profile {
            sizes: Sizes { servers: 1..=3, ops: 1..=6, ..Sizes::DEFAULT },
            ..Profile::new("echo", "servers that say everything back", "say hello")
        }
    }

    fn setup(&self, script: &Script) -> Result<u32, Refused> {
        Ok(script.servers)
    }

    /// Each client talks to the server of its own number, modulo the number of servers.
    fn build(&self, servers: &u32, id: ProcessId) -> Echo {
        if id.is_server() {
            return Echo::Server;
        }
        let server = ProcessId::server((id.number() - 1) % servers + 1);
        Echo::Client { server, open: BTreeMap::new() }
    }

    fn panel(&self, _: &Script, _: &u32) -> Self::Panel {
        let faithful = Replies::new("faithful", "a client hears what it said", PartialEq::eq);
        (faithful, AnsweredOnce::new(), Answered::new())
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, _: u32) -> Say {
        Say((*draw.pick(&WORDS)).to_owned())
    }

    /// Each client has one server, so all servers must be up.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        alive.len() == script.servers as usize
    }

    fn bound(&self, _: &Script) -> Span {
        Span::from_secs(1)
    }
}
