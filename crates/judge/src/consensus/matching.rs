//! Log matching: entries of one place and one term are one entry, on whichever disk. In protocols
//! where each entry keeps the term of its own leader (Raft), entries that are one also follow one:
//! so, step by step, the logs before them are the same (Ongaro's dissertation, section 3.5).
//!
//! Records that one sync made durable became so together, and nothing is between the one and the
//! next. So a log is looked at when something else is seen, not after each of its records.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId, RecordNumber};

use super::logs::DurableLogs;
use super::{ConsensusRecord, Term};
use crate::{End, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen, Verdict};

/// Entries of one place and term are the same on every disk, and so are the terms before them.
#[derive(Clone, Debug)]
pub struct LogMatching<T> {
    logs: DurableLogs<T>,
    filed: BTreeMap<(u64, T), Filed<T>>,
    /// Whose log changed since it was looked at, and from which place on.
    changed: Option<(ProcessId, u64)>,
}

/// The first entry that was seen at a place and in a term.
#[derive(Clone, Copy, Debug)]
struct Filed<T> {
    process: ProcessId,
    command: u64,
    /// The term of the entry before it, where that is known.
    before: Option<T>,
    event: u64,
}

impl<T> Default for LogMatching<T> {
    fn default() -> Self {
        Self { logs: DurableLogs::default(), filed: BTreeMap::new(), changed: None }
    }
}

impl<T: Term> LogMatching<T> {
    fn durable<R: ConsensusRecord<Term = T>>(
        &mut self,
        process: ProcessId,
        (number, record): (RecordNumber, &R),
        event: u64,
    ) -> Ruling {
        if self.changed.is_some_and(|(other, _)| other != process) {
            self.look()?;
        }
        if let Some((_, lowest)) = self.logs.enter(process, number, record, event) {
            let (_, before) = self.changed.unwrap_or((process, lowest));
            self.changed = Some((process, lowest.min(before)));
        }
        Ok(())
    }

    /// Looks at the log that changed.
    fn look(&mut self) -> Ruling {
        let Some((process, lowest)) = self.changed.take() else { return Ok(()) };
        let Some(log) = self.logs.of(process) else { return Ok(()) };
        for (index, entry) in log.from(lowest) {
            let before = log.entry(index - 1).map(|entry| entry.term);
            let event = entry.event;
            let filed = Filed { process, command: entry.command, before, event };
            let first = self.filed.entry((index, entry.term)).or_insert(filed);
            let term = entry.term;
            if first.command != entry.command {
                let story = format!("{} and {process} differ at {index} of {term}", first.process);
                return Evidence::broken(story, [first.event, event]);
            }
            match (first.before, before) {
                (Some(one), Some(other)) if one != other => {
                    let story = format!(
                        "{} has {one} before {index} of {term}, and {process} has {other}",
                        first.process
                    );
                    return Evidence::broken(story, [first.event, event]);
                }
                (None, Some(_)) => first.before = before,
                _ => {}
            }
        }
        Ok(())
    }
}

impl<T: Term, P: Process<Record: ConsensusRecord<Term = T>>> Judge<P> for LogMatching<T> {
    fn rule(&self) -> Rule {
        let sentence = "entries of one place and one term are the same on every disk";
        Rule::safety("log-matching", sentence)
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, number, record } => {
                self.durable(*process, (*number, *record), seen.number)
            }
            _ => self.look(),
        }
    }

    fn close(&self, _: End) -> Verdict {
        match self.clone().look() {
            Ok(()) => Verdict::Holds,
            Err(evidence) => Verdict::Broken(*evidence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::LogChange;
    use crate::consensus::stage::{Note, Stage, broken, entry};

    #[test]
    fn two_commands_at_one_place_of_one_term_break_it() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 1, 8)).unwrap();
        stage.durable("n2", 2, &entry(2, 1, 9)).unwrap();
        assert_eq!(broken(stage.calms()), ("n1 and n2 differ at 2 of 1".into(), vec![3, 4]));
    }

    #[test]
    fn a_conflict_of_two_terms_is_what_leaders_are_for() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &entry(1, 2, 8)).unwrap();
        stage.calms().unwrap();
    }

    /// The same entry follows two different ones: nobody looked whether the logs agree before it.
    #[test]
    fn one_entry_behind_two_terms_breaks_it() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 3, 8)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 6)).unwrap();
        stage.durable("n2", 2, &entry(2, 3, 8)).unwrap();
        assert_eq!(broken(stage.calms()).0, "n1 has 1 before 2 of 3, and n2 has 2");
    }

    /// One ballot for the whole log: when it rises, old entries count as accepted under it.
    #[test]
    fn a_log_accepted_under_a_ballot_must_be_the_log_of_the_ballot() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &Note::of([LogChange::Accepted(2)])).unwrap();
        assert_eq!(broken(stage.calms()).0, "n2 and n1 differ at 1 of 2");
    }

    /// The ballot is written first and the log after it, and one sync covers both.
    #[test]
    fn records_of_one_sync_are_looked_at_together() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &Note::of([LogChange::Accepted(2)])).unwrap();
        stage.durable("n1", 3, &entry(1, 2, 8)).unwrap();
        stage.calms().unwrap();
    }

    #[test]
    fn what_was_durable_last_is_looked_at_in_the_end() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 8)).unwrap();
        assert!(matches!(stage.closes(), Verdict::Broken(_)));
    }

    #[test]
    fn a_record_whose_predecessor_was_lost_is_void() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 3, &entry(1, 1, 8).after(2)).unwrap();
        stage.durable("n2", 4, &entry(1, 1, 7).after(0)).unwrap();
        stage.calms().unwrap();
    }

    #[test]
    fn a_new_disk_has_a_new_log() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 2, 7)).unwrap();
        stage.durable("n1", 1, &entry(2, 2, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 4, 7)).unwrap();
        stage.durable("n2", 2, &entry(2, 4, 7)).unwrap();
        stage.calms().unwrap();
    }
}
