//! Learned implies chosen: when a participant learns or reports a value, a phase-2 quorum of
//! acceptors has it on its disks under one ballot (PMS section 2.3). "Chosen" is computed from
//! durable records alone.

use std::sync::Arc;

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Claim, Configuration, Entry, Reply, Value};
use squall_process::{Outcome, ProcessId};

use super::ledger::{Change, Ledger};
use super::{
    CHOSEN_AGAIN, CHOSEN_WITHOUT_PROPOSER, CRASH_BEFORE_SYNC, RIVAL_VOTES, Speaks, VOTE_IN_VAIN,
};

/// A value was chosen before it is learned or reported.
#[derive(Clone, Debug)]
pub struct LearnedIsChosen {
    ledger: Ledger,
    down: SmallVec<[ProcessId; 8]>,
}

impl LearnedIsChosen {
    /// Returns the judge for the cluster of `configuration`.
    #[must_use]
    pub fn new(configuration: &Arc<Configuration>) -> Self {
        Self { ledger: Ledger::new(configuration), down: SmallVec::new() }
    }

    fn check(&self, process: ProcessId, value: Value, event: u64) -> Ruling {
        if self.ledger.is_chosen(value) {
            return Ok(());
        }
        match self.ledger.chosen() {
            Some(choice) => Evidence::broken(
                "other-choice",
                "{} learned {}, but {} is chosen",
                [process.into(), Argument::value(&value), Argument::value(&choice.vote)],
                [choice.event, event],
            ),
            None => Evidence::broken(
                "no-choice",
                "{} learned {}, and no quorum has it on its disks",
                [process.into(), Argument::value(&value)],
                [event],
            ),
        }
    }

    fn mark(&self, change: Change, proposer: ProcessId, marks: &mut Marks) {
        match change {
            Change::Chosen => {
                if self.down.contains(&proposer) {
                    marks.reach(CHOSEN_WITHOUT_PROPOSER);
                }
                if let Some(choice) = self.ledger.chosen()
                    && self.ledger.has_votes_against(choice.vote.value)
                {
                    marks.reach(VOTE_IN_VAIN);
                }
            }
            Change::ChosenAgain => marks.reach(CHOSEN_AGAIN),
            Change::None if self.ledger.chosen().is_none() && self.ledger.ballots() == 2 => {
                marks.reach(RIVAL_VOTES);
            }
            Change::None => {}
        }
    }
}

impl<P: Speaks> Judge<P> for LearnedIsChosen {
    fn rule(&self) -> Rule {
        Rule::safety("learned-is-chosen", "what is learned or told was chosen before")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, record, .. } => {
                if let Entry::Accepted(vote) = record.entry {
                    let change = self.ledger.enter(*process, vote, seen.number);
                    self.mark(change, vote.ballot.proposer(), marks);
                }
            }
            Observation::Claimed { process, claim: Claim::Learned { value } } => {
                return self.check(*process, *value, seen.number);
            }
            Observation::Completed {
                process,
                outcome: Outcome::Done(Reply::Chosen(value)),
                ..
            } => {
                return self.check(*process, *value, seen.number);
            }
            Observation::Crashed { process, unsynced } => {
                self.down.push(*process);
                if *unsynced > 0 && process.is_server() {
                    marks.reach(CRASH_BEFORE_SYNC);
                }
            }
            Observation::Booted { process, .. } => self.down.retain(|down| down != process),
            _ => {}
        }
        Ok(())
    }
}
