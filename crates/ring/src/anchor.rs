//! Anchor hashing: ideal balance, least movement, any node may leave; the capacity is fixed.
//!
//! Model: Mendelson, Vargaftik, Barabash, Lorenz, Keslassy and Orda, "AnchorHash: a scalable
//! consistent hash" (arXiv 1812.09674), section 4, algorithm 3, with its arrays A, K, W, L and the
//! stack R. A key hashes to a bucket; while that bucket is not working, it hashes on among those
//! that were working when it was removed.
//!
//! Limits: at most `capacity` nodes, 16 bytes for each; no weights, so [`Anchor`] has no
//! [`Reweigh`](crate::Reweigh). Where a node stands depends on the history of changes: machines
//! agree if they made the same changes in the same order or share a view, which carries the
//! history that matters, the buckets in use and the order in which the others were left. Within
//! one batch nodes leave, then come, each in the order of their keys.

use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeError, Edit};
use crate::hash::{GOLDEN, KeyHash, mix};
use crate::jump::rehashed;
use crate::members::{Committed, Members, Slot};
use crate::node::Identity;
use crate::placement::{Placement, Spread};
use crate::view::{View, ViewError, Viewed};

/// The rules of an [`Anchor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorRules {
    /// The hash of keys.
    pub hash: KeyHash,
    /// The most nodes there can ever be at one time. Lookups cost O((1 + ln(capacity/nodes))^2).
    pub capacity: u32,
}

impl AnchorRules {
    /// The largest capacity, 2^24.
    pub const CAPACITY_MAX: u32 = 1 << 24;
}

/// Anchor hashing.
///
/// All nodes weigh the same, so there is no method to change that:
///
/// ```compile_fail
/// # use squall_ring::{Anchor, AnchorRules, KeyHash, Reweigh, Weight};
/// let rules = AnchorRules { hash: KeyHash::default(), capacity: 8 };
/// let mut anchor: Anchor<String> = Anchor::new(rules).unwrap();
/// let _ = anchor.set_weight(b"node", Weight::ONE);
/// ```
///
/// What all can do it can:
///
/// ```
/// # use squall_ring::{Anchor, AnchorRules, Change, KeyHash};
/// let rules = AnchorRules { hash: KeyHash::default(), capacity: 8 };
/// let mut anchor: Anchor<String> = Anchor::new(rules).unwrap();
/// let _ = anchor.remove(b"node");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor<N> {
    rules: AnchorRules,
    members: Members<N>,
    buckets: Buckets,
    /// Bucket to slot; of no meaning for a bucket that is not working.
    slots: Vec<Slot>,
    /// Slot to bucket.
    places: Vec<u32>,
    version: u64,
}

/// A node and its bucket in a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorNodes<N> {
    /// The working nodes, each with its bucket.
    pub working: Vec<(N, u32)>,
    /// The buckets not in use, in the order in which they were left.
    pub left: Vec<u32>,
}

impl<N: Identity> Anchor<N> {
    /// No nodes yet.
    ///
    /// # Errors
    /// [`ChangeError::TooManyNodes`] if the capacity is above [`AnchorRules::CAPACITY_MAX`].
    pub fn new(rules: AnchorRules) -> Result<Self, ChangeError> {
        let (asked, limit) = (rules.capacity as usize, AnchorRules::CAPACITY_MAX as usize);
        if asked > limit {
            return Err(ChangeError::TooManyNodes { asked, limit });
        }
        let mut buckets = Buckets::full(rules.capacity);
        (0..rules.capacity).rev().for_each(|bucket| buckets.remove(bucket));
        let slots = vec![Slot::default(); asked];
        let (members, places) = (Members::default(), Vec::new());
        Ok(Anchor { rules, members, buckets, slots, places, version: 0 })
    }

    /// These nodes, as the first change, added in the order of their keys.
    ///
    /// # Errors
    /// As for [`Anchor::new`] and [`Change::apply`].
    pub fn with_nodes(
        rules: AnchorRules,
        nodes: impl IntoIterator<Item = N>,
    ) -> Result<Self, ChangeError> {
        let mut anchor = Anchor::new(rules)?;
        anchor.apply(nodes.into_iter().map(Edit::Add).collect())?;
        Ok(anchor)
    }

    /// Lays the places out anew after a committed batch: who left gives the bucket back, who came
    /// gets the one given back last.
    fn settle(&mut self, committed: &Committed) {
        let mut places = vec![0; self.members.len()];
        for (old, &bucket) in self.places.iter().enumerate() {
            match committed.ranks[old] {
                Committed::GONE => self.buckets.remove(bucket),
                rank => places[rank as usize] = bucket,
            }
        }
        for shift in &committed.shifts {
            if let (None, Some((rank, _))) = (shift.before, shift.after)
                && let Some(bucket) = self.buckets.add()
            {
                places[rank as usize] = bucket;
            }
        }
        for (rank, &bucket) in places.iter().enumerate() {
            self.slots[bucket as usize] = Slot(rank as u32);
        }
        self.places = places;
    }
}

impl<N: Identity> Placement for Anchor<N> {
    type Node = N;

    #[inline]
    fn members(&self) -> &Members<N> {
        &self.members
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn same_rules(&self, other: &Self) -> bool {
        self.rules == other.rules
    }

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.rules.hash.hash(key)
    }

