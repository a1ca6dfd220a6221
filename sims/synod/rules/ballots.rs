//! One value a ballot, and one owner: what is proposed and accepted under a ballot is one value,
//! only its owner proposes it, and no ballot is begun twice, restarts included (PMMC section 2,
//! invariants C1 and A4).

use smallvec::SmallVec;
use squall_judge::{Evidence, Judge, Marks, Rule, Ruling, Seen, Sight};
use squall_paxos::{Ballot, Claim, Entry, Value, Vote};
use squall_process::ProcessId;

use super::Speaks;

/// A ballot has one value and one owner, who begins it once.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    values: SmallVec<[(Vote<Value>, u64); 8]>,
    led: SmallVec<[(Ballot, u64); 8]>,
}

impl Ballots {
    fn value(&mut self, process: ProcessId, vote: Vote<Value>, event: u64) -> Ruling {
        let known = self.values.iter().find(|(known, _)| known.ballot == vote.ballot);
        match known {
            None => self.values.push((vote, event)),
            Some((first, _)) if *first == vote => {}
            Some((first, earlier)) => {
                let story = format!("{first} and, at {process}, {vote}: two values in one ballot");
                return Evidence::broken(story, [*earlier, event]);
            }
        }
        Ok(())
    }
}

impl<P: Speaks> Judge<P> for Ballots {
    fn rule(&self) -> Rule {
        Rule::safety("ballots", "a ballot has one value and one owner, who begins it once")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        let (process, ballot) = match &seen.sight {
            Sight::Durable { process, record, .. } => match record.entry {
                Entry::Accepted(vote) => return self.value(*process, vote, seen.number),
                Entry::Round(_) | Entry::Promised(_) => return Ok(()),
            },
            Sight::Claimed { process, claim: Claim::Proposes { vote } } => {
                self.value(*process, *vote, seen.number)?;
                (*process, vote.ballot)
            }
            Sight::Claimed { process, claim: Claim::Leads { ballot } } => {
                if let Some((_, event)) = self.led.iter().find(|(led, _)| led == ballot) {
                    let story = format!("{process} began {ballot} a second time");
                    return Evidence::broken(story, [*event, seen.number]);
                }
                self.led.push((*ballot, seen.number));
                (*process, *ballot)
            }
            _ => return Ok(()),
        };
        if ballot.proposer() != process {
            let story = format!("{process} uses {ballot}, which is not its own");
            return Evidence::broken(story, [seen.number]);
        }
        Ok(())
    }
}
