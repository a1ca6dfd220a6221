//! Phase 1 (the scout of PMMC section 2.3; PMS section 3; requirements M1, M2).
//!
//! Model: one `prepare` covers all slots from the first that the leader does not know to be chosen,
//! under the configuration that governs that slot. It goes to the leader's own acceptor first: its
//! durable promise is what keeps the leader from using the ballot again after a restart (S2). Then
//! it goes to the others, again and again until a phase-1 quorum of the configuration has promised.
//!
//! A promise names the slots that its acceptor gave up behind a snapshot. The leader has to know
//! that far by itself before phase 1 is complete, because nothing was reported there.
//!
//! Votes of another configuration than the one asked for are not taken up: a newer one starts after
//! a slot that is reported here, and phase 1 is run again for it; an older one never governed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::log::message::{Body, Prepare, Pvalue, Report};
use crate::log::outbox::Outbox;
use crate::log::{Entry, Member, Members, Slot, StateMachine};
use crate::{Ballot, ProcessSet};

#[derive(Clone, Debug)]
pub(crate) struct Scout<S: StateMachine> {
    pub(crate) ballot: Ballot,
    pub(crate) config: Slot,
    pub(crate) from: Slot,
    promised: ProcessSet,
    /// The own acceptor has promised.
    owned: bool,
    /// The vote of the highest ballot for each slot.
    reports: BTreeMap<Slot, Pvalue<S>>,
    /// What is known to be chosen, whatever was voted for: an acceptor that applied an entry may
    /// have dropped its vote, or never cast one.
    chosen: BTreeMap<Slot, Arc<Entry<S>>>,
    /// The highest slot that one of the promises says nothing about.
    compacted: Slot,
}

impl<S: StateMachine> Scout<S> {
    pub(crate) fn begin(
        ballot: Ballot,
        members: &Members,
        from: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Self {
        let scout = Self {
            ballot,
            config: members.version(),
            from,
            promised: ProcessSet::EMPTY,
            owned: false,
            reports: BTreeMap::new(),
            chosen: BTreeMap::new(),
            compacted: Slot::ZERO,
        };
        scout.ask(members, outbox);
        scout
    }

    /// Asks those that have not promised: this server alone while it has not.
    pub(crate) fn ask(&self, members: &Members, outbox: &mut Outbox<'_, '_, S>) {
        let prepare = Prepare { ballot: self.ballot, config: self.config, from: self.from };
        for (position, member) in members.voters().iter().enumerate() {
            let asked = self.owned || member.process == outbox.me();
            if asked && !self.promised.contains(position) {
                outbox.send(*member, Body::Prepare(prepare));
            }
        }
    }

    /// Takes up a promise. Entries that are known to be chosen are returned.
    pub(crate) fn on_promise(
        &mut self,
        from: Member,
        compacted: Slot,
        reports: Vec<Report<S>>,
        members: &Members,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Vec<(Slot, Arc<Entry<S>>)> {
        let Some(position) = members.position(from) else {
            return Vec::new();
        };
        if !self.promised.insert(position) {
            return Vec::new();
        }
        self.compacted = self.compacted.max(compacted);
        let mut chosen = Vec::new();
        for report in reports {
            match report {
                Report::Chosen(slot, entry) => {
                    self.chosen.insert(slot, Arc::clone(&entry));
                    chosen.push((slot, entry));
                }
                Report::Voted(slot, vote) if vote.config == self.config && slot >= self.from => {
                    let known = self.reports.get(&slot);
                    if known.is_none_or(|known| known.ballot < vote.ballot) {
                        self.reports.insert(slot, vote);
                    }
                }
                Report::Voted(..) => {}
            }
        }
        if from.process == outbox.me() {
            self.owned = true;
            self.ask(members, outbox);
        }
        chosen
    }

    /// Whether phase 1 is complete for a leader that has applied all up to `applied`.
    pub(crate) fn is_complete(&self, members: &Members, applied: Slot) -> bool {
        self.owned && members.quorums().is_phase1(self.promised) && applied >= self.compacted
    }

    /// The slot that the leader has to know before phase 1 can be complete.
    pub(crate) const fn compacted(&self) -> Slot {
        self.compacted
    }

    /// Returns the entries that have to be proposed again: what is known to be chosen, and else the
    /// vote of the highest ballot.
    pub(crate) fn into_entries(self) -> BTreeMap<Slot, Arc<Entry<S>>> {
        let votes = self.reports.into_iter().map(|(slot, vote)| (slot, vote.entry));
        let mut entries: BTreeMap<_, _> = votes.collect();
        entries.extend(self.chosen);
        entries
    }
}
