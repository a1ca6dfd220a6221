//! Maglev hashing: one table, the most even balance, a little more movement than necessary.
//!
//! Model: Eisenbud et al., "Maglev: a fast and reliable software network load balancer" (NSDI
//! 2016), section 3.4. The table has a prime number m of entries; node i prefers the entries
//! offset + j * skip (mod m) in that order; the nodes take turns, in order of their keys, at
//! claiming the next entry they prefer that is still free. A node of weight w takes w turns for
//! every w_max rounds, as Envoy has it. With m > 100 n the shares of equal nodes differ by less
//! than 1 %.
//!
//! Offset and skip come from two seeds of one hash, as in Envoy, so that with XXH64, seed 0 and
//! [`Entry::Modulo`] the placements are Envoy's.
//!
//! Limits: any change builds the table anew, O(m log m), and moves a few keys that did not have to
//! move (0.2 to 0.6 % of them at m = 65537; measured in `docs/ring.md`).

use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeError, WeightedEdit, additions};
use crate::hash::{KeyHash, scale};
use crate::members::{Members, Slot};
use crate::node::Identity;
use crate::owners::Owners;
use crate::placement::{Chosen, Placement, Spread};
use crate::range::Ranges;
use crate::view::{View, ViewError, Viewed};
use crate::weight::Weight;

/// How a hash chooses an entry of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// In proportion, `hash * m / 2^64`: no division, and a node owns ranges of hashes.
    #[default]
    Scaled,
    /// `hash mod m`, as the paper, Envoy and go-maglev have it. Ranges are single hashes, so
    /// [`Ranges`] speaks of the table: its hashes are entry numbers.
    Modulo,
}

/// The rules of a [`Maglev`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaglevRules {
    hash: KeyHash,
    size: u32,
    entry: Entry,
}

/// Why a table size is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Not a prime, so some permutations would miss entries.
    #[error("the table size {0} is not prime")]
    NotPrime(u32),
    /// Above [`MaglevRules::SIZE_MAX`].
    #[error("the table size {0} is above {max}", max = MaglevRules::SIZE_MAX)]
    TooLarge(u32),
}

impl MaglevRules {
    /// The smaller table of the paper, for up to some 650 nodes.
    pub const SMALL: u32 = 65_537;
    /// The larger table of the paper, for up to some 6,500 nodes.
    pub const LARGE: u32 = 655_373;
    /// The largest table, some 64 million entries.
    pub const SIZE_MAX: u32 = 1 << 26;

    /// Rules with a table of `size` entries.
    ///
    /// # Errors
    /// [`TableError`] if the size is not prime, or too large.
    pub fn new(hash: KeyHash, size: u32, entry: Entry) -> Result<MaglevRules, TableError> {
        if size > MaglevRules::SIZE_MAX {
            return Err(TableError::TooLarge(size));
        }
        if !is_prime(size) {
            return Err(TableError::NotPrime(size));
        }
        Ok(MaglevRules { hash, size, entry })
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }
}

impl Default for MaglevRules {
    /// XXH64 with seed 0, 65,537 entries, in proportion.
    fn default() -> Self {
        let hash = KeyHash::default();
        MaglevRules { hash, size: MaglevRules::SMALL, entry: Entry::Scaled }
    }
}

fn is_prime(number: u32) -> bool {
    let divisors = (2..).take_while(|divisor: &u64| divisor * divisor <= u64::from(number));
    number >= 2 && !divisors.into_iter().any(|divisor| u64::from(number).is_multiple_of(divisor))
}

/// What a node brings to the filling of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The entry it prefers most.
    pub offset: u32,
    /// The step from each preferred entry to the next, from 1 to m-1.
    pub skip: u32,
    /// How often it may claim.
    pub weight: Weight,
}

/// Fills a table of `size` entries, `size` prime, with the numbers of the nodes that take turns:
/// pseudocode 1 of the paper with Envoy's weights. Empty if there are no nodes.
#[must_use]
pub fn maglev_table(size: u32, turns: &[Turn]) -> Vec<u32> {
    const FREE: u32 = u32::MAX;
    let Some(heaviest) = turns.iter().map(|turn| u64::from(turn.weight.get())).max() else {
        return Vec::new();
    };
    let mut table = vec![FREE; size as usize];
    // For each node the next entry it prefers, and the round times weight at which it may claim.
    let mut state: Vec<(u32, u64)> = turns.iter().map(|turn| (turn.offset % size, 0)).collect();
    let mut filled = 0;
    let mut round = 0;
    while filled < size {
        round += 1;
        for (number, (turn, (next, due))) in turns.iter().zip(&mut state).enumerate() {
            if round * u64::from(turn.weight.get()) < *due {
                continue;
            }
            *due += heaviest;
            while table[*next as usize] != FREE {
                *next = step(*next, turn.skip, size);
            }
            table[*next as usize] = number as u32;
            *next = step(*next, turn.skip, size);
            filled += 1;
            if filled == size {
                break;
            }
        }
    }
    table
}

