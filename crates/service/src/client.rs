//! The client: takes an operation to the servers, one after another, until one answers.
//!
//! Model: one operation at a time, in the order in which they arrive; one server at a time. The
//! server that answered last is asked first. If a server names another one as leader, that one is
//! asked next. If a server is silent, the next one is asked, after a wait that grows. Asking again
//! is safe: a call has a number, and the state machine carries it out once.
//!
//! The client reports `done` with the reply; `refused` if a server says that the operation will
//! never be done; `unknown` if the client gave up, because the call may still be under way.

use std::collections::VecDeque;
use std::fmt;

use squall_process::{OpId, Outcome, ProcessId, Span};
use squall_script::{Knob, Knobs};

use super::{Answer, Call, Message, Op, Reply, Server, ServerContext, Session, Talk, Timer};

/// The timers of a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wait {
    /// For an answer. When it fires, the next server is asked.
    Answer,
    /// For any answer at all. When it fires, the client gives up the operation.
    GiveUp,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "ask again",
            Self::GiveUp => "give up",
        })
    }
}

/// How long a client waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// For the first server, before the client asks the next one.
    pub answer_min: Span,
    /// For any server.
    pub answer_max: Span,
    /// Until it gives up an operation. `None`: never.
    pub give_up: Option<Span>,
}

/// A client's first wait for a server.
pub static ANSWER: Knob =
    Knob::span("answer", "a client's first wait for a server", [200, 10, 1_000]);
/// When a client gives up.
pub static GIVE_UP: Knob =
    Knob::span("give-up", "a client stops trying; 0ms: never", [0, 0, 4_000]);

impl Patience {
    /// Returns the waits that the knobs [`ANSWER`] and [`GIVE_UP`] set.
    #[must_use]
    pub fn of(knobs: &Knobs) -> Self {
        let (answer, give_up) = (knobs.span(&ANSWER), knobs.span(&GIVE_UP));
        Self {
            answer_min: answer,
            answer_max: answer.max(Span::from_secs(1)),
            give_up: (!give_up.is_zero()).then_some(give_up),
        }
    }
}

/// A client of `servers` servers.
#[derive(Clone, Debug)]
pub struct Client {
    servers: u32,
    patience: Patience,
    incarnation: u32,
    /// The operations in order; the first one is under way.
    operations: VecDeque<(OpId, Op)>,
    /// The number of the operation under way, or of the last one.
    number: u32,
    /// The server that is asked now, or was asked last.
    server: Option<ProcessId>,
    /// How long the next wait is.
    delay: Span,
}

impl Client {
    /// Returns a client that has not started yet.
    #[must_use]
    pub const fn new(servers: u32, patience: Patience) -> Self {
        let delay = patience.answer_min;
        let operations = VecDeque::new();
        Self { servers, patience, incarnation: 0, operations, number: 0, server: None, delay }
    }

    /// Starts the client for the `incarnation`th time, from 0.
    pub fn on_boot(&mut self, incarnation: u64) {
        self.incarnation = u32::try_from(incarnation).unwrap_or(u32::MAX);
    }

    /// Takes the operation `op` from the user.
    pub fn on_op<S: Server>(&mut self, id: OpId, op: Op, context: &mut ServerContext<'_, S>) {
        self.operations.push_back((id, op));
        if self.operations.len() == 1 {
            self.begin(context);
        }
    }

    /// Handles a timer of the client.
    pub fn on_wait<S: Server>(&mut self, wait: Wait, context: &mut ServerContext<'_, S>) {
        if self.operations.is_empty() {
            return;
        }
        match wait {
            Wait::GiveUp => self.finish(Outcome::Unknown, context),
            Wait::Answer => {
                self.delay = self.delay.doubled(self.patience.answer_max);
                self.server = Some(self.next_server(context));
                self.ask(context);
            }
        }
    }

    /// Handles a message from a server.
    pub fn on_talk<S: Server>(
        &mut self,
        from: ProcessId,
        talk: &Talk,
        context: &mut ServerContext<'_, S>,
    ) {
        let Talk::Answer { session, number, answer } = *talk else { return };
        let is_awaited = session == self.session(context.id())
            && number == self.number
            && !self.operations.is_empty();
        if !is_awaited {
            return;
        }
        match answer {
            Answer::Done(reply) => {
                self.server = Some(from);
                self.finish(Outcome::Done(reply), context);
            }
            Answer::Refused => self.finish(Outcome::Refused, context),
            // An answer from a server that is no longer asked is ignored. A server that points to
            // itself, or to no server, does not know the leader, and the wait continues.
            Answer::Elsewhere(Some(server)) if self.server == Some(from) && server != from => {
                self.server = Some(server);
                self.ask(context);
            }
            Answer::Elsewhere(_) => {}
        }
    }

    /// Begins the first operation in line.
    fn begin<S: Server>(&mut self, context: &mut ServerContext<'_, S>) {
        self.number += 1;
        self.delay = self.patience.answer_min;
        if let Some(give_up) = self.patience.give_up {
            context.set_timer(Timer::Client(Wait::GiveUp), give_up);
        }
        if self.server.is_none() {
            self.server = Some(self.next_server(context));
        }
        self.ask(context);
    }

    /// Answers the first operation in line, and begins the next.
    fn finish<S: Server>(&mut self, outcome: Outcome<Reply>, context: &mut ServerContext<'_, S>) {
        let Some((id, _)) = self.operations.pop_front() else { return };
        context.complete(id, outcome);
        context.cancel_timer(Timer::Client(Wait::Answer));
        context.cancel_timer(Timer::Client(Wait::GiveUp));
        if !self.operations.is_empty() {
            self.begin(context);
        }
    }

    fn ask<S: Server>(&mut self, context: &mut ServerContext<'_, S>) {
        let (Some(server), Some(&(_, op))) = (self.server, self.operations.front()) else {
            return;
        };
        let call = Call { session: self.session(context.id()), number: self.number, op };
        context.send(server, Message::Talk(Talk::Call(call)));
        context.set_timer(Timer::Client(Wait::Answer), self.delay);
    }

    /// Returns any server at first, and later one other than the silent server.
    fn next_server<S: Server>(&self, context: &mut ServerContext<'_, S>) -> ProcessId {
        let servers = u64::from(self.servers);
        let number = match self.server {
            Some(silent) if servers > 1 => {
                let place = u64::from(silent.number() - 1);
                (place + 1 + context.random_below(servers - 1)) % servers
            }
            _ => context.random_below(servers),
        };
        ProcessId::server(number as u32 + 1)
    }

    const fn session(&self, client: ProcessId) -> Session {
        Session { client, incarnation: self.incarnation }
    }
}
