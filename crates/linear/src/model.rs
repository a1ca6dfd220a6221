//! What one object alone would answer.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use crate::Operation;

/// Operations that plainly cannot go together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clash {
    /// Why, in one sentence.
    pub story: String,
    /// Their places in the history.
    pub operations: Vec<usize>,
}

/// A sequential object: the specification that a history is held against.
///
/// From a state, an operation and its reply follow at most one next state. An object that may go
/// several ways has the set of these ways as its state.
pub trait Model: Clone {
    /// What the object remembers. Small, or cheap to clone: a search holds many of them.
    type State: Clone + Eq + Hash + Debug;
    /// What is asked of it.
    type Op: Clone + PartialEq + Debug + Display;
    /// What it answers.
    type Reply: Clone + PartialEq + Debug + Display;
    /// Names one of several independent objects in one history; `()` if there is one alone.
    type Key: Clone + Ord + Debug;

    /// Returns the state before the first operation.
    fn init(&self) -> Self::State;

    /// Returns the state after `op` in `state`, if `reply` is an answer that the object may give;
    /// `None` if it is not. Without a reply, any answer will do.
    fn step(
        &self,
        state: &Self::State,
        op: &Self::Op,
        reply: Option<&Self::Reply>,
    ) -> Option<Self::State>;

    /// Returns the object that `op` is for. Operations for different objects never touch one
    /// another.
    fn key(&self, op: &Self::Op) -> Self::Key;

    /// Returns whether `op`, answered by `reply`, leaves every state as it is. A reply of `None`
    /// means that it is unknown. To return `false` is always right; `true` makes the search faster.
    fn is_read(&self, _op: &Self::Op, _reply: Option<&Self::Reply>) -> bool {
        false
    }

    /// Returns whether `op` is allowed in every state, gives the same reply everywhere, and leads
    /// to a state that does not depend on the one before. To return `false` is always right; to say
    /// `true` makes the search faster.
    fn overwrites(&self, _op: &Self::Op) -> bool {
        false
    }

    /// Returns operations that plainly cannot go together, found by a quick look. It may miss
    /// everything; what it finds must be broken.
    fn clash(&self, _operations: &[Operation<Self::Op, Self::Reply>]) -> Option<Clash> {
        None
    }

    /// Returns how many bytes `state` holds outside of itself, without what it shares with
    /// `beside`. It is for the budget, so it may be rough, but it must be the same on every
    /// machine.
    fn heap(&self, _state: &Self::State, _beside: Option<&Self::State>) -> u64 {
        0
    }

    /// Returns `state` in words, to stand after "then": `the register holds 3`.
    fn describe(&self, state: &Self::State) -> String {
        format!("the state is {state:?}")
    }
}
