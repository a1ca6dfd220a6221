//! The client: opens a session, follows the leader, retries, gives up (RAFT-D chapter 6;
//! requirements M10, M11).
//!
//! Model: one operation at a time, in the order in which they came. An operation that changes
//! something belongs to a session and has the next number in it, so it may be sent any number of
//! times to any number of servers and is applied once. Reads and transfers need no session.
//!
//! What its user is told: `done` with the result; `refused` if the operation cannot have left the
//! client, or no server will ever take it; `unknown` if the client gave up on what it had sent, or
//! its session expired meanwhile. After `unknown` the next operation begins a new session, since a
//! number was used whose operation may still be under way. So does the first operation after a
//! silence of half the time after which sessions expire.
//!
//! A client that is pinned to a server speaks to that one alone, which passes on what it asks.

use std::collections::VecDeque;
use std::sync::Arc;

use squall_process::{Context, Input, Instant, OpId, Outcome, ProcessId, Span};

use crate::identity::incarnation_of;
use crate::log::message::{Action, Answer, Ask, Body, Message, Request};
use crate::log::participant::{Op, Participant, Timer};
use crate::log::{Caller, SessionId, Settings, Slot, StateMachine, marks};

/// The number of servers that are tried on hints of other servers before the client waits.
const HINTS_MAX: u32 = 3;

/// A client of a cluster.
#[derive(Clone, Debug)]
pub struct Client<S: StateMachine> {
    settings: Arc<Settings>,
    pinned: Option<ProcessId>,
    /// The first is under way.
    operations: VecDeque<Operation<S>>,
    session: Option<Session>,
    /// The number of the question under way.
    number: u64,
    /// The server that was asked last.
    server: Option<ProcessId>,
    /// The operation itself was sent, not only what prepares it.
    sent: bool,
    hints: u32,
    delay: Span,
}

#[derive(Clone, Debug)]
struct Operation<S: StateMachine> {
    id: OpId,
    op: Op<S>,
    deadline: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    id: SessionId,
    /// The number of the next operation.
    next: u64,
    /// When the session was last surely open.
    heard: Instant,
}

