//! Jump consistent hashing: no memory but the list of nodes.
//!
//! Model: Lamping and Veach, "A fast, minimal memory, consistent hash algorithm" (2014), figure 1.
//! Nodes are buckets 0 to n-1 in the order in which they were added. The function is the published
//! one to the bit. Published, a jump is a float product that is cut to an integer, and each waits
//! for the one before; here it is an integer product of a third of the latency, and where that
//! could differ from the float the float decides. One division and one product, both correctly
//! rounded by IEEE 754, are the same on every machine.
//!
//! Limits: only the last node can go, so [`Jump`] implements [`Append`] and not
//! [`Change`](crate::Change); no weights. The order of the nodes is part of the placement: two
//! machines that add the same nodes in different orders disagree, as the scheme's nature is.

use serde::{Deserialize, Serialize};

use crate::change::{Append, ChangeError, WeightedEdit};
use crate::hash::{KeyHash, mix};
use crate::members::{Members, Slot};
use crate::node::Identity;
use crate::owners::Owners;
use crate::placement::{Chosen, Placement, Spread};
use crate::view::{View, ViewError, Viewed};
use crate::weight::Weight;

/// The bucket, of `buckets`, that a key jumps to; none if there are no buckets.
///
/// ```
/// assert_eq!(squall_ring::jump_bucket(2016238256797177309, 11), Some(3)); // from Guava's tests
/// ```
#[must_use]
#[inline]
pub fn jump_bucket(key: u64, buckets: u32) -> Option<u32> {
    if buckets == 0 {
        return None;
    }
    let limit = u64::from(buckets);
    let mut key = key;
    let mut bucket = 0;
    loop {
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let next = jump(bucket, (key >> 33) as i64 + 1);
        if next >= limit {
            return Some(bucket as u32);
        }
        bucket = next;
    }
}

/// The bucket behind `bucket` that a key jumps to by `draw`, which is from 1 to 2^31:
/// `(bucket + 1) * (2^31 / draw)`, each operation rounded as a float, the result cut.
///
/// The quotient is had ahead of the bucket, as a fixed-point number with 32 bits behind the point,
/// cut there. So the product of integers is at most `bucket + 1` units of 2^-32 below that of
/// floats, and rounding moves the latter by at most 2^-53 of it: below 2^12 such units for every
/// bucket below 2^33. Farther ones are past every limit either way. If the product comes so close
/// to the next integer, some once in a million jumps, the floats are asked.
#[inline]
fn jump(bucket: u64, draw: i64) -> u64 {
    const ROUNDED: u64 = (1 << 12) << 32;
    let quotient = ((1_u64 << 63) as f64 / draw as f64) as i64;
    let factor = (bucket + 1) << 32;
    let product = u128::from(factor) * u128::from(quotient.cast_unsigned());
    let (whole, fraction) = ((product >> 64) as u64, product as u64);
    let doubt = factor.saturating_add(ROUNDED);
    if fraction.checked_add(doubt).is_some() { whole } else { jump_of_floats(bucket, draw) }
}

#[cold]
fn jump_of_floats(bucket: u64, draw: i64) -> u64 {
    let stretch = (1_i64 << 31) as f64 / draw as f64;
    ((bucket + 1) as f64 * stretch) as u64
}

/// The rules of a [`Jump`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JumpRules {
    /// The hash of keys.
    pub hash: KeyHash,
}

/// Jump consistent hashing over a list of nodes.
///
/// A node in the middle cannot leave, so there is no method for it:
///
/// ```compile_fail
/// # use squall_ring::{Append, Change, Jump, JumpRules};
/// let mut jump: Jump<String> = Jump::new(JumpRules::default());
/// let _ = jump.remove(b"node");
/// ```
///
/// The last can:
///
/// ```
/// # use squall_ring::{Append, Change, Jump, JumpRules};
/// let mut jump: Jump<String> = Jump::new(JumpRules::default());
/// let _ = jump.pop();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump<N> {
    rules: JumpRules,
    members: Members<N>,
    /// Bucket to slot.
    order: Owners,
    version: u64,
}

impl<N: Identity> Jump<N> {
    /// No nodes yet.
    #[must_use]
    pub fn new(rules: JumpRules) -> Self {
        Jump { rules, members: Members::default(), order: Owners::with_capacity(0, 0), version: 0 }
    }

