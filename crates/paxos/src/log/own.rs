//! Operations of the process that contains a server (a lock service, a store): proposed by the
//! leader on its own behalf.
//!
//! Model: such an operation enters one slot, is proposed in no other, and is therefore applied at
//! most once without a session. It ends as `done` with the result when its slot is applied here, as
//! `refused` if it was never proposed, and as `unknown` if this server stopped leading meanwhile.

use std::collections::BTreeMap;

use squall_process::{OpId, Outcome};

use crate::log::outbox::Outbox;
use crate::log::participant::Op;
use crate::log::server::Roles;
use crate::log::{Caller, Command, Slot, StateMachine};

/// The own operations that are proposed and not applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    proposed: BTreeMap<Slot, Vec<OpId>>,
}

impl Own {
    /// Notes the own operations among `commands`, which are proposed in `slot`.
    pub(crate) fn note<S: StateMachine>(&mut self, slot: Slot, commands: &[Command<S>]) {
        let own: Vec<OpId> = commands.iter().filter_map(own_op).collect();
        if !own.is_empty() {
            self.proposed.insert(slot, own);
        }
    }

    /// Returns the operations that were proposed in `slot`.
    pub(crate) fn take(&mut self, slot: Slot) -> Vec<OpId> {
        self.proposed.remove(&slot).unwrap_or_default()
    }

    /// Ends all operations: leadership is over, and another leader decides what is in their slots.
    pub(crate) fn stop<S: StateMachine>(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        for op in std::mem::take(&mut self.proposed).into_values().flatten() {
            outbox.complete(op, Outcome::Unknown);
        }
    }

    /// Ends the operations in slots up to `applied`: a snapshot went past them.
    pub(crate) fn skip<S: StateMachine>(&mut self, applied: Slot, outbox: &mut Outbox<'_, '_, S>) {
        while let Some(slot) = self.proposed.first_entry().filter(|slot| *slot.key() <= applied) {
            for op in slot.remove() {
                outbox.complete(op, Outcome::Unknown);
            }
        }
    }
}

/// Returns which operation of the own process `command` is.
fn own_op<S: StateMachine>(command: &Command<S>) -> Option<OpId> {
    match command {
        Command::Own { caller, .. } => Some(OpId(caller.number)),
        Command::Register(_) | Command::Apply { .. } | Command::Read { .. } => None,
    }
}

impl<S: StateMachine> Roles<S> {
    /// The process that contains this server asks for an operation. Reads need none: it sees the
    /// state.
    pub(crate) fn on_op(&mut self, id: OpId, op: Op<S>, outbox: &mut Outbox<'_, '_, S>) {
        let me = outbox.me();
        let taken = match op {
            Op::Apply(operation)
                if self.leader.ballot().is_some()
                    && operation.size() <= outbox.settings().limits().command_bytes =>
            {
                let caller = Caller { client: me, via: me, number: id.0 };
                self.leader.submit(Command::Own { caller, operation }, outbox)
            }
            _ => false,
        };
        if !taken {
            outbox.complete(id, Outcome::Refused);
        }
    }
}
