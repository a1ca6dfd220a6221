//! What the schemes make of a list of nodes: balance beside theory, and keys moved by a change.
//!
//! Model: a number of keys is placed by every scheme; a node's share is its count over what its
//! weight entitles it to. The standard error is the root of the mean square of share - 1 (weighted
//! by entitlement), the peak the largest share. Theory: a count of m keys has a relative variance
//! 1/m by sampling alone; a ring of c points a unit of weight adds 1/(c*w) for a node of weight w
//! (Lamping and Veach, section 2); the expected peak is 1 + z * error, z the expected largest of n
//! normal deviates (Blom's formula).
//!
//! Limits: floats throughout, fit to be shown and not to decide anything. Jump and anchor know no
//! weights and are measured against equal shares.

use serde::Serialize;

use crate::anchor::{Anchor, AnchorRules};
use crate::assignment::Assignment;
use crate::bounded::LoadFactor;
use crate::change::{Append, Change, ChangeError, Edit};
use crate::envoy::{Envoy, EnvoyRing};
use crate::hash::{KeyHash, mix};
use crate::jump::{Jump, JumpRules};
use crate::ketama::{Ketama, KetamaRing};
use crate::maglev::{Maglev, MaglevRules};
use crate::multi_probe::{MultiProbe, ProbeRules};
use crate::nginx::{Nginx, NginxRing};
use crate::node::Node;
use crate::placement::Placement;
use crate::rendezvous::{Rendezvous, RendezvousRules};
use crate::ring::{Ring, VirtualNodes};
use crate::weight::Weight;

/// What one scheme makes of the nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Surveyed {
    /// The scheme, with its main parameter.
    pub scheme: String,
    /// Whether it heeds weights.
    pub weighted: bool,
    /// The largest share.
    pub peak: f64,
    /// What theory expects of the largest share, if it says.
    pub peak_expected: Option<f64>,
    /// The standard error of the shares.
    pub error: f64,
    /// What theory expects of it, if it says.
    pub error_expected: Option<f64>,
    /// The part of all keys that moves when a node leaves.
    pub moved_by_leaving: f64,
    /// The part that was on that node, and so had to move.
    pub leaving_had: f64,
    /// The part of all keys that moves when a node of weight one joins.
    pub moved_by_joining: f64,
    /// The part that is on that node, and so had to move.
    pub joining_has: f64,
    /// The share of every node, in the order of [`Survey::nodes`].
    pub shares: Vec<f64>,
}

/// What the schemes make of a list of nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    /// The nodes' names, sorted.
    pub nodes: Vec<String>,
    /// Their weights.
    pub weights: Vec<Weight>,
    /// How many keys were placed.
    pub keys: u64,
    /// One entry a scheme.
    pub schemes: Vec<Surveyed>,
}

