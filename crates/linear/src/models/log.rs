//! A log: entries are appended and never change, and a read returns all of them, or those from some
//! place on.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;

use super::entries::Entries;
use crate::Model;

/// A log of `V`, empty at first.
#[derive(Clone, Debug)]
pub struct Log<V>(PhantomData<V>);

impl<V> Default for Log<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// The operations of a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogOp<V> {
    /// Appends this entry.
    Append(V),
    /// Reads the entries.
    Read,
}

/// The replies of a log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LogReply<V> {
    /// The entry was appended; with the number of entries before it, if the log reports it.
    Appended(Option<u64>),
    /// All entries, in order.
    Entries(Vec<V>),
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
                (*place == state.length()).then(|| state.with(value.clone()))
            }
            (LogOp::Read, None) => Some(state.clone()),
            (LogOp::Read, Some(LogReply::Entries(entries))) => {
                let same = entries.len() as u64 == state.length()
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

    fn heap(&self, state: &Entries<V>, beside: Option<&Entries<V>>) -> u64 {
        state.heap(beside)
    }

    fn describe(&self, state: &Entries<V>) -> String {
        match state.last() {
            None => "the log is empty".to_owned(),
            Some(last) if state.length() == 1 => format!("the log has one entry, {last}"),
            Some(last) => {
                format!("the log has {} entries, the last one {last}", state.length())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_is_not_several() {
        let (log, empty) = (Log::default(), Log::<u8>::default().init());
        let one = empty.with(7);
        let told = [&empty, &one, &one.with(8)].map(|entries| log.describe(entries));
        let two = "the log has 2 entries, the last one 8";
        assert_eq!(told, ["the log is empty", "the log has one entry, 7", two]);
    }
}
