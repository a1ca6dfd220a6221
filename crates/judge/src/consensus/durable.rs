//! Applied is durable: an applied entry was on the disks of a quorum before. A run that breaks this
//! rule has lost what it promised, or is one crash away from it, whether or not anything notices.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use squall_process::{Process, ProcessId};

use super::logs::{DurableLogs, Entered};
use super::{LogId, Quorums, ReadClaims, ReadRecords, Reader, Statement};
use crate::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// An applied entry was on the disks of a quorum before.
#[derive(Clone, Debug)]
pub struct AppliedIsDurable<R: Reader, Q> {
    reader: R,
    quorums: Q,
    logs: DurableLogs<R::Term>,
    /// The processes that ever had a command durable at a position.
    holders: BTreeMap<Placed, SmallVec<[ProcessId; 5]>>,
    /// The last applied position of each log.
    applied: BTreeMap<LogId, u64>,
}

/// A command at a position of a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Placed {
    log: LogId,
    index: u64,
    command: u64,
}

impl<R: Reader, Q> AppliedIsDurable<R, Q> {
    /// Returns the judge that uses `reader`, for a system in which `quorums` can commit.
    #[must_use]
    pub fn new(reader: R, quorums: Q) -> Self {
        let (holders, applied) = (BTreeMap::new(), BTreeMap::new());
        Self { reader, quorums, logs: DurableLogs::default(), holders, applied }
    }

    fn applied<P: Process>(&mut self, process: ProcessId, placed: Placed, event: u64) -> Ruling
    where
        Q: Quorums<P>,
    {
        let Placed { log, index, .. } = placed;
        let applied = self.applied.entry(log).or_insert(0);
        if index <= *applied {
            return Ok(());
        }
        *applied = index;
        let holders = self.holders.get(&placed).map_or(&[] as &[_], SmallVec::as_slice);
        if self.quorums.is_quorum(log, index, holders) {
            return Ok(());
        }
        let template = match holders.len() {
            1 => "{} applied {}, which is on {} disk: no quorum",
            _ => "{} applied {}, which is on {} disks: no quorum",
        };
        let arguments = [process.into(), index.into(), (holders.len() as u64).into()];
        Evidence::broken("no-quorum", template, arguments, [event])
    }
}

impl<P, R, Q> Judge<P> for AppliedIsDurable<R, Q>
where
    P: Process,
    R: ReadClaims<P> + ReadRecords<P>,
    Q: Quorums<P>,
{
    fn rule(&self) -> Rule {
        Rule::safety("applied-is-durable", "what is applied was on a quorum of disks before")
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        self.quorums.see(seen);
        match &seen.what {
            Observation::Durable { process, number, record } => {
                let (process, event) = (*process, seen.number);
                let entered = Entered { process, number: *number, record: *record, event };
                for changed in self.logs.enter(&self.reader, &entered) {
                    let Some(log) = self.logs.of(process, changed.log) else { continue };
                    for (index, entry) in log.from(changed.from) {
                        let placed = Placed { log: changed.log, index, command: entry.command };
                        let holders = self.holders.entry(placed).or_default();
                        if !holders.contains(&process) {
                            holders.push(process);
                        }
                    }
                }
                Ok(())
            }
            Observation::Claimed { process, claim } => match self.reader.statement(claim) {
                Some(Statement::Applied { index, command, .. }) => {
                    let placed = Placed { log: self.reader.log(claim), index, command };
                    self.applied(*process, placed, seen.number)
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
    use crate::consensus::AtLeast;
    use crate::consensus::stage::{Reads, Stage, applied, broken, entry};

    #[test]
    fn what_one_disk_has_may_not_be_applied_by_three() {
        let mut stage = Stage::new(AppliedIsDurable::new(Reads, AtLeast(2)));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 7)).unwrap();
        stage.claims("n3", applied(1, 7, 0, 1)).unwrap();
        stage.durable("n1", 2, &entry(2, 1, 8)).unwrap();
        stage.durable("n2", 2, &entry(2, 2, 9)).unwrap();
        let ruling = stage.claims("n1", applied(2, 8, 0, 2));
        let story = "n1 applied 2, which is on 1 disk: no quorum";
        assert_eq!(broken(ruling), (story.into(), vec![6]));
    }

    /// A process that applies an entry later may have it from a snapshot.
    #[test]
    fn what_was_applied_once_may_be_applied_again() {
        let mut stage = Stage::new(AppliedIsDurable::new(Reads, AtLeast(1)));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.claims("n2", applied(1, 7, 0, 1)).unwrap();
    }

    /// The configuration in force: after the first position, both n1 and n2 must have an entry.
    #[derive(Clone, Debug)]
    struct Pair;

    impl<P: Process> Quorums<P> for Pair {
        fn is_quorum(&self, _: LogId, index: u64, holders: &[ProcessId]) -> bool {
            let has = |number| holders.contains(&ProcessId::server(number));
            has(1) && (index == 1 || has(2))
        }
    }

    #[test]
    fn a_quorum_is_a_predicate_and_not_a_number() {
        let mut stage = Stage::new(AppliedIsDurable::new(Reads, Pair));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.durable("n1", 2, &entry(2, 1, 8)).unwrap();
        stage.durable("n3", 1, &entry(2, 1, 8)).unwrap();
        assert!(stage.claims("n1", applied(2, 8, 0, 1)).is_err());
    }
}