/// Places `keys` keys on the nodes by every scheme.
///
/// # Errors
/// If the nodes are refused: duplicates, or too much weight for a ring.
pub fn survey(nodes: &[(Node, Weight)], keys: u64) -> Result<Survey, ChangeError> {
    let list = || nodes.iter().cloned();
    let names = || list().map(|(node, _)| node);
    let ring = Ring::with_nodes(VirtualNodes::default(), list())?;
    let members = ring.members();
    let task = Task { keys: keys.max(1) };
    let capacity = u32::try_from(nodes.len() + nodes.len() / 4 + 4).unwrap_or(u32::MAX);
    let anchor = AnchorRules { hash: KeyHash::default(), capacity };
    let mut schemes = vec![
        task.changed("ring, 160 points", true, Noise::Points(160.0), &ring),
        task.changed(
            "ketama",
            true,
            // Shared out by weight.
            Noise::Ring(160.0 * nodes.len() as f64),
            &KetamaRing::with_nodes(Ketama, list())?,
        ),
        task.changed("nginx", true, Noise::Points(160.0), &NginxRing::with_nodes(Nginx, list())?),
        task.changed(
            "envoy, 1024 points",
            true,
            Noise::Ring(1024.0),
            &EnvoyRing::with_nodes(Envoy::default(), list())?,
        ),
        task.changed(
            "maglev, 65537 entries",
            true,
            Noise::Sampling,
            &Maglev::with_nodes(MaglevRules::default(), list())?,
        ),
        task.changed(
            "rendezvous",
            true,
            Noise::Sampling,
            &Rendezvous::with_nodes(RendezvousRules::default(), list())?,
        ),
        task.changed(
            "multi-probe, 21 probes",
            true,
            Noise::Unknown,
            &MultiProbe::with_nodes(ProbeRules::default(), list())?,
        ),
        task.changed("anchor", false, Noise::Sampling, &Anchor::with_nodes(anchor, names())?),
        task.jump(&Jump::with_nodes(JumpRules::default(), names())?)?,
    ];
    if let Ok(factor) = LoadFactor::new(1250) {
        schemes.push(task.bounded("ring, loads bounded by 1.25", ring.clone(), factor)?);
    }
    let nodes = members.iter().map(|(node, _)| node.name.clone()).collect();
    let weights = members.iter().map(|(_, weight)| weight).collect();
    Ok(Survey { nodes, weights, keys: task.keys, schemes })
}

/// What makes shares differ, beside sampling.
#[derive(Clone, Copy)]
enum Noise {
    /// So many points a unit of weight.
    Points(f64),
    /// So many points in all.
    Ring(f64),
    /// Nothing.
    Sampling,
    /// Something of which the literature gives no error.
    Unknown,
}

struct Task {
    keys: u64,
}

impl Task {
    /// The keys: words of a generator, so the same on every run.
    fn hashes(&self) -> impl Iterator<Item = u64> + use<> {
        (0..self.keys).map(|key| mix(key ^ 0x5371_7561_6c6c))
    }

    fn changed<S>(&self, scheme: &str, weighted: bool, noise: Noise, placement: &S) -> Surveyed
    where
        S: Change<Node = Node> + Clone,
    {
        let (mut without, mut with) = (placement.clone(), placement.clone());
        let leaves = placement.members().slots().next().map(|slot| placement.members().key(slot));
        // Both changes are of one node that is there, or not there, so neither is refused; if it
        // were, nothing would move and the table would show it.
        let _ = without.remove(leaves.unwrap_or_default());
        let _ = with.add(joiner());
        self.compared(scheme, weighted, noise, (placement, &without, &with))
    }

    fn jump(&self, jump: &Jump<Node>) -> Result<Surveyed, ChangeError> {
        let (mut without, mut with) = (jump.clone(), jump.clone());
        without.pop();
        with.push(joiner())?;
        Ok(self.compared("jump", false, Noise::Sampling, (jump, &without, &with)))
    }

    fn compared<S: Placement<Node = Node>>(
        &self,
        scheme: &str,
        weighted: bool,
        noise: Noise,
        (placement, without, with): (&S, &S, &S),
    ) -> Surveyed {
        let mut counts = vec![0_u64; placement.len()];
        let mut sums = Movement::default();
        for hash in self.hashes() {
            if let Some(slot) = placement.place(hash) {
                counts[slot.index()] += 1;
            }
            let names = [placement, without, with].map(|view| view.get_hash(hash));
            sums.count(names, without);
        }
        let members = placement.members();
        let weight = |weight: Weight| {
            if weighted { f64::from(weight.get()) } else { 1.0 }
        };
        let weights: Vec<f64> = members.iter().map(|(_, own)| weight(own)).collect();
        self.figures(scheme, weighted, noise, (&counts, &weights), &sums)
    }

