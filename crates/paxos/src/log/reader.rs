//! Reads that do not go through the log (RAFT-D section 6.4; PMMC section 4.4; requirement M16).
//!
//! Model, at the leader ([`Rounds`]): reads that arrive while a round of confirmation is under way
//! wait for the next one. A round has a number of its own and counts only answers to it. When a
//! phase-1 quorum of the members in force has confirmed that it promised nothing above the leader's
//! ballot, no other leader had decided anything when the round began, and the leader's state, which
//! holds all that was decided before, answers the reads. No round begins before the leader's own
//! first entry is applied, or while the members are about to change. When leadership ends the reads
//! that wait are sent elsewhere.
//!
//! The same rounds extend the lease; while it is believed in, lease reads need no round.
//!
//! At any replica ([`Asker`]): it asks the leader from which slot on a read may be answered, and
//! answers when that slot is applied. A stale read is answered at once if such an answer was asked
//! for no longer ago than the bound: the age of a state counts from when the question was *sent*.

use squall_process::{Instant, ProcessId, Span};

use crate::ProcessSet;
use crate::log::lease::Lease;
use crate::log::message::{Answer, Body, Reply, Round};
use crate::log::outbox::Outbox;
use crate::log::participant::{Claim, Timer};
use crate::log::replica::Replica;
use crate::log::{Caller, Member, Slot, StateMachine, marks};

/// The leader's side.
#[derive(Clone, Debug)]
pub(crate) struct Rounds<S: StateMachine> {
    number: u64,
    open: Option<Open<S>>,
    /// Reads for the next round.
    next: Vec<Waiting<S>>,
    pub(crate) lease: Lease,
}

#[derive(Clone, Debug)]
struct Open<S: StateMachine> {
    round: Round,
    sent: Instant,
    confirmed: ProcessSet,
    /// A phase-1 quorum has confirmed it.
    is_answered: bool,
    reads: Vec<Waiting<S>>,
}

/// A read that waits at the leader.
#[derive(Clone, Debug)]
pub(crate) enum Waiting<S: StateMachine> {
    /// Of a client.
    Query(Caller, S::Query),
    /// Of a replica, which has the query.
    Index(Member, u64),
}

impl<S: StateMachine> Rounds<S> {
    pub(crate) fn new(incarnation: u32) -> Self {
        Self {
            number: u64::from(incarnation) << 32,
            open: None,
            next: Vec::new(),
            lease: Lease::default(),
        }
    }

    /// Takes in a read, if there is room.
    pub(crate) fn submit(&mut self, read: Waiting<S>, outbox: &Outbox<'_, '_, S>) -> bool {
        let room = self.next.len() < outbox.settings().limits().reads_max;
        if room {
            self.next.push(read);
        }
        room
    }

    /// Whether a round should begin.
    pub(crate) const fn is_due(&self) -> bool {
        self.open.is_none() && !self.next.is_empty()
    }

    /// Begins a round with all reads that wait, those of a round without an answer included.
    pub(crate) fn begin(
        &mut self,
        ballot: crate::Ballot,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        self.number += 1;
        let config = replica.members().version();
        let round = Round { ballot, config, number: self.number };
        let mut reads = self.open.take().map(|open| open.reads).unwrap_or_default();
        reads.append(&mut self.next);
        let sent = outbox.now();
        let confirmed = ProcessSet::EMPTY;
        self.open = Some(Open { round, sent, confirmed, is_answered: false, reads });
        for member in replica.members().voters() {
            outbox.send(*member, Body::Confirm(round));
        }
    }

    /// Asks those again that did not confirm the round under way. It stays the same round, so that
    /// an answer that takes longer than this counts.
    pub(crate) fn repeat(&self, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        let Some(open) = self.open.as_ref().filter(|open| !open.is_answered) else {
            return;
        };
        for (position, member) in replica.members().voters().iter().enumerate() {
            if !open.confirmed.contains(position) {
                outbox.send(*member, Body::Confirm(open.round));
            }
        }
    }

    pub(crate) fn on_confirmed(
        &mut self,
        from: Member,
        round: Round,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let members = replica.members();
        let Some(position) = members.position(from) else {
            return;
        };
        let Some(open) = self.open.as_mut().filter(|open| open.round == round) else {
            return outbox.reach(marks::OTHER_ROUND);
        };
        open.confirmed.insert(position);
        let terms = outbox.settings().lease();
        if let Some(terms) = terms
            && self.lease.extend(open.sent, open.confirmed, members, terms)
            && self.lease.holds(outbox.now())
        {
            outbox.reach(marks::LEASE_HELD);
            let Round { ballot, config, .. } = round;
            let span = self.lease.left(outbox.now());
            outbox.claim(Claim::Lease { ballot, config, span });
        }
        if members.quorums().is_phase1(open.confirmed) {
            for read in open.reads.drain(..) {
                answer(read, replica, outbox);
            }
            if let Some(terms) = terms.filter(|_| !open.is_answered) {
                outbox.set_timer(Timer::Lease, terms.believed().scaled(1, 2));
            }
            open.is_answered = true;
            let everyone = open.confirmed.len() == members.voters().len();
            if everyone || terms.is_none() {
                self.open = None;
            }
        }
    }

