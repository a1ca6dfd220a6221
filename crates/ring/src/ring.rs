//! The ring of virtual nodes with weights.
//!
//! Model: a node of weight w stands at `points * w` points. Point i of a node is word i of the
//! SplitMix64 stream seeded with the hash of the node's key, so it depends on that node and i alone
//! and a change of weight adds or takes away points at the end of the list. The pair (node, i)
//! enters as two words, not as joined text, so no two pairs can be confused ("node1" + "2" and
//! "node" + "12", the mistake of rings that hash `name ++ index`). Positions have 64 bits; ties
//! are ordered by node key.
//!
//! Balance: with c points a node the standard error of a node's share is 1/sqrt(c) of it (Lamping
//! and Veach, section 2); the expected peak over average is tabulated in `docs/ring.md`.

use serde::{Deserialize, Serialize};

use crate::circle::{Circle, Dialect, sealed};
use crate::hash::{GOLDEN, KeyHash, mix};
use crate::members::Members;
use crate::points::Point;
use crate::weight::Weight;

/// A ring of virtual nodes with weights.
///
/// ```
/// use squall_ring::{Change, Node, Placement, Ring, VirtualNodes, Weight};
///
/// let nodes = ["a", "b", "c"].map(|name| (Node::new(name), Weight::ONE));
/// let mut ring = Ring::with_nodes(VirtualNodes::default(), nodes)?;
/// let owner = ring.get(b"some key").expect("three nodes").clone();
/// ring.remove(owner.name.as_bytes())?;
/// assert_ne!(ring.get(b"some key"), Some(&owner));
/// # Ok::<(), squall_ring::ChangeError>(())
/// ```
pub type Ring<N> = Circle<N, VirtualNodes>;

/// The rules of a [`Ring`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualNodes {
    /// The hash of keys and of nodes.
    pub hash: KeyHash,
    /// Points for each unit of weight. More points, better balance, more memory.
    pub points: u32,
}

impl Default for VirtualNodes {
    /// XXH64 with seed 0 and 160 points, libketama's number.
    fn default() -> Self {
        VirtualNodes { hash: KeyHash::default(), points: 160 }
    }
}

impl VirtualNodes {
    fn count_at(&self, weight: Weight) -> u64 {
        // A ring of no points would own nothing; one is the least a node can have.
        u64::from(self.points.max(1)) * u64::from(weight.get())
    }
}

impl Dialect for VirtualNodes {
    const NAME: &'static str = "ring";

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.hash.hash(key)
    }
}

impl sealed::Points for VirtualNodes {
    type Position = u64;

    fn count(&self, weights: &mut dyn Iterator<Item = Weight>) -> u64 {
        weights.map(|weight| self.count_at(weight)).sum()
    }

    fn all<N>(&self, members: &Members<N>) -> Vec<Point<u64>> {
        let points = members
            .slots()
            .filter_map(|slot| self.between(members.key(slot), slot.0, None, members.weight(slot)));
        points.flatten().collect()
    }

    fn between(
        &self,
        key: &[u8],
        rank: u32,
        from: Option<Weight>,
        to: Weight,
    ) -> Option<Vec<Point<u64>>> {
        let seed = self.hash.hash(key);
        let from = from.map_or(0, |weight| self.count_at(weight));
        let words = (from..self.count_at(to)).map(|index| stream(seed, index));
        Some(words.map(|position| (position, rank)).collect())
    }
}

/// Word `index` of the SplitMix64 stream with this seed.
#[inline]
pub(crate) fn stream(seed: u64, index: u64) -> u64 {
    mix(seed.wrapping_add((index + 1).wrapping_mul(GOLDEN)))
}
