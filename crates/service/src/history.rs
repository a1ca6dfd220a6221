//! The judge of what clients of the key-value service hear: linearizability.
//!
//! Model: each key is a register that holds nothing at first. Changes of who takes part, and of who
//! leads, are no operations of the map. A client has one operation under way at a time, so one that
//! is asked while another is under way begins when that one is over: the judge is told of it then,
//! and not before, or it would take operations for concurrent that never were.

use smallvec::SmallVec;
use squall_judge::linear::models::{Map, MapOp, RegisterOp, RegisterReply};
use squall_judge::{
    End, Judge, Linearizable, Marks, Observation, Rule, Ruling, Seen, Translate, Verdict,
};
use squall_process::{OpId, Outcome, Process, ProcessId};

use super::op::Held;
use super::{Key, Op, Reply};

/// The operations of clients are linearizable.
pub type KvLinearizable = InTurn<Linearizable<Map<Key, Held>, Words>>;

/// The judge of a run. Without `reads`, only of writes and compare-and-sets: where reads are not
/// promised to be linearizable.
#[must_use]
pub fn kv_linearizable(reads: bool) -> KvLinearizable {
    InTurn::new(Linearizable::new(Map::holding(Held(None)), Words { reads }))
}

/// The words of the service as words of the model.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    reads: bool,
}

impl<P: Process<Op = Op, Reply = Reply>> Translate<P, Map<Key, Held>> for Words {
    fn op(&self, _: ProcessId, op: &Op) -> Option<MapOp<Key, Held>> {
        let (key, op) = match *op {
            Op::Get(_) if !self.reads => return None,
            Op::Get(key) => (key, RegisterOp::Read),
            Op::Put(key, value) => (key, RegisterOp::Write(Held(Some(value)))),
            Op::CompareAndSet(key, expected, value) => {
                let (old, new) = (Held(expected), Held(Some(value)));
                (key, RegisterOp::CompareAndSet { old, new })
            }
            Op::Change(_) | Op::Lead(_) => return None,
        };
        Some(MapOp { key, op })
    }

    fn outcome(
        &self,
        _: &MapOp<Key, Held>,
        outcome: &Outcome<Reply>,
    ) -> Outcome<RegisterReply<Held>> {
        match outcome {
            Outcome::Done(Reply::Value(value)) => Outcome::Done(RegisterReply::Value(Held(*value))),
            Outcome::Done(Reply::Swapped) => Outcome::Done(RegisterReply::Swapped(true)),
            Outcome::Done(Reply::Kept) => Outcome::Done(RegisterReply::Swapped(false)),
            Outcome::Done(Reply::Written | Reply::Changed) => Outcome::Done(RegisterReply::Written),
            Outcome::Refused => Outcome::Refused,
            Outcome::Unknown => Outcome::Unknown,
        }
    }
}

/// Shows a judge of histories each operation when it begins: when the one that its client was asked
/// for before is over.
#[derive(Clone, Debug)]
pub struct InTurn<J> {
    within: J,
    /// What was asked and is not over, in the order in which it was asked.
    asked: SmallVec<[(ProcessId, OpId, Op); 8]>,
}

impl<J> InTurn<J> {
    /// For `within`.
    #[must_use]
    pub fn new(within: J) -> Self {
        Self { within, asked: SmallVec::new() }
    }

    fn first_of(&self, process: ProcessId) -> Option<(OpId, Op)> {
        let first = self.asked.iter().find(|(other, ..)| *other == process)?;
        Some((first.1, first.2))
    }
}

impl<P: Process<Op = Op>, J: Judge<P>> Judge<P> for InTurn<J> {
    fn rule(&self) -> Rule {
        self.within.rule()
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Ruling {
        match seen.what {
            Observation::Asked { process, id, op } => {
                let waits = self.first_of(process).is_some();
                self.asked.push((process, id, *op));
                if waits { Ok(()) } else { self.within.see(seen, marks) }
            }
            Observation::Completed { process, id, .. } => {
                self.within.see(seen, marks)?;
                let was_first = self.first_of(process).is_some_and(|(first, _)| first == id);
                self.asked.retain(|(_, asked, _)| *asked != id);
                match self.first_of(process) {
                    Some((id, op)) if was_first => {
                        let what = Observation::Asked { process, id, op: &op };
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

    fn is_satisfied(&self) -> bool {
        self.within.is_satisfied()
    }

    fn close(&self, end: End) -> Verdict {
        self.within.close(end)
    }
}
