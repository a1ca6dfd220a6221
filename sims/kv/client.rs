//! The client: takes an operation to the servers, one after another, until one answers.
//!
//! Model: one operation at a time, in the order in which they came; one server at a time. Who
//! answered last is asked first; who says that another leads is believed; who is silent is left for
//! the next, after a wait that grows. Asking again is safe: a call has a number, and the state
//! machine does it once.
//!
//! What its user is told: `done` with the reply; `refused` if a server says that it will never be
//! done; `unknown` if the client gave up, since the call may be under way for ever.

use std::collections::VecDeque;
use std::fmt;

use squall_process::{Context, OpId, Outcome, Process, ProcessId, Span};

use super::{Answer, Call, Op, Reply, Session, Talk};

/// A process that is a client, or a server, of the key-value service.
pub trait Service: Process<Op = Op, Reply = Reply, Message: From<Talk>, Timer: From<Wait>> {}

impl<P> Service for P where
    P: Process<Op = Op, Reply = Reply, Message: From<Talk>, Timer: From<Wait>>
{
}

/// The timers of a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wait {
    /// For an answer: then the next server is asked.
    Answer,
    /// For any answer at all: then the operation is given up.
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
    /// For the first server, before it asks the next.
    pub answer_min: Span,
    /// For any server.
    pub answer_max: Span,
    /// Until it gives an operation up. `None`: never.
    pub give_up: Option<Span>,
}

/// A client of `servers` servers.
#[derive(Clone, Debug)]
pub struct Client {
    servers: u32,
    patience: Patience,
    incarnation: u32,
    /// The first is under way.
    operations: VecDeque<(OpId, Op)>,
    /// The number of the operation under way, or of the last one.
    number: u32,
    /// The server that is asked, or was asked last.
    server: Option<ProcessId>,
    /// How long the next wait is.
    delay: Span,
}

impl Client {
    /// A client that was not started yet.
    #[must_use]
    pub const fn new(servers: u32, patience: Patience) -> Self {
        let delay = patience.answer_min;
        let operations = VecDeque::new();
        Self { servers, patience, incarnation: 0, operations, number: 0, server: None, delay }
    }

    /// The client starts, for the `incarnation`th time from 0.
    pub fn on_boot(&mut self, incarnation: u64) {
        self.incarnation = u32::try_from(incarnation).unwrap_or(u32::MAX);
    }

    /// Its user asks for `op`.
    pub fn on_op<P: Service>(&mut self, id: OpId, op: Op, context: &mut Context<'_, P>) {
        self.operations.push_back((id, op));
        if self.operations.len() == 1 {
            self.begin(context);
        }
    }

    /// A timer of its own is due.
    pub fn on_wait<P: Service>(&mut self, wait: Wait, context: &mut Context<'_, P>) {
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

    /// A server says something.
    pub fn on_talk<P: Service>(
        &mut self,
        from: ProcessId,
        talk: &Talk,
        context: &mut Context<'_, P>,
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
            // Who is no longer asked has no say; who points at itself or at nobody has no clue, and
            // the wait goes on.
            Answer::Elsewhere(Some(server)) if self.server == Some(from) && server != from => {
                self.server = Some(server);
                self.ask(context);
            }
            Answer::Elsewhere(_) => {}
        }
    }

    /// Begins the first operation in line.
    fn begin<P: Service>(&mut self, context: &mut Context<'_, P>) {
        self.number += 1;
        self.delay = self.patience.answer_min;
        if let Some(give_up) = self.patience.give_up {
            context.set_timer(Wait::GiveUp.into(), give_up);
        }
        if self.server.is_none() {
            self.server = Some(self.next_server(context));
        }
        self.ask(context);
    }

    /// Answers the first operation in line, and begins the next.
    fn finish<P: Service>(&mut self, outcome: Outcome<Reply>, context: &mut Context<'_, P>) {
        let Some((id, _)) = self.operations.pop_front() else { return };
        context.complete(id, outcome);
        context.cancel_timer(Wait::Answer.into());
        context.cancel_timer(Wait::GiveUp.into());
        if !self.operations.is_empty() {
            self.begin(context);
        }
    }

    fn ask<P: Service>(&mut self, context: &mut Context<'_, P>) {
        let (Some(server), Some(&(_, op))) = (self.server, self.operations.front()) else {
            return;
        };
        let call = Call { session: self.session(context.id()), number: self.number, op };
        context.send(server, Talk::Call(call).into());
        context.set_timer(Wait::Answer.into(), self.delay);
    }

    /// Any server at first; then one that is not the silent one.
    fn next_server<P: Service>(&self, context: &mut Context<'_, P>) -> ProcessId {
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
