//! Changing a placement: edits, batches, and who can do what.
//!
//! Model: a change is a batch of edits that happens as a whole or not at all, and that raises the
//! version of the view by one. What a scheme cannot do it has no method for: [`Jump`](crate::Jump)
//! implements [`Append`] alone, [`Anchor`](crate::Anchor) implements [`Change`] but not
//! [`Reweigh`].

use crate::node::Identity;
use crate::placement::Placement;
use crate::weight::Weight;

/// One step of a batch for a scheme whose nodes all weigh the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit<N> {
    /// Adds a node whose key is not there yet.
    Add(N),
    /// Removes the node with this key.
    Remove(Vec<u8>),
}

/// One step of a batch for a scheme with weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeightedEdit<N> {
    /// Adds a node whose key is not there yet.
    Add(N, Weight),
    /// Removes the node with this key.
    Remove(Vec<u8>),
    /// Gives the node with this key another weight.
    SetWeight(Vec<u8>, Weight),
}

impl<N> From<Edit<N>> for WeightedEdit<N> {
    fn from(edit: Edit<N>) -> WeightedEdit<N> {
        match edit {
            Edit::Add(node) => WeightedEdit::Add(node, Weight::ONE),
            Edit::Remove(key) => WeightedEdit::Remove(key),
        }
    }
}

/// Why a batch was refused. Nothing of it has happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A node is added whose key is already there.
    #[error("a node with the key {:?} is already there", String::from_utf8_lossy(key))]
    Duplicate {
        /// The key.
        key: Vec<u8>,
    },
    /// A node is removed or reweighed that is not there.
    #[error("there is no node with the key {:?}", String::from_utf8_lossy(key))]
    Unknown {
        /// The key.
        key: Vec<u8>,
    },
    /// More nodes than the scheme, or its configured capacity, holds.
    #[error("{asked} nodes, but at most {limit} fit")]
    TooManyNodes {
        /// How many there would be.
        asked: usize,
        /// How many there may be.
        limit: usize,
    },
    /// More points than a ring holds.
    #[error("{asked} points, but a ring holds at most {limit}")]
    TooManyPoints {
        /// How many there would be.
        asked: u64,
        /// How many there may be.
        limit: u64,
    },
}

/// A scheme whose nodes can come and go in any order.
pub trait Change: Placement {
    /// A step of a batch.
    type Edit: From<Edit<Self::Node>>;

    /// Applies a batch as a whole, edit after edit, and returns the new version. An empty batch
    /// changes nothing, the version included.
    ///
    /// # Errors
    /// If any edit is refused; then nothing has changed.
    fn apply(&mut self, batch: Vec<Self::Edit>) -> Result<u64, ChangeError>;

    /// Adds one node, of weight one where the scheme has weights.
    ///
    /// # Errors
    /// [`ChangeError::Duplicate`], and the scheme's limits.
    fn add(&mut self, node: Self::Node) -> Result<u64, ChangeError> {
        self.apply(vec![Edit::Add(node).into()])
    }

    /// Removes the node with this key.
    ///
    /// # Errors
    /// [`ChangeError::Unknown`].
    fn remove(&mut self, key: &[u8]) -> Result<u64, ChangeError> {
        self.apply(vec![Edit::Remove(key.to_vec()).into()])
    }
}

/// A scheme whose nodes have weights.
pub trait Reweigh: Change<Edit = WeightedEdit<<Self as Placement>::Node>> {
    /// Adds one node with a weight.
    ///
    /// # Errors
    /// [`ChangeError::Duplicate`], and the scheme's limits.
    fn add_weighted(&mut self, node: Self::Node, weight: Weight) -> Result<u64, ChangeError> {
        self.apply(vec![WeightedEdit::Add(node, weight)])
    }

    /// Gives a node another weight.
    ///
    /// # Errors
    /// [`ChangeError::Unknown`], and the scheme's limits.
    fn set_weight(&mut self, key: &[u8], weight: Weight) -> Result<u64, ChangeError> {
        self.apply(vec![WeightedEdit::SetWeight(key.to_vec(), weight)])
    }
}

impl<S, N> Reweigh for S where S: Change<Edit = WeightedEdit<N>> + Placement<Node = N> {}

/// A scheme that grows and shrinks at its end only: [`Jump`](crate::Jump), whose buckets are
/// numbered without a gap.
pub trait Append: Placement {
    /// Adds a node as the last.
    ///
    /// # Errors
    /// [`ChangeError::Duplicate`] and [`ChangeError::TooManyNodes`].
    fn push(&mut self, node: Self::Node) -> Result<u64, ChangeError>;

    /// Removes the node that was added last and returns it; none if there is none.
    fn pop(&mut self) -> Option<Self::Node>;

    /// Adds nodes at the end as one change, all or none.
    ///
    /// # Errors
    /// As for [`push`](Append::push).
    fn extend(&mut self, nodes: Vec<Self::Node>) -> Result<u64, ChangeError>;
}

/// The edits that add each of these nodes with its weight.
pub(crate) fn additions<N: Identity>(
    nodes: impl IntoIterator<Item = (N, Weight)>,
) -> Vec<WeightedEdit<N>> {
    nodes.into_iter().map(|(node, weight)| WeightedEdit::Add(node, weight)).collect()
}
