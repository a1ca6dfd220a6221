//! Log matching: entries of one position and one term are the same entry, on every disk. In
//! protocols where each entry keeps the term of its own leader (Raft), the entries before them also
//! have the same term. By induction, the logs before them are the same (Ongaro's dissertation,
//! section 3.5).
//!
//! Records of one sync become durable together, without an event in between. A log is therefore
//! checked at the next event of another kind, not after each of its records.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId};

use super::logs::{Changes, DurableLogs, Entered};
use super::{LogId, ReadRecords, Reader};
use crate::{Argument, End, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen, Verdict};

/// Entries of one position and term are the same on every disk, and so are the terms before them.
#[derive(Clone, Debug)]
pub struct LogMatching<R: Reader> {
    reader: R,
    logs: DurableLogs<R::Term>,
    filed: BTreeMap<(LogId, u64, R::Term), Filed<R::Term>>,
    /// The process whose logs changed since the last check, and these logs.
    changed: Option<(ProcessId, Changes)>,
}

/// The first entry that was seen at a position and in a term.
#[derive(Clone, Copy, Debug)]
struct Filed<T> {
    process: ProcessId,
    command: u64,
    /// The term of the entry before it, if it is known.
    before: Option<T>,
    event: u64,
}

impl<R: Reader> LogMatching<R> {
    /// Returns the judge that uses `reader`.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self { reader, logs: DurableLogs::default(), filed: BTreeMap::new(), changed: None }
    }

    fn durable<P: Process>(&mut self, entered: &Entered<'_, P::Record>) -> Ruling
    where
        R: ReadRecords<P>,
    {
        let process = entered.process;
        if self.changed.as_ref().is_some_and(|(other, _)| *other != process) {
            self.look()?;
        }
        for later in self.logs.enter(&self.reader, entered) {
            let (_, changes) = self.changed.get_or_insert_with(|| (process, Changes::new()));
            match changes.iter_mut().find(|changed| changed.log == later.log) {
                Some(changed) => changed.from = changed.from.min(later.from),
                None => changes.push(later),
            }
        }
        Ok(())
    }

    /// Checks the logs that changed.
    fn look(&mut self) -> Ruling {
        let Some((process, changes)) = self.changed.take() else { return Ok(()) };
        for changed in changes {
            let Some(log) = self.logs.of(process, changed.log) else { continue };
            for (index, entry) in log.from(changed.from) {
                let before = log.entry(index - 1).map(|entry| entry.term);
                let event = entry.event;
                let filed = Filed { process, command: entry.command, before, event };
                let first = self.filed.entry((changed.log, index, entry.term)).or_insert(filed);
                let term = entry.term;
                if first.command != entry.command {
                    let template = "{} and {} differ at {} of {}";
                    let (place, term) = (index.into(), Argument::value(&term));
                    let arguments = [first.process.into(), process.into(), place, term];
                    let events = [first.event, event];
                    return Evidence::broken("entries-differ", template, arguments, events);
                }
                match (first.before, before) {
                    (Some(one), Some(other)) if one != other => {
                        let template = "{} has {} before {} of {}, and {} has {}";
                        let arguments = [
                            first.process.into(),
                            Argument::value(&one),
                            index.into(),
                            Argument::value(&term),
                            process.into(),
                            Argument::value(&other),
                        ];
                        let events = [first.event, event];
                        return Evidence::broken("terms-differ", template, arguments, events);
                    }
                    (None, Some(_)) => first.before = before,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl<P: Process, R: ReadRecords<P> + Clone> Judge<P> for LogMatching<R> {
    fn rule(&self) -> Rule {
        let sentence = "entries of one place and one term are the same on every disk";
        Rule::safety("log-matching", sentence)
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, number, record } => {
                let (process, number, event) = (*process, *number, seen.number);
                self.durable(&Entered { process, number, record: *record, event })
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
    use crate::consensus::stage::{Note, Reads, Stage, broken, entry};

    #[test]
    fn two_commands_at_one_place_of_one_term_break_it() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 1, 8)).unwrap();
        stage.durable("n2", 2, &entry(2, 1, 9)).unwrap();
        assert_eq!(broken(stage.calms()), ("n1 and n2 differ at 2 of 1".into(), vec![3, 4]));
    }

    #[test]
    fn a_conflict_of_two_terms_is_what_leaders_are_for() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &entry(1, 2, 8)).unwrap();
        stage.calms().unwrap();
    }

    /// The same entry follows two different ones, so the logs before it do not agree.
    #[test]
    fn one_entry_behind_two_terms_breaks_it() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 3, 8)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 6)).unwrap();
        stage.durable("n2", 2, &entry(2, 3, 8)).unwrap();
        assert_eq!(broken(stage.calms()).0, "n1 has 1 before 2 of 3, and n2 has 2");
    }

    /// One ballot for the whole log: when it increases, old entries count as accepted under it.
    #[test]
    fn a_log_accepted_under_a_ballot_must_be_the_log_of_the_ballot() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &Note::of([LogChange::Accepted(2)])).unwrap();
        assert_eq!(broken(stage.calms()).0, "n2 and n1 differ at 1 of 2");
    }

    /// The ballot is written first and the log after it, and one sync covers both.
    #[test]
    fn records_of_one_sync_are_looked_at_together() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 2, 8)).unwrap();
        stage.durable("n1", 2, &Note::of([LogChange::Accepted(2)])).unwrap();
        stage.durable("n1", 3, &entry(1, 2, 8)).unwrap();
        stage.calms().unwrap();
    }

    #[test]
    fn what_was_durable_last_is_looked_at_in_the_end() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 8)).unwrap();
        assert!(matches!(stage.closes(), Verdict::Broken(_)));
    }

    #[test]
    fn a_record_whose_predecessor_was_lost_is_void() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n2", 3, &entry(1, 1, 8).after(2)).unwrap();
        stage.durable("n2", 4, &entry(1, 1, 7).after(0)).unwrap();
        stage.calms().unwrap();
    }

    #[test]
    fn a_new_disk_has_a_new_log() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(2, 2, 7)).unwrap();
        stage.durable("n1", 1, &entry(2, 2, 7)).unwrap();
        stage.durable("n2", 1, &entry(1, 4, 7)).unwrap();
        stage.durable("n2", 2, &entry(2, 4, 7)).unwrap();
        stage.calms().unwrap();
    }

    /// A process may hold several logs: the entries of one do not concern another.
    #[test]
    fn each_log_is_looked_at_by_itself() {
        let mut stage = Stage::new(LogMatching::new(Reads));
        stage.durable("n1", 1, &entry(1, 1, 7)).unwrap();
        stage.durable("n1", 2, &entry(1, 1, 8).of_log(2)).unwrap();
        stage.durable("n2", 1, &entry(1, 1, 7)).unwrap();
        stage.calms().unwrap();
        stage.durable("n2", 2, &entry(1, 1, 9).of_log(2)).unwrap();
        assert_eq!(broken(stage.calms()), ("n1 and n2 differ at 1 of 1".into(), vec![2, 5]));
    }
}
