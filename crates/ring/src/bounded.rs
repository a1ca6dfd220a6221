//! Consistent hashing with bounded loads, for requests that come and go.
//!
//! Model: Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads" (SODA 2018):
//! no node takes more than c times the average, c = 1 + e. A request goes to the first node of its
//! preference order whose load is below ceil(c * m * w / W), m counting the request itself, w the
//! node's weight, W that of all. The capacities add up to more than m, so there always is one.
//! Factors of 1.25 to 2 are sensible (HAProxy's `hash-balance-factor`); HAProxy calls them percent.
//!
//! Everything is in integers: the factor in thousandths, the products in 128 bits.
//!
//! Limits: [`Bounded`] counts and does not remember who is where, so it cannot move what it has
//! placed. When requests end the average falls, and a node may for a while be above the bound
//! without being given anything. [`Assignment`](crate::Assignment) remembers, moves, and holds the
//! bound at all times.

use crate::change::{Change, ChangeError};
use crate::members::{Members, Slot};
use crate::placement::{Placement, Spread};
use crate::weight::Weight;

/// How far above the average a node may be loaded, in thousandths: 1250 is one and a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadFactor(u32);

/// A factor that is not above one, or beyond all sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a load factor of {thousandths}/1000 is not above 1 and at most 1000")]
pub struct LoadFactorError {
    /// What was asked for, in thousandths.
    pub thousandths: u32,
}

impl LoadFactor {
    /// One and a quarter.
    pub(crate) const QUARTER_ABOVE: LoadFactor = LoadFactor(1250);

    /// A factor in thousandths, above 1000 and at most 1,000,000.
    ///
    /// # Errors
    /// [`LoadFactorError`] outside of that: at 1000 or less no room is left to place anything.
    pub fn new(thousandths: u32) -> Result<LoadFactor, LoadFactorError> {
        if (1001..=1_000_000).contains(&thousandths) {
            Ok(LoadFactor(thousandths))
        } else {
            Err(LoadFactorError { thousandths })
        }
    }

    /// ceil(c * total * weight / all): what a node may carry of `total`.
    #[must_use]
    pub fn limit(self, total: u64, weight: Weight, all: u64) -> u64 {
        let share = u128::from(self.0) * u128::from(total) * u128::from(weight.get());
        let limit = share.div_ceil(1000 * u128::from(all.max(1)));
        u64::try_from(limit).unwrap_or(u64::MAX)
    }
}

/// Why a load could not be given back or reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no such node (any more); its load went with it.
    #[error("there is no node with the key {:?}", String::from_utf8_lossy(key))]
    Unknown {
        /// The key.
        key: Vec<u8>,
    },
    /// More is given back than was taken.
    #[error("the node {:?} carries nothing that could be given back", String::from_utf8_lossy(key))]
    Idle {
        /// The key.
        key: Vec<u8>,
    },
}

/// A count for each slot of a view, and their sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loads {
    by_slot: Vec<u64>,
    total: u128,
}

impl Loads {
    pub(crate) fn idle(nodes: usize) -> Loads {
        Loads { by_slot: vec![0; nodes], total: 0 }
    }

    pub(crate) fn total(&self) -> u64 {
        u64::try_from(self.total).unwrap_or(u64::MAX)
    }

    pub(crate) fn of(&self, slot: Slot) -> u64 {
        self.by_slot[slot.index()]
    }

    pub(crate) fn set(&mut self, slot: Slot, load: u64) {
        let old = std::mem::replace(&mut self.by_slot[slot.index()], load);
        self.total = self.total - u128::from(old) + u128::from(load);
    }

    pub(crate) fn take(&mut self, slot: Slot) {
        self.set(slot, self.of(slot).saturating_add(1));
    }

    pub(crate) fn give_back<N>(
        &mut self,
        members: &Members<N>,
        key: &[u8],
    ) -> Result<(), LoadError> {
        let slot = members.slot(key).ok_or_else(|| LoadError::Unknown { key: key.to_vec() })?;
        match self.of(slot) {
            0 => Err(LoadError::Idle { key: key.to_vec() }),
            load => {
                self.set(slot, load - 1);
                Ok(())
            }
        }
    }

    /// What remains under other members: the loads of those that are still there.
    pub(crate) fn carried_over<N>(&self, keys: &[Box<[u8]>], members: &Members<N>) -> Loads {
        let mut loads = Loads::idle(members.len());
        for (key, load) in keys.iter().zip(&self.by_slot) {
            if let Some(slot) = members.slot(key) {
                loads.set(slot, *load);
            }
        }
        loads
    }
}

/// The keys of all members by slot, to recognise them after a change.
pub(crate) fn keys_by_slot<N>(members: &Members<N>) -> Vec<Box<[u8]>> {
    members.slots().map(|slot| members.key(slot).into()).collect()
}

