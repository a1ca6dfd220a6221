//! Rendezvous (highest random weight) hashing, weighted correctly.
//!
//! Model: Thaler and Ravishankar, "Using name-based mappings to increase hit rates" (1998),
//! section 4: every node scores every key, the best score owns. With weights the score of a node
//! is -ln(u)/w for u uniform in (0, 1), and the least owns (Resch's logarithmic method;
//! Schindelhauer and Schomaker 2005, section 3): the least of exponential variables with rates w is
//! each node with probability w / sum(w). Multiplying the hash by the weight is wrong.
//!
//! The score of a pair is the folded 128-bit product of the key's hash and two words that belong
//! to the node. The logarithm is computed here, by additions, products and divisions alone, which
//! IEEE 754 rounds alike on all machines, so placements are too. Because -ln(1-v) >= v + v^2/2,
//! almost all nodes are dismissed by one comparison without a logarithm.
//!
//! Limits: O(n) a lookup. Fewest keys moved by any change, weights included; ideal balance.

use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeError, WeightedEdit, additions};
use crate::hash::KeyHash;
use crate::members::{Members, Slot};
use crate::node::Identity;
use crate::placement::{Chosen, Placement, Spread};
use crate::ring::stream;
use crate::view::{View, ViewError, Viewed};
use crate::weight::Weight;

/// The rules of a [`Rendezvous`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RendezvousRules {
    /// The hash of keys and of nodes.
    pub hash: KeyHash,
}

/// Rendezvous hashing with weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendezvous<N> {
    rules: RendezvousRules,
    members: Members<N>,
    /// Two words a node, by slot.
    words: Vec<[u64; 2]>,
    /// Weights by slot; empty while all are equal.
    weights: Vec<f64>,
    version: u64,
}

impl<N: Identity> Rendezvous<N> {
    /// No nodes yet.
    #[must_use]
    pub fn new(rules: RendezvousRules) -> Self {
        let (members, words, weights) = (Members::default(), Vec::new(), Vec::new());
        Rendezvous { rules, members, words, weights, version: 0 }
    }

    /// These nodes, as the first change.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn with_nodes(
        rules: RendezvousRules,
        nodes: impl IntoIterator<Item = (N, Weight)>,
    ) -> Result<Self, ChangeError> {
        let mut rendezvous = Rendezvous::new(rules);
        rendezvous.apply(additions(nodes))?;
        Ok(rendezvous)
    }

    /// The best slot among equal weights, of those behind `after` and admitted: the least score, as
    /// the logarithm would have it, so that a first unequal weight moves no more than it must.
    #[inline]
    fn best_equal(&self, hash: u64, after: Option<Ranked<u64>>, chosen: &Chosen<'_>) -> Best<u64> {
        let mut best: Best<u64> = None;
        for (rank, words) in self.words.iter().enumerate() {
            let cost = pair_score(hash, *words);
            if best.is_none_or(|(least, _)| cost < least) {
                self.consider(&mut best, (cost, rank as u32), after, chosen);
            }
        }
        best
    }

    /// The same for unequal weights.
    #[inline]
    fn best_weighted(
        &self,
        hash: u64,
        after: Option<Ranked<f64>>,
        chosen: &Chosen<'_>,
    ) -> Best<f64> {
        // Keeps the bound on the safe side of every rounding.
        const SLACK: f64 = 1.0 - 1e-9;
        let mut best: Best<f64> = None;
        let mut least = f64::INFINITY;
        for (rank, (words, weight)) in self.words.iter().zip(&self.weights).enumerate() {
            let rest = unit(pair_score(hash, *words));
            if (rest + 0.5 * rest * rest) * SLACK > least * weight {
                continue;
            }
            let cost = -ln(1.0 - rest) / weight;
            if cost < least {
                self.consider(&mut best, (cost, rank as u32), after, chosen);
                least = best.map_or(f64::INFINITY, |(least, _)| least);
            }
        }
        best
    }

    #[inline]
    fn consider<C: PartialOrd + Copy>(
        &self,
        best: &mut Best<C>,
        ranked: Ranked<C>,
        after: Option<Ranked<C>>,
        chosen: &Chosen<'_>,
    ) {
        if after.is_none_or(|after| ranked > after) && chosen.admits(&self.members, Slot(ranked.1))
        {
            *best = Some(ranked);
        }
    }
}

