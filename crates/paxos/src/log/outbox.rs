//! Where roles leave what they say, write and wait for during one step.
//!
//! Model: roles that share a server speak by the same messages as roles apart; what a server says
//! to itself is handed over within the step. Effects of one step have no order, so of several
//! settings of one timer the last one alone goes out. Writes share syncs: one is under way at a
//! time, and what is written meanwhile waits for the next (group commit, PML section 4.2).

use std::collections::VecDeque;

use squall_process::{Context, Instant, OpId, Outcome, ProcessId, RecordNumber, Span};

use crate::log::message::{Answer, Body, Message};
use crate::log::participant::{Claim, Participant, Reply, Timer};
use crate::log::record::{Fact, Previous, Record, Stamp};
use crate::log::{Caller, Member, Settings, Slot, StateMachine};

/// What of the journal a server remembers between steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journal {
    previous: Previous,
    written: Option<RecordNumber>,
    syncing: Option<RecordNumber>,
    unsynced: bool,
}

impl Journal {
    pub(crate) const fn new() -> Self {
        let previous = Previous { number: RecordNumber(0), stamp: Stamp::Start };
        Self { previous, written: None, syncing: None, unsynced: false }
    }

    pub(crate) fn on_synced(&mut self, through: RecordNumber) {
        self.syncing.take_if(|awaited| *awaited <= through);
    }
}

/// Who takes this step, and what it reuses from step to step.
pub(crate) struct Seat<'a, S: StateMachine> {
    pub(crate) settings: &'a Settings,
    pub(crate) incarnation: u32,
    pub(crate) since: Option<Slot>,
    pub(crate) own: &'a mut VecDeque<Body<S>>,
    pub(crate) journal: &'a mut Journal,
}

pub(crate) struct Outbox<'a, 'c, S: StateMachine> {
    context: &'a mut Context<'c, Participant<S>>,
    seat: Seat<'a, S>,
    timers: [Option<Option<Span>>; Timer::COUNT],
}

impl<'a, 'c, S: StateMachine> Outbox<'a, 'c, S> {
    pub(crate) fn new(context: &'a mut Context<'c, Participant<S>>, seat: Seat<'a, S>) -> Self {
        Self { context, seat, timers: [None; Timer::COUNT] }
    }

    pub(crate) fn me(&self) -> ProcessId {
        self.context.id()
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        self.seat.settings
    }

    /// The life of this server as a member.
    pub(crate) const fn since(&self) -> Option<Slot> {
        self.seat.since
    }

    pub(crate) const fn set_since(&mut self, since: Option<Slot>) {
        self.seat.since = since;
    }

    pub(crate) fn now(&self) -> Instant {
        self.context.now()
    }

    pub(crate) fn random(&mut self) -> u64 {
        self.context.random_below(u64::MAX)
    }

    pub(crate) fn random_below(&mut self, bound: u64) -> u64 {
        self.context.random_below(bound)
    }

    /// Says `body` to `to`, in the life in which it is a member.
    pub(crate) fn send(&mut self, to: Member, body: Body<S>) {
        if to.process == self.me() {
            self.seat.own.push_back(body);
            return;
        }
        let message = Message {
            cluster: self.seat.settings.cluster(),
            to: to.process,
            to_since: to.since,
            from_since: self.seat.since,
            body,
        };
        self.context.send(to.process, message);
    }

    /// Says `body` to `to`, whether it is a member or not.
    pub(crate) fn send_process(&mut self, to: ProcessId, body: Body<S>) {
        self.send(Member { process: to, since: Slot::ZERO }, body);
    }

    /// Answers a client, through the server that it is pinned to.
    pub(crate) fn answer(&mut self, caller: Caller, answer: Answer<S>) {
        self.send_process(caller.via, Body::Answer { caller, answer });
    }

    /// Whether this server has nothing more to say to itself.
    pub(crate) fn is_quiet(&self) -> bool {
        self.seat.own.is_empty()
    }

    /// A sync completed.
    pub(crate) fn on_synced(&mut self, through: RecordNumber) {
        self.seat.journal.on_synced(through);
    }

    /// The next message to oneself.
    pub(crate) fn take_own(&mut self) -> Option<Body<S>> {
        self.seat.own.pop_front()
    }

    /// Writes `fact`; it is synced together with what else is written.
    pub(crate) fn write(&mut self, fact: Fact<S>) -> RecordNumber {
        let stamp = fact.stamp();
        let number = self.context.write(Record {
            cluster: self.seat.settings.cluster(),
            process: self.context.id(),
            incarnation: self.seat.incarnation,
            previous: self.seat.journal.previous,
            fact,
        });
        self.seat.journal.previous = Previous { number, stamp };
        self.seat.journal.written = Some(number);
        self.seat.journal.unsynced = true;
        number
    }

    /// Asks for a sync of what was read at boot.
    pub(crate) fn sync_read(&mut self, last: Previous) {
        self.seat.journal.previous = last;
        self.seat.journal.written = Some(last.number);
        self.seat.journal.unsynced = true;
    }

    pub(crate) fn trim(&mut self, before: RecordNumber) {
        self.context.trim(before);
    }

    pub(crate) fn set_timer(&mut self, timer: Timer, after: Span) {
        self.timers[timer as usize] = Some(Some(after));
    }

    /// Sets `timer` to a random time between three quarters of `delay` and all of it.
    pub(crate) fn set_timer_about(&mut self, timer: Timer, delay: Span) {
        let after = self.context.random_span(delay.scaled(3, 4), delay);
        self.set_timer(timer, after);
    }

    pub(crate) fn cancel_timer(&mut self, timer: Timer) {
        self.timers[timer as usize] = Some(None);
    }

    pub(crate) fn complete(&mut self, op: OpId, outcome: Outcome<Reply<S>>) {
        self.context.complete(op, outcome);
    }

    pub(crate) fn claim(&mut self, claim: Claim<S>) {
        self.context.claim(claim);
    }

    pub(crate) fn reach(&mut self, mark: &'static str) {
        self.context.reach(mark);
    }

    pub(crate) fn halt(&mut self, reason: &'static str) {
        self.context.halt(reason);
    }

    /// Carries out what the step decided last.
    pub(crate) fn close(&mut self) {
        for timer in Timer::ALL {
            match self.timers[timer as usize].take() {
                Some(Some(after)) => self.context.set_timer(timer, after),
                Some(None) => self.context.cancel_timer(timer),
                None => {}
            }
        }
        let journal = &mut *self.seat.journal;
        if journal.unsynced && journal.syncing.is_none() {
            journal.syncing = journal.written;
            journal.unsynced = false;
            self.context.sync();
        }
    }
}
