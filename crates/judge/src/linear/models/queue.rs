//! A queue: who comes first leaves first.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::linear::Model;

/// A queue of `V`, empty at first.
#[derive(Clone, Debug)]
pub struct Queue<V>(PhantomData<V>);

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// What is asked of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueOp<V> {
    /// Put this at the end.
    Enqueue(V),
    /// Take what is in front.
    Dequeue,
}

/// What a queue answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueReply<V> {
    /// It is at the end.
    Enqueued,
    /// This was in front.
    Dequeued(V),
    /// Nothing was there.
    Empty,
}

impl<V: Clone + Eq + Hash + Debug + Display> Model for Queue<V> {
    type State = Arc<[V]>;
    type Op = QueueOp<V>;
    type Reply = QueueReply<V>;
    type Key = ();

    fn init(&self) -> Arc<[V]> {
        Arc::from([])
    }

    fn step(
        &self,
        state: &Arc<[V]>,
        op: &Self::Op,
        reply: Option<&Self::Reply>,
    ) -> Option<Arc<[V]>> {
        match (op, reply) {
            (QueueOp::Enqueue(value), None | Some(QueueReply::Enqueued)) => {
                Some(state.iter().chain([value]).cloned().collect())
            }
            (QueueOp::Dequeue, None) => Some(state.get(1..).unwrap_or_default().into()),
            (QueueOp::Dequeue, Some(QueueReply::Dequeued(value))) => match &state[..] {
                [front, rest @ ..] if front == value => Some(rest.into()),
                _ => None,
            },
            (QueueOp::Dequeue, Some(QueueReply::Empty)) => {
                state.is_empty().then(|| Arc::clone(state))
            }
            _ => None,
        }
    }

    fn key(&self, _: &Self::Op) {}

    fn is_read(&self, op: &Self::Op, reply: Option<&Self::Reply>) -> bool {
        matches!((op, reply), (QueueOp::Dequeue, Some(QueueReply::Empty)))
    }

    fn describe(&self, state: &Arc<[V]>) -> String {
        match &state[..] {
            [] => "the queue is empty".to_owned(),
            [front] => format!("the queue holds {front} alone"),
            [front, rest @ ..] => format!("{front} is in front, with {} behind it", rest.len()),
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
