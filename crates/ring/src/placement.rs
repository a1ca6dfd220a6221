//! Where a key goes: the contract of every scheme.
//!
//! Model: a placement is a pure function from a 64-bit hash to a node, fixed by the scheme's
//! configuration and the set of its nodes. Looking up takes `&self`, allocates nothing, cannot
//! fail, and on an empty placement finds nothing. The order in which a scheme would try nodes for a
//! hash is its preference order: distinct nodes, the owner first. Replicas, retries and bounded
//! loads all read that one order.

use crate::members::{Members, Slot};
use crate::node::Identity;

/// What must be distinct among several nodes chosen for one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// The nodes.
    #[default]
    Nodes,
    /// The nodes and their zones; a node without a zone is a zone of its own.
    Zones,
}

/// Fewer distinct nodes or zones than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{asked} distinct {spread:?} asked for, {found} found")]
pub struct Shortage {
    /// How many were asked for.
    pub asked: usize,
    /// How many there are.
    pub found: usize,
    /// What had to be distinct.
    pub spread: Spread,
}

/// A scheme that places keys on nodes.
pub trait Placement {
    /// What a key is placed on.
    type Node: Identity;

    /// The nodes of this view.
    fn members(&self) -> &Members<Self::Node>;

    /// The version of this view: zero when made, one more with every change.
    fn version(&self) -> u64;

    /// Whether both place equal sets of nodes alike: same hash, same seed, same configuration.
    fn same_rules(&self, other: &Self) -> bool;

    /// The hash of a key under this view's own hash function.
    fn hash_key(&self, key: &[u8]) -> u64;

    /// The slot that owns a hash; none if there is no node.
    fn place(&self, hash: u64) -> Option<Slot>;

    /// Writes the head of the preference order of `hash` into `out` and returns how many slots it
    /// wrote: `out.len()`, or as many as there are distinct nodes or zones. What is found for a
    /// shorter `out` is a prefix of what is found for a longer one.
    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize;

    /// The node that owns a key; none if there is no node.
    #[inline]
    fn get(&self, key: &[u8]) -> Option<&Self::Node> {
        self.get_hash(self.hash_key(key))
    }

    /// The node that owns a hash; none if there is no node.
    #[inline]
    fn get_hash(&self, hash: u64) -> Option<&Self::Node> {
        self.place(hash).map(|slot| self.members().node(slot))
    }

    /// The first `count` nodes of a key's preference order, all distinct.
    ///
    /// # Errors
    /// [`Shortage`] if there are fewer nodes than that; never fewer nodes in silence.
    fn get_n(&self, key: &[u8], count: usize) -> Result<Vec<&Self::Node>, Shortage> {
        self.get_spread(key, count, Spread::Nodes)
    }

    /// The first `count` nodes of a key's preference order that differ in what `spread` says.
    ///
    /// # Errors
    /// [`Shortage`] if there are not as many.
    fn get_spread(
        &self,
        key: &[u8],
        count: usize,
        spread: Spread,
    ) -> Result<Vec<&Self::Node>, Shortage> {
        let there = match spread {
            Spread::Nodes => self.members().len(),
            Spread::Zones => self.members().zones(),
        };
        let shortage = |found| Shortage { asked: count, found, spread };
        if count > there {
            return Err(shortage(there));
        }
        let mut slots = vec![Slot::default(); count];
        let found = self.place_many(self.hash_key(key), spread, &mut slots);
        if found < count {
            return Err(shortage(found));
        }
        Ok(slots.into_iter().map(|slot| self.members().node(slot)).collect())
    }

    /// How many nodes there are.
    fn len(&self) -> usize {
        self.members().len()
    }

    /// Whether there is no node.
    fn is_empty(&self) -> bool {
        self.members().is_empty()
    }
}

/// The slots chosen so far for one hash. Small by nature, so a scan is the fastest set there is.
pub(crate) struct Chosen<'a> {
    out: &'a mut [Slot],
    found: usize,
    spread: Spread,
}

impl<'a> Chosen<'a> {
    pub(crate) fn new(out: &'a mut [Slot], spread: Spread) -> Chosen<'a> {
        Chosen { out, found: 0, spread }
    }

    pub(crate) fn found(&self) -> usize {
        self.found
    }

    /// Whether nothing more can be chosen.
    pub(crate) fn full<N>(&self, members: &Members<N>) -> bool {
        let there = match self.spread {
            Spread::Nodes => members.len(),
            Spread::Zones => members.zones(),
        };
        self.found >= self.out.len().min(there)
    }

    /// Whether this slot is as yet unlike all those chosen.
    #[inline]
    pub(crate) fn admits<N>(&self, members: &Members<N>, slot: Slot) -> bool {
        let chosen = &self.out[..self.found];
        match self.spread {
            Spread::Nodes => !chosen.contains(&slot),
            Spread::Zones => {
                let zone = members.zone(slot);
                chosen.iter().all(|other| members.zone(*other) != zone)
            }
        }
    }

    /// Takes a slot that is admitted; leaves one that is not.
    #[inline]
    pub(crate) fn offer<N>(&mut self, members: &Members<N>, slot: Slot) {
        if self.found < self.out.len() && self.admits(members, slot) {
            self.out[self.found] = slot;
            self.found += 1;
        }
    }
}