    #[inline]
    fn place(&self, hash: u64) -> Option<Slot> {
        self.buckets.find(hash).map(|bucket| self.slots[bucket as usize])
    }

    /// The owner, then the owners of the hash mixed again and again, as for
    /// [`Jump`](crate::Jump).
    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        let place = |hash| self.place(hash);
        rehashed(&self.members, hash, spread, out, place, |at| Slot(at as u32))
    }
}

impl<N: Identity> Change for Anchor<N> {
    type Edit = Edit<N>;

    fn apply(&mut self, batch: Vec<Edit<N>>) -> Result<u64, ChangeError> {
        if batch.is_empty() {
            return Ok(self.version);
        }
        let plan = self.members.plan(batch.into_iter().map(Into::into))?;
        let limit = self.rules.capacity as usize;
        if plan.len_after > limit {
            return Err(ChangeError::TooManyNodes { asked: plan.len_after, limit });
        }
        let committed = self.members.commit(plan);
        self.settle(&committed);
        self.version += 1;
        Ok(self.version)
    }
}

/// The arrays of algorithm 3, by the paper's names: a bucket works while `a` is 0; else `a` is the
/// number of buckets that worked when it was removed. `k` is its successor, `w` the working set
/// with, behind it, the removed, `l` the place of each bucket in `w`, `r` the stack of the removed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Buckets {
    a: Vec<u32>,
    k: Vec<u32>,
    w: Vec<u32>,
    l: Vec<u32>,
    r: Vec<u32>,
    working: u32,
}

impl Buckets {
    /// All working.
    fn full(capacity: u32) -> Buckets {
        let identity: Vec<u32> = (0..capacity).collect();
        Buckets {
            a: vec![0; capacity as usize],
            k: identity.clone(),
            w: identity.clone(),
            l: identity,
            r: Vec::with_capacity(capacity as usize),
            working: capacity,
        }
    }

    /// Takes a working bucket out.
    fn remove(&mut self, bucket: u32) {
        self.r.push(bucket);
        self.working -= 1;
        let last = self.w[self.working as usize];
        let place = self.l[bucket as usize];
        self.a[bucket as usize] = self.working;
        self.w[place as usize] = last;
        self.k[bucket as usize] = last;
        self.l[last as usize] = place;
    }

    /// Takes the bucket that was left last back in; none if all work.
    fn add(&mut self) -> Option<u32> {
        let bucket = self.r.pop()?;
        self.a[bucket as usize] = 0;
        let last = self.w[self.working as usize];
        self.l[last as usize] = self.working;
        self.w[self.l[bucket as usize] as usize] = bucket;
        self.k[bucket as usize] = bucket;
        self.working += 1;
        Some(bucket)
    }

    /// The working bucket of a hash; none if none works.
    #[inline]
    fn find(&self, hash: u64) -> Option<u32> {
        if self.working == 0 {
            return None;
        }
        let mut bucket = reduce(mix(hash), self.a.len() as u32);
        loop {
            let size = self.a[bucket as usize];
            if size == 0 {
                return Some(bucket);
            }
            let word = mix(hash ^ (u64::from(bucket) + 1).wrapping_mul(GOLDEN));
            let mut next = reduce(word, size);
            while self.a[next as usize] >= size {
                next = self.k[next as usize];
            }
            bucket = next;
        }
    }
}

/// The upper half of a word, in proportion onto `0..count`.
#[inline]
fn reduce(word: u64, count: u32) -> u32 {
    (((word >> 32) * u64::from(count)) >> 32) as u32
}

impl<N: Identity + Clone> Viewed for Anchor<N> {
    type Rules = AnchorRules;
    type Nodes = AnchorNodes<N>;

    fn view(&self) -> View<AnchorRules, AnchorNodes<N>> {
        let nodes = self.members.iter().map(|(node, _)| node.clone());
        let working = nodes.zip(self.places.iter().copied()).collect();
        let nodes = AnchorNodes { working, left: self.buckets.r.clone() };
        View::new("anchor", self.version, self.rules, nodes)
    }

    fn from_view(view: View<AnchorRules, AnchorNodes<N>>) -> Result<Self, ViewError> {
        view.check("anchor")?;
        let AnchorNodes { working, left } = view.nodes;
        let capacity = view.rules.capacity as usize;
        let mut seen = vec![false; capacity.min(AnchorRules::CAPACITY_MAX as usize)];
        for bucket in working.iter().map(|(_, bucket)| bucket).chain(&left) {
            match seen.get_mut(*bucket as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => {
                    return Err(ViewError::Contradiction("a bucket is out of range or twice"));
                }
            }
        }
        if seen.contains(&false) {
            return Err(ViewError::Contradiction("a bucket is neither working nor left"));
        }
        let places: Vec<(Vec<u8>, u32)> =
            working.iter().map(|(node, bucket)| (node.key().into_owned(), *bucket)).collect();
        let mut anchor = Anchor::with_nodes(view.rules, working.into_iter().map(|(node, _)| node))?;
        anchor.buckets = Buckets::full(view.rules.capacity);
        left.into_iter().for_each(|bucket| anchor.buckets.remove(bucket));
        for (key, bucket) in places {
            if let Some(slot) = anchor.members.slot(&key) {
                anchor.places[slot.index()] = bucket;
                anchor.slots[bucket as usize] = slot;
            }
        }
        anchor.version = view.version;
        Ok(anchor)
    }
}
