//! Validity: only a value that a client proposed is learned, reported or accepted (PMS section
//! 2.1).

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Claim, Entry, Op, Reply, Value};
use squall_process::Outcome;

use super::Speaks;

/// Only values that a client proposed are accepted, learned or reported.
#[derive(Clone, Debug, Default)]
pub struct Validity {
    proposed: SmallVec<[Value; 4]>,
}

impl<P: Speaks> Judge<P> for Validity {
    fn rule(&self) -> Rule {
        Rule::safety("validity", "only values that were proposed are accepted, learned or told")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        let (process, value, case, template) = match &seen.what {
            Observation::Asked { op: Op::Propose(value), .. } => {
                self.proposed.push(*value);
                return Ok(());
            }
            Observation::Durable { process, record, .. } => match record.entry {
                Entry::Accepted(vote) => {
                    let template = "{} accepted {}, which was never proposed";
                    (*process, vote.value, "accepted", template)
                }
                Entry::Round(_) | Entry::Promised(_) => return Ok(()),
            },
            Observation::Claimed { process, claim: Claim::Learned { value } } => {
                (*process, *value, "learned", "{} learned {}, which was never proposed")
            }
            Observation::Completed {
                process,
                outcome: Outcome::Done(Reply::Chosen(value)),
                ..
            } => (*process, *value, "told", "{} is told {}, which was never proposed"),
            _ => return Ok(()),
        };
        if self.proposed.contains(&value) {
            return Ok(());
        }
        let arguments = [process.into(), Argument::value(&value)];
        Evidence::broken(case, template, arguments, [seen.number])
    }
}