    /// These nodes as buckets 0, 1, 2 and so on.
    ///
    /// # Errors
    /// [`ChangeError::Duplicate`] and [`ChangeError::TooManyNodes`].
    pub fn with_nodes(
        rules: JumpRules,
        nodes: impl IntoIterator<Item = N>,
    ) -> Result<Self, ChangeError> {
        let mut jump = Jump::new(rules);
        jump.extend(nodes.into_iter().collect())?;
        Ok(jump)
    }

    fn slots(&self) -> impl Iterator<Item = Slot> {
        (0..self.order.len()).map(|bucket| self.order.get(bucket))
    }

    /// The nodes in the order of their buckets.
    pub fn buckets(&self) -> impl Iterator<Item = &N> {
        self.slots().map(|slot| self.members.node(slot))
    }
}

impl<N: Identity> Placement for Jump<N> {
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
        let bucket = jump_bucket(hash, self.order.len() as u32)?;
        Some(self.order.get(bucket as usize))
    }

    /// The owner, then the owners of the hash mixed again and again; once that has found nothing
    /// new for long, the buckets behind the owner in turn.
    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        rehashed(&self.members, hash, spread, out, |hash| self.place(hash), |at| self.order.get(at))
    }
}

/// A preference order for a scheme that knows one owner for a hash and nothing of a second: place
/// the hash, then the hash mixed once, twice and so on, keeping what is new. After as many tries
/// as leave a gap with probability below 1/1000 the rest follows in order from the owner on, so
/// that the order always holds every node.
pub(crate) fn rehashed<N>(
    members: &Members<N>,
    hash: u64,
    spread: Spread,
    out: &mut [Slot],
    place: impl Fn(u64) -> Option<Slot>,
    nth: impl Fn(usize) -> Slot,
) -> usize {
    const TRIES_FOR_EACH: usize = 8;
    let mut chosen = Chosen::new(out, spread);
    let mut word = hash;
    let mut tries = 0;
    while !chosen.full(members) {
        let Some(slot) = place(word) else { break };
        chosen.offer(members, slot);
        word = mix(word ^ hash.rotate_left(32));
        tries += 1;
        if tries >= TRIES_FOR_EACH * (chosen.found() + 1) {
            let len = members.len();
            let start = (hash % len as u64) as usize;
            for at in (start..len).chain(0..start) {
                chosen.offer(members, nth(at));
            }
            break;
        }
    }
    chosen.found()
}

impl<N: Identity> Append for Jump<N> {
    fn push(&mut self, node: N) -> Result<u64, ChangeError> {
        self.extend(vec![node])
    }

    fn pop(&mut self) -> Option<N> {
        let count = self.order.len().checked_sub(1)?;
        let last = self.order.get(count);
        let left = self.slots().take(count).map(|slot| slot.0 - u32::from(slot > last));
        self.order = Owners::collect(count, left);
        let node = self.members.take(last);
        self.version += 1;
        Some(node)
    }

    fn extend(&mut self, nodes: Vec<N>) -> Result<u64, ChangeError> {
        if nodes.is_empty() {
            return Ok(self.version);
        }
        let keys: Vec<Vec<u8>> = nodes.iter().map(|node| node.key().into_owned()).collect();
        let edits = nodes.into_iter().map(|node| WeightedEdit::Add(node, Weight::ONE));
        let plan = self.members.plan(edits)?;
        let committed = self.members.commit(plan);
        let there = self.slots().map(|slot| committed.ranks[slot.index()]);
        let fresh = keys.iter().filter_map(|key| self.members.slot(key)).map(|slot| slot.0);
        self.order = Owners::collect(self.members.len(), there.chain(fresh));
        self.version += 1;
        Ok(self.version)
    }
}

impl<N: Identity + Clone> Viewed for Jump<N> {
    type Rules = JumpRules;
    type Nodes = Vec<N>;

    fn view(&self) -> View<JumpRules, Vec<N>> {
        View::new("jump", self.version, self.rules, self.buckets().cloned().collect())
    }

    fn from_view(view: View<JumpRules, Vec<N>>) -> Result<Self, ViewError> {
        view.check("jump")?;
        let mut jump = Jump::with_nodes(view.rules, view.nodes)?;
        jump.version = view.version;
        Ok(jump)
    }
}
