//! The outbox of one step: it stamps what the roles say, and hands over at once what a server says
//! to itself.
//!
//! Model: roles that share a server talk by the same messages as roles apart; only the network
//! between them is left out. A few such messages are kept in place; should there be more, the rest
//! takes the network, which is slower and just as right.

use squall_process::{Context, Instant, OpId, Outcome, ProcessId, RecordNumber, Span};

use crate::synod::message::{Body, Caller, Message};
use crate::synod::record::{Entry, Record};
use crate::{Claim, Configuration, Participant, ProcessSet, Proposable, Reply, Timer};

/// More than this a step does not say to itself: a prepare, a promise or an acceptance for each of
/// two requests, and one spare.
const OWN_MAX: usize = 4;

pub(crate) struct Outbox<'a, 'c, V: Proposable> {
    context: &'a mut Context<'c, Participant<V>>,
    configuration: &'a Configuration,
    incarnation: u32,
    /// First in, first out: `own[read..written]`.
    own: [Option<Body<V>>; OWN_MAX],
    read: usize,
    written: usize,
    /// What becomes of the proposer's timer: set anew, or none any more.
    round_timer: Option<Option<Span>>,
}

impl<'a, 'c, V: Proposable> Outbox<'a, 'c, V> {
    pub(crate) fn new(
        context: &'a mut Context<'c, Participant<V>>,
        configuration: &'a Configuration,
        incarnation: u32,
    ) -> Self {
        Self {
            context,
            configuration,
            incarnation,
            own: [const { None }; OWN_MAX],
            read: 0,
            written: 0,
            round_timer: None,
        }
    }

    pub(crate) fn me(&self) -> ProcessId {
        self.context.id()
    }

    /// Returns this process as one that asks itself.
    pub(crate) fn myself(&self) -> Caller {
        Caller { process: self.me(), incarnation: self.incarnation }
    }

    pub(crate) fn configuration(&self) -> &'a Configuration {
        self.configuration
    }

    pub(crate) fn position(&self, process: ProcessId) -> Option<usize> {
        self.configuration.position(process)
    }

    /// Asks `to`; its answer will find this incarnation.
    pub(crate) fn request(&mut self, to: ProcessId, body: Body<V>) {
        self.deliver(to, self.incarnation, body);
    }

    /// Asks the acceptors outside `done`.
    pub(crate) fn request_outside(&mut self, done: ProcessSet, body: &Body<V>) {
        for to in self.configuration.acceptors_outside(done) {
            self.request(to, body.clone());
        }
    }

    /// Answers whoever asked.
    pub(crate) fn answer(&mut self, caller: Caller, body: Body<V>) {
        self.deliver(caller.process, caller.incarnation, body);
    }

    /// Tells `to` a fact, whichever incarnation hears it.
    pub(crate) fn tell(&mut self, to: ProcessId, body: Body<V>) {
        self.deliver(to, self.incarnation, body);
    }

    /// Tells every server a fact.
    pub(crate) fn tell_servers(&mut self, body: &Body<V>) {
        self.request_outside(ProcessSet::EMPTY, body);
    }

    /// Tells every server but this one a fact.
    pub(crate) fn tell_other_servers(&mut self, body: &Body<V>) {
        let me = self.position(self.me());
        self.request_outside(me.into_iter().collect(), body);
    }

    fn deliver(&mut self, to: ProcessId, asker: u32, body: Body<V>) {
        if to == self.me() && self.written < OWN_MAX {
            self.own[self.written] = Some(body);
            self.written += 1;
            return;
        }
        let cluster = self.configuration.cluster();
        self.context.send(to, Message { cluster, to, asker, body });
    }

    /// Returns the next letter to oneself.
    pub(crate) fn take_own(&mut self) -> Option<Body<V>> {
        if self.read == self.written {
            return None;
        }
        let body = self.own.get_mut(self.read)?.take()?;
        self.read += 1;
        if self.read == self.written {
            (self.read, self.written) = (0, 0);
        }
        Some(body)
    }

    pub(crate) fn write(&mut self, entry: Entry<V>) -> RecordNumber {
        self.context.write(Record {
            cluster: self.configuration.cluster(),
            process: self.context.id(),
            incarnation: self.incarnation,
            entry,
        })
    }

    pub(crate) fn sync(&mut self) {
        self.context.sync();
    }

    pub(crate) fn now(&self) -> Instant {
        self.context.now()
    }

    /// Returns the position of a server, each as likely as the next.
    pub(crate) fn pick_server(&mut self) -> usize {
        let servers = self.configuration.acceptors().len() as u64;
        usize::try_from(self.context.random_below(servers)).unwrap_or(0)
    }

    pub(crate) fn set_timer(&mut self, timer: Timer, after: Span) {
        self.context.set_timer(timer, after);
    }

    /// Sets `timer` to a random time between half of `delay` and all of it.
    pub(crate) fn set_timer_about(&mut self, timer: Timer, delay: Span) {
        let after = self.context.random_span(delay.scaled(1, 2), delay);
        self.context.set_timer(timer, after);
    }

    pub(crate) fn cancel_timer(&mut self, timer: Timer) {
        self.context.cancel_timer(timer);
    }

    /// Sets the proposer's timer to a random time between half of `delay` and all of it.
    pub(crate) fn set_round_timer(&mut self, delay: Span) {
        self.round_timer = Some(Some(delay));
    }

    pub(crate) fn cancel_round_timer(&mut self) {
        self.round_timer = Some(None);
    }

    /// A step may change its mind about the proposer's timer, as when its own acceptor answers at
    /// once; and effects of one step have no order. So the last word alone goes out.
    pub(crate) fn close(&mut self) {
        match self.round_timer.take() {
            Some(Some(delay)) => self.set_timer_about(Timer::Round, delay),
            Some(None) => self.cancel_timer(Timer::Round),
            None => {}
        }
    }

    pub(crate) fn complete(&mut self, op: OpId, outcome: Outcome<Reply<V>>) {
        self.context.complete(op, outcome);
    }

    pub(crate) fn claim(&mut self, claim: Claim<V>) {
        self.context.claim(claim);
    }

    pub(crate) fn reach(&mut self, mark: &'static str) {
        self.context.reach(mark);
    }
}
