//! The acceptor: the memory of the cluster (PMMC figure 2; requirements S4, M5, M6, M21).
//!
//! Model: it holds the highest ballot that it promised, for all slots at once, and for each slot
//! the vote of the highest rank; both *as the disk has them*. A request that would raise them is
//! written first and takes effect, and is answered, when its record is durable. Requests wait for
//! their records in the order in which they were written.
//!
//! A vote belongs to the configuration that it was asked for under, and a newer configuration
//! outranks any ballot: a leader that did not learn of a change of members may still ask for votes
//! in a slot after it, and these never displace those of the configuration that governs the slot.
//!
//! A lease is a promise as well: until it ends, by the acceptor's own clock, no other leader is
//! promised or given anything. Leases are not written; after a restart the acceptor behaves as if
//! it had just granted one (M15).
//!
//! Limits: with a damaged slot the acceptor promises nothing until the slot is known to be chosen,
//! and it never says that it holds no vote there. An acceptor that lost something unknown is not
//! that member any more: it takes part again when it is added as another one.

use std::collections::{BTreeMap, VecDeque};

use squall_process::{Instant, RecordNumber};

use crate::Ballot;
use crate::log::lease::Grant;
use crate::log::message::{Body, Prepare, Pvalue, Report, Round};
use crate::log::outbox::Outbox;
use crate::log::participant::Claim;
use crate::log::record::Fact;
use crate::log::replica::Replica;
use crate::log::slots::Slots;
use crate::log::{Member, Slot, StateMachine, marks};

#[derive(Clone, Debug)]
pub(crate) struct Acceptor<S: StateMachine> {
    /// What was read at boot is durable, so it may speak.
    ready: bool,
    /// Durable. Never decreases, and is never below the ballot of a vote.
    promised: Option<Ballot>,
    /// Durable. The vote of the highest rank for each slot that is not compacted.
    votes: Slots<Durable<S>>,
    /// Written and not known to be durable, in that order.
    pending: VecDeque<Pending<S>>,
    /// Slots in which a vote was lost.
    damaged: BTreeMap<Slot, (Slot, Ballot)>,
    grant: Option<Grant>,
}

#[derive(Clone, Debug)]
struct Durable<S: StateMachine> {
    record: RecordNumber,
    vote: Pvalue<S>,
}

#[derive(Clone, Debug)]
struct Pending<S: StateMachine> {
    record: RecordNumber,
    caller: Member,
    request: Asked<S>,
}

#[derive(Clone, Debug)]
enum Asked<S: StateMachine> {
    Promise(Prepare),
    Vote { slot: Slot, vote: Pvalue<S> },
    Confirmation(Round),
}

impl<S: StateMachine> Asked<S> {
    const fn ballot(&self) -> Ballot {
        match self {
            Self::Promise(prepare) => prepare.ballot,
            Self::Vote { vote, .. } => vote.ballot,
            Self::Confirmation(round) => round.ballot,
        }
    }
}

impl<S: StateMachine> Acceptor<S> {
    pub(crate) const fn new() -> Self {
        Self {
            ready: false,
            promised: None,
            votes: Slots::starting_at(Slot(1)),
            pending: VecDeque::new(),
            damaged: BTreeMap::new(),
            grant: None,
        }
    }

    /// The highest ballot that it promised, durably.
    pub(crate) const fn promised(&self) -> Option<Ballot> {
        self.promised
    }

    /// The vote of `slot`, durably.
    pub(crate) fn vote(&self, slot: Slot) -> Option<&Pvalue<S>> {
        self.votes.get(slot).map(|durable| &durable.vote)
    }

