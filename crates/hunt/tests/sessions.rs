//! Sweeps of a system that talks by sessions: their faults are drawn, and a client that does not
//! expect them is found.
//!
//! The system: a client says a word to its server on a session and wants to hear it again. It opens
//! a session when it has something to say, and another one when that breaks.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use squall_hunt::{Plan, Progress, Sweep, sweep};
use squall_judge::{Answered, AnsweredOnce};
use squall_process::{
    Context, Input, OpId, Outcome, Process, ProcessId, SessionEvent, SessionId, Span,
};
use squall_script::{Profile, Refused, Script, Sizes, System};
use squall_world::{Draw, Kind};

/// The one operation: `say hello`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Say(String);

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

/// A word on its way to the server or back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Message(OpId, Say);

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

#[derive(Debug)]
enum Participant {
    /// Says everything back on the session on which it came.
    Server,
    Client(Client),
}

/// How long a client waits for a server, and before it tries again.
const PATIENCE: Span = Span::from_millis(200);
const PAUSE: Span = Span::from_millis(50);

#[derive(Debug)]
struct Client {
    server: ProcessId,
    /// What it has not heard yet.
    unheard: BTreeMap<OpId, Say>,
    /// How many sessions it has opened.
    opened: u32,
    line: Line,
    /// The mistake: it takes a session for something that does not break.
    is_naive: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    Idle,
    Opening(SessionId),
    Open(SessionId),
    Broken,
}

impl Client {
    fn on_op(&mut self, id: OpId, word: Say, context: &mut Context<'_, Participant>) {
        self.unheard.insert(id, word.clone());
        match self.line {
            Line::Idle => self.open(context),
            Line::Open(session) => context.send_on(session, Message(id, word)),
            Line::Opening(_) | Line::Broken => {}
        }
    }

    fn open(&mut self, context: &mut Context<'_, Participant>) {
        self.opened += 1;
        let (opener, acceptor, number) = (context.id(), self.server, self.opened);
        let session = SessionId { opener, acceptor, number };
        context.open_session(session, PATIENCE);
        self.line = Line::Opening(session);
    }

    fn on_session(
        &mut self,
        session: SessionId,
        event: SessionEvent<Message>,
        context: &mut Context<'_, Participant>,
    ) {
        if ![Line::Opening(session), Line::Open(session)].contains(&self.line) {
            return;
        }
        match event {
            SessionEvent::Opened => {
                self.line = Line::Open(session);
                for (id, word) in &self.unheard {
                    context.send_on(session, Message(*id, word.clone()));
                }
                self.await_answer(session, context);
            }
            SessionEvent::Message(message) => {
                let Message(id, word) = *message;
                if self.unheard.remove(&id).is_some() {
                    context.complete(id, Outcome::Done(word));
                }
                self.await_answer(session, context);
            }
            SessionEvent::Refused | SessionEvent::Closed(_) => {
                self.line = Line::Broken;
                if !self.is_naive {
                    context.set_timer("again", PAUSE);
                }
            }
            SessionEvent::Incoming | SessionEvent::Taken => {}
        }
    }

    /// Waits for an answer, or closes the session if none is due.
    fn await_answer(&mut self, session: SessionId, context: &mut Context<'_, Participant>) {
        if self.unheard.is_empty() {
            context.close_session(session);
            self.line = Line::Idle;
        } else {
            context.set_deadline(session, PATIENCE);
        }
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = &'static str;
    type Record = Infallible;
    type Op = Say;
    type Reply = Say;
    type Claim = Infallible;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match (self, input) {
            (Self::Server, Input::Session { session, event: SessionEvent::Message(message) }) => {
                context.send_on(session, *message);
            }
            (Self::Client(client), Input::Op { id, op }) => client.on_op(id, op, context),
            (Self::Client(client), Input::Session { session, event }) => {
                client.on_session(session, event, context);
            }
            (Self::Client(client), Input::Timer(_)) => client.open(context),
            _ => {}
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Letters {
    is_naive: bool,
}

impl System for Letters {
    type Process = Participant;
    /// How many servers there are.
    type Setup = u32;
    type Panel = (AnsweredOnce, Answered);

    fn profile(&self) -> Profile {
        Profile {
            sizes: Sizes { servers: 1..=3, ..Sizes::DEFAULT },
            has_sessions: true,
            ..Profile::new("letters", "servers that say everything back", "say hello")
        }
    }

    fn setup(&self, script: &Script) -> Result<u32, Refused> {
        Ok(script.servers)
    }

    fn build(&self, servers: &u32, id: ProcessId) -> Participant {
        if id.is_server() {
            return Participant::Server;
        }
        let server = ProcessId::server((id.number() - 1) % servers + 1);
        let (unheard, line) = (BTreeMap::new(), Line::Idle);
        let is_naive = self.is_naive;
        Participant::Client(Client { server, unheard, opened: 0, line, is_naive })
    }

    fn panel(&self, _: &Script, _: &u32) -> Self::Panel {
        (AnsweredOnce::new(), Answered::new())
    }

    fn draw_op(&self, _: &mut Draw, _: ProcessId, number: u32) -> Say {
        Say(number.to_string())
    }

    /// Each client has a server of its own, so all must live.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        alive.len() == script.servers as usize
    }

    fn bound(&self, _: &Script) -> Span {
        Span::from_secs(2)
    }
}

fn swept(is_naive: bool) -> Sweep {
    let plan = Plan { seeds: 0..600, threads: 1, ..Plan::default() };
    sweep(&Letters { is_naive }, &plan, &Progress::default(), &|| false).expect("one thread")
}

#[test]
fn a_client_that_opens_anew_is_answered_whatever_breaks() {
    let swept = swept(false);
    assert!(swept.findings.is_empty(), "{:?}", swept.findings);
    for kind in [Kind::N15, Kind::N16, Kind::P3] {
        assert!(swept.tally.hits.of(kind) >= 20, "{} fires seldom", kind.id());
    }
}

#[test]
fn a_client_that_takes_a_session_for_unbreakable_is_found() {
    assert_eq!(swept(true).findings.len(), 1);
}
