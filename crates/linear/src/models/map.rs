//! A map from keys to values: an independent register for each key.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;

use super::register::{self, RegisterOp, RegisterReply};
use crate::Model;

/// A key-value map. Every key holds [`Map::initial`] at first.
#[derive(Clone, Debug)]
pub struct Map<K, V> {
    /// What every key holds before the first write.
    pub initial: V,
    keys: std::marker::PhantomData<K>,
}

impl<K, V: Default> Default for Map<K, V> {
    fn default() -> Self {
        Self::holding(V::default())
    }
}

impl<K, V> Map<K, V> {
    /// Returns a map whose keys hold `initial` at first.
    #[must_use]
    pub fn holding(initial: V) -> Self {
        Self { initial, keys: std::marker::PhantomData }
    }
}

/// An operation on one key. The replies are those of a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MapOp<K, V> {
    /// The key.
    pub key: K,
    /// The operation on the register of the key.
    pub op: RegisterOp<V>,
}

impl<K, V> Model for Map<K, V>
where
    K: Clone + Ord + Debug + Display,
    V: Clone + Eq + Hash + Debug + Display,
{
    type State = V;
    type Op = MapOp<K, V>;
    type Reply = RegisterReply<V>;
    type Key = K;

    fn init(&self) -> V {
        self.initial.clone()
    }

    #[inline]
    fn step(&self, state: &V, op: &Self::Op, reply: Option<&Self::Reply>) -> Option<V> {
        register::step(state, &op.op, reply)
    }

    fn key(&self, op: &Self::Op) -> K {
        op.key.clone()
    }

    #[inline]
    fn is_read(&self, op: &Self::Op, reply: Option<&Self::Reply>) -> bool {
        register::is_read(&op.op, reply)
    }

    #[inline]
    fn overwrites(&self, op: &Self::Op) -> bool {
        matches!(op.op, RegisterOp::Write(_))
    }

    fn describe(&self, state: &V) -> String {
        format!("the key holds {state}")
    }
}

impl<K: Display, V: Display> Display for MapOp<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.op {
            RegisterOp::Read => write!(f, "get {key}"),
            RegisterOp::Write(value) => write!(f, "put {key} {value}"),
            RegisterOp::CompareAndSet { old, new } => write!(f, "cas {key} {old} {new}"),
        }
    }
}
