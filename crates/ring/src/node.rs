//! What a node is to a placement: a stable key, and perhaps a zone.
//!
//! Model: a node is known by the bytes of its key (an id, an address, a guid), never by its
//! position in a list (HAProxy `7004bb3b8`; `buraksezer/consistent` #17). Two nodes with equal keys
//! are the same node. The bytes must be the same on every machine and in every release; integers
//! are written little-endian, eight bytes wide, whatever the machine.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Something that a key can be placed on.
pub trait Identity {
    /// The bytes that name this node, the same everywhere and forever.
    fn key(&self) -> Cow<'_, [u8]>;

    /// The failure domain the node stands in: a rack, a data centre. A node without one counts as
    /// a zone of its own.
    fn zone(&self) -> Option<&str> {
        None
    }
}

/// A node with a name and perhaps a zone: the [`Identity`] for those who need no type of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Node {
    /// The stable key.
    pub name: String,
    /// The failure domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl Node {
    /// A node without a zone.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Node {
        Node { name: name.into(), zone: None }
    }

    /// The same node in a zone.
    #[must_use]
    pub fn in_zone(self, zone: impl Into<String>) -> Node {
        Node { zone: Some(zone.into()), ..self }
    }
}

impl Identity for Node {
    fn key(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.name.as_bytes())
    }

    fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }
}

impl Identity for String {
    fn key(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

impl Identity for &str {
    fn key(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

impl Identity for Vec<u8> {
    fn key(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self)
    }
}

impl Identity for u64 {
    fn key(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.to_le_bytes().to_vec())
    }
}

impl<T: Identity> Identity for std::sync::Arc<T> {
    fn key(&self) -> Cow<'_, [u8]> {
        (**self).key()
    }

    fn zone(&self) -> Option<&str> {
        (**self).zone()
    }
}
