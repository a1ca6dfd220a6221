//! The acceptor: the memory of the cell (PMS section 2.2; PMMC figure 2).
//!
//! Model: it holds the highest ballot that it promised and the vote of the highest ballot that it
//! cast, both *as the disk has them*. A request that would raise them is first written and synced;
//! until that is done it has not happened, and nothing that the acceptor says shows it. One record
//! is under way at a time; one request, the highest, waits behind it. Whatever falls off is asked
//! for again by its proposer.
//!
//! Because nothing is believed before its sync, a refused write needs no undoing: the request is as
//! good as lost. A failed sync stops the whole server (see `server.rs`).
//!
//! Limits: an acceptor whose disk lost something that was synced is mute for ever. It could be let
//! in again only under a new name, which is a change of configuration.

use std::cmp::Ordering;

use squall_process::RecordNumber;

use crate::synod::message::{Body, Caller};
use crate::synod::outbox::Outbox;
use crate::synod::record::{Entry, Recovered};
use crate::{Ballot, LearnerPath, Proposable, Vote, marks};

#[derive(Clone, Debug)]
pub(crate) struct Acceptor<V> {
    /// Set once and for good at boot.
    mute: bool,
    /// Durable. Never decreases, and is never below the ballot of `accepted`.
    promised: Option<Ballot>,
    /// Durable.
    accepted: Option<Vote<V>>,
    /// The record whose sync is awaited.
    under_way: Option<UnderWay<V>>,
    /// The highest request that came meanwhile.
    waiting: Option<Request<V>>,
}

#[derive(Clone, Debug)]
struct UnderWay<V> {
    number: RecordNumber,
    /// What the record says; none for what was read at boot and awaits one more sync.
    request: Option<Request<V>>,
}

#[derive(Clone, Debug)]
struct Request<V> {
    caller: Caller,
    phase: Phase<V>,
}

#[derive(Clone, Debug)]
enum Phase<V> {
    Prepare(Ballot),
    Accept(Vote<V>),
}

impl<V> Request<V> {
    /// Returns the order in which requests matter: by ballot, and phase 2 after phase 1.
    fn rank(&self) -> (Ballot, bool) {
        match &self.phase {
            Phase::Prepare(ballot) => (*ballot, false),
            Phase::Accept(vote) => (vote.ballot, true),
        }
    }
}

impl<V: Proposable> Acceptor<V> {
    pub(crate) const fn new() -> Self {
        Self { mute: false, promised: None, accepted: None, under_way: None, waiting: None }
    }

    pub(crate) const fn promised(&self) -> Option<Ballot> {
        self.promised
    }

    pub(crate) const fn accepted(&self) -> Option<&Vote<V>> {
        self.accepted.as_ref()
    }

    pub(crate) const fn is_mute(&self) -> bool {
        self.mute
    }

    pub(crate) fn on_boot(&mut self, recovered: &Recovered<V>, outbox: &mut Outbox<'_, '_, V>) {
        self.mute = recovered.acceptor_lost || outbox.position(outbox.me()).is_none();
        if self.mute {
            if recovered.acceptor_lost {
                outbox.reach(marks::ACCEPTOR_MUTE);
            }
            return;
        }
        self.promised = recovered.promised;
        self.accepted.clone_from(&recovered.accepted);
        if self.accepted.is_some() {
            outbox.reach(marks::VOTE_KEPT);
        } else if self.promised.is_some() {
            outbox.reach(marks::PROMISE_KEPT);
        }
        if let Some(number) = recovered.last {
            let request = None;
            self.under_way = Some(UnderWay { number, request });
            outbox.sync();
        }
    }

    /// Phase 1a. Promises iff the ballot is above all that was promised (PMS 2.2, phase 1 b).
    pub(crate) fn on_prepare(
        &mut self,
        caller: Caller,
        ballot: Ballot,
        outbox: &mut Outbox<'_, '_, V>,
    ) {
        if self.mute {
            return;
        }
        match self.promised.cmp(&Some(ballot)) {
            Ordering::Greater => self.nack(caller, ballot, outbox),
            Ordering::Equal if self.under_way_at_boot() => {
                self.wait(Request { caller, phase: Phase::Prepare(ballot) }, outbox);
            }
            Ordering::Equal => {
                outbox.reach(marks::PROMISE_REPEATED);
                self.promise(caller, ballot, outbox);
            }
            Ordering::Less => {
                self.record(Request { caller, phase: Phase::Prepare(ballot) }, outbox);
            }
        }
    }

    /// Phase 2a. Accepts iff the ballot is not below what was promised (PMS 2.2, phase 2 b).
    pub(crate) fn on_accept(
        &mut self,
        caller: Caller,
        vote: Vote<V>,
        outbox: &mut Outbox<'_, '_, V>,
    ) {
        if self.mute {
            return;
        }
        let cast = self.accepted.as_ref().map(|accepted| accepted.ballot);
        if self.promised > Some(vote.ballot) {
            self.nack(caller, vote.ballot, outbox);
        } else if cast == Some(vote.ballot) && !self.under_way_at_boot() {
            outbox.reach(marks::ACCEPTED_REPEATED);
            self.acknowledge(caller, Again::Yes, outbox);
        } else {
            self.record(Request { caller, phase: Phase::Accept(vote) }, outbox);
        }
    }