    /// The members change: reads wait for a round among the new ones, and no lease is believed in.
    pub(crate) fn put_back(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        self.lease.drop_belief(outbox);
        if let Some(mut open) = self.open.take() {
            open.reads.append(&mut self.next);
            self.next = open.reads;
        }
    }

    /// Whether a round is under way, or has answers to come.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether a round is under way that no quorum has confirmed yet.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.is_answered)
    }

    /// Whether reads wait for a round that has confirmed already what it could.
    pub(crate) fn is_spent(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.is_answered) && !self.next.is_empty()
    }

    /// Leadership has ended: nothing that was found out is used any more.
    pub(crate) fn stop(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        self.lease.drop_belief(outbox);
        let open = self.open.take().map(|open| open.reads).unwrap_or_default();
        for read in open.into_iter().chain(self.next.drain(..)) {
            if let Waiting::Query(caller, _) = read {
                outbox.reach(marks::READ_DROPPED);
                outbox.answer(caller, Answer::NotLeader(None));
            }
        }
        outbox.cancel_timer(Timer::Lease);
    }
}

/// Answers a read by the state as it is.
pub(crate) fn answer<S: StateMachine>(
    read: Waiting<S>,
    replica: &Replica<S>,
    outbox: &mut Outbox<'_, '_, S>,
) {
    match read {
        Waiting::Query(caller, query) => {
            let reply = replica.state().machine.query(&query);
            outbox.answer(caller, Answer::Done(Reply::One(reply)));
        }
        Waiting::Index(member, number) => {
            outbox.send(member, Body::Index { number, slot: replica.applied() });
        }
    }
}

/// The side of a replica that does not lead.
#[derive(Clone, Debug)]
pub(crate) struct Asker<S: StateMachine> {
    number: u64,
    asked: Vec<Asked<S>>,
    fresh: Option<Fresh>,
}

#[derive(Clone, Debug)]
struct Asked<S: StateMachine> {
    number: u64,
    sent: Instant,
    caller: Caller,
    query: S::Query,
    index: Option<Slot>,
}

/// An answer of the leader, by its age.
#[derive(Clone, Copy, Debug)]
struct Fresh {
    sent: Instant,
    index: Slot,
}

impl<S: StateMachine> Asker<S> {
    pub(crate) fn new(incarnation: u32) -> Self {
        Self { number: u64::from(incarnation) << 32, asked: Vec::new(), fresh: None }
    }

    /// Asks `leader` for the sake of a read.
    pub(crate) fn ask(
        &mut self,
        leader: ProcessId,
        caller: Caller,
        query: S::Query,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        // A client has one question at a time: a newer one takes the place of the one before.
        self.asked.retain(|asked| asked.caller.client != caller.client);
        if self.asked.len() >= outbox.settings().limits().reads_max {
            return outbox.answer(caller, Answer::Busy);
        }
        self.number += 1;
        let (number, sent) = (self.number, outbox.now());
        self.asked.push(Asked { number, sent, caller, query, index: None });
        let leader = replica.members().voter(leader);
        if let Some(leader) = leader {
            outbox.send(leader, Body::WhichIndex { number });
        }
    }

    /// Whether the state is not older than `bound`.
    pub(crate) fn is_fresh(&self, bound: Span, replica: &Replica<S>, now: Instant) -> bool {
        self.fresh
            .is_some_and(|fresh| now.since(fresh.sent) <= bound && fresh.index <= replica.applied())
    }

    pub(crate) fn on_index(&mut self, number: u64, slot: Slot) {
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.number == number) {
            asked.index = Some(slot);
            if self.fresh.is_none_or(|fresh| fresh.sent < asked.sent) {
                self.fresh = Some(Fresh { sent: asked.sent, index: slot });
            }
        }
    }

    /// Answers the reads whose slot is applied.
    pub(crate) fn go_on(&mut self, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        let applied = replica.applied();
        let due = |asked: &Asked<S>| asked.index.is_some_and(|index| index <= applied);
        for asked in self.asked.extract_if(.., |asked| due(asked)) {
            outbox.reach(marks::FOLLOWER_READ);
            answer(Waiting::Query(asked.caller, asked.query), replica, outbox);
        }
    }
}