/// The first slot of a preference order that `accepts`, among the first `bound`. Looks at a few,
/// then at more, so that the usual case is short; allocates only beyond 64.
pub(crate) fn first_accepted<P: Placement>(
    placement: &P,
    hash: u64,
    bound: usize,
    mut accepts: impl FnMut(Slot) -> bool,
) -> Option<Slot> {
    let bound = bound.min(placement.len());
    let mut few = [Slot::default(); 64];
    let mut many = Vec::new();
    let (mut seen, mut reach) = (0, 4);
    while seen < bound {
        let reached = reach.min(bound);
        let out = if reached <= few.len() {
            &mut few[..reached]
        } else {
            many.resize(reached, Slot::default());
            &mut many[..]
        };
        let found = placement.place_many(hash, Spread::Nodes, out);
        if let Some(slot) = out[..found].iter().skip(seen).find(|slot| accepts(**slot)) {
            return Some(*slot);
        }
        if found < reached {
            return None;
        }
        seen = found;
        reach *= 4;
    }
    None
}

/// A scheme with a bound on the load of every node.
///
/// ```
/// use squall_ring::{Bounded, LoadFactor, Node, Ring, VirtualNodes, Weight};
///
/// let nodes = ["a", "b", "c"].map(|name| (Node::new(name), Weight::ONE));
/// let ring = Ring::with_nodes(VirtualNodes::default(), nodes)?;
/// let mut bounded = Bounded::new(ring, LoadFactor::new(1250).expect("above one"));
/// for _ in 0..30 {
///     bounded.acquire(b"one hot key");
/// }
/// // No node has more than ceil(1.25 * 30 / 3).
/// assert!(bounded.loads().all(|(_, load)| load <= 13));
/// # Ok::<(), squall_ring::ChangeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bounded<P> {
    placement: P,
    factor: LoadFactor,
    loads: Loads,
}

impl<P: Placement> Bounded<P> {
    /// Bounds the loads on a scheme; all nodes are idle.
    #[must_use]
    pub fn new(placement: P, factor: LoadFactor) -> Self {
        let loads = Loads::idle(placement.len());
        Bounded { placement, factor, loads }
    }

    /// The scheme beneath.
    #[must_use]
    pub fn placement(&self) -> &P {
        &self.placement
    }

    /// What one node may carry at present, one more request counted in.
    #[must_use]
    pub fn limit(&self, slot: Slot) -> u64 {
        let members = self.placement.members();
        let total = self.loads.total().saturating_add(1);
        self.factor.limit(total, members.weight(slot), members.total_weight())
    }

    /// Where a request for this key would go now; none if there is no node.
    #[must_use]
    pub fn choose(&self, hash: u64) -> Option<Slot> {
        let below = |slot| self.loads.of(slot) < self.limit(slot);
        first_accepted(&self.placement, hash, usize::MAX, below)
    }

    /// Sends a request for this key to a node and counts it; none if there is no node.
    pub fn acquire(&mut self, key: &[u8]) -> Option<&P::Node> {
        let slot = self.choose(self.placement.hash_key(key))?;
        self.loads.take(slot);
        Some(self.placement.members().node(slot))
    }

    /// A request that the node with this key was given has ended.
    ///
    /// # Errors
    /// [`LoadError`] if the node is not there or carries nothing.
    pub fn release(&mut self, node: &[u8]) -> Result<(), LoadError> {
        self.loads.give_back(self.placement.members(), node)
    }

    /// The load of a node as measured elsewhere, in place of what was counted here.
    ///
    /// # Errors
    /// [`LoadError::Unknown`].
    pub fn report(&mut self, node: &[u8], load: u64) -> Result<(), LoadError> {
        let slot = self.placement.members().slot(node);
        let slot = slot.ok_or_else(|| LoadError::Unknown { key: node.to_vec() })?;
        self.loads.set(slot, load);
        Ok(())
    }

    /// Every node and its load, by key.
    pub fn loads(&self) -> impl Iterator<Item = (&P::Node, u64)> {
        let members = self.placement.members();
        members.slots().map(|slot| (members.node(slot), self.loads.of(slot)))
    }

    /// The sum of all loads.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.loads.total()
    }

    /// Changes the nodes. Nodes that stay keep their loads, those that go take them along.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn apply(&mut self, batch: Vec<P::Edit>) -> Result<u64, ChangeError>
    where
        P: Change,
    {
        let keys = keys_by_slot(self.placement.members());
        let version = self.placement.apply(batch)?;
        self.loads = self.loads.carried_over(&keys, self.placement.members());
        Ok(version)
    }
}
