//! State-machine safety: no two processes apply different commands at one place, and each applies
//! them in order, none twice, none left out.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId};

use super::{ConsensusClaim, Statement};
use crate::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// Everybody applies the same commands in the same order.
#[derive(Clone, Debug, Default)]
pub struct StateMachineSafety {
    commands: BTreeMap<u64, Applied>,
    /// The last place that each process has applied in this life, and the event.
    last: BTreeMap<ProcessId, (u64, u64)>,
}

/// Who applied a command first.
#[derive(Clone, Copy, Debug)]
struct Applied {
    process: ProcessId,
    command: u64,
    event: u64,
}

impl StateMachineSafety {
    fn applied(&mut self, process: ProcessId, (index, command): (u64, u64), event: u64) -> Ruling {
        let (last, before) = self.last.insert(process, (index, event)).unwrap_or((0, 0));
        if index != last + 1 {
            let story = format!("{process} applied {index} after {last}");
            return Evidence::broken(story, [before, event]);
        }
        let applied = Applied { process, command, event };
        let first = self.commands.entry(index).or_insert(applied);
        if first.command == command {
            return Ok(());
        }
        let story =
            format!("{} and {process} applied different commands at {index}", first.process);
        Evidence::broken(story, [first.event, event])
    }

    fn restored(&mut self, process: ProcessId, index: u64, event: u64) -> Ruling {
        let (last, before) = self.last.insert(process, (index, event)).unwrap_or((0, 0));
        if index < last {
            let story = format!("{process} went back to {index} from {last}");
            return Evidence::broken(story, [before, event]);
        }
        Ok(())
    }
}

impl<P: Process<Claim: ConsensusClaim>> Judge<P> for StateMachineSafety {
    fn rule(&self) -> Rule {
        let sentence = "everybody applies the same commands in the same order, each once";
        Rule::safety("state-machine-safety", sentence)
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Booted { process, .. } => {
                self.last.remove(process);
                Ok(())
            }
            Observation::Claimed { process, claim } => match claim.statement() {
                Some(Statement::Applied { index, command, .. }) => {
                    self.applied(*process, (index, command), seen.number)
                }
                Some(Statement::Restored { index, .. }) => {
                    self.restored(*process, index, seen.number)
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
    use crate::consensus::stage::{Stage, applied, broken, restored};

    #[test]
    fn different_commands_at_one_place_break_it() {
        let mut stage = Stage::new(StateMachineSafety::default());
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        let ruling = stage.claims("n2", applied(1, 8, 0, 1));
        let story = "n1 and n2 applied different commands at 1";
        assert_eq!(broken(ruling), (story.into(), vec![1, 2]));
    }

    #[test]
    fn a_command_left_out_or_applied_twice_breaks_it() {
        let mut stage = Stage::new(StateMachineSafety::default());
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        assert_eq!(broken(stage.claims("n1", applied(3, 9, 0, 1))).0, "n1 applied 3 after 1");

        let mut stage = Stage::new(StateMachineSafety::default());
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        assert_eq!(broken(stage.claims("n1", applied(1, 7, 0, 1))).0, "n1 applied 1 after 1");
    }

    #[test]
    fn a_restart_begins_again_and_a_snapshot_leaps() {
        let mut stage = Stage::new(StateMachineSafety::default());
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.boots("n1", 1);
        stage.claims("n1", applied(1, 7, 0, 1)).unwrap();
        stage.claims("n1", restored(5, 0)).unwrap();
        stage.claims("n1", applied(6, 8, 0, 1)).unwrap();
        assert_eq!(broken(stage.claims("n1", restored(2, 0))).0, "n1 went back to 2 from 6");
    }
}
