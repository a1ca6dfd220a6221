//! Consistent hashing with bounded loads, for keys that are remembered: the bound holds always.
//!
//! Model: Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads" (SODA 2018),
//! sections 2 and 3: keys are balls, nodes are bins of capacity ceil(c * m * w / W). The invariant:
//! every node that a key passes over in its preference order is full. A change of a key or of a
//! node restores it with few moves, O(1/e^2) expected for c = 1 + e below 2: when a place comes
//! free, a key that had passed over it comes back, which frees another place, and so on; when
//! capacities shrink, keys too many go on to where there is room.
//!
//! Limits: memory for every key and for every node it passes over. A change of capacity, every n/c
//! keys or so, looks at every node; a change of nodes looks at every key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bounded::{LoadFactor, Loads, first_accepted, keys_by_slot};
use crate::change::{Change, ChangeError};
use crate::members::Slot;
use crate::placement::Placement;

type Key = Arc<[u8]>;

/// Keys assigned to nodes, none of which holds more than c times the average.
#[derive(Clone, Debug)]
pub struct Assignment<P> {
    placement: P,
    factor: LoadFactor,
    keys: BTreeMap<Key, Slot>,
    loads: Loads,
    /// By slot: the keys there.
    seated: Vec<BTreeSet<Key>>,
    /// By slot: the keys that passed over it because it was full.
    passed: Vec<BTreeSet<Key>>,
    moves: u64,
}

impl<P: Placement> Assignment<P> {
    /// No keys yet.
    #[must_use]
    pub fn new(placement: P, factor: LoadFactor) -> Self {
        let nodes = placement.len();
        Assignment {
            placement,
            factor,
            keys: BTreeMap::new(),
            loads: Loads::idle(nodes),
            seated: vec![BTreeSet::new(); nodes],
            passed: vec![BTreeSet::new(); nodes],
            moves: 0,
        }
    }

    /// The scheme beneath.
    #[must_use]
    pub fn placement(&self) -> &P {
        &self.placement
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The node a key is on; none if the key is not here, or there is no node.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&P::Node> {
        let slot = self.keys.get(key)?;
        (*slot != NOWHERE).then(|| self.placement.members().node(*slot))
    }

    /// All keys and their nodes, in the order of the keys; none while there is no node.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &P::Node)> {
        let members = self.placement.members();
        let seated = self.keys.iter().filter(|(_, slot)| **slot != NOWHERE);
        seated.map(|(key, slot)| (&**key, members.node(*slot)))
    }

    /// Every node, its load and its capacity.
    pub fn loads(&self) -> impl Iterator<Item = (&P::Node, u64, u64)> {
        let members = self.placement.members();
        members.slots().map(|slot| (members.node(slot), self.loads.of(slot), self.capacity(slot)))
    }

    /// How many keys that had a node have been moved to another, since the beginning.
    #[must_use]
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// Puts a key on a node, or finds it there already. Others may move back to nodes whose
    /// capacity has grown.
    pub fn insert(&mut self, key: &[u8]) -> Option<&P::Node> {
        if !self.keys.contains_key(key) {
            let key: Key = key.into();
            let before = self.probe_capacity();
            self.keys.insert(key.clone(), NOWHERE);
            self.seat(&key);
            if self.probe_capacity() != before {
                self.settle();
            }
        }
        self.get(key)
    }

