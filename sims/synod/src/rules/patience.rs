//! Patience: a client gives up only if its knob says so, and `refused` means that the value was
//! never accepted anywhere and never will be.

use std::sync::Arc;

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Configuration, Entry, Op, Value};
use squall_process::{OpId, Outcome};

use super::Speaks;

/// No client gives up without permission, and a refused value is never accepted.
#[derive(Clone, Debug)]
pub struct Patience {
    may_give_up: bool,
    /// The proposals, and the event at which each was refused.
    proposed: SmallVec<[(OpId, Value, Option<u64>); 4]>,
    accepted: SmallVec<[(Value, u64); 4]>,
}

impl Patience {
    /// Returns the judge for the cluster of `configuration`.
    #[must_use]
    pub fn new(configuration: &Arc<Configuration>) -> Self {
        let may_give_up = configuration.tuning().give_up.is_some();
        Self { may_give_up, proposed: SmallVec::new(), accepted: SmallVec::new() }
    }

    /// Returns the refusal that `value` contradicts: every client that proposed it was told that it
    /// is not done.
    fn refusal(&self, value: Value) -> Option<u64> {
        let mut of_value = self.proposed.iter().filter(|(_, proposed, _)| *proposed == value);
        let first = of_value.next()?.2?;
        of_value.all(|(_, _, refused)| refused.is_some()).then_some(first)
    }
}

impl<P: Speaks> Judge<P> for Patience {
    fn rule(&self) -> Rule {
        Rule::safety(
            "patience",
            "no client gives up without permission, and no refused value is accepted",
        )
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { id, op: Op::Propose(value), .. } => {
                self.proposed.push((*id, *value, None));
            }
            Observation::Durable { process, record, .. } => {
                let Entry::Accepted(vote) = record.entry else { return Ok(()) };
                if let Some(refused) = self.refusal(vote.value) {
                    let template = "{} accepted {}, which was refused";
                    let arguments = [(*process).into(), Argument::value(&vote)];
                    let events = [refused, seen.number];
                    return Evidence::broken("accepted-later", template, arguments, events);
                }
                if !self.accepted.iter().any(|(value, _)| *value == vote.value) {
                    self.accepted.push((vote.value, seen.number));
                }
            }
            Observation::Completed { process, id, outcome: Outcome::Unknown }
                if !self.may_give_up =>
            {
                let template = "{} gives up {}, and was not told to";
                let arguments = [(*process).into(), (*id).into()];
                return Evidence::broken("gives-up", template, arguments, [seen.number]);
            }
            Observation::Completed { id, outcome: Outcome::Refused, .. } => {
                let Some(own) = self.proposed.iter_mut().find(|(own, ..)| own == id) else {
                    return Ok(());
                };
                own.2 = Some(seen.number);
                let value = own.1;
                let accepted = self.accepted.iter().find(|(accepted, _)| *accepted == value);
                if let Some((_, event)) = accepted
                    && self.refusal(value).is_some()
                {
                    let template = "{} was refused, and {} had been accepted";
                    let arguments = [(*id).into(), Argument::value(&value)];
                    let events = [*event, seen.number];
                    return Evidence::broken("accepted-before", template, arguments, events);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