    /// Keys assigned under a bound. At most 20,000, since every key is remembered.
    fn bounded(
        &self,
        scheme: &str,
        ring: Ring<Node>,
        factor: LoadFactor,
    ) -> Result<Surveyed, ChangeError> {
        let task = Task { keys: self.keys.min(20_000) };
        let first = ring.members().slots().next().map(|slot| ring.members().key(slot).to_vec());
        let weights: Vec<f64> =
            ring.members().iter().map(|(_, weight)| f64::from(weight.get())).collect();
        let mut before = Assignment::new(ring, factor);
        for hash in task.hashes() {
            before.insert(&hash.to_le_bytes());
        }
        let counts: Vec<u64> = before.loads().map(|(_, load, _)| load).collect();
        let (mut without, mut with) = (before.clone(), before.clone());
        if let Some(key) = first {
            without.apply(vec![Edit::Remove(key).into()])?;
        }
        with.apply(vec![Edit::Add(joiner()).into()])?;
        let mut sums = Movement::default();
        for hash in task.hashes() {
            let key = hash.to_le_bytes();
            sums.count([before.get(&key), without.get(&key), with.get(&key)], without.placement());
        }
        Ok(task.figures(scheme, true, Noise::Unknown, (&counts, &weights), &sums))
    }

    fn figures(
        &self,
        scheme: &str,
        weighted: bool,
        noise: Noise,
        (counts, weights): (&[u64], &[f64]),
        sums: &Movement,
    ) -> Surveyed {
        let keys = self.keys as f64;
        let total: f64 = weights.iter().sum();
        let entitled = |weight: &f64| keys * weight / total;
        let both = counts.iter().zip(weights);
        let shares: Vec<f64> = both.map(|(count, own)| *count as f64 / entitled(own)).collect();
        let square = |(share, own): (&f64, &f64)| (share - 1.0).powi(2) * own / total;
        let error = shares.iter().zip(weights).map(square).sum::<f64>().sqrt();
        let sampling = |own: &f64| (1.0 - own / total) / entitled(own);
        let variance = |own: &f64| match noise {
            Noise::Points(points) => Some(sampling(own) + 1.0 / (points * own)),
            Noise::Ring(points) => Some(sampling(own) + total / (points * own)),
            Noise::Sampling => Some(sampling(own)),
            Noise::Unknown => None,
        };
        let variances: Option<Vec<f64>> = weights.iter().map(variance).collect();
        let error_expected = variances.map(|variances| {
            let mean = variances.iter().zip(weights).map(|(one, own)| one * own / total);
            mean.sum::<f64>().sqrt()
        });
        Surveyed {
            scheme: scheme.to_owned(),
            weighted,
            peak: shares.iter().copied().fold(0.0, f64::max),
            peak_expected: error_expected.map(|error| 1.0 + error * largest_deviate(shares.len())),
            error,
            error_expected,
            moved_by_leaving: sums.left as f64 / keys,
            leaving_had: sums.had as f64 / keys,
            moved_by_joining: sums.joined as f64 / keys,
            joining_has: sums.has as f64 / keys,
            shares,
        }
    }
}

/// Keys that moved, and keys that had to.
#[derive(Default)]
struct Movement {
    left: u64,
    had: u64,
    joined: u64,
    has: u64,
}

impl Movement {
    fn count<S: Placement>(&mut self, names: [Option<&Node>; 3], without: &S) {
        let [before, left, joined] = names;
        let gone = |node: &Node| without.members().slot(node.name.as_bytes()).is_none();
        self.left += u64::from(before != left);
        self.had += u64::from(before.is_some_and(gone));
        self.joined += u64::from(before != joined);
        self.has += u64::from(joined.is_some_and(|node| *node == joiner()));
    }
}

fn joiner() -> Node {
    Node::new("a node that joins")
}

/// The expected largest of `count` normal deviates: Blom's plotting position, and Tukey's lambda
/// for the inverse of the normal distribution.
fn largest_deviate(count: usize) -> f64 {
    if count < 2 {
        return 0.0;
    }
    let position = (count as f64 - 0.375) / (count as f64 + 0.25);
    4.91 * (position.powf(0.14) - (1.0 - position).powf(0.14))
}
