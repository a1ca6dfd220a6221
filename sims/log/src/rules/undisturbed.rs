//! A healthy leader is not disturbed (requirement M12): after calm leaders change a few times,
//! until one is found that reaches a quorum, and then no more.
//!
//! Model: the run goes on for a while after calm, whether anything is left to do or not, and
//! leaders that begin are counted. Each operation that hands leadership on allows for more, and so
//! do priorities.

use squall_judge::{Argument, End, Evidence, Observation, Rule, Ruling, Seen};
use squall_paxos::log::{Claim, Op, Participant, Server};
use squall_process::ProcessId;

use super::{LogRule, Reference};
use crate::store::Store;

/// After calm, this many leaders may begin before one stays.
const LEADERS_MAX: u32 = 6;

/// A hand-over ends with the server that it is meant for, or with an election.
const LEADERS_PER_TRANSFER: u32 = 3;

/// The number of steps of servers for which a run is watched after calm.
const STEPS: u32 = 600;

/// After calm, leaders change a few times at most.
#[derive(Clone, Debug, Default)]
pub struct Undisturbed {
    calm: bool,
    transfers: u32,
    leaders: u32,
    steps: u32,
}

impl LogRule for Undisturbed {
    fn rule(&self) -> Rule {
        Rule::progress("undisturbed", "after calm, a leader that reaches a quorum stays the leader")
    }

    fn see(&mut self, seen: &Seen<'_, Participant<Store>>, _: &Reference) -> Ruling {
        match &seen.what {
            Observation::Asked { op: Op::Transfer(_) | Op::Members(_), .. } => self.transfers += 1,
            Observation::Calm => self.calm = true,
            Observation::Claimed { process, claim: Claim::Leads { ballot, .. } } if self.calm => {
                self.leaders += 1;
                let most = LEADERS_MAX + self.transfers * LEADERS_PER_TRANSFER;
                if self.leaders > most {
                    let template = "{} leads {}, and is leader number {} after calm";
                    let leaders = Argument::value(&self.leaders);
                    let arguments = [(*process).into(), Argument::value(ballot), leaders];
                    return Evidence::broken("too-many", template, arguments, [seen.number]);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn see_state(&mut self, _: u64, _: ProcessId, _: &Server<Store>, _: &Reference) -> Ruling {
        self.steps += u32::from(self.calm);
        Ok(())
    }

    fn is_satisfied(&self) -> bool {
        self.steps >= STEPS
    }

    fn close(&self, _: End) -> squall_judge::Verdict {
        squall_judge::Verdict::Holds
    }
}
