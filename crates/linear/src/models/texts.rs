//! Texts under keys, with reads, replacements and appends.

use std::fmt::{self, Debug, Display};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::Model;

/// A map from keys to texts. Every text is empty at first.
///
/// A state holds its complete text, so the memory for a history of one key may grow with the square
/// of its length.
#[derive(Clone, Debug)]
pub struct Texts<K>(PhantomData<K>);

impl<K> Default for Texts<K> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// An operation on one key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TextsOp<K> {
    /// The key.
    pub key: K,
    /// The operation on its text.
    pub op: TextOp,
}

/// The operations of a text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TextOp {
    /// Reads the text.
    Get,
    /// Replaces the text.
    Put(Arc<str>),
    /// Appends this to the text.
    Append(Arc<str>),
}

/// The replies of a text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TextReply {
    /// The text was replaced or extended.
    Done,
    /// The text.
    Text(Arc<str>),
}

impl<K: Clone + Ord + Debug + Display> Model for Texts<K> {
    type State = Arc<str>;
    type Op = TextsOp<K>;
    type Reply = TextReply;
    type Key = K;

    fn init(&self) -> Arc<str> {
        "".into()
    }

    fn step(
        &self,
        state: &Arc<str>,
        op: &TextsOp<K>,
        reply: Option<&TextReply>,
    ) -> Option<Arc<str>> {
        match (&op.op, reply) {
            (TextOp::Get, None) => Some(Arc::clone(state)),
            (TextOp::Get, Some(TextReply::Text(text))) => {
                (text == state).then(|| Arc::clone(state))
            }
            (TextOp::Put(text), None | Some(TextReply::Done)) => Some(Arc::clone(text)),
            (TextOp::Append(text), None | Some(TextReply::Done)) => {
                Some([&**state, &**text].concat().into())
            }
            _ => None,
        }
    }

    fn key(&self, op: &TextsOp<K>) -> K {
        op.key.clone()
    }

    fn is_read(&self, op: &TextsOp<K>, _: Option<&TextReply>) -> bool {
        op.op == TextOp::Get
    }

    fn overwrites(&self, op: &TextsOp<K>) -> bool {
        matches!(op.op, TextOp::Put(_))
    }

    fn heap(&self, state: &Arc<str>, _: Option<&Arc<str>>) -> u64 {
        state.len() as u64 + 2 * size_of::<usize>() as u64
    }

    fn describe(&self, state: &Arc<str>) -> String {
        format!("the key holds {state:?}")
    }
}

impl<K: Display> Display for TextsOp<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.op {
            TextOp::Get => write!(f, "get {key}"),
            TextOp::Put(text) => write!(f, "put {key} {text:?}"),
            TextOp::Append(text) => write!(f, "append {key} {text:?}"),
        }
    }
}

impl Display for TextReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ok"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}
