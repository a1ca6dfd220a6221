//! A register: one value, with reads, writes and compare-and-sets.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;

use crate::Model;

/// A register that holds a `V`. It begins with [`Register::initial`].
#[derive(Clone, Debug, Default)]
pub struct Register<V> {
    /// What it holds before the first write.
    pub initial: V,
}

/// The operations of a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegisterOp<V> {
    /// Reads the value.
    Read,
    /// Writes this value.
    Write(V),
    /// Writes `new` if the register holds `old`.
    CompareAndSet {
        /// The value that it must hold.
        old: V,
        /// The value to write.
        new: V,
    },
}

/// The replies of a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegisterReply<V> {
    /// The value that was read.
    Value(V),
    /// The value was written.
    Written,
    /// Whether a compare-and-set found `old` and wrote `new`.
    Swapped(bool),
}

impl<V: Clone + Eq + Hash + Debug + Display> Model for Register<V> {
    type State = V;
    type Op = RegisterOp<V>;
    type Reply = RegisterReply<V>;
    type Key = ();

    fn init(&self) -> V {
        self.initial.clone()
    }

    #[inline]
    fn step(&self, state: &V, op: &Self::Op, reply: Option<&Self::Reply>) -> Option<V> {
        step(state, op, reply)
    }

    fn key(&self, _: &Self::Op) {}

    #[inline]
    fn is_read(&self, op: &Self::Op, reply: Option<&Self::Reply>) -> bool {
        is_read(op, reply)
    }

    #[inline]
    fn overwrites(&self, op: &Self::Op) -> bool {
        matches!(op, RegisterOp::Write(_))
    }

    fn describe(&self, state: &V) -> String {
        format!("the register holds {state}")
    }
}

/// Returns the state of a register after `op`, if `reply` is allowed.
#[inline]
pub(super) fn step<V: Clone + Eq>(
    state: &V,
    op: &RegisterOp<V>,
    reply: Option<&RegisterReply<V>>,
) -> Option<V> {
    match (op, reply) {
        (RegisterOp::Read, None) => Some(state.clone()),
        (RegisterOp::Read, Some(RegisterReply::Value(value))) => {
            (value == state).then(|| state.clone())
        }
        (RegisterOp::Write(value), None | Some(RegisterReply::Written)) => Some(value.clone()),
        (RegisterOp::CompareAndSet { old, new }, None) => {
            Some(if state == old { new.clone() } else { state.clone() })
        }
        (RegisterOp::CompareAndSet { old, new }, Some(RegisterReply::Swapped(swapped))) => {
            let fits = (state == old) == *swapped;
            fits.then(|| if *swapped { new.clone() } else { state.clone() })
        }
        _ => None,
    }
}

#[inline]
pub(super) fn is_read<V: Eq>(op: &RegisterOp<V>, reply: Option<&RegisterReply<V>>) -> bool {
    matches!(
        (op, reply),
        (RegisterOp::Read, _)
            | (RegisterOp::CompareAndSet { .. }, Some(RegisterReply::Swapped(false)))
    )
}

impl<V: Display> Display for RegisterOp<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Write(value) => write!(f, "write {value}"),
            Self::CompareAndSet { old, new } => write!(f, "cas {old} {new}"),
        }
    }
}

impl<V: Display> Display for RegisterReply<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Written | Self::Swapped(true) => f.write_str("ok"),
            Self::Swapped(false) => f.write_str("failed"),
        }
    }
}
