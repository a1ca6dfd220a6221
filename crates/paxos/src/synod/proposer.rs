//! The proposer: gets one value through, whichever it must be (PMS section 2.2; PMMC figures 6 and
//! 7, where the two halves are called scout and commander).
//!
//! Model: a ballot at a time. Its round is on the disk before anybody hears of it, so it is never
//! used twice. Phase 1 asks for promises; a phase-1 quorum of them fixes the value: that of the
//! highest ballot they tell of, or the proposer's own if they tell of none. Phase 2 asks for
//! acceptances. A nack is a hint that the ballot is hopeless: the proposer turns passive, watches
//! the rival, and comes back later with a higher ballot, which starts at phase 1.
//!
//! It never looks at the acceptor beside it: that one's promise may be a rival's (PMMC 4.3).
//!
//! Limits: there are 2^32 - 1 rounds. Without a round it may use, a proposer starts nothing.

use squall_process::{RecordNumber, Span};

use crate::synod::message::{Body, Caller};
use crate::synod::outbox::Outbox;
use crate::synod::record::{Entry, Recovered};
use crate::{Ballot, Claim, LearnerPath, ProcessSet, Proposable, Vote, marks};

#[derive(Clone, Debug)]
pub(crate) struct Proposer<V> {
    /// False once rounds that it used may be forgotten.
    fit: bool,
    /// The highest round that it used, or heard of.
    round: u32,
    /// What it proposes if it is free to choose. Without it a free ballot ends after phase 1.
    wanted: Option<V>,
    stage: Stage<V>,
    /// The longest wait after the next preemption.
    backoff: Span,
}

#[derive(Clone, Debug)]
enum Stage<V> {
    /// Nothing to do.
    Idle,
    /// The round is on its way to the disk. Nobody has heard of it.
    Recording { ballot: Ballot, number: RecordNumber },
    /// Phase 1, the scout.
    Preparing { ballot: Ballot, promised: ProcessSet, highest: Option<Vote<V>> },
    /// Phase 2, the commander.
    Proposing { vote: Vote<V>, accepted: ProcessSet },
    /// Passive after a preemption or a refused write.
    BackingOff { watched: Option<Rival> },
}

/// The latest sign of life of whoever preempted: later ballots, and phase 2 after phase 1, are
/// greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
struct Rival {
    ballot: Ballot,
    accepts: bool,
}

impl<V: Proposable> Proposer<V> {
    pub(crate) const fn new(backoff: Span) -> Self {
        Self { fit: true, round: 0, wanted: None, stage: Stage::Idle, backoff }
    }

