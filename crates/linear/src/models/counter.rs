//! A counter: an integer, to which numbers are added.

use std::fmt::{self, Display};

use crate::Model;

/// A counter. It begins at [`Counter::initial`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    /// Its value before the first addition.
    pub initial: i64,
}

/// The operations of a counter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CounterOp {
    /// Adds this number, which may be negative.
    Add(i64),
    /// Reads the value.
    Read,
}

/// The replies of a counter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CounterReply {
    /// The number was added; with the value after that, if the counter reports it.
    Added(Option<i128>),
    /// The value.
    Value(i128),
}

impl Model for Counter {
    /// An `i128`: no history has enough additions to leave its range.
    type State = i128;
    type Op = CounterOp;
    type Reply = CounterReply;
    type Key = ();

    fn init(&self) -> i128 {
        self.initial.into()
    }

    fn step(&self, state: &i128, op: &CounterOp, reply: Option<&CounterReply>) -> Option<i128> {
        match (op, reply) {
            (CounterOp::Add(number), None | Some(CounterReply::Added(None))) => {
                Some(state + i128::from(*number))
            }
            (CounterOp::Add(number), Some(CounterReply::Added(Some(value)))) => {
                let after = state + i128::from(*number);
                (after == *value).then_some(after)
            }
            (CounterOp::Read, None) => Some(*state),
            (CounterOp::Read, Some(CounterReply::Value(value))) => {
                (state == value).then_some(*state)
            }
            _ => None,
        }
    }

    fn key(&self, _: &CounterOp) {}

    fn is_read(&self, op: &CounterOp, _: Option<&CounterReply>) -> bool {
        matches!(op, CounterOp::Read)
    }

    fn describe(&self, state: &i128) -> String {
        format!("the counter stands at {state}")
    }
}

impl Display for CounterOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(number) => write!(f, "add {number}"),
            Self::Read => f.write_str("read"),
        }
    }
}

impl Display for CounterReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(None) => f.write_str("ok"),
            Self::Added(Some(value)) | Self::Value(value) => write!(f, "{value}"),
        }
    }
}
