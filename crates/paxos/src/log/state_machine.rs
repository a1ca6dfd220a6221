//! What the log is a log of.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::log::LogTime;

/// The text, equality and hash that everything carried by messages and records has. Every type
/// that has them is a `Datum`.
pub trait Datum: Clone + Eq + Hash + Debug + Display {}

impl<T: Clone + Eq + Hash + Debug + Display> Datum for T {}

/// A deterministic state machine (PMMC section 1): the value that commands are applied to, in the
/// same order on every replica.
///
/// [`apply`](Self::apply) must be a function of the state, the command and the logical time: no
/// clock, no randomness, no iteration in hash order. Replicas compare [`digest`](Self::digest) at
/// agreed slots, so a state machine that breaks this is noticed.
pub trait StateMachine: Clone + Eq + Hash + Debug + Default {
    /// A change of the state.
    type Command: Datum;
    /// A question that changes nothing.
    type Query: Datum;
    /// What a command or a query gives back.
    type Reply: Datum;
    /// One piece of a snapshot. A large state has many, so that neither a message nor a write
    /// holds up the log.
    type Part: Datum;

    /// Returns the size of `command` in bytes, for the limits on batches and on commands.
    fn size(command: &Self::Command) -> usize;

    /// Applies `command`. `at` is the logical time of its entry; it never decreases.
    fn apply(&mut self, command: &Self::Command, at: LogTime) -> Self::Reply;

    /// Answers `query`.
    fn query(&self, query: &Self::Query) -> Self::Reply;

    /// Returns the state in parts. It may be empty.
    fn snapshot(&self) -> Vec<Self::Part>;

    /// Returns the state that [`snapshot`](Self::snapshot) gave the parts of; none if they do not
    /// make a state. Whether it is the right one is checked by its digest.
    fn restore(parts: &[Self::Part]) -> Option<Self>;

    /// Returns a number that differs, with overwhelming probability, between different states. It
    /// must not depend on the machine or the build.
    fn digest(&self) -> u64;
}

/// A state machine whose words are serde types. What is said and written about it is a serde type
/// too, so its log can run on a real host.
pub trait Serializable:
    StateMachine<
        Command: Serialize + DeserializeOwned,
        Query: Serialize + DeserializeOwned,
        Reply: Serialize + DeserializeOwned,
        Part: Serialize + DeserializeOwned,
    >
{
}

impl<S> Serializable for S where
    S: StateMachine<
            Command: Serialize + DeserializeOwned,
            Query: Serialize + DeserializeOwned,
            Reply: Serialize + DeserializeOwned,
            Part: Serialize + DeserializeOwned,
        >
{
}