    /// Whether a lost vote keeps it from promising.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.damaged.is_empty()
    }

    /// Whether it takes part.
    pub(crate) const fn is_ready(&self) -> bool {
        self.ready
    }

    /// The oldest record that holds a vote that is still needed.
    pub(crate) fn oldest_record(&self) -> Option<RecordNumber> {
        let votes = self.votes.iter_from(Slot::ZERO).map(|(_, durable)| durable.record);
        votes.chain(self.pending.front().map(|pending| pending.record)).min()
    }

    /// Takes up what the disk kept.
    pub(crate) fn recover(
        &mut self,
        promised: Option<Ballot>,
        votes: BTreeMap<Slot, (RecordNumber, Pvalue<S>)>,
        damaged: BTreeMap<Slot, (Slot, Ballot)>,
        compacted: Slot,
    ) {
        self.promised = promised;
        self.votes = Slots::starting_at(compacted.next());
        for (slot, (record, vote)) in votes {
            self.votes.insert(slot, Durable { record, vote });
        }
        self.damaged = damaged;
    }

    /// What was read at boot is durable. A lease may have been granted in the former life.
    pub(crate) fn begin(&mut self, now: Instant, outbox: &mut Outbox<'_, '_, S>) {
        self.ready = true;
        if let (Some(terms), Some(promised)) = (outbox.settings().lease(), self.promised) {
            self.grant = Some(Grant::new(promised, now, terms));
            outbox.claim(Claim::Granted { ballot: promised, span: terms.length });
            outbox.reach(marks::GRANT_AFTER_RESTART);
        }
    }

    /// The highest ballot that it promised or is about to.
    pub(crate) fn floor(&self) -> Option<Ballot> {
        let pending = self.pending.iter().map(|pending| pending.request.ballot()).max();
        self.promised.max(pending)
    }

    /// Phase 1a (PMS section 2.2). One promise covers all slots (PMS section 3).
    pub(crate) fn on_prepare(
        &mut self,
        caller: Member,
        prepare: Prepare,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let Prepare { ballot, config, from: _ } = prepare;
        if !self.ready || self.is_granted_to_another(ballot, outbox) {
            return;
        }
        let repaired = replica.applied();
        self.damaged.retain(|slot, _| *slot > repaired);
        if !self.damaged.is_empty() {
            return outbox.reach(marks::DAMAGED_SILENT);
        }
        if let Some(promised) = self.floor().filter(|floor| *floor > ballot) {
            return outbox.send(caller, Body::Nack { ballot, promised });
        }
        if self.promised == Some(ballot) {
            outbox.reach(marks::PROMISE_REPEATED);
            return self.promise(caller, prepare, replica, outbox);
        }
        let waits = self.pending.iter().any(|pending| {
            matches!(&pending.request, Asked::Promise(other)
                if other.ballot == ballot && other.config == config)
        });
        if !waits {
            let record = outbox.write(Fact::Promised(ballot));
            let request = Asked::Promise(prepare);
            self.pending.push_back(Pending { record, caller, request });
        }
    }

    /// Phase 2a. Accepts iff the ballot is not below what was promised.
    pub(crate) fn on_accept(
        &mut self,
        caller: Member,
        slot: Slot,
        vote: Pvalue<S>,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        if !self.ready || self.is_granted_to_another(vote.ballot, outbox) {
            return;
        }
        if let Some(promised) = self.floor().filter(|floor| *floor > vote.ballot) {
            let ballot = vote.ballot;
            return outbox.send(caller, Body::Nack { ballot, promised });
        }
        if slot < self.votes.first() {
            // Chosen long ago, and covered by a snapshot.
            return replica.tell_applied(caller, outbox);
        }
        let version = replica.state().members.version();
        if vote.config < version && version < slot {
            outbox.reach(marks::STALE_CONFIGURATION);
            return replica.tell_applied(caller, outbox);
        }
        if let Some(durable) = self.votes.get(slot) {
            if durable.vote.rank() == vote.rank() {
                outbox.reach(marks::ACCEPTED_REPEATED);
                return acknowledge(caller, slot, &vote, outbox);
            }
            if durable.vote.rank() > vote.rank() {
                return;
            }
        }
        let waits = self.pending.iter().any(|pending| {
            matches!(&pending.request, Asked::Vote { slot: other, vote: written }
                if *other == slot && written.rank() >= vote.rank())
        });
        if !waits {
            let record = outbox.write(Fact::Accepted { slot, vote: vote.clone() });
            let request = Asked::Vote { slot, vote };
            self.pending.push_back(Pending { record, caller, request });
        }
    }

    /// Answers what became durable.
    pub(crate) fn on_synced(
        &mut self,
        through: RecordNumber,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        while let Some(pending) = self.pending.pop_front_if(|next| next.record <= through) {
            self.promised = self.promised.max(Some(pending.request.ballot()));
            match pending.request {
                Asked::Promise(prepare) => {
                    self.promise(pending.caller, prepare, replica, outbox);
                }
                Asked::Confirmation(round) => self.on_confirm(pending.caller, round, outbox),
                Asked::Vote { slot, vote } => {
                    acknowledge(pending.caller, slot, &vote, outbox);
                    let record = pending.record;
                    if self.vote(slot).is_none_or(|old| old.rank() < vote.rank()) {
                        self.votes.insert(slot, Durable { record, vote });
                    }
                }
            }
        }
    }

    /// The record is not on the disk: what it says has not happened, and nothing was said of it.
    pub(crate) fn on_write_failed(&mut self, number: RecordNumber, outbox: &mut Outbox<'_, '_, S>) {
        let before = self.pending.len();
        self.pending.retain(|pending| pending.record != number);
        if self.pending.len() < before {
            outbox.reach(marks::VOTE_REFUSED);
        }
    }

    /// The leader asks whether `ballot` is still the highest (RAFT-D section 6.4). A yes grants a
    /// lease. The promise is durable, so the yes holds after a restart; an acceptor that was not
    /// asked to promise when the leader was elected does so first.
    pub(crate) fn on_confirm(
        &mut self,
        caller: Member,
        round: Round,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let ballot = round.ballot;
        if !self.ready || self.is_granted_to_another(ballot, outbox) {
            return;
        }
        if let Some(promised) = self.floor().filter(|floor| *floor > ballot) {
            return outbox.send(caller, Body::Nack { ballot, promised });
        }
        if self.promised == Some(ballot) {
            if let Some(terms) = outbox.settings().lease() {
                self.grant = Some(Grant::new(ballot, outbox.now(), terms));
                outbox.claim(Claim::Granted { ballot, span: terms.length });
            }
            return outbox.send(caller, Body::Confirmed(round));
        }
        if !self.pending.iter().any(|pending| pending.request.ballot() == ballot) {
            // Another quorum elected this leader: promise now.
            outbox.reach(marks::PROMISED_LATE);
            let record = outbox.write(Fact::Promised(ballot));
            let request = Asked::Confirmation(round);
            self.pending.push_back(Pending { record, caller, request });
        }
    }

    /// The leader of `ballot` gives its lease up.
    pub(crate) fn on_release(&mut self, ballot: Ballot, outbox: &mut Outbox<'_, '_, S>) {
        if self.grant.take_if(|grant| grant.ballot() == ballot).is_some() {
            outbox.claim(Claim::Released { ballot });
        }
    }

    /// Forgets the votes up to `slot`, which a snapshot covers.
    pub(crate) fn compact(&mut self, slot: Slot) {
        self.votes.give_up_through(slot);
    }

    fn is_granted_to_another(&self, ballot: Ballot, outbox: &mut Outbox<'_, '_, S>) -> bool {
        let now = outbox.now();
        let binds = |grant: &Grant| grant.binds(now) && grant.refuses(ballot);
        let granted = self.grant.as_ref().is_some_and(binds);
        if granted {
            outbox.reach(marks::LEASE_REFUSES);
        }
        granted
    }

    /// Phase 1b, built from what is durable now (PMMC: the set of accepted pvalues).
    fn promise(
        &self,
        caller: Member,
        prepare: Prepare,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let Prepare { ballot, config, from } = prepare;
        let mut reports = Vec::new();
        let mut slot = from.max(replica.compacted().next());
        while slot <= replica.applied() {
            if let Some(entry) = replica.entry(slot) {
                reports.push(Report::Chosen(slot, entry.clone()));
            }
            slot = slot.next();
        }
        let votes = self.votes.iter_from(slot);
        reports.extend(votes.map(|(slot, durable)| Report::Voted(slot, durable.vote.clone())));
        let compacted = replica.compacted().max(Slot(self.votes.first().0 - 1));
        outbox.send(caller, Body::Promise { ballot, config, compacted, reports });
    }
}

/// Phase 2b: names the slot of the request, never the end of the log (M6).
fn acknowledge<S: StateMachine>(
    caller: Member,
    slot: Slot,
    vote: &Pvalue<S>,
    outbox: &mut Outbox<'_, '_, S>,
) {
    let (ballot, config) = (vote.ballot, vote.config);
    outbox.send(caller, Body::Accepted { slot, ballot, config });
}
