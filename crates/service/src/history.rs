//! The judge of the operations of clients of the key-value service: linearizability.
//!
//! Model: each key is a register that holds nothing at first. Changes of who takes part, and of who
//! leads, are no operations of the map. A client has one operation under way at a time.

use squall_judge::linear::models::{Map, MapOp, RegisterOp, RegisterReply};
use squall_judge::{InTurn, Linearizable, Translate};
use squall_process::{Outcome, Process, ProcessId};

use super::op::Held;
use super::{Key, Op, Reply};

/// The operations of clients are linearizable.
pub type KvLinearizable = InTurn<Linearizable<Map<Key, Held>, Words>, Op>;

/// Returns the judge of a run. Without `reads`, only writes and compare-and-sets are judged, for
/// systems that do not promise linearizable reads.
#[must_use]
pub fn kv_linearizable(reads: bool) -> KvLinearizable {
    InTurn::new(Linearizable::new(Map::holding(Held(None)), Words { reads }))
}

/// Translates operations of the service into those of the model.
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
