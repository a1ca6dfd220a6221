//! A set: elements are added and removed, and a read returns all of them.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;

use super::members::Members;
use crate::Model;

/// A set of `V`, empty at first.
#[derive(Clone, Debug)]
pub struct Set<V>(PhantomData<V>);

impl<V> Default for Set<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// The operations of a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SetOp<V> {
    /// Adds an element.
    Add(V),
    /// Removes an element.
    Remove(V),
    /// Asks whether the set contains an element.
    Contains(V),
    /// Reads all elements.
    Read,
}

/// The replies of a set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SetReply<V> {
    /// An element was added or removed; with whether that changed the set, if the set reports it.
    Done(Option<bool>),
    /// Whether the set contains the element.
    Found(bool),
    /// All elements.
    Elements(BTreeSet<V>),
}

impl<V: Clone + Ord + Hash + Debug + Display> Model for Set<V> {
    type State = Members<V>;
    type Op = SetOp<V>;
    type Reply = SetReply<V>;
    type Key = ();

    fn init(&self) -> Members<V> {
        Members::new()
    }

    fn step(
        &self,
        state: &Members<V>,
        op: &SetOp<V>,
        reply: Option<&SetReply<V>>,
    ) -> Option<Members<V>> {
        let (is_there, after) = match op {
            SetOp::Add(value) => (state.contains(value), state.with(value)),
            SetOp::Remove(value) => (state.contains(value), state.without(value)),
            SetOp::Contains(value) => (state.contains(value), state.clone()),
            SetOp::Read => (false, state.clone()),
        };
        let fits = match (op, reply) {
            (_, None) => true,
            (SetOp::Add(_) | SetOp::Remove(_), Some(SetReply::Done(None))) => true,
            (SetOp::Add(_), Some(SetReply::Done(Some(changed)))) => *changed != is_there,
            (SetOp::Remove(_), Some(SetReply::Done(Some(changed)))) => *changed == is_there,
            (SetOp::Contains(_), Some(SetReply::Found(found))) => *found == is_there,
            (SetOp::Read, Some(SetReply::Elements(elements))) => {
                elements.len() == state.count() && elements.iter().eq(state.iter())
            }
            _ => false,
        };
        fits.then_some(after)
    }

    fn key(&self, _: &SetOp<V>) {}

    fn is_read(&self, op: &SetOp<V>, reply: Option<&SetReply<V>>) -> bool {
        matches!(
            (op, reply),
            (SetOp::Contains(_) | SetOp::Read, _) | (_, Some(SetReply::Done(Some(false))))
        )
    }

    fn heap(&self, state: &Members<V>, beside: Option<&Members<V>>) -> u64 {
        state.heap(beside)
    }

    fn describe(&self, state: &Members<V>) -> String {
        match state.count() {
            0 => "the set is empty".to_owned(),
            count if count > SHOWN_MAX => format!("the set has {count} elements"),
            _ => {
                let elements: Vec<String> = state.iter().map(ToString::to_string).collect();
                format!("the set is {{{}}}", elements.join(" "))
            }
        }
    }
}

/// The largest number of elements of a state that are shown.
const SHOWN_MAX: usize = 12;

impl<V: Display> Display for SetOp<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(value) => write!(f, "add {value}"),
            Self::Remove(value) => write!(f, "remove {value}"),
            Self::Contains(value) => write!(f, "contains {value}"),
            Self::Read => f.write_str("read"),
        }
    }
}

impl<V: Display> Display for SetReply<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(None) => f.write_str("ok"),
            Self::Done(Some(true)) => f.write_str("changed"),
            Self::Done(Some(false)) => f.write_str("unchanged"),
            Self::Found(found) => write!(f, "{found}"),
            Self::Elements(elements) => {
                f.write_str("{")?;
                for (place, element) in elements.iter().enumerate() {
                    let blank = if place == 0 { "" } else { " " };
                    write!(f, "{blank}{element}")?;
                }
                f.write_str("}")
            }
        }
    }
}
