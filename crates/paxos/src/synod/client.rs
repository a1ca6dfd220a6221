//! The client: takes an operation to the servers, one after another, until one answers.
//!
//! Model: one operation at a time, in the order in which they came; one server at a time, the first
//! picked at random. It waits longer for each next one. A proposal may be taken to any number of
//! servers any number of times: consensus is idempotent.
//!
//! What its user is told: `done` with what was chosen, which may be another's value; `unknown` if
//! the client gave up on what it had sent; `refused` if it gave up before it had sent anything.

use std::sync::Arc;

use squall_process::{Context, Input, Instant, OpId, Outcome, Span};

use crate::identity::incarnation_of;
use crate::synod::message::Body;
use crate::synod::outbox::Outbox;
use crate::synod::server::is_for;
use crate::synod::waiting::Line;
use crate::{Configuration, Op, Participant, Proposable, Reply, Timer, marks};

/// A client of the cell.
#[derive(Clone, Debug)]
pub struct Client<V> {
    configuration: Arc<Configuration>,
    incarnation: u32,
    desk: Desk<V>,
}

/// What a client is busy with.
#[derive(Clone, Debug)]
struct Desk<V> {
    /// Once chosen, chosen for ever.
    learned: Option<V>,
    /// The first is under way.
    operations: Line<Operation<V>>,
    /// The number of the operation under way, so that an answer to an earlier one is told apart.
    question: u32,
    /// The server that was asked last, by position.
    server: usize,
    /// How long the next wait may be.
    delay: Span,
}

#[derive(Clone, Debug)]
struct Operation<V> {
    id: OpId,
    op: Op<V>,
    deadline: Instant,
}

impl<V: Proposable> Client<V> {
    /// Returns a client that was not started yet. Allocates nothing.
    #[must_use]
    pub fn new(configuration: Arc<Configuration>) -> Self {
        let delay = configuration.tuning().request_delay_min;
        Self {
            configuration,
            incarnation: 0,
            desk: Desk { learned: None, operations: Line::new(), question: 0, server: 0, delay },
        }
    }

    /// Returns what it was told.
    #[must_use]
    pub const fn learned(&self) -> Option<&V> {
        self.desk.learned.as_ref()
    }

    /// Takes one input.
    pub(crate) fn step(
        &mut self,
        input: Input<Participant<V>>,
        context: &mut Context<'_, Participant<V>>,
    ) {
        if let Input::Boot { incarnation, .. } = &input {
            self.incarnation = incarnation_of(*incarnation);
        }
        let outbox = &mut Outbox::new(context, &self.configuration, self.incarnation);
        let desk = &mut self.desk;
        match input {
            Input::Message { message, .. } if is_for(&message, self.incarnation, outbox) => {
                desk.on_message(message.body, outbox);
            }
            Input::Timer(Timer::Request) => desk.on_request_timer(outbox),
            Input::Timer(Timer::GiveUp) => desk.on_give_up(outbox),
            Input::Op { id, op } => desk.on_op(id, op, outbox),
            // A client writes nothing, sets no other timers, and does not read strangers' mail.
            _ => {}
        }
    }
}

impl<V: Proposable> Desk<V> {
    fn on_op(&mut self, id: OpId, op: Op<V>, outbox: &mut Outbox<'_, '_, V>) {
        if let Some(value) = &self.learned {
            let reply = Reply::Chosen(value.clone());
            return outbox.complete(id, Outcome::Done(reply));
        }
        let patience = outbox.configuration().tuning().give_up;
        let deadline = patience.map_or(Instant::MAX, |patience| outbox.now() + patience);
        self.operations.push(Operation { id, op, deadline });
        if self.operations.len() == 1 {
            self.begin(outbox);
        }
    }

    /// Takes the first operation to a server picked at random.
    fn begin(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        let Some(operation) = self.operations.first() else {
            return;
        };
        if operation.deadline < Instant::MAX {
            outbox.set_timer(Timer::GiveUp, operation.deadline.since(outbox.now()));
        }
        // Question 0 is that of learners. After 2^32 others an old answer could be taken for a new.
        self.question = self.question.checked_add(1).unwrap_or(1);
        self.server = outbox.pick_server();
        self.delay = outbox.configuration().tuning().request_delay_min;
        self.send(outbox);
    }

    fn send(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        let Some(operation) = self.operations.first() else {
            return;
        };
        let body = match &operation.op {
            Op::Propose(value) => Body::Request(value.clone()),
            Op::Ask => Body::Ask { question: self.question },
        };
        outbox.request(outbox.configuration().acceptors()[self.server], body);
        outbox.set_timer_about(Timer::Request, self.delay);
    }

    /// No answer: on to the next server, and more patience with it.
    fn on_request_timer(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        let servers = outbox.configuration().acceptors().len();
        if servers > 1 {
            outbox.reach(marks::NEXT_SERVER);
        }
        self.server = (self.server + 1) % servers;
        self.delay = self.delay.doubled(outbox.configuration().tuning().request_delay_max);
        self.send(outbox);
    }

    fn on_message(&mut self, body: Body<V>, outbox: &mut Outbox<'_, '_, V>) {
        match body {
            Body::Learn(value) => self.on_learn(value, outbox),
            Body::Nothing { question } => self.on_nothing(question, outbox),
            // Meant for servers.
            _ => {}
        }
    }

    fn on_learn(&mut self, value: V, outbox: &mut Outbox<'_, '_, V>) {
        if self.learned.is_some() {
            return;
        }
        self.cancel_timers(outbox);
        while let Some(operation) = self.operations.pop() {
            let reply = Reply::Chosen(value.clone());
            outbox.complete(operation.id, Outcome::Done(reply));
        }
        self.learned = Some(value);
    }

    fn on_nothing(&mut self, question: u32, outbox: &mut Outbox<'_, '_, V>) {
        let asks = matches!(self.operations.first(), Some(Operation { op: Op::Ask, .. }));
        if asks
            && question == self.question
            && let Some(operation) = self.operations.pop()
        {
            outbox.complete(operation.id, Outcome::Done(Reply::Nothing));
            self.begin_next(outbox);
        }
    }

    /// The first operation may have been done. Those behind it that are due as well were never
    /// sent.
    fn on_give_up(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        outbox.reach(marks::GAVE_UP);
        let mut outcome = Outcome::Unknown;
        while let Some(operation) = self.operations.first()
            && operation.deadline <= outbox.now()
        {
            let id = operation.id;
            self.operations.pop();
            outbox.complete(id, outcome);
            outcome = Outcome::Refused;
        }
        self.begin_next(outbox);
    }

    /// On with the operation that is now the first, if there is one.
    fn begin_next(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        if self.operations.first().is_some() {
            self.begin(outbox);
        } else {
            self.cancel_timers(outbox);
        }
    }

    fn cancel_timers(&self, outbox: &mut Outbox<'_, '_, V>) {
        outbox.cancel_timer(Timer::Request);
        if outbox.configuration().tuning().give_up.is_some() {
            outbox.cancel_timer(Timer::GiveUp);
        }
    }
}
