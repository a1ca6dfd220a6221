//! States: replicas that applied the same entries are in the same state, and it is the state that
//! these entries make: each command applied once, sessions and members included.
//!
//! Model: a server is looked at when it has applied something or taken up a snapshot, after the
//! step. What the entries make, the [`Reference`] says.

use std::collections::BTreeMap;
use std::fmt::Debug;

use squall_judge::{Argument, Evidence, Rule, Ruling};
use squall_paxos::log::{Server, Slot};
use squall_process::ProcessId;

use super::{LogRule, Reference};
use crate::store::Store;

/// States are equal at equal slots.
#[derive(Clone, Debug, Default)]
pub struct EqualStates {
    seen: Seen,
    /// By slot: the first server that was there, its digest, and the event.
    digests: BTreeMap<Slot, (ProcessId, u64, u64)>,
}

/// The slot at which each server was looked at last.
#[derive(Clone, Debug, Default)]
struct Seen(BTreeMap<ProcessId, Slot>);

impl Seen {
    /// Whether `server` is somewhere else than when it was looked at last.
    fn moves(&mut self, process: ProcessId, slot: Slot) -> bool {
        self.0.insert(process, slot) != Some(slot)
    }
}

impl LogRule for EqualStates {
    fn rule(&self) -> Rule {
        Rule::safety("equal-states", "replicas at the same slot have the same state")
    }

    fn see_state(
        &mut self,
        number: u64,
        process: ProcessId,
        server: &Server<Store>,
        _: &Reference,
    ) -> Ruling {
        let slot = server.applied();
        if !self.seen.moves(process, slot) {
            return Ok(());
        }
        let digest = server.digest();
        let (first, known, event) = *self.digests.entry(slot).or_insert((process, digest, number));
        if known == digest {
            return Ok(());
        }
        let template = "the states of {} and {} differ after {}";
        let arguments = [first.into(), process.into(), Argument::value(&slot)];
        Evidence::broken("states-differ", template, arguments, [event, number])
    }
}

/// What of a state is held against the reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aspect {
    /// The store: each command was applied once.
    Store,
    /// The sessions that are open.
    Sessions,
    /// The epoch and its master.
    Epoch,
    /// The members.
    Members,
}

/// The state of a replica is what its entries make, in one aspect.
#[derive(Clone, Debug)]
pub struct AsReplayed {
    aspect: Aspect,
    seen: Seen,
}

impl AsReplayed {
    /// Returns the judge of this aspect.
    #[must_use]
    pub fn new(aspect: Aspect) -> Self {
        Self { aspect, seen: Seen::default() }
    }
}

impl LogRule for AsReplayed {
    fn rule(&self) -> Rule {
        match self.aspect {
            Aspect::Store => Rule::safety("exactly-once", "each command is applied exactly once"),
            Aspect::Sessions => Rule::safety(
                "sessions",
                "sessions are those that the entries opened and let expire",
            ),
            Aspect::Epoch => Rule::safety("epochs", "each leader that begins is an epoch"),
            Aspect::Members => Rule::safety("members", "members are those that the entries made"),
        }
    }

    fn see_state(
        &mut self,
        number: u64,
        process: ProcessId,
        server: &Server<Store>,
        reference: &Reference,
    ) -> Ruling {
        let slot = server.applied();
        if !self.seen.moves(process, slot) {
            return Ok(());
        }
        // What no claim tells of, others judge.
        let Some(expected) = reference.state(slot) else { return Ok(()) };
        let state = server.state();
        let differs = |what: &str, one: &dyn Debug, other: &dyn Debug| {
            let shown = |value: &dyn Debug| Argument::Value(format!("{value:?}"));
            let (slot, what) = (Argument::value(&slot), Argument::value(&what));
            let arguments = [process.into(), slot, what, shown(one), shown(other)];
            let template = "{} after {} has {} {}; the entries make {}";
            Evidence::broken("not-as-replayed", template, arguments, [expected.event, number])
        };
        match self.aspect {
            Aspect::Store if state.machine != expected.store => {
                differs("the store", &state.machine, &expected.store)
            }
            Aspect::Sessions if !state.sessions.iter().eq(expected.sessions.iter().copied()) => {
                let open: Vec<_> = state.sessions.iter().collect();
                differs("sessions", &open, &expected.sessions)
            }
            Aspect::Epoch if (state.epoch, state.master) != (expected.epoch, expected.master) => {
                let expected = (expected.epoch, expected.master);
                differs("epoch", &(state.epoch, state.master), &expected)
            }
            Aspect::Members => {
                let members = &state.members;
                let expected = reference.configuration(expected.members);
                let learners = members.learners().iter().map(|learner| learner.member);
                let is_same = expected.is_some_and(|expected| {
                    members.version() == expected.version
                        && members.voters() == expected.voters
                        && learners.eq(expected.learners.iter().map(|(learner, _)| *learner))
                });
                if is_same { Ok(()) } else { differs("members", members, &expected) }
            }
            _ => Ok(()),
        }
    }
}
