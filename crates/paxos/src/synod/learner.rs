//! The learner: finds out which value was chosen (PMS section 2.3).
//!
//! Model: a value is chosen once a phase-2 quorum of distinct acceptors accepted it under *one*
//! ballot. The learner counts for the highest ballot that it heard of, and starts again with each
//! higher one: the same value under two ballots does not add up. One that was not told asks the
//! other servers in turn, more and more rarely, until it is.
//!
//! Limits: what was learned is not on the disk. A restarted learner asks.

use crate::synod::message::{Body, Caller};
use crate::synod::outbox::Outbox;
use crate::{Ballot, ProcessSet, Proposable, Timer, Vote};

#[derive(Clone, Debug)]
pub(crate) struct Learner<V> {
    learned: Option<V>,
    /// Who accepted under the highest ballot that it heard of.
    count: Option<(Ballot, ProcessSet)>,
    /// How often it asked.
    questions: u32,
}

impl<V: Proposable> Learner<V> {
    pub(crate) const fn new() -> Self {
        Self { learned: None, count: None, questions: 0 }
    }

    pub(crate) const fn learned(&self) -> Option<&V> {
        self.learned.as_ref()
    }

    pub(crate) const fn questions(&self) -> u32 {
        self.questions
    }

    pub(crate) fn on_boot(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        let delay = outbox.configuration().tuning().ask_delay_min;
        outbox.set_timer_about(Timer::Ask, delay);
    }

    /// Phase 2b, where acceptors tell learners. Returns the value once it is chosen.
    pub(crate) fn on_accepted(
        &mut self,
        from: Caller,
        vote: &Vote<V>,
        outbox: &Outbox<'_, '_, V>,
    ) -> Option<V> {
        let position = outbox.position(from.process)?;
        let (ballot, acceptors) = self.count.get_or_insert((vote.ballot, ProcessSet::EMPTY));
        if *ballot > vote.ballot || self.learned.is_some() {
            return None;
        }
        if *ballot < vote.ballot {
            (*ballot, *acceptors) = (vote.ballot, ProcessSet::EMPTY);
        }
        acceptors.insert(position);
        let quorums = outbox.configuration().quorums();
        quorums.is_phase2(*acceptors).then(|| vote.value.clone())
    }

    /// Keeps what it learned first. Returns whether it knew nothing before.
    pub(crate) fn learn(&mut self, value: &V, outbox: &mut Outbox<'_, '_, V>) -> bool {
        if self.learned.is_some() {
            return false;
        }
        self.learned = Some(value.clone());
        outbox.cancel_timer(Timer::Ask);
        true
    }

    /// Asks one other server, and another one later.
    pub(crate) fn on_timer(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        if self.learned.is_some() {
            return;
        }
        let (tuning, servers) =
            (outbox.configuration().tuning(), outbox.configuration().acceptors());
        let start = outbox.position(outbox.me()).map_or(0, |position| position + 1);
        let index = (start + self.questions as usize % servers.len()) % servers.len();
        self.questions = self.questions.saturating_add(1);
        if servers[index] != outbox.me() {
            outbox.request(servers[index], Body::Ask { question: 0 });
        }
        let doublings = self.questions.min(63);
        let delay = tuning.ask_delay_min * (1 << doublings);
        outbox.set_timer_about(Timer::Ask, delay.min(tuning.ask_delay_max));
    }
}
