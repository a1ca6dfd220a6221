//! Ranges for schemes that have none: the circle of hashes cut into equal partitions, each placed
//! as a whole.
//!
//! Model: Dynamo (SOSP 2007), section 6.2, strategy 3: Q equal partitions, fixed for the life of
//! the store. A partition's number, mixed, is the hash by which the inner scheme places it. So any
//! scheme gets owned ranges and a diff, a table of owners makes lookup one multiplication, and data
//! can be kept and moved in files of one partition each.
//!
//! Limits: balance is that of Q balls, so choose Q well above the number of nodes times 100.

use crate::change::{Change, ChangeError};
use crate::hash::{mix, scale};
use crate::members::{Members, Slot};
use crate::owners::Owners;
use crate::placement::{Placement, Spread};
use crate::range::Ranges;

/// A scheme applied to equal partitions of the circle rather than to single hashes.
///
/// ```
/// use squall_ring::{Change, Partitioned, Rendezvous, RendezvousRules, diff};
///
/// let mut old = Partitioned::new(Rendezvous::new(RendezvousRules::default()), 4096);
/// old.add("a".to_owned())?;
/// let mut new = old.clone();
/// new.add("b".to_owned())?;
/// for moved in diff(&old, &new).expect("same rules") {
///     assert_eq!((moved.from, moved.to), (Some(&"a".to_owned()), Some(&"b".to_owned())));
/// }
/// # Ok::<(), squall_ring::ChangeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitioned<S> {
    inner: S,
    count: usize,
    /// Partition to slot; empty if there is no node.
    owners: Owners,
}

impl<S: Placement> Partitioned<S> {
    /// `count` partitions, one at least, each placed by `inner`.
    #[must_use]
    pub fn new(inner: S, count: usize) -> Self {
        let owners = Owners::with_capacity(0, 0);
        let mut partitioned = Partitioned { inner, count: count.max(1), owners };
        partitioned.renew();
        partitioned
    }

    /// The scheme that places the partitions.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// The number of partitions.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Lets the inner scheme change, in whatever way it can.
    ///
    /// # Errors
    /// What the change returns; the partitions follow the scheme either way.
    pub fn change<T, E>(&mut self, change: impl FnOnce(&mut S) -> Result<T, E>) -> Result<T, E> {
        let result = change(&mut self.inner);
        self.renew();
        result
    }

    fn renew(&mut self) {
        let place = |partition| self.inner.place(word(partition)).map(|slot| slot.0);
        self.owners = Owners::collect(self.inner.len(), (0..self.count).map_while(place));
    }
}

/// The hash that stands for a partition.
#[inline]
fn word(partition: usize) -> u64 {
    mix(partition as u64 + 1)
}

impl<S: Placement> Placement for Partitioned<S> {
    type Node = S::Node;

    #[inline]
    fn members(&self) -> &Members<S::Node> {
        self.inner.members()
    }

    fn version(&self) -> u64 {
        self.inner.version()
    }

    fn same_rules(&self, other: &Self) -> bool {
        self.count == other.count && self.inner.same_rules(&other.inner)
    }

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.inner.hash_key(key)
    }

    #[inline]
    fn place(&self, hash: u64) -> Option<Slot> {
        (self.owners.len() > 0).then(|| self.owners.get(scale(hash, self.count)))
    }

    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        self.inner.place_many(word(scale(hash, self.count)), spread, out)
    }
}

impl<S: Change> Change for Partitioned<S> {
    type Edit = S::Edit;

    fn apply(&mut self, batch: Vec<S::Edit>) -> Result<u64, ChangeError> {
        self.change(|inner| inner.apply(batch))
    }
}

impl<S: Placement> Ranges for Partitioned<S> {
    fn last_hash(&self) -> u64 {
        u64::MAX
    }

    fn pieces(&self) -> Vec<(u64, Slot)> {
        let last = |number: usize| (((number as u128 + 1) << 64) - 1) / self.count as u128;
        (0..self.owners.len())
            .map(|number| (last(number) as u64, self.owners.get(number)))
            .collect()
    }
}