#[inline]
fn step(entry: u32, skip: u32, size: u32) -> u32 {
    let next = entry + skip;
    if next >= size { next - size } else { next }
}

/// Maglev hashing with weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maglev<N> {
    rules: MaglevRules,
    members: Members<N>,
    table: Owners,
    version: u64,
}

impl<N: Identity> Maglev<N> {
    /// No nodes yet.
    #[must_use]
    pub fn new(rules: MaglevRules) -> Self {
        Maglev {
            rules,
            members: Members::default(),
            table: Owners::with_capacity(0, 0),
            version: 0,
        }
    }

    /// A table of these nodes, as its first change.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn with_nodes(
        rules: MaglevRules,
        nodes: impl IntoIterator<Item = (N, Weight)>,
    ) -> Result<Self, ChangeError> {
        let mut maglev = Maglev::new(rules);
        maglev.apply(additions(nodes))?;
        Ok(maglev)
    }

    /// The rules of this table.
    #[must_use]
    pub fn rules(&self) -> &MaglevRules {
        &self.rules
    }

    /// The slots in the table, entry by entry; empty if there is no node.
    pub fn table(&self) -> impl Iterator<Item = Slot> {
        (0..self.table.len()).map(|entry| self.table.get(entry))
    }

    #[inline]
    fn entry(&self, hash: u64) -> usize {
        match self.rules.entry {
            Entry::Scaled => scale(hash, self.table.len()),
            Entry::Modulo => (hash % u64::from(self.rules.size)) as usize,
        }
    }

    fn fill(&self) -> Owners {
        let MaglevRules { hash, size, .. } = self.rules;
        let turns = self.members.slots().map(|slot| {
            let key = self.members.key(slot);
            let offset = hash.hash(key) % u64::from(size);
            let skip = hash.reseeded().hash(key) % (u64::from(size) - 1).max(1) + 1;
            Turn { offset: offset as u32, skip: skip as u32, weight: self.members.weight(slot) }
        });
        let table = maglev_table(size, &turns.collect::<Vec<_>>());
        Owners::collect(self.members.len(), table.into_iter())
    }
}

impl<N: Identity> Placement for Maglev<N> {
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
        (self.table.len() > 0).then(|| self.table.get(self.entry(hash)))
    }

    /// The nodes of the table from the hash's entry on, once around.
    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        let mut chosen = Chosen::new(out, spread);
        if self.table.len() > 0 {
            let at = self.entry(hash);
            for entry in (at..self.table.len()).chain(0..at) {
                if chosen.full(&self.members) {
                    break;
                }
                chosen.offer(&self.members, self.table.get(entry));
            }
        }
        chosen.found()
    }
}

impl<N: Identity> Change for Maglev<N> {
    type Edit = WeightedEdit<N>;

    /// Also refuses more nodes than the table has entries.
    fn apply(&mut self, batch: Vec<WeightedEdit<N>>) -> Result<u64, ChangeError> {
        if batch.is_empty() {
            return Ok(self.version);
        }
        let plan = self.members.plan(batch)?;
        let limit = self.rules.size as usize;
        if plan.len_after > limit {
            return Err(ChangeError::TooManyNodes { asked: plan.len_after, limit });
        }
        self.members.commit(plan);
        self.table = self.fill();
        self.version += 1;
        Ok(self.version)
    }
}

impl<N: Identity> Ranges for Maglev<N> {
    fn last_hash(&self) -> u64 {
        match self.rules.entry {
            Entry::Scaled => u64::MAX,
            Entry::Modulo => u64::from(self.rules.size) - 1,
        }
    }

    fn pieces(&self) -> Vec<(u64, Slot)> {
        let size = u128::from(self.rules.size);
        let last = |entry: usize| match self.rules.entry {
            // The largest hash with hash * size / 2^64 = entry.
            Entry::Scaled => ((((entry as u128 + 1) << 64) - 1) / size) as u64,
            Entry::Modulo => entry as u64,
        };
        (0..self.table.len()).map(|entry| (last(entry), self.table.get(entry))).collect()
    }
}

impl<N: Identity + Clone> Viewed for Maglev<N> {
    type Rules = MaglevRules;
    type Nodes = Vec<(N, Weight)>;

    fn view(&self) -> View<MaglevRules, Self::Nodes> {
        let nodes = self.members.iter().map(|(node, weight)| (node.clone(), weight)).collect();
        View::new("maglev", self.version, self.rules, nodes)
    }

    fn from_view(view: View<MaglevRules, Self::Nodes>) -> Result<Self, ViewError> {
        view.check("maglev")?;
        let MaglevRules { hash, size, entry } = view.rules;
        let rules = MaglevRules::new(hash, size, entry)
            .map_err(|error| ViewError::Rules(error.to_string()))?;
        let mut maglev = Maglev::with_nodes(rules, view.nodes)?;
        maglev.version = view.version;
        Ok(maglev)
    }
}