    /// Returns whether it may still start ballots.
    pub(crate) const fn is_fit(&self) -> bool {
        self.fit && self.round < u32::MAX
    }

    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle)
    }

    /// Returns the ballot under way.
    pub(crate) const fn ballot(&self) -> Option<Ballot> {
        match &self.stage {
            Stage::Recording { ballot, .. } | Stage::Preparing { ballot, .. } => Some(*ballot),
            Stage::Proposing { vote, .. } => Some(vote.ballot),
            Stage::Idle | Stage::BackingOff { .. } => None,
        }
    }

    pub(crate) fn on_boot(&mut self, recovered: &Recovered<V>, outbox: &mut Outbox<'_, '_, V>) {
        self.fit = !recovered.round_lost;
        self.round = recovered.round;
        if self.fit && recovered.acceptor_lost {
            outbox.reach(marks::PROPOSER_OUTLIVED);
        }
    }

    /// Gets `value` chosen, or finds out what else is.
    pub(crate) fn propose(&mut self, value: V, outbox: &mut Outbox<'_, '_, V>) {
        self.wanted.get_or_insert(value);
        self.inquire(outbox);
    }

    /// Finds out what may be chosen, by a ballot that proposes nothing of its own unless it must.
    pub(crate) fn inquire(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        if self.is_idle() {
            self.start(outbox);
        }
    }

    /// Everything is decided: rest.
    pub(crate) fn stop(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        match self.stage {
            Stage::Idle | Stage::Recording { .. } => {}
            _ => outbox.cancel_round_timer(),
        }
        self.stage = Stage::Idle;
        self.wanted = None;
    }

    /// A new ballot, higher than all that it used or heard of. It begins with its record (S2).
    fn start(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        self.stage = Stage::Idle;
        let next = Ballot::after(self.round, outbox.me());
        let Some(ballot) = next.filter(|_| self.fit) else {
            return;
        };
        self.round = ballot.round();
        let number = outbox.write(Entry::Round(ballot));
        outbox.sync();
        self.stage = Stage::Recording { ballot, number };
    }

    pub(crate) fn on_synced(&mut self, through: RecordNumber, outbox: &mut Outbox<'_, '_, V>) {
        let Stage::Recording { ballot, number } = self.stage else {
            return;
        };
        if number <= through {
            let promised = ProcessSet::EMPTY;
            self.stage = Stage::Preparing { ballot, promised, highest: None };
            self.ask(outbox);
        }
    }

    /// The round is not on the disk, and nobody has heard of it. Later, another.
    pub(crate) fn on_write_failed(&mut self, failed: RecordNumber, outbox: &mut Outbox<'_, '_, V>) {
        if matches!(self.stage, Stage::Recording { number, .. } if number == failed) {
            outbox.reach(marks::ROUND_REFUSED);
            self.back_off(None, outbox);
        }
    }

    /// Phase 1b. With a quorum, the value is fixed (PMS 2.2, P2c) and phase 2 begins. Returns the
    /// ballot if there is nothing to propose: nothing had been chosen when it started.
    pub(crate) fn on_promise(
        &mut self,
        from: Caller,
        answered: Ballot,
        accepted: Option<Vote<V>>,
        outbox: &mut Outbox<'_, '_, V>,
    ) -> Option<Ballot> {
        let Stage::Preparing { ballot, promised, highest } = &mut self.stage else {
            return None;
        };
        let position = outbox.position(from.process)?;
        if *ballot != answered || !promised.insert(position) {
            return None;
        }
        if let Some(vote) = accepted {
            keep_highest(highest, vote, outbox);
        }
        if !outbox.configuration().quorums().is_phase1(*promised) {
            return None;
        }
        let (ballot, highest) = (*ballot, highest.take());
        self.lead(ballot, highest, outbox)
    }

    fn lead(
        &mut self,
        ballot: Ballot,
        highest: Option<Vote<V>>,
        outbox: &mut Outbox<'_, '_, V>,
    ) -> Option<Ballot> {
        outbox.claim(Claim::Leads { ballot });
        let tuning = outbox.configuration().tuning();
        self.backoff = (self.backoff - tuning.backoff_relief).max(tuning.backoff_min);
        let value = match highest {
            Some(vote) => {
                outbox.reach(marks::ADOPTED);
                vote.value
            }
            None => match &self.wanted {
                Some(value) => value.clone(),
                None => {
                    self.stop(outbox);
                    return Some(ballot);
                }
            },
        };
        let vote = Vote { ballot, value };
        outbox.claim(Claim::Proposes { vote: vote.clone() });
        self.stage = Stage::Proposing { vote, accepted: ProcessSet::EMPTY };
        self.ask(outbox);
        None
    }

    /// Phase 2b, where acceptors tell the proposer. Returns the value once it is chosen.
    pub(crate) fn on_accepted(
        &mut self,
        from: Caller,
        ballot: Ballot,
        outbox: &mut Outbox<'_, '_, V>,
    ) -> Option<V> {
        let Stage::Proposing { vote, accepted } = &mut self.stage else {
            return None;
        };
        let position = outbox.position(from.process)?;
        if vote.ballot != ballot || !accepted.insert(position) {
            return None;
        }
        let quorums = outbox.configuration().quorums();
        quorums.is_phase2(*accepted).then(|| vote.value.clone())
    }

    /// A higher ballot exists. Only a hint: this ballot is given up, and nothing else changes.
    pub(crate) fn on_nack(
        &mut self,
        ballot: Ballot,
        promised: Ballot,
        outbox: &mut Outbox<'_, '_, V>,
    ) {
        let under_way = matches!(self.stage, Stage::Preparing { .. } | Stage::Proposing { .. });
        if !under_way || self.ballot() != Some(ballot) || promised <= ballot {
            return;
        }
        outbox.reach(marks::PREEMPTED);
        self.round = self.round.max(promised.round());
        self.back_off(Some(Rival { ballot: promised, accepts: false }), outbox);
    }

    /// A rival's request passed by on its way to the acceptor of this server. A passive proposer
    /// waits anew for each sign that its rival gets on: at most twice a ballot.
    pub(crate) fn on_rival(
        &mut self,
        ballot: Ballot,
        accepts: bool,
        outbox: &mut Outbox<'_, '_, V>,
    ) {
        self.round = self.round.max(ballot.round());
        let Stage::BackingOff { watched: Some(watched) } = &mut self.stage else {
            return;
        };
        let sign = Rival { ballot, accepts };
        if *watched < sign {
            *watched = sign;
            outbox.reach(marks::GAVE_WAY);
            outbox.set_round_timer(self.backoff);
        }
    }

    /// Ask again, or end the back-off.
    pub(crate) fn on_timer(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        match self.stage {
            Stage::Idle | Stage::Recording { .. } => {}
            Stage::BackingOff { .. } => self.start(outbox),
            Stage::Preparing { .. } | Stage::Proposing { .. } => self.ask(outbox),
        }
    }

    /// Asks those acceptors that have not answered yet, and again after a while.
    fn ask(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        match &self.stage {
            Stage::Preparing { ballot, promised, .. } => {
                outbox.request_outside(*promised, &Body::Prepare(*ballot));
            }
            Stage::Proposing { vote, accepted } => {
                outbox.request_outside(*accepted, &Body::Accept(vote.clone()));
            }
            Stage::Idle | Stage::Recording { .. } | Stage::BackingOff { .. } => return,
        }
        let delay = outbox.configuration().tuning().resend_delay;
        outbox.set_round_timer(delay);
    }

    /// Waits at random, and longer each time (PMMC section 3: multiplicative increase).
    fn back_off(&mut self, watched: Option<Rival>, outbox: &mut Outbox<'_, '_, V>) {
        let tuning = outbox.configuration().tuning();
        self.stage = Stage::BackingOff { watched };
        outbox.set_round_timer(self.backoff);
        let growth = u64::from(tuning.backoff_growth_percent);
        self.backoff = self.backoff.scaled(growth, 100).min(tuning.backoff_max);
    }
}

/// P2c: of all votes that the promises tell of, that of the highest ballot counts.
fn keep_highest<V: Proposable>(
    highest: &mut Option<Vote<V>>,
    vote: Vote<V>,
    outbox: &mut Outbox<'_, '_, V>,
) {
    match highest {
        Some(other) => {
            if other.value != vote.value {
                outbox.reach(marks::ADOPTED_HIGHEST);
            }
            if other.ballot < vote.ballot {
                *other = vote;
            }
        }
        None => *highest = Some(vote),
    }
}

/// Returns whether the proposer that sees its value chosen tells the learners.
pub(crate) const fn announces(path: LearnerPath) -> bool {
    match path {
        LearnerPath::Everyone => false,
        LearnerPath::Distinguished(_) | LearnerPath::Announced => true,
    }
}
