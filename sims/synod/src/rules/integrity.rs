//! Integrity: an incarnation learns at most once.

use smallvec::SmallVec;
use squall_judge::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::Claim;
use squall_process::ProcessId;

use super::{LEARNED_AGAIN, Speaks};

/// An incarnation of a server learns at most once.
#[derive(Clone, Debug, Default)]
pub struct Integrity {
    /// Each server that learned, the event, and whether it was in the present incarnation.
    learned: SmallVec<[(ProcessId, u64, bool); 8]>,
}

impl<P: Speaks> Judge<P> for Integrity {
    fn rule(&self) -> Rule {
        Rule::safety("integrity", "an incarnation of a server learns at most once")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Claimed { process, claim: Claim::Learned { .. } } => {
                let known = self.learned.iter_mut().find(|(known, ..)| known == process);
                match known {
                    None => self.learned.push((*process, seen.number, true)),
                    Some((_, event, current)) if !*current => {
                        (*event, *current) = (seen.number, true);
                        marks.reach(LEARNED_AGAIN);
                    }
                    Some((_, event, _)) => {
                        let template = "{} learned twice in one incarnation";
                        let events = [*event, seen.number];
                        return Evidence::broken("twice", template, [(*process).into()], events);
                    }
                }
            }
            Observation::Booted { process, incarnation: 1.., .. } => {
                let known = self.learned.iter_mut().find(|(known, ..)| known == process);
                if let Some((_, _, current)) = known {
                    *current = false;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
