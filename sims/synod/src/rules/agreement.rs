//! Agreement: no two participants ever learn, or report, different values (PMS section 2.1).

use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Claim, Reply, Value};
use squall_process::{Outcome, ProcessId};

use super::Speaks;

/// No two participants learn or report different values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agreement {
    first: Option<(Value, ProcessId, u64)>,
}

impl<P: Speaks> Judge<P> for Agreement {
    fn rule(&self) -> Rule {
        Rule::safety("agreement", "no two participants learn or are told different values")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        let (process, value) = match &seen.what {
            Observation::Claimed { process, claim: Claim::Learned { value } } => (*process, *value),
            Observation::Completed {
                process,
                outcome: Outcome::Done(Reply::Chosen(value)),
                ..
            } => (*process, *value),
            _ => return Ok(()),
        };
        match self.first {
            None => {
                self.first = Some((value, process, seen.number));
                Ok(())
            }
            Some((first, _, _)) if first == value => Ok(()),
            Some((first, earlier, event)) => Evidence::broken(
                "two-values",
                "{} learned {}, {} learned {}",
                [earlier.into(), Argument::value(&first), process.into(), Argument::value(&value)],
                [event, seen.number],
            ),
        }
    }
}
