//! Leader completeness: an entry committed in a term is in the log of every leader of a later term.
//!
//! An entry counts as committed when some process applied it, in the term of that process or an
//! earlier one. The log is the one on the leader's disk at the moment when it claims to lead,
//! because its votes depend on that log.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId};

use super::logs::{DurableLog, DurableLogs, Entered};
use super::{LogId, ReadClaims, ReadRecords, Reader, Statement};
use crate::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// A leader has every entry that earlier terms committed.
#[derive(Clone, Debug)]
pub struct LeaderCompleteness<R: Reader> {
    reader: R,
    logs: DurableLogs<R::Term>,
    /// By log and position.
    committed: BTreeMap<(LogId, u64), Committed<R::Term>>,
}

/// An entry that some process applied.
#[derive(Clone, Copy, Debug)]
struct Committed<T> {
    command: u64,
    /// The entry was committed in this term or an earlier one.
    term: T,
    event: u64,
}

impl<R: Reader> LeaderCompleteness<R> {
    /// Returns the judge that uses `reader`.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self { reader, logs: DurableLogs::default(), committed: BTreeMap::new() }
    }

    fn applied(&mut self, log: LogId, index: u64, applied: Committed<R::Term>) {
        let known = self.committed.entry((log, index)).or_insert(applied);
        if applied.term < known.term {
            *known = applied;
        }
    }

    fn leads(&self, process: ProcessId, id: LogId, term: R::Term, event: u64) -> Ruling {
        let log = self.logs.of(process, id);
        let first = log.map_or(1, DurableLog::first);
        for (&(_, index), committed) in self.committed.range((id, first)..=(id, u64::MAX)) {
            if committed.term >= term {
                continue;
            }
            let entry = log.and_then(|log| log.entry(index));
            let (case, template) = match entry {
                Some(entry) if entry.command == committed.command => continue,
                Some(_) => {
                    ("other-entry", "{} leads {}, and has something else at {}: it is committed")
                }
                None => ("no-entry", "{} leads {}, and has nothing at {}: it is committed"),
            };
            let arguments = [process.into(), Argument::value(&term), index.into()];
            let shown = entry.map_or(0, |entry| entry.event);
            return Evidence::broken(case, template, arguments, [committed.event, shown, event]);
        }
        Ok(())
    }
}

impl<P: Process, R> Judge<P> for LeaderCompleteness<R>
where
    R: ReadClaims<P> + ReadRecords<P>,
{
    fn rule(&self) -> Rule {
        let sentence = "a leader has on its disk what earlier terms committed";
        Rule::safety("leader-completeness", sentence)
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, number, record } => {
                let (process, number, event) = (*process, *number, seen.number);
                self.logs.enter(&self.reader, &Entered { process, number, record: *record, event });
                Ok(())
            }
            Observation::Claimed { process, claim } => match self.reader.statement(claim) {
                Some(Statement::Leads(term)) => {
                    self.leads(*process, self.reader.log(claim), term, seen.number)
                }
                Some(Statement::Applied { index, command, term, .. }) => {
                    let log = self.reader.log(claim);
                    self.applied(log, index, Committed { command, term, event: seen.number });
                    Ok(())
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
    use crate::consensus::LogChange;
    use crate::consensus::stage::{Note, Reads, Stage, applied, broken, entry, leads};

    #[test]
    fn a_leader_without_a_committed_entry_breaks_it() {
        let mut stage = Stage::new(LeaderCompleteness::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        let ruling = stage.claims("n2", leads(2));
        let story = "n2 leads 2, and has nothing at 1: it is committed";
        assert_eq!(broken(ruling), (story.into(), vec![2, 3]));
    }

    #[test]
    fn a_leader_with_another_entry_breaks_it() {
        let mut stage = Stage::new(LeaderCompleteness::new(Reads));
        stage.durable("n2", 1, &entry(1, 1, 8)).unwrap();
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        let ruling = stage.claims("n2", leads(2));
        let story = "n2 leads 2, and has something else at 1: it is committed";
        assert_eq!(broken(ruling), (story.into(), vec![1, 2, 3]));
    }

    /// An entry committed by a later term does not concern a leader of an earlier one.
    #[test]
    fn a_leader_of_the_past_need_not_know_the_future() {
        let mut stage = Stage::new(LeaderCompleteness::new(Reads));
        stage.claims("n1", applied(1, 7, 0, 3)).unwrap();
        stage.claims("n2", leads(2)).unwrap();
        stage.claims("n2", leads(3)).unwrap();
    }

    #[test]
    fn a_snapshot_has_what_it_has_compacted() {
        let mut stage = Stage::new(LeaderCompleteness::new(Reads));
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.claims("n1", applied(2, 8, 0, 1)).unwrap();
        stage.durable("n2", 1, &Note::of([LogChange::Restored { index: 2 }])).unwrap();
        stage.claims("n2", leads(2)).unwrap();
        stage.claims("n1", applied(3, 9, 0, 1)).unwrap();
        assert!(stage.claims("n2", leads(4)).is_err());
    }
}