    /// Takes a key away; whether it was there. Others may move to the place that is free.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let Some((key, _)) = self.keys.get_key_value(key) else {
            return false;
        };
        let key = key.clone();
        let before = self.probe_capacity();
        let left = self.unseat(&key);
        self.keys.remove(&key);
        if self.probe_capacity() != before {
            self.settle();
        } else {
            self.fill(left.into_iter().collect());
        }
        true
    }

    /// Changes the nodes, and moves the keys that must move.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn apply(&mut self, batch: Vec<P::Edit>) -> Result<u64, ChangeError>
    where
        P: Change,
    {
        let old = keys_by_slot(self.placement.members());
        let version = self.placement.apply(batch)?;
        let members = self.placement.members();
        let renamed: Vec<Option<Slot>> = old.iter().map(|key| members.slot(key)).collect();
        let nodes = members.len();
        self.loads = Loads::idle(nodes);
        self.seated = vec![BTreeSet::new(); nodes];
        self.passed = vec![BTreeSet::new(); nodes];
        let mut homeless = Vec::new();
        for (key, slot) in std::mem::take(&mut self.keys) {
            let stays = renamed.get(slot.index()).copied().flatten();
            self.keys.insert(key.clone(), NOWHERE);
            match stays {
                Some(slot) => self.sit(&key, slot),
                None => homeless.push((key, slot != NOWHERE)),
            }
        }
        for (key, moved) in homeless {
            self.seat(&key);
            self.moves += u64::from(moved);
        }
        self.settle();
        Ok(version)
    }

    fn capacity(&self, slot: Slot) -> u64 {
        let members = self.placement.members();
        let total = self.keys.len() as u64;
        self.factor.limit(total, members.weight(slot), members.total_weight())
    }

    /// A number that differs whenever any capacity does: with equal weights all are the same one.
    fn probe_capacity(&self) -> u64 {
        let members = self.placement.members();
        match members.len() as u64 {
            0 => 0,
            nodes if members.total_weight() == nodes => self.capacity(Slot(0)),
            _ => self.keys.len() as u64,
        }
    }

    /// Seats a key that has no seat on the first node of its order that has room.
    fn seat(&mut self, key: &Key) {
        let hash = self.placement.hash_key(key);
        let room = |slot| self.loads.of(slot) < self.capacity(slot);
        if let Some(slot) = first_accepted(&self.placement, hash, usize::MAX, room) {
            self.sit(key, slot);
        }
    }

    /// Seats a key here, noting the nodes it passes over.
    fn sit(&mut self, key: &Key, slot: Slot) {
        let hash = self.placement.hash_key(key);
        let passed = &mut self.passed;
        first_accepted(&self.placement, hash, usize::MAX, |other| {
            let arrived = other == slot;
            if !arrived {
                passed[other.index()].insert(key.clone());
            }
            arrived
        });
        self.seated[slot.index()].insert(key.clone());
        self.loads.take(slot);
        self.keys.insert(key.clone(), slot);
    }

    /// Takes a key from its seat, if it has one, and forgets what it passed over.
    fn unseat(&mut self, key: &Key) -> Option<Slot> {
        let slot = self.keys.insert(key.clone(), NOWHERE).filter(|slot| *slot != NOWHERE)?;
        let hash = self.placement.hash_key(key);
        let passed = &mut self.passed;
        first_accepted(&self.placement, hash, usize::MAX, |other| {
            passed[other.index()].remove(key);
            other == slot
        });
        self.seated[slot.index()].remove(key);
        self.loads.set(slot, self.loads.of(slot) - 1);
        Some(slot)
    }

    /// Restores bound and invariant everywhere.
    fn settle(&mut self) {
        let slots: Vec<Slot> = self.placement.members().slots().collect();
        let mut surplus = Vec::new();
        for &slot in &slots {
            while self.loads.of(slot) > self.capacity(slot) {
                let Some(key) = self.seated[slot.index()].last().cloned() else {
                    break;
                };
                self.unseat(&key);
                surplus.push(key);
            }
        }
        self.moves += surplus.len() as u64;
        surplus.iter().for_each(|key| self.seat(key));
        self.fill(slots);
    }

    /// Lets keys back onto nodes with room that they passed over. Every move brings a key nearer
    /// to the head of its order, so it ends.
    fn fill(&mut self, mut slots: Vec<Slot>) {
        while let Some(slot) = slots.pop() {
            while self.loads.of(slot) < self.capacity(slot) {
                let Some(key) = self.passed[slot.index()].first().cloned() else {
                    break;
                };
                slots.extend(self.unseat(&key));
                self.sit(&key, slot);
                self.moves += 1;
            }
        }
    }
}

/// The seat of a key while there is no node.
const NOWHERE: Slot = Slot(u32::MAX);
