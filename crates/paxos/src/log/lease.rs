//! The master lease (PMMC section 4.4; PML section 5.2; RAFT-D section 6.4.1; requirements M14 and
//! M15).
//!
//! Model: an acceptor that confirms a leader's ballot grants it a lease: until
//! [`LeaseTerms::length`] has passed on its own clock it takes part in nothing for another leader.
//! The leader believes in the lease for [`LeaseTerms::believed`], counted on its own clock from
//! when it *sent* the round, once those who answered meet every phase-1 quorum of the members in
//! force. With clocks whose rates are wrong by at most `rate_error_per_mille`, no other leader
//! completes phase 1 meanwhile.
//!
//! A leader drops its belief before it proposes a change of members and before it hands leadership
//! on, so no belief ever rests on grants of former members.
//!
//! Limits: a machine that is suspended while its clock stands still believes too long. The bound on
//! rates is broken then; nothing here can notice.

use squall_process::{Instant, Span};

use crate::log::outbox::Outbox;
use crate::log::participant::Claim;
use crate::log::{LeaseTerms, Members, StateMachine};
use crate::{Ballot, ProcessSet};

/// An acceptor's side.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    ballot: Ballot,
    until: Instant,
}

impl Grant {
    pub(crate) fn new(ballot: Ballot, now: Instant, terms: LeaseTerms) -> Self {
        Self { ballot, until: now + terms.length }
    }

    pub(crate) const fn ballot(&self) -> Ballot {
        self.ballot
    }

    pub(crate) fn binds(&self, now: Instant) -> bool {
        now <= self.until
    }

    /// Whether it stands against `ballot`: one of another leader.
    pub(crate) fn refuses(&self, ballot: Ballot) -> bool {
        ballot.proposer() != self.ballot.proposer()
    }
}

/// The leader's side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lease {
    until: Option<Instant>,
}

impl Lease {
    /// Those in `granted` answered the round that was sent at `sent`.
    pub(crate) fn extend(
        &mut self,
        sent: Instant,
        granted: ProcessSet,
        members: &Members,
        terms: LeaseTerms,
    ) -> bool {
        let all = ProcessSet::first(members.voters().len());
        let others = ProcessSet::from_bits(all.bits() & !granted.bits());
        let meets_every_phase1 = !members.quorums().is_phase1(others);
        if meets_every_phase1 {
            self.until = self.until.max(Some(sent + terms.believed()));
        }
        meets_every_phase1
    }

    pub(crate) fn holds(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Returns until when it is believed in.
    pub(crate) const fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Returns how long it is still believed in.
    pub(crate) fn left(&self, now: Instant) -> Span {
        self.until.map_or(Span::ZERO, |until| until.since(now))
    }

    pub(crate) fn drop_belief<S: StateMachine>(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        if self.until.take().is_some() {
            outbox.claim(Claim::LeaseDropped);
        }
    }
}
