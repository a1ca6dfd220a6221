//! State-machine safety: no two processes apply different commands at one position, and each
//! process applies them in order, without repetition or omission.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId};

use super::{LogId, ReadClaims, Reader, Statement};
use crate::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// Every process applies the same commands in the same order.
#[derive(Clone, Debug)]
pub struct StateMachineSafety<R> {
    reader: R,
    /// By log and position.
    commands: BTreeMap<(LogId, u64), Applied>,
    /// The last position that each process has applied in this incarnation.
    last: BTreeMap<(ProcessId, LogId), Last>,
}

/// An applied position, and the event.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    index: u64,
    event: u64,
}

/// The process that applied a command first.
#[derive(Clone, Copy, Debug)]
struct Applied {
    process: ProcessId,
    command: u64,
    event: u64,
}

impl<R: Reader> StateMachineSafety<R> {
    /// Returns the judge that uses `reader`.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self { reader, commands: BTreeMap::new(), last: BTreeMap::new() }
    }

    fn applied(&mut self, log: LogId, index: u64, applied: Applied) -> Ruling {
        let Applied { process, event, .. } = applied;
        let last = Last { index, event };
        let last = self.last.insert((process, log), last).unwrap_or_default();
        if index != last.index + 1 {
            let arguments = [process.into(), index.into(), last.index.into()];
            let events = [last.event, event];
            return Evidence::broken("out-of-order", "{} applied {} after {}", arguments, events);
        }
        let first = self.commands.entry((log, index)).or_insert(applied);
        if first.command == applied.command {
            return Ok(());
        }
        let template = "{} and {} applied different commands at {}";
        let arguments = [first.process.into(), process.into(), index.into()];
        Evidence::broken("commands-differ", template, arguments, [first.event, event])
    }

    fn restored(&mut self, process: ProcessId, log: LogId, restored: Last) -> Ruling {
        let last = self.last.insert((process, log), restored).unwrap_or_default();
        if restored.index < last.index {
            let arguments = [process.into(), restored.index.into(), last.index.into()];
            let events = [last.event, restored.event];
            return Evidence::broken("went-back", "{} went back to {} from {}", arguments, events);
        }
        Ok(())
    }
}

impl<P: Process, R: ReadClaims<P>> Judge<P> for StateMachineSafety<R> {
    fn rule(&self) -> Rule {
        let sentence = "every process applies the same commands in the same order, each once";
        Rule::safety("state-machine-safety", sentence)
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Booted { process, .. } => {
                self.last.retain(|(other, _), _| other != process);
                Ok(())
            }
            Observation::Claimed { process, claim } => match self.reader.statement(claim) {
                Some(Statement::Applied { index, command, .. }) => {
                    let (process, event) = (*process, seen.number);
                    let applied = Applied { process, command, event };
                    self.applied(self.reader.log(claim), index, applied)
                }
                Some(Statement::Restored { index, .. }) => {
                    let restored = Last { index, event: seen.number };
                    self.restored(*process, self.reader.log(claim), restored)
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
    use crate::consensus::stage::{Reads, Stage, applied, broken, restored};

    #[test]
    fn different_commands_at_one_place_break_it() {
        let mut stage = Stage::new(StateMachineSafety::new(Reads));
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        let ruling = stage.claims("n2", applied(1, 8, 0, 1));
        let story = "n1 and n2 applied different commands at 1";
        assert_eq!(broken(ruling), (story.into(), vec![1, 2]));
    }

    #[test]
    fn a_command_left_out_or_applied_twice_breaks_it() {
        let mut stage = Stage::new(StateMachineSafety::new(Reads));
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        assert_eq!(broken(stage.claims("n1", applied(3, 9, 0, 1))).0, "n1 applied 3 after 1");

        let mut stage = Stage::new(StateMachineSafety::new(Reads));
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        assert_eq!(broken(stage.claims("n1", applied(1, 7, 0, 1))).0, "n1 applied 1 after 1");
    }

    #[test]
    fn a_restart_begins_again_and_a_snapshot_leaps() {
        let mut stage = Stage::new(StateMachineSafety::new(Reads));
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.boots("n1", 1);
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.claims("n1", restored(5, 0)).unwrap();
        stage.claims("n1", applied(6, 8, 0, 1)).unwrap();
        assert_eq!(broken(stage.claims("n1", restored(2, 0))).0, "n1 went back to 2 from 6");
    }
}
