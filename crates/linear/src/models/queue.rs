//! A queue: first in, first out.

use std::fmt::{self, Debug, Display};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::entries::{Entries, folded};
use crate::Model;

/// A queue of `V`, empty at first.
#[derive(Clone, Debug)]
pub struct Queue<V>(PhantomData<V>);

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// The operations of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueOp<V> {
    /// Appends this value.
    Enqueue(V),
    /// Takes the value in front.
    Dequeue,
}

/// The replies of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueReply<V> {
    /// The value was appended.
    Enqueued,
    /// This value was in front.
    Dequeued(V),
    /// The queue was empty.
    Empty,
}

/// The values that wait in a queue. Queues share what they have in common, so an operation costs
/// the same for any length.
#[derive(Clone, Debug)]
pub struct Waiting<V> {
    /// All values that were enqueued since the queue was last empty.
    all: Entries<V>,
    /// How many of them were dequeued.
    taken: u64,
    /// A hash of the waiting values: a polynomial in [`BASE`], so that the value in front can be
    /// removed from it as well.
    hash: u64,
    /// The next power of [`BASE`].
    power: u64,
}

/// An odd number, so that multiplication by it can be undone.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const BASE_INVERSE: u64 = inverse(BASE);

/// Returns the multiplicative inverse of `odd` (Newton's method: each round doubles the number of
/// correct bits).
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut right = 3;
    while right < u64::BITS {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right *= 2;
    }
    inverse
}

impl<V> Waiting<V> {
    fn new() -> Self {
        Self { all: Entries::new(), taken: 0, hash: 0, power: 1 }
    }

    fn count(&self) -> u64 {
        self.all.length() - self.taken
    }

    fn front(&self) -> Option<&V> {
        self.all.get(self.taken)
    }
}

impl<V: Clone + Eq + Hash> Waiting<V> {
    fn with(&self, value: V) -> Self {
        let hash = self.hash.wrapping_mul(BASE).wrapping_add(folded(0, &value));
        let power = self.power.wrapping_mul(BASE);
        Self { all: self.all.with(value), taken: self.taken, hash, power }
    }

    /// Returns the queue without `front`, its first value.
    fn without(&self, front: &V) -> Self {
        if self.count() == 1 {
            return Self::new();
        }
        let power = self.power.wrapping_mul(BASE_INVERSE);
        let hash = self.hash.wrapping_sub(folded(0, front).wrapping_mul(power));
        Self { all: self.all.clone(), taken: self.taken + 1, hash, power }
    }
}

impl<V: Clone + Eq + Hash> PartialEq for Waiting<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.count(), self.hash) == (other.count(), other.hash)
            && self.all.end_alike(&other.all, self.count())
    }
}

impl<V: Clone + Eq + Hash> Eq for Waiting<V> {}

impl<V> Hash for Waiting<V> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

impl<V: Clone + Eq + Hash + Debug + Display> Model for Queue<V> {
    type State = Waiting<V>;
    type Op = QueueOp<V>;
    type Reply = QueueReply<V>;
    type Key = ();

    fn init(&self) -> Waiting<V> {
        Waiting::new()
    }

    fn step(
        &self,
        state: &Waiting<V>,
        op: &Self::Op,
        reply: Option<&Self::Reply>,
    ) -> Option<Waiting<V>> {
        match (op, reply, state.front()) {
            (QueueOp::Enqueue(value), None | Some(QueueReply::Enqueued), _) => {
                Some(state.with(value.clone()))
            }
            (QueueOp::Dequeue, None | Some(QueueReply::Empty), None) => Some(state.clone()),
            (QueueOp::Dequeue, None, Some(front)) => Some(state.without(front)),
            (QueueOp::Dequeue, Some(QueueReply::Dequeued(value)), Some(front)) => {
                (value == front).then(|| state.without(front))
            }
            _ => None,
        }
    }

    fn key(&self, _: &Self::Op) {}

    fn is_read(&self, op: &Self::Op, reply: Option<&Self::Reply>) -> bool {
        matches!((op, reply), (QueueOp::Dequeue, Some(QueueReply::Empty)))
    }

    fn heap(&self, state: &Waiting<V>, beside: Option<&Waiting<V>>) -> u64 {
        state.all.heap(beside.map(|beside| &beside.all))
    }

    fn describe(&self, state: &Waiting<V>) -> String {
        match (state.front(), state.count()) {
            (None, _) => "the queue is empty".to_owned(),
            (Some(front), 1) => format!("the queue holds {front} alone"),
            (Some(front), count) => format!("{front} is in front, with {} behind it", count - 1),
        }
    }
}

impl<V: Display> Display for QueueOp<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enqueue(value) => write!(f, "enqueue {value}"),
            Self::Dequeue => f.write_str("dequeue"),
        }
    }
}

impl<V: Display> Display for QueueReply<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enqueued => f.write_str("ok"),
            Self::Dequeued(value) => write!(f, "{value}"),
            Self::Empty => f.write_str("empty"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u8]) -> Waiting<u8> {
        values.iter().fold(Waiting::new(), |queue, value| queue.with(*value))
    }

    #[test]
    fn queues_are_equal_if_the_same_waits_in_them() {
        let hash = |queue: &Waiting<u8>| queue.hash;
        let mut taken = of(&[7, 8, 1, 2]);
        for front in [7, 8] {
            assert_eq!(taken.front(), Some(&front));
            taken = taken.without(&front);
        }
        assert_eq!((hash(&taken), taken.power), (hash(&of(&[1, 2])), of(&[1, 2]).power));
        assert_eq!(taken, of(&[1, 2]));
        assert_ne!(taken, of(&[2, 1]));
        assert_ne!(taken, of(&[1, 2, 3]));
        assert_eq!(taken.without(&1).without(&2), of(&[]));
    }
}