type Ranked<C> = (C, u32);
type Best<C> = Option<Ranked<C>>;

/// The score of a key on a node: a product of 128 bits, folded.
#[inline]
fn pair_score(hash: u64, words: [u64; 2]) -> u64 {
    let product = u128::from(hash ^ words[0]) * u128::from(hash.rotate_left(32) ^ words[1]);
    (product >> 64) as u64 ^ product as u64
}

/// A score as a number strictly between 0 and 1, exact in 53 bits as is one minus it.
#[inline]
fn unit(score: u64) -> f64 {
    const SCALE: f64 = 1.0 / (1_u64 << 52) as f64;
    ((score >> 12) as f64 + 0.5) * SCALE
}

/// What a node of this weight bids for a key, `u` uniform in (0, 1): the least bid owns the key.
#[must_use]
pub fn rendezvous_cost(u: f64, weight: f64) -> f64 {
    -ln(u) / weight
}

/// The natural logarithm of a normal positive number, by IEEE 754 basic operations alone: split
/// off the power of two, then ln(m) = 2 artanh((m-1)/(m+1)) as a series, |m-1|/(m+1) < 0.1716.
fn ln(number: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = number.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    let mut mantissa = f64::from_bits((bits & FRACTION) | 1023 << 52);
    if mantissa > core::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    // 0.1716^2 to the 11th is below 2^-53: the terms beyond do not show.
    for odd in (0..11).rev() {
        sum = sum * square + 1.0 / f64::from(2 * odd + 1);
    }
    2.0 * ratio * sum + f64::from(exponent) * core::f64::consts::LN_2
}

impl<N: Identity> Placement for Rendezvous<N> {
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
        let chosen = Chosen::new(&mut [], Spread::Nodes);
        let rank = if self.weights.is_empty() {
            self.best_equal(hash, None, &chosen)?.1
        } else {
            self.best_weighted(hash, None, &chosen)?.1
        };
        Some(Slot(rank))
    }

    /// The nodes in order of their scores, one pass for each.
    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        let mut chosen = Chosen::new(out, spread);
        let (mut after_equal, mut after_weighted) = (None, None);
        while !chosen.full(&self.members) {
            let found = if self.weights.is_empty() {
                after_equal = self.best_equal(hash, after_equal, &chosen);
                after_equal.map(|(_, rank)| rank)
            } else {
                after_weighted = self.best_weighted(hash, after_weighted, &chosen);
                after_weighted.map(|(_, rank)| rank)
            };
            let Some(rank) = found else { break };
            chosen.offer(&self.members, Slot(rank));
        }
        chosen.found()
    }
}

impl<N: Identity> Change for Rendezvous<N> {
    type Edit = WeightedEdit<N>;

    fn apply(&mut self, batch: Vec<WeightedEdit<N>>) -> Result<u64, ChangeError> {
        if batch.is_empty() {
            return Ok(self.version);
        }
        let plan = self.members.plan(batch)?;
        self.members.commit(plan);
        let words = |slot| {
            let seed = self.rules.hash.hash(self.members.key(slot));
            [stream(seed, 0), stream(seed, 1)]
        };
        self.words = self.members.slots().map(words).collect();
        let weights = self.members.iter().map(|(_, weight)| f64::from(weight.get()));
        self.weights = weights.collect();
        if self.weights.iter().all(|weight| Some(weight) == self.weights.first()) {
            self.weights.clear();
        }
        self.version += 1;
        Ok(self.version)
    }
}

impl<N: Identity + Clone> Viewed for Rendezvous<N> {
    type Rules = RendezvousRules;
    type Nodes = Vec<(N, Weight)>;

    fn view(&self) -> View<RendezvousRules, Self::Nodes> {
        let nodes = self.members.iter().map(|(node, weight)| (node.clone(), weight)).collect();
        View::new("rendezvous", self.version, self.rules, nodes)
    }

    fn from_view(view: View<RendezvousRules, Self::Nodes>) -> Result<Self, ViewError> {
        view.check("rendezvous")?;
        let mut rendezvous = Rendezvous::with_nodes(view.rules, view.nodes)?;
        rendezvous.version = view.version;
        Ok(rendezvous)
    }
}
