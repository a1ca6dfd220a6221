//! Applied is durable: what is applied anywhere was on enough disks before. "Enough" is the
//! smallest quorum that the system has, so a run that breaks this rule has lost what it promised,
//! or is one crash away from it, whoever notices.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use squall_process::{Process, ProcessId};

use super::logs::DurableLogs;
use super::{ConsensusClaim, ConsensusRecord, Statement, Term};
use crate::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// What is applied was on a quorum of disks before.
#[derive(Clone, Debug)]
pub struct AppliedIsDurable<T> {
    quorum: usize,
    logs: DurableLogs<T>,
    /// Who ever had a command durable at a place.
    holders: BTreeMap<(u64, u64), SmallVec<[ProcessId; 5]>>,
    /// The places that were applied.
    applied: u64,
}

impl<T> AppliedIsDurable<T> {
    /// For a system in which no fewer than `quorum` processes can commit.
    #[must_use]
    pub fn new(quorum: usize) -> Self {
        let holders = BTreeMap::new();
        Self { quorum, logs: DurableLogs::default(), holders, applied: 0 }
    }
}

impl<T: Term> AppliedIsDurable<T> {
    fn applied(&mut self, process: ProcessId, (index, command): (u64, u64), event: u64) -> Ruling {
        if index <= self.applied {
            return Ok(());
        }
        self.applied = index;
        let holders = self.holders.get(&(index, command)).map_or(0, SmallVec::len);
        if holders >= self.quorum {
            return Ok(());
        }
        let (quorum, disks) = (self.quorum, if holders == 1 { "disk" } else { "disks" });
        let story =
            format!("{process} applied {index}, which is on {holders} {disks}, not on {quorum}");
        Evidence::broken(story, [event])
    }
}

impl<T: Term, P> Judge<P> for AppliedIsDurable<T>
where
    P: Process<Claim: ConsensusClaim<Term = T>, Record: ConsensusRecord<Term = T>>,
{
    fn rule(&self) -> Rule {
        Rule::safety("applied-is-durable", "what is applied was on a quorum of disks before")
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, number, record } => {
                let entered = self.logs.enter(*process, *number, *record, seen.number);
                let Some((log, lowest)) = entered else { return Ok(()) };
                for (index, entry) in log.from(lowest) {
                    let holders = self.holders.entry((index, entry.command)).or_default();
                    if !holders.contains(process) {
                        holders.push(*process);
                    }
                }
                Ok(())
            }
            Observation::Claimed { process, claim } => match claim.statement() {
                Some(Statement::Applied { index, command, .. }) => {
                    self.applied(*process, (index, command), seen.number)
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::stage::{Stage, applied, broken, entry};

    #[test]
    fn what_one_disk_has_may_not_be_applied_by_three() {
        let mut stage = Stage::new(AppliedIsDurable::new(2));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 7)).unwrap();
        stage.claims("n3", applied(1, 7, 0, 1)).unwrap();
        stage.durable("n1", 2, &entry(2, 1, 8)).unwrap();
        stage.durable("n2", 2, &entry(2, 2, 9)).unwrap();
        let ruling = stage.claims("n1", applied(2, 8, 0, 2));
        let story = "n1 applied 2, which is on 1 disk, not on 2";
        assert_eq!(broken(ruling), (story.into(), vec![6]));
    }

    /// Whoever applies later may rest on a snapshot.
    #[test]
    fn what_was_applied_once_may_be_applied_again() {
        let mut stage = Stage::new(AppliedIsDurable::new(1));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.claims("n2", applied(1, 7, 0, 1)).unwrap();
    }
}
