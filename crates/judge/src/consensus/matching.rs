//! Log matching: entries of one place and one term are one entry, on whichever disk. In protocols
//! where each entry keeps the term of its own leader (Raft), entries that are one also follow one:
//! so, step by step, the logs before them are the same (Ongaro's dissertation, section 3.5).

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId, RecordNumber};

use super::logs::DurableLogs;
use super::{ConsensusRecord, Term};
use crate::{Evidence, Judge, Marks, Rule, Ruling, Seen, Sight};

/// Entries of one place and term are the same on every disk, and so are the terms before them.
#[derive(Clone, Debug)]
pub struct LogMatching<T> {
    logs: DurableLogs<T>,
    filed: BTreeMap<(u64, T), Filed<T>>,
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
        Self { logs: DurableLogs::default(), filed: BTreeMap::new() }
    }
}

impl<T: Term> LogMatching<T> {
    fn durable<R: ConsensusRecord<Term = T>>(
        &mut self,
        process: ProcessId,
        (number, record): (RecordNumber, &R),
        event: u64,
    ) -> Ruling {
        let Some((log, lowest)) = self.logs.enter(process, number, record, event) else {
            return Ok(());
        };
        for (index, entry) in log.from(lowest) {
            let before = log.entry(index - 1).map(|entry| entry.term);
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
        match &seen.sight {
            Sight::Durable { process, number, record } => {
                self.durable(*process, (*number, *record), seen.number)
            }
            _ => Ok(()),
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
        let ruling = stage.durable("n2", 2, &entry(2, 1, 9));
        assert_eq!(broken(ruling), ("n1 and n2 differ at 2 of 1".into(), vec![3, 4]));
    }

    #[test]
    fn a_conflict_of_two_terms_is_what_leaders_are_for() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &entry(1, 2, 8)).unwrap();
    }

    /// The same entry follows two different ones: nobody looked whether the logs agree before it.
    #[test]
    fn one_entry_behind_two_terms_breaks_it() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 3, 8)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 6)).unwrap();
        let ruling = stage.durable("n2", 2, &entry(2, 3, 8));
        assert_eq!(broken(ruling).0, "n1 has 1 before 2 of 3, and n2 has 2");
    }

    /// One ballot for the whole log: when it rises, old entries count as accepted under it.
    #[test]
    fn a_log_accepted_under_a_ballot_must_be_the_log_of_the_ballot() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        let ruling = stage.durable("n1", 2, &Note::of([LogChange::Accepted(2)]));
        assert_eq!(broken(ruling).0, "n2 and n1 differ at 1 of 2");
    }

    #[test]
    fn a_record_whose_predecessor_was_lost_is_void() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 3, &entry(1, 1, 8).after(2)).unwrap();
        stage.durable("n2", 4, &entry(1, 1, 7).after(0)).unwrap();
    }

    #[test]
    fn a_new_disk_has_a_new_log() {
        let mut stage = Stage::new(LogMatching::default());
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 2, 7)).unwrap();
        stage.durable("n1", 1, &entry(2, 2, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 4, 7)).unwrap();
        stage.durable("n2", 2, &entry(2, 4, 7)).unwrap();
    }
}
