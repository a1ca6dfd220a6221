//! Everyone learns: after `calm`, if a value is chosen, every server that is up learns it within
//! the bound.

use std::sync::Arc;

use squall_judge::{
    Argument, End, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen, Verdict,
};
use squall_paxos::{Claim, Configuration, Entry, ProcessSet};
use squall_process::ProcessId;

use super::Speaks;
use super::ledger::{Change, Ledger};

/// After `calm`, every server that is up learns the choice.
#[derive(Clone, Debug)]
pub struct EveryoneLearns {
    ledger: Ledger,
    up: ProcessSet,
    learned: ProcessSet,
    calm: bool,
}

impl EveryoneLearns {
    /// Returns the judge for the cluster of `configuration`.
    #[must_use]
    pub fn new(configuration: &Arc<Configuration>) -> Self {
        let (up, learned) = (ProcessSet::EMPTY, ProcessSet::EMPTY);
        Self { ledger: Ledger::new(configuration), up, learned, calm: false }
    }

    fn missing(&self) -> Option<usize> {
        self.ledger.chosen()?;
        self.up.iter().find(|position| !self.learned.contains(*position))
    }
}

fn without(set: ProcessSet, position: usize) -> ProcessSet {
    ProcessSet::from_bits(set.bits() & !(1 << position))
}

impl<P: Speaks> Judge<P> for EveryoneLearns {
    fn rule(&self) -> Rule {
        let sentence = "after calm, every server that is up learns what was chosen";
        Rule::progress("everyone-learns", sentence)
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, record, .. } => {
                // Only the first choice counts here.
                if let Entry::Accepted(vote) = record.entry
                    && self.ledger.chosen().is_none()
                {
                    let _: Change = self.ledger.enter(*process, vote, seen.number);
                }
            }
            Observation::Claimed { process, claim: Claim::Learned { .. } } => {
                self.learned.insert(process.number() as usize - 1);
            }
            Observation::Booted { process, .. } if process.is_server() => {
                let position = process.number() as usize - 1;
                self.up.insert(position);
                self.learned = without(self.learned, position);
            }
            Observation::Crashed { process, .. } if process.is_server() => {
                self.up = without(self.up, process.number() as usize - 1);
            }
            Observation::Calm => self.calm = true,
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn is_satisfied(&self) -> bool {
        self.missing().is_none()
    }

    fn close(&self, end: End) -> Verdict {
        let (Some(position), Some(choice)) = (self.missing(), self.ledger.chosen()) else {
            return Verdict::Holds;
        };
        if !self.calm || !matches!(end, End::Overdue | End::Quiet) {
            return Verdict::Holds;
        }
        let server = ProcessId::server(position as u32 + 1);
        let arguments = [server.into(), Argument::value(&choice.vote.value), end.into()];
        let template = "{} has not learned {}: {}";
        Verdict::Broken(Evidence::new("not-learned", template, arguments, [choice.event]))
    }
}
