//! A log: entries are appended and never change, and a read gives all of them, or those from some
//! place on.

use std::fmt::{self, Debug, Display};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::linear::Model;
use crate::linear::slots::spread;

/// A log of `V`, empty at first.
#[derive(Clone, Debug)]
pub struct Log<V>(PhantomData<V>);

impl<V> Default for Log<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// What is asked of a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogOp<V> {
    /// Put this at the end.
    Append(V),
    /// What is in it?
    Read,
}

/// What a log answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LogReply<V> {
    /// It is at the end; and, if the log says so, so many entries stand before it.
    Appended(Option<u64>),
    /// All entries, the first one first.
    Entries(Vec<V>),
}

/// The entries of a log. Logs share what they have in common, so to append costs the same however
/// long the log is.
#[derive(Clone, Debug)]
pub struct Entries<V> {
    length: u64,
    /// A hash of all entries.
    hash: u64,
    last: Option<Arc<Entry<V>>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    before: Entries<V>,
}

impl<V> Drop for Entry<V> {
    fn drop(&mut self) {
        // One after the other: a long log must not be taken apart by recursion.
        let mut last = self.before.last.take();
        while let Some(mut entry) = last.and_then(Arc::into_inner) {
            last = entry.before.last.take();
        }
    }
}

impl<V: Clone + Eq + Hash> Entries<V> {
    fn new() -> Self {
        Self { length: 0, hash: 0, last: None }
    }

    fn with(&self, value: V) -> Self {
        let mut hasher = Folding(self.hash);
        value.hash(&mut hasher);
        let last = Some(Arc::new(Entry { value, before: self.clone() }));
        Self { length: self.length + 1, hash: hasher.finish(), last }
    }

    /// All entries, the first one first.
    pub fn to_vec(&self) -> Vec<V> {
        let mut entries: Vec<V> = self.backwards().cloned().collect();
        entries.reverse();
        entries
    }

    /// The entries, the last one first.
    fn backwards(&self) -> impl Iterator<Item = &V> {
        let entries = std::iter::successors(self.last.as_deref(), |it| it.before.last.as_deref());
        entries.map(|entry| &entry.value)
    }
}

impl<V: Clone + Eq + Hash> PartialEq for Entries<V> {
    fn eq(&self, other: &Self) -> bool {
        if (self.length, self.hash) != (other.length, other.hash) {
            return false;
        }
        let (mut one, mut two) = (self.last.as_ref(), other.last.as_ref());
        while let (Some(left), Some(right)) = (one, two) {
            if Arc::ptr_eq(left, right) {
                return true;
            }
            if left.value != right.value {
                return false;
            }
            (one, two) = (left.before.last.as_ref(), right.before.last.as_ref());
        }
        true
    }
}

impl<V: Clone + Eq + Hash> Eq for Entries<V> {}

impl<V> Hash for Entries<V> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

/// A hasher that goes on from an earlier hash, the same everywhere and always.
struct Folding(u64);

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = spread(self.0.rotate_left(5) ^ u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        spread(self.0 ^ 1)
    }
}

impl<V: Clone + Eq + Hash + Debug + Display> Model for Log<V> {
    type State = Entries<V>;
    type Op = LogOp<V>;
    type Reply = LogReply<V>;
    type Key = ();

    fn init(&self) -> Entries<V> {
        Entries::new()
    }

    fn step(
        &self,
        state: &Entries<V>,
        op: &Self::Op,
        reply: Option<&Self::Reply>,
    ) -> Option<Entries<V>> {
        match (op, reply) {
            (LogOp::Append(value), None | Some(LogReply::Appended(None))) => {
                Some(state.with(value.clone()))
            }
            (LogOp::Append(value), Some(LogReply::Appended(Some(place)))) => {
                (*place == state.length).then(|| state.with(value.clone()))
            }
            (LogOp::Read, None) => Some(state.clone()),
            (LogOp::Read, Some(LogReply::Entries(entries))) => {
                let same = entries.len() as u64 == state.length
                    && entries.iter().rev().eq(state.backwards());
                same.then(|| state.clone())
            }
            _ => None,
        }
    }

    fn key(&self, _: &Self::Op) {}

    fn is_read(&self, op: &Self::Op, _: Option<&Self::Reply>) -> bool {
        matches!(op, LogOp::Read)
    }

    fn describe(&self, state: &Entries<V>) -> String {
        match &state.last {
            None => "the log is empty".to_owned(),
            Some(last) => {
                format!("the log has {} entries, the last one {}", state.length, last.value)
            }
        }
    }
}

impl<V: Display> Display for LogOp<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append(value) => write!(f, "append {value}"),
            Self::Read => f.write_str("read"),
        }
    }
}

impl<V: Display> Display for LogReply<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appended(None) => f.write_str("ok"),
            Self::Appended(Some(place)) => write!(f, "at {place}"),
            Self::Entries(entries) => {
                f.write_str("[")?;
                for (place, entry) in entries.iter().enumerate() {
                    let blank = if place == 0 { "" } else { " " };
                    write!(f, "{blank}{entry}")?;
                }
                f.write_str("]")
            }
        }
    }
}
