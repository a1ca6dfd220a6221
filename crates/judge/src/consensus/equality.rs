//! State equality: processes that have applied the same commands are in the same state. A state
//! machine that depends on a clock, on chance or on the order of a hash table breaks this, and so
//! does a snapshot that leaves something out.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId};

use super::{LogId, ReadClaims, Statement};
use crate::{Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// States are equal after the same commands.
#[derive(Clone, Debug)]
pub struct StateEquality<R> {
    reader: R,
    /// By log and position.
    states: BTreeMap<(LogId, u64), Reached>,
}

/// The process that reached a position first, and its state there.
#[derive(Clone, Copy, Debug)]
struct Reached {
    process: ProcessId,
    state: u64,
    event: u64,
}

impl<R> StateEquality<R> {
    /// Returns the judge that uses `reader`.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self { reader, states: BTreeMap::new() }
    }
}

impl<P: Process, R: ReadClaims<P>> Judge<P> for StateEquality<R> {
    fn rule(&self) -> Rule {
        Rule::safety("state-equality", "states are equal where the same commands were applied")
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        let Observation::Claimed { process, claim } = &seen.what else { return Ok(()) };
        let (index, state) = match self.reader.statement(claim) {
            Some(
                Statement::Applied { index, state, .. } | Statement::Restored { index, state },
            ) => (index, state),
            _ => return Ok(()),
        };
        let (process, event) = (*process, seen.number);
        let log = self.reader.log(claim);
        let first = self.states.entry((log, index)).or_insert(Reached { process, state, event });
        if first.state == state {
            return Ok(());
        }
        let template = "the states of {} and {} differ at {}";
        let arguments = [first.process.into(), process.into(), index.into()];
        Evidence::broken("states-differ", template, arguments, [first.event, event])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::stage::{Reads, Stage, applied, broken, restored};

    #[test]
    fn different_states_at_one_place_break_it() {
        let mut stage = Stage::new(StateEquality::new(Reads));
        stage.claims("n1", applied(1, 7, 40, 1)).unwrap();
        stage.claims("n2", applied(1, 7, 40, 1)).unwrap();
        stage.claims("n1", applied(2, 7, 41, 1)).unwrap();
        let ruling = stage.claims("n2", applied(2, 7, 42, 1));
        assert_eq!(broken(ruling), ("the states of n1 and n2 differ at 2".into(), vec![3, 4]));
    }

    #[test]
    fn a_snapshot_that_leaves_something_out_breaks_it() {
        let mut stage = Stage::new(StateEquality::new(Reads));
        stage.claims("n1", applied(1, 7, 40, 1)).unwrap();
        let ruling = stage.claims("n3", restored(1, 39));
        assert_eq!(broken(ruling).0, "the states of n1 and n3 differ at 1");
    }
}