impl<S: StateMachine> Client<S> {
    /// Returns a client that was not started yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        let delay = settings.timing().request_min;
        Self {
            settings,
            pinned: None,
            operations: VecDeque::new(),
            session: None,
            number: 0,
            server: None,
            sent: false,
            hints: 0,
            delay,
        }
    }

    /// Returns a client that speaks to `server` alone.
    #[must_use]
    pub fn pinned(settings: Arc<Settings>, server: ProcessId) -> Self {
        Self { pinned: Some(server), ..Self::new(settings) }
    }

    /// Returns its session.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.session.map(|session| session.id)
    }

    /// Takes one input.
    pub(crate) fn step(
        &mut self,
        input: Input<Participant<S>>,
        context: &mut Context<'_, Participant<S>>,
    ) {
        match input {
            // The answer to a question of a former life has another number.
            Input::Boot { incarnation, .. } => {
                self.number = u64::from(incarnation_of(incarnation)) << 32;
            }
            Input::Message { message, .. } => {
                let ours = message.cluster == self.settings.cluster() && message.to == context.id();
                if let Body::Answer { caller, answer } = message.body
                    && ours
                    && caller.number == self.number
                    && !self.operations.is_empty()
                {
                    self.on_answer(answer, context);
                }
            }
            Input::Timer(Timer::Request) => self.on_request_timer(context),
            Input::Timer(Timer::GiveUp) => self.on_give_up(context),
            Input::Op { id, op } => self.on_op(id, op, context),
            // A client writes nothing and sets no other timers.
            _ => {}
        }
    }

    fn on_op(&mut self, id: OpId, op: Op<S>, context: &mut Context<'_, Participant<S>>) {
        if let Op::Apply(operation) = &op
            && operation.size() > self.settings.limits().command_bytes
        {
            return context.complete(id, Outcome::Refused);
        }
        if let Op::Members(change) = &op
            && !self.settings.knows(*change)
        {
            return context.complete(id, Outcome::Refused);
        }
        let patience = self.settings.timing().give_up;
        let deadline = patience.map_or(Instant::MAX, |patience| context.now() + patience);
        self.operations.push_back(Operation { id, op, deadline });
        if self.operations.len() == 1 {
            self.begin(context);
        }
    }

    /// Begins with the first operation that waits.
    fn begin(&mut self, context: &mut Context<'_, Participant<S>>) {
        let Some(operation) = self.operations.front() else {
            context.cancel_timer(Timer::Request);
            if self.settings.timing().give_up.is_some() {
                context.cancel_timer(Timer::GiveUp);
            }
            return;
        };
        if operation.deadline < Instant::MAX {
            context.set_timer(Timer::GiveUp, operation.deadline.since(context.now()));
        }
        let silence = self.settings.agreement().session_silence.scaled(1, 2);
        let now = context.now();
        if self.session.take_if(|session| now.since(session.heard) >= silence).is_some() {
            context.reach(marks::SESSION_RENEWED);
        }
        self.sent = false;
        self.ask_anew(context);
    }

    /// Puts a question with a number of its own.
    fn ask_anew(&mut self, context: &mut Context<'_, Participant<S>>) {
        self.number += 1;
        self.hints = 0;
        self.delay = self.settings.timing().request_min;
        self.send(context);
    }

    fn send(&mut self, context: &mut Context<'_, Participant<S>>) {
        let Some(operation) = self.operations.front() else {
            return;
        };
        let ask = match &operation.op {
            Op::Read { mode, query } => Ask::Read { query: query.clone(), mode: *mode },
            Op::Transfer(to) => Ask::Transfer(*to),
            Op::Apply(_) | Op::Members(_) => match self.session {
                None => Ask::Register,
                Some(session) => Ask::Apply {
                    session: session.id,
                    sequence: session.next,
                    unacknowledged: session.next,
                    action: match &operation.op {
                        Op::Members(change) => Action::Change(*change),
                        Op::Apply(operation) => Action::Operation(operation.clone()),
                        Op::Read { .. } | Op::Transfer(_) => return,
                    },
                },
            },
        };
        self.sent |= !matches!(ask, Ask::Register);
        let to = self.pinned.or(self.server).unwrap_or_else(|| self.pick(context));
        self.server = Some(to);
        let client = context.id();
        let via = self.pinned.unwrap_or(client);
        let caller = Caller { client, via, number: self.number };
        let message = Message {
            cluster: self.settings.cluster(),
            to,
            to_since: Slot::ZERO,
            from_since: None,
            body: Body::Request(Request { caller, ask }),
        };
        context.send(to, message);
        let after = context.random_span(self.delay.scaled(1, 2), self.delay);
        context.set_timer(Timer::Request, after);
    }

    fn pick(&self, context: &mut Context<'_, Participant<S>>) -> ProcessId {
        let servers = self.settings.servers();
        let at = context.random_below(servers.len() as u64);
        servers[usize::try_from(at).unwrap_or(0)]
    }

    /// No answer: on to another server, and more patience with it.
    fn on_request_timer(&mut self, context: &mut Context<'_, Participant<S>>) {
        context.reach(marks::NEXT_SERVER);
        self.server = Some(self.pick(context));
        self.hints = 0;
        self.delay = self.delay.doubled(self.settings.timing().request_max);
        self.send(context);
    }

    fn on_answer(&mut self, answer: Answer<S>, context: &mut Context<'_, Participant<S>>) {
        match answer {
            Answer::Registered(id) => {
                if self.session.is_none() {
                    self.session = Some(Session { id, next: 1, heard: context.now() });
                    self.ask_anew(context);
                }
            }
            Answer::Done(reply) => {
                let numbered = matches!(
                    self.operations.front(),
                    Some(Operation { op: Op::Apply(_) | Op::Members(_), .. })
                );
                if let Some(session) = &mut self.session
                    && numbered
                {
                    session.next += 1;
                    session.heard = context.now();
                }
                self.end(Outcome::Done(reply), context);
            }
            Answer::NotLeader(hint) => self.on_hint(hint, context),
            // The timer brings the next attempt.
            Answer::Busy => {}
            Answer::TooLarge { .. } | Answer::NoServer => self.end(Outcome::Refused, context),
            Answer::NoSession | Answer::OutOfOrder => {
                // A copy may have been applied before the session ended.
                context.reach(marks::SESSION_LOST);
                self.session = None;
                self.end(Outcome::Unknown, context);
            }
        }
    }

    fn on_hint(&mut self, hint: Option<ProcessId>, context: &mut Context<'_, Participant<S>>) {
        if self.pinned.is_none()
            && let Some(leader) = hint
            && self.server != Some(leader)
            && self.hints < HINTS_MAX
        {
            self.hints += 1;
            self.server = Some(leader);
            self.send(context);
        }
    }

    /// The first operation may have been done. Those behind it that are due as well were never
    /// sent.
    fn on_give_up(&mut self, context: &mut Context<'_, Participant<S>>) {
        context.reach(marks::GAVE_UP);
        let now = context.now();
        let mut first = true;
        while let Some(operation) = self.operations.front()
            && operation.deadline <= now
        {
            let unknown = first && self.sent;
            if unknown {
                self.session = None;
            }
            let outcome = if unknown { Outcome::Unknown } else { Outcome::Refused };
            context.complete(operation.id, outcome);
            self.operations.pop_front();
            first = false;
        }
        self.begin(context);
    }

    fn end(
        &mut self,
        outcome: Outcome<crate::log::Reply<S>>,
        context: &mut Context<'_, Participant<S>>,
    ) {
        if let Some(operation) = self.operations.pop_front() {
            context.complete(operation.id, outcome);
        }
        self.begin(context);
    }
}
