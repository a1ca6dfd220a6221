//! The specification of one sequential object.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use crate::Operation;

/// Operations that obviously contradict each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clash {
    /// Why, in one sentence.
    pub story: String,
    /// Their places in the history.
    pub operations: Vec<usize>,
}

/// A sequential object: the specification that a history is compared with.
///
/// A state, an operation and its reply determine at most one next state. An object that may take
/// several ways has the set of these ways as its state.
pub trait Model: Clone {
    /// The state of the object. It should be small, or cheap to clone, because a search holds a
    /// large number of states.
    type State: Clone + Eq + Hash + Debug;
    /// The operations of the object.
    type Op: Clone + PartialEq + Debug + Display;
    /// The replies of the object.
    type Reply: Clone + PartialEq + Debug + Display;
    /// The name of one of several independent objects in one history; `()` if there is only one.
    type Key: Clone + Ord + Debug;

    /// Returns the state before the first operation.
    fn init(&self) -> Self::State;

    /// Returns the state after `op` in `state` if the object may answer it with `reply`, and `None`
    /// if it may not. Without a reply, every answer is allowed.
    fn step(
        &self,
        state: &Self::State,
        op: &Self::Op,
        reply: Option<&Self::Reply>,
    ) -> Option<Self::State>;

    /// Returns the object that `op` is for. Operations on different objects do not affect each
    /// other.
    fn key(&self, op: &Self::Op) -> Self::Key;

    /// Returns whether `op`, answered by `reply`, leaves every state as it is. A `reply` of `None`
    /// means that the reply is unknown. Returning `false` is always correct; `true` makes the
    /// search faster.
    fn is_read(&self, _op: &Self::Op, _reply: Option<&Self::Reply>) -> bool {
        false
    }

    /// Returns whether `op` is allowed in every state, gives the same reply everywhere, and leads
    /// to a state that does not depend on the one before. Returning `false` is always correct;
    /// `true` makes the search faster.
    fn overwrites(&self, _op: &Self::Op) -> bool {
        false
    }

    /// Returns operations that obviously contradict each other, found by a quick check. The check
    /// may miss all of them, but what it finds must be broken.
    fn clash(&self, _operations: &[Operation<Self::Op, Self::Reply>]) -> Option<Clash> {
        None
    }

    /// Returns how many bytes `state` holds outside of itself, without those that it shares with
    /// `beside`. The budget uses it, so it may be rough, but it must be the same on every machine.
    fn heap(&self, _state: &Self::State, _beside: Option<&Self::State>) -> u64 {
        0
    }

    /// Returns `state` in words, to follow "then": `the register holds 3`.
    fn describe(&self, state: &Self::State) -> String {
        format!("the state is {state:?}")
    }
}
