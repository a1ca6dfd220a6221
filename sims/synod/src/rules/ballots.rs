//! One value and one owner for each ballot: all proposals and votes under a ballot have the same
//! value, only its owner proposes it, and no ballot is begun twice, even after a restart (PMMC
//! section 2, invariants C1 and A4).

use smallvec::SmallVec;
use squall_judge::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Ballot, Claim, Entry, Value, Vote};
use squall_process::ProcessId;

use super::Speaks;

/// A ballot has one value and one owner, who begins it once.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    /// In increasing order of ballots, like the other lists. Two proposers that duel forever begin
    /// thousands of ballots.
    values: SmallVec<[(Vote<Value>, u64); 4]>,
    led: SmallVec<[(Ballot, u64); 4]>,
}

impl Ballots {
    fn value(&mut self, process: ProcessId, vote: Vote<Value>, event: u64) -> Ruling {
        let place = self.values.partition_point(|(known, _)| known.ballot < vote.ballot);
        match self.values.get(place) {
            Some((first, _)) if *first == vote => Ok(()),
            Some((first, earlier)) if first.ballot == vote.ballot => {
                let story = format!("{first} and, at {process}, {vote}: two values in one ballot");
                Evidence::broken(story, [*earlier, event])
            }
            _ => {
                self.values.insert(place, (vote, event));
                Ok(())
            }
        }
    }
}

impl<P: Speaks> Judge<P> for Ballots {
    fn rule(&self) -> Rule {
        Rule::safety("ballots", "a ballot has one value and one owner, who begins it once")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        let (process, ballot) = match &seen.what {
            Observation::Durable { process, record, .. } => match record.entry {
                Entry::Accepted(vote) => return self.value(*process, vote, seen.number),
                Entry::Round(_) | Entry::Promised(_) => return Ok(()),
            },
            Observation::Claimed { process, claim: Claim::Proposes { vote } } => {
                self.value(*process, *vote, seen.number)?;
                (*process, vote.ballot)
            }
            Observation::Claimed { process, claim: Claim::Leads { ballot } } => {
                match self.led.binary_search_by_key(ballot, |(led, _)| *led) {
                    Ok(place) => {
                        let story = format!("{process} began {ballot} a second time");
                        return Evidence::broken(story, [self.led[place].1, seen.number]);
                    }
                    Err(place) => self.led.insert(place, (*ballot, seen.number)),
                }
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
