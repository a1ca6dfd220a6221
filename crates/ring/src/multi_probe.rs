//! Multi-probe consistent hashing: one point a node, several probes a key.
//!
//! Model: Appleton and O'Reilly, "Multi-probe consistent hashing" (arXiv 1505.00062), section 2: a
//! key is hashed to k places on the circle and belongs to the node nearest behind any of them. The
//! peak is 1+e of the average with 1 + 1/e probes (21 for 1.05). Probe i is word i of the
//! SplitMix64 stream seeded with the key's hash. go-mpchash has h1 + i * h2, double hashing, in
//! place of independent probes: with few nodes that is measurably less even (a mean peak of 1.12
//! against 1.05 at 10 nodes), so here it is [`MultiProbe::place_probes`] for those who need the
//! same keys.
//!
//! A node of weight w has w points. The first is the hash of its key, so unweighted rings of this
//! crate and of go-mpchash agree. In the preference order, each next node is the one that would own
//! the key if those before it were gone.
//!
//! Limits: k searches a lookup; weights cost points, so keep them small.

use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeError, WeightedEdit};
use crate::circle::{Circle, Dialect, sealed};
use crate::hash::KeyHash;
use crate::members::{Members, Slot};
use crate::node::Identity;
use crate::placement::{Chosen, Placement, Spread};
use crate::points::Point;
use crate::ring::stream;
use crate::view::{View, ViewError, Viewed};
use crate::weight::Weight;

/// The rules of a [`MultiProbe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRules {
    hash: KeyHash,
    probes: u32,
}

/// A number of probes that is zero, or above [`ProbeRules::PROBES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{probes} probes for each key, but it takes from 1 to {max}", max = ProbeRules::PROBES_MAX)]
pub struct ProbeError {
    /// The number of probes that was asked for.
    pub probes: u32,
}

impl ProbeRules {
    /// The maximum number of probes for each key. Every lookup makes all of them.
    pub const PROBES_MAX: u32 = 4096;

    /// Returns rules with a hash of keys and of nodes, and a number of probes for each key.
    ///
    /// # Errors
    /// [`ProbeError`] if the number is zero, or more than [`ProbeRules::PROBES_MAX`].
    pub fn new(hash: KeyHash, probes: u32) -> Result<ProbeRules, ProbeError> {
        if (1..=ProbeRules::PROBES_MAX).contains(&probes) {
            Ok(ProbeRules { hash, probes })
        } else {
            Err(ProbeError { probes })
        }
    }

    /// The number of probes for each key.
    #[must_use]
    pub fn probes(&self) -> u32 {
        self.probes
    }
}

impl Default for ProbeRules {
    /// XXH64 with seed 0 and 21 probes, the paper's number for a peak of 1.05.
    fn default() -> Self {
        ProbeRules { hash: KeyHash::default(), probes: 21 }
    }
}

impl Dialect for ProbeRules {
    const NAME: &'static str = "multi_probe";

    fn check(&self) -> Result<(), String> {
        let checked = ProbeRules::new(self.hash, self.probes);
        checked.map(drop).map_err(|error| error.to_string())
    }

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.hash.hash(key)
    }
}

impl sealed::Points for ProbeRules {
    type Position = u64;

    fn count(&self, weights: &mut dyn Iterator<Item = Weight>) -> u64 {
        weights.map(|weight| u64::from(weight.get())).sum()
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
        let position = |index| {
            if index == 0 { seed } else { stream(seed, u64::from(index)) }
        };
        let indexes = from.map_or(0, Weight::get)..to.get();
        Some(indexes.map(|index| (position(index), rank)).collect())
    }
}

/// Multi-probe consistent hashing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiProbe<N> {
    circle: Circle<N, ProbeRules>,
}

impl<N: Identity> MultiProbe<N> {
    /// No nodes yet.
    #[must_use]
    pub fn new(rules: ProbeRules) -> Self {
        MultiProbe { circle: Circle::new(rules) }
    }

    /// These nodes, as the first change.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn with_nodes(
        rules: ProbeRules,
        nodes: impl IntoIterator<Item = (N, Weight)>,
    ) -> Result<Self, ChangeError> {
        Ok(MultiProbe { circle: Circle::with_nodes(rules, nodes)? })
    }

    /// The owner for probes `first`, `first + step`, `first + 2 * step` and so on, as go-mpchash
    /// has them: for those who hash keys in that way.
    #[must_use]
    #[inline]
    pub fn place_probes(&self, first: u64, step: u64) -> Option<Slot> {
        self.nearest(|index| first.wrapping_add(index.wrapping_mul(step)))
    }

    /// The owner of the point nearest behind any probe; of equally near ones the first probe's.
    #[inline]
    fn nearest(&self, probe: impl Fn(u64) -> u64) -> Option<Slot> {
        let points = self.circle.store();
        let first = probe(0);
        let mut nearest = points.find(first)?;
        let mut distance = points.position(nearest).wrapping_sub(first);
        for index in 1..u64::from(self.circle.dialect().probes) {
            let place = probe(index);
            let at = points.next_from(place);
            let length = points.position(at).wrapping_sub(place);
            // Two selections and no branch: which probe is nearest no processor can predict.
            nearest = if length < distance { at } else { nearest };
            distance = distance.min(length);
        }
        Some(points.owner(nearest))
    }

    /// The nearest point behind any probe whose node is still admitted.
    fn nearest_admitted(&self, hash: u64, chosen: &Chosen<'_>) -> Option<Slot> {
        let points = self.circle.store();
        let mut nearest: Option<(u64, Slot)> = None;
        for index in 0..u64::from(self.circle.dialect().probes) {
            let place = stream(hash, index);
            let around = points.iter_from(points.find(place)?);
            let mut admitted = around.filter(|(_, slot)| chosen.admits(self.members(), *slot));
            let (position, slot) = admitted.next()?;
            let length = position.wrapping_sub(place);
            if nearest.is_none_or(|(distance, _)| length < distance) {
                nearest = Some((length, slot));
            }
        }
        nearest.map(|(_, slot)| slot)
    }
}

impl<N: Identity> Placement for MultiProbe<N> {
    type Node = N;

    #[inline]
    fn members(&self) -> &Members<N> {
        self.circle.members()
    }

    fn version(&self) -> u64 {
        self.circle.version()
    }

    fn same_rules(&self, other: &Self) -> bool {
        self.circle.same_rules(&other.circle)
    }

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.circle.hash_key(key)
    }

    #[inline]
    fn place(&self, hash: u64) -> Option<Slot> {
        self.nearest(|index| stream(hash, index))
    }

    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        let mut chosen = Chosen::new(out, spread);
        while !chosen.full(self.members()) {
            let Some(slot) = self.nearest_admitted(hash, &chosen) else {
                break;
            };
            chosen.offer(self.members(), slot);
        }
        chosen.found()
    }
}

impl<N: Identity> Change for MultiProbe<N> {
    type Edit = WeightedEdit<N>;

    fn apply(&mut self, batch: Vec<WeightedEdit<N>>) -> Result<u64, ChangeError> {
        self.circle.apply(batch)
    }
}

impl<N: Identity + Clone> Viewed for MultiProbe<N> {
    type Rules = ProbeRules;
    type Nodes = Vec<(N, Weight)>;

    fn view(&self) -> View<ProbeRules, Self::Nodes> {
        self.circle.view()
    }

    fn from_view(view: View<ProbeRules, Self::Nodes>) -> Result<Self, ViewError> {
        Circle::from_view(view).map(|circle| MultiProbe { circle })
    }
}
