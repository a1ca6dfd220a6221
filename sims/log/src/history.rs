//! The judge of what clients are told: linearizability.
//!
//! Model: one store, since a guarded operation may look at several keys and change several. Changes
//! of members and of who leads are no operations of the store. Stale reads are not linearizable and
//! are judged by their bound (`rules/stale.rs`). Reads by lease are, while clocks keep to the bound
//! that leases allow for; without that they are left out.

use std::fmt;

use squall_judge::linear::Model;
use squall_judge::{InTurn, Linearizable, Translate};
use squall_paxos::log::{self, Guard, Guarded, Op, Operation, Participant, ReadMode};
use squall_process::{Outcome, Process, ProcessId};

use crate::store::{Get, Store};

/// The operations of clients are linearizable.
pub type LogLinearizable = InTurn<Linearizable<StoreModel, Words>, Op<Store>>;

/// Returns the judge of a run. Without `leases`, reads by lease are left out.
#[must_use]
pub fn linearizable(leases: bool) -> LogLinearizable {
    InTurn::new(Linearizable::new(StoreModel, Words { leases }))
}

/// A store alone.
#[derive(Clone, Copy, Debug)]
pub struct StoreModel;

/// An operation of the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreOp {
    /// A question.
    Get(Get),
    /// A change.
    Apply(Operation<Store>),
}

/// What the store answers.
type Reply = log::Reply<Store>;

impl fmt::Display for StoreOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(get) => get.fmt(f),
            Self::Apply(operation) => operation.fmt(f),
        }
    }
}

impl Model for StoreModel {
    type State = Store;
    type Op = StoreOp;
    type Reply = Reply;
    type Key = ();

    fn init(&self) -> Store {
        Store::default()
    }

    fn step(&self, state: &Store, op: &StoreOp, reply: Option<&Reply>) -> Option<Store> {
        let mut next = state.clone();
        let expected = match op {
            StoreOp::Get(get) => Reply::One(crate::Reply::Holds(state.get(get.0))),
            StoreOp::Apply(operation) => carry_out(&mut next, operation),
        };
        reply.is_none_or(|reply| *reply == expected).then(|| next.uncounted())
    }

    fn key(&self, _: &StoreOp) {}

    fn is_read(&self, op: &StoreOp, _: Option<&Reply>) -> bool {
        matches!(op, StoreOp::Get(_))
    }
}

/// Carries `operation` out on `store`, as the log should. A guard on the epoch fails: the workload
/// has such guards only where neither list has commands (`admits` in `system.rs`).
pub(crate) fn carry_out(store: &mut Store, operation: &Operation<Store>) -> Reply {
    match operation {
        Operation::One(command) => Reply::One(store.carry_out(command)),
        Operation::Guarded(guarded) => {
            let Guarded { guards, then, otherwise } = &**guarded;
            let held = guards.iter().all(|guard| match guard {
                Guard::Answers { query, reply } => {
                    crate::Reply::Holds(store.get(query.0)) == *reply
                }
                Guard::Epoch(_) => false,
            });
            let commands = if held { then } else { otherwise };
            let replies = commands.iter().map(|command| store.carry_out(command)).collect();
            Reply::Guarded { held, replies }
        }
    }
}

/// Whether `operation` has a guard on the epoch.
pub(crate) fn is_by_epoch(operation: &Operation<Store>) -> bool {
    match operation {
        Operation::One(_) => false,
        Operation::Guarded(guarded) => {
            guarded.guards.iter().any(|guard| matches!(guard, Guard::Epoch(_)))
        }
    }
}

/// The words of the log as words of the model.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    leases: bool,
}

impl<P: Process<Op = Op<Store>, Reply = <Participant<Store> as Process>::Reply>>
    Translate<P, StoreModel> for Words
{
    fn op(&self, _: ProcessId, op: &Op<Store>) -> Option<StoreOp> {
        match op {
            Op::Apply(operation) if is_by_epoch(operation) => None,
            Op::Apply(operation) => Some(StoreOp::Apply(operation.clone())),
            Op::Read { mode: ReadMode::Stale { .. }, .. } => None,
            Op::Read { mode: ReadMode::Lease, .. } if !self.leases => None,
            Op::Read { query, .. } => Some(StoreOp::Get(*query)),
            Op::Members(_) | Op::Transfer(_) => None,
        }
    }

    fn outcome(&self, _: &StoreOp, outcome: &Outcome<Reply>) -> Outcome<Reply> {
        outcome.clone()
    }
}
