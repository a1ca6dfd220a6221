//! Shows a judge of histories each operation when it begins.
//!
//! Model: a client has one operation under way at a time, so one that is asked while another is
//! under way begins when that one is over. A judge that was told of it earlier would take
//! operations for concurrent that never were.

use smallvec::SmallVec;
use squall_process::{OpId, Process, ProcessId};

use crate::{End, Judge, Marks, Observation, Rule, Ruling, Seen, Verdict};

/// Shows the judge within each operation, of type `O`, when the one before it of the same process
/// is over.
#[derive(Clone, Debug)]
pub struct InTurn<J, O> {
    within: J,
    /// What was asked and is not over, in the order in which it was asked.
    asked: SmallVec<[(ProcessId, OpId, O); 8]>,
}

impl<J, O: Clone> InTurn<J, O> {
    /// Returns a judge that shows `within` what it sees.
    #[must_use]
    pub fn new(within: J) -> Self {
        Self { within, asked: SmallVec::new() }
    }

    fn first_of(&self, process: ProcessId) -> Option<(OpId, &O)> {
        let first = self.asked.iter().find(|(other, ..)| *other == process)?;
        Some((first.1, &first.2))
    }
}

impl<O: Clone, P: Process<Op = O>, J: Judge<P>> Judge<P> for InTurn<J, O> {
    fn rule(&self) -> Rule {
        self.within.rule()
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Ruling {
        match seen.what {
            Observation::Asked { process, id, op } => {
                let waits = self.first_of(process).is_some();
                self.asked.push((process, id, op.clone()));
                if waits { Ok(()) } else { self.within.see(seen, marks) }
            }
            Observation::Completed { process, id, .. } => {
                self.within.see(seen, marks)?;
                let was_first = self.first_of(process).is_some_and(|(first, _)| first == id);
                self.asked.retain(|(_, asked, _)| *asked != id);
                let next = self.asked.iter().find(|(other, ..)| *other == process);
                match next {
                    Some((_, id, op)) if was_first => {
                        let what = Observation::Asked { process, id: *id, op };
                        self.within.see(&Seen { what, ..*seen }, marks)
                    }
                    _ => Ok(()),
                }
            }
            Observation::Crashed { process, .. } => {
                self.asked.retain(|(asked, ..)| *asked != process);
                self.within.see(seen, marks)
            }
            _ => self.within.see(seen, marks),
        }
    }

    #[inline]
    fn see_state(&mut self, number: u64, process: ProcessId, state: &P) -> Ruling {
        self.within.see_state(number, process, state)
    }

    fn is_satisfied(&self) -> bool {
        self.within.is_satisfied()
    }

    fn close(&self, end: End) -> Verdict {
        self.within.close(end)
    }
}