    pub(crate) fn on_synced(&mut self, through: RecordNumber, outbox: &mut Outbox<'_, '_, V>) {
        let Some(done) = self.under_way.take_if(|under_way| under_way.number <= through) else {
            return;
        };
        match done.request {
            None => {}
            Some(Request { caller, phase: Phase::Prepare(ballot) }) => {
                self.promised = Some(ballot);
                self.promise(caller, ballot, outbox);
            }
            Some(Request { caller, phase: Phase::Accept(vote) }) => {
                let again = match &self.accepted {
                    Some(earlier) if earlier.value == vote.value => Again::Yes,
                    _ => Again::No,
                };
                self.promised = Some(vote.ballot);
                self.accepted = Some(vote);
                self.acknowledge(caller, again, outbox);
            }
        }
        debug_assert!(
            self.accepted.as_ref().map(|vote| vote.ballot) <= self.promised,
            "A vote is a promise (S3)"
        );
        self.resume(outbox);
    }

    /// The record is not on the disk: what it said has not happened, and nobody was told that it
    /// had.
    pub(crate) fn on_write_failed(&mut self, number: RecordNumber, outbox: &mut Outbox<'_, '_, V>) {
        let refused =
            |under_way: &mut UnderWay<V>| under_way.number == number && under_way.request.is_some();
        if self.under_way.take_if(refused).is_some() {
            outbox.reach(marks::VOTE_REFUSED);
            self.resume(outbox);
        }
    }

    /// Writes and syncs what would raise the durable state, or waits for its turn.
    fn record(&mut self, request: Request<V>, outbox: &mut Outbox<'_, '_, V>) {
        if self.under_way.is_some() {
            return self.wait(request, outbox);
        }
        let number = outbox.write(match &request.phase {
            Phase::Prepare(ballot) => Entry::Promised(*ballot),
            Phase::Accept(vote) => Entry::Accepted(vote.clone()),
        });
        outbox.sync();
        let request = Some(request);
        self.under_way = Some(UnderWay { number, request });
    }

    fn wait(&mut self, request: Request<V>, outbox: &mut Outbox<'_, '_, V>) {
        let rank = request.rank();
        let ahead = self.under_way.as_ref().and_then(|under_way| under_way.request.as_ref());
        if ahead.is_some_and(|ahead| ahead.rank() == rank) {
            // Its answer leaves with that sync.
            outbox.reach(marks::REPEATED_DURING_SYNC);
        } else if self.waiting.as_ref().is_none_or(|waiting| waiting.rank() < rank) {
            outbox.reach(marks::WAITED_BEHIND_SYNC);
            self.waiting = Some(request);
        }
    }

    fn resume(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        match self.waiting.take() {
            None => {}
            Some(Request { caller, phase: Phase::Prepare(ballot) }) => {
                self.on_prepare(caller, ballot, outbox);
            }
            Some(Request { caller, phase: Phase::Accept(vote) }) => {
                self.on_accept(caller, vote, outbox);
            }
        }
    }

    /// What was read at boot answers nobody before its sync.
    fn under_way_at_boot(&self) -> bool {
        matches!(&self.under_way, Some(UnderWay { request: None, .. }))
    }

    /// Phase 1b, built from what is durable now.
    fn promise(&self, caller: Caller, ballot: Ballot, outbox: &mut Outbox<'_, '_, V>) {
        let accepted = self.accepted.clone();
        outbox.answer(caller, Body::Promise { ballot, accepted });
    }

    /// Phase 2b, built from what is durable now, to whom the learner path names.
    fn acknowledge(&self, caller: Caller, again: Again, outbox: &mut Outbox<'_, '_, V>) {
        let Some(vote) = &self.accepted else {
            return;
        };
        let accepted = Body::Accepted(vote.clone());
        match outbox.configuration().path() {
            LearnerPath::Announced => outbox.tell(caller.process, accepted),
            LearnerPath::Everyone => {
                if outbox.position(caller.process).is_none() {
                    outbox.tell(caller.process, accepted.clone());
                }
                outbox.tell_servers(&accepted);
            }
            LearnerPath::Distinguished(learner) => {
                // Who asks for this value again, under this ballot or a later one, has not heard of
                // the choice: the learner may be down. Later ballots count, for rivals that force
                // rounds faster than each resends would never hear otherwise.
                if again == Again::Yes && caller.process != learner {
                    outbox.tell(caller.process, accepted.clone());
                }
                outbox.tell(learner, accepted);
            }
        }
    }

    fn nack(&self, caller: Caller, ballot: Ballot, outbox: &mut Outbox<'_, '_, V>) {
        if let Some(promised) = self.promised {
            outbox.answer(caller, Body::Nack { ballot, promised });
        }
    }
}

/// Whether an acceptance of this value was told before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    Yes,
}
