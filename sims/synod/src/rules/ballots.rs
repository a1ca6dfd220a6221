//! One value and one owner for each ballot: all proposals and votes under a ballot have the same
//! value, only its owner proposes it, and no ballot is begun twice, even after a restart (PMMC
//! section 2, invariants C1 and A4).

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
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
                let template = "{} and, at {}, {}: two values in one ballot";
                let arguments = [Argument::value(first), process.into(), Argument::value(&vote)];
                Evidence::broken("two-values", template, arguments, [*earlier, event])
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
                        let arguments = [(*process).into(), Argument::value(ballot)];
                        let events = [self.led[place].1, seen.number];
                        let template = "{} began {} a second time";
                        return Evidence::broken("begun-twice", template, arguments, events);
                    }
                    Err(place) => self.led.insert(place, (*ballot, seen.number)),
                }
                (*process, *ballot)
            }
            _ => return Ok(()),
        };
        if ballot.proposer() != process {
            let arguments = [process.into(), Argument::value(&ballot)];
            let template = "{} uses {}, which is not its own";
            return Evidence::broken("not-own", template, arguments, [seen.number]);
        }
        Ok(())
    }
}
