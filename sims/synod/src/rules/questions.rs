//! Questions are answered truthfully: if the answer is "nothing", the question was asked before any
//! value was chosen. `learned.rs` judges the other answers. Together they make questions
//! linearizable.

use std::sync::Arc;

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Configuration, Entry, Op, Reply};
use squall_process::{OpId, Outcome};

use super::Speaks;
use super::ledger::Ledger;

/// If the answer is "nothing", the question was asked before any value was chosen.
#[derive(Clone, Debug)]
pub struct Questions {
    ledger: Ledger,
    /// Open questions, and the event at which each was asked.
    asked: SmallVec<[(OpId, u64); 8]>,
}

impl Questions {
    /// Returns the judge for the cluster of `configuration`.
    #[must_use]
    pub fn new(configuration: &Arc<Configuration>) -> Self {
        Self { ledger: Ledger::new(configuration), asked: SmallVec::new() }
    }
}

impl<P: Speaks> Judge<P> for Questions {
    fn rule(&self) -> Rule {
        Rule::safety("questions", "a question answered by \"nothing\" came before any choice")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, record, .. } => {
                // Only the first choice counts here.
                if let Entry::Accepted(vote) = record.entry
                    && self.ledger.chosen().is_none()
                {
                    self.ledger.enter(*process, vote, seen.number);
                }
            }
            Observation::Asked { id, op: Op::Ask, .. } => self.asked.push((*id, seen.number)),
            Observation::Completed { process, id, outcome: Outcome::Done(Reply::Nothing) } => {
                let asked = self.asked.iter().find(|(asked, _)| asked == id);
                if let Some((_, asked)) = asked
                    && let Some(choice) = self.ledger.chosen()
                    && choice.event < *asked
                {
                    let template = "{} is told nothing for {}, asked after {} was chosen";
                    let choice_made = Argument::value(&choice.vote);
                    let arguments = [(*process).into(), (*id).into(), choice_made];
                    let events = [choice.event, *asked, seen.number];
                    return Evidence::broken("told-nothing", template, arguments, events);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
