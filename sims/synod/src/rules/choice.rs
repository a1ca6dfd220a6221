//! One choice: at most one value is ever chosen, and once one is, later ballots carry it (PMS
//! section 2.2, P2 and P2c). It is computed from durable votes and proposals, whether or not any
//! server learns it.

use std::sync::Arc;

use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Claim, Configuration, Entry, Value, Vote};
use squall_process::ProcessId;

use super::Speaks;
use super::ledger::Ledger;

/// At most one value is chosen, and ballots after the choice carry it.
#[derive(Clone, Debug)]
pub struct OneChoice {
    ledger: Ledger,
}

impl OneChoice {
    /// Returns the judge for the cluster of `configuration`.
    #[must_use]
    pub fn new(configuration: &Arc<Configuration>) -> Self {
        Self { ledger: Ledger::new(configuration) }
    }

    /// Returns an error if `vote`, which `process` casts or proposes, contradicts the choice before
    /// it.
    fn check(&self, process: ProcessId, vote: Vote<Value>, event: u64) -> Ruling {
        match self.ledger.chosen() {
            Some(choice)
                if choice.vote.value != vote.value
                    && (choice.vote.ballot < vote.ballot || self.ledger.is_chosen(vote.value)) =>
            {
                let arguments =
                    [Argument::value(&choice.vote), process.into(), Argument::value(&vote)];
                let template = "{} is chosen, and {} goes on with {}";
                Evidence::broken("two-choices", template, arguments, [choice.event, event])
            }
            _ => Ok(()),
        }
    }
}

impl<P: Speaks> Judge<P> for OneChoice {
    fn rule(&self) -> Rule {
        Rule::safety("one-choice", "at most one value is chosen, and later ballots carry it")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, record, .. } => {
                let Entry::Accepted(vote) = record.entry else { return Ok(()) };
                self.ledger.enter(*process, vote, seen.number);
                self.check(*process, vote, seen.number)
            }
            Observation::Claimed { process, claim: Claim::Proposes { vote } } => {
                self.check(*process, *vote, seen.number)
            }
            _ => Ok(()),
        }
    }
}
