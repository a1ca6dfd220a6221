//! The shares that theory expects nodes to have.
//!
//! Model: a share is the keys of a node over what its weight entitles it to. Where chance decides,
//! shares are independent quantities X over their weighted mean: arcs of c random points are
//! gamma(c)/c, keys that are dealt Poisson. So the share of a node of fraction f has the variance
//! (1 - f) V(X), for arcs of C points in all times C/(C+1), and the expected peak is that of the
//! greatest of the X, exactly so for arcs, whose sum is independent of how it is shared out. X is
//! taken for a gamma variable of matching mean, variance and skewness, by the transformation of
//! Wilson and Hilferty. Sampling m keys adds 1/(m f) to V(X).
//!
//! Where shares are rounded, to points or to entries of a table, the points and entries are
//! counted, and their expected shares differ from one.
//!
//! Multi-probe (Appleton and O'Reilly, section 2): with k probes and many points the arc a, in
//! units of the mean, owns k/(k-1) * (1 - exp(-(k-1)a)), so 1 + 1/(k-1) at most, which is the
//! paper's peak. Two keys meet at a point with the probability that follows from counting the
//! arrangements of p points and q = 2k-1 probes on a circle,
//! (q+1)/q * (1/p - 1/((p+q) * C(p+q-1, q))): times p, the second moment of a share.
//! Nearly all of that error is in a few small arcs, so most rings have less and some far more.
//!
//! Limits: the discreteness of very few keys a node is left out.

use crate::bounded::LoadFactor;
use crate::weight::Weight;

/// The part of chance in a scheme's shares, apart from the sampling of keys.
pub(super) enum Law {
    /// Nothing: each key is dealt on its own.
    Dealt,
    /// Nothing: each node has this number of entries of a table.
    Entries(Vec<u64>),
    /// The arcs of this number of random points for each node.
    Points(Vec<u64>),
    /// The arcs of one point for each unit of weight, sampled by this number of probes.
    Probes(u32),
    /// An unknown part, of which only the limit is known.
    Bounded(LoadFactor),
}

/// The figures that theory predicts; `None` where it predicts none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Theory {
    pub(super) peak: Option<f64>,
    pub(super) peak_limit: Option<f64>,
    pub(super) error: Option<f64>,
}

/// One node's X: mean, relative variance and skewness, and the fraction it is entitled to.
#[derive(Clone, Copy, Debug)]
struct Share {
    entitled: f64,
    mean: f64,
    variance: f64,
    skewness: f64,
    /// The variance of the share itself but for the factor of 1 - f: arcs have a sum that varies.
    of_sum: f64,
}

impl Share {
    /// Returns X for a node with `points` points and its part of `keys` keys. With infinitely many
    /// points, the arcs owe nothing to chance.
    fn new(entitled: f64, mean: f64, points: f64, keys: f64) -> Share {
        let (arcs, dealt) = (1.0 / points, 1.0 / (keys * entitled * mean));
        let variance = arcs + dealt;
        let third = 2.0 * arcs * arcs + 3.0 * arcs * dealt + dealt * dealt;
        let of_sum = arcs / (1.0 + entitled * mean * arcs) + dealt;
        Share { entitled, mean, variance, skewness: third / variance.powf(1.5), of_sum }
    }

    /// Returns the value of X at the quantile of the normal deviate `z`.
    fn at(&self, z: f64) -> f64 {
        let skew = self.skewness / 6.0;
        let cube = (1.0 + skew * (z - skew)).max(0.0).powi(3);
        self.mean * (1.0 + self.variance.sqrt() * (cube - 1.0) / (3.0 * skew))
    }

    /// Returns the logarithm of the probability that X is at most `value`.
    fn ln_below(&self, value: f64) -> f64 {
        let skew = self.skewness / 6.0;
        let cube = 1.0 + 3.0 * skew * (value / self.mean - 1.0) / self.variance.sqrt();
        let z = (cube.cbrt() - 1.0) / skew + skew;
        if z > 0.0 { (-normal_tail(z)).ln_1p() } else { normal_tail(-z).ln() }
    }
}

impl Law {
    /// Returns what this law expects for nodes of these weights and this number of keys.
    pub(super) fn expects(&self, weights: &[Weight], keys: u64) -> Theory {
        let total: f64 = weights.iter().map(|weight| f64::from(weight.get())).sum();
        let entitled: Vec<f64> =
            weights.iter().map(|weight| f64::from(weight.get()) / total).collect();
        let many = keys as f64;
        let dealt = |mean: f64| {
            entitled.iter().map(move |part| Share::new(*part, mean, f64::INFINITY, many))
        };
        match self {
            Law::Dealt => Theory::of(&dealt(1.0).collect::<Vec<_>>()),
            Law::Entries(counts) => {
                let means = means(counts, &entitled);
                let shares = entitled.iter().zip(means);
                let share =
                    |(part, mean): (&f64, f64)| Share::new(*part, mean, f64::INFINITY, many);
                Theory::of(&shares.map(share).collect::<Vec<_>>())
            }
            Law::Points(counts) => {
                let shares = entitled.iter().zip(means(counts, &entitled)).zip(counts);
                let share = |((part, mean), count): ((&f64, f64), &u64)| {
                    Share::new(*part, mean, *count as f64, many)
                };
                Theory::of(&shares.map(share).collect::<Vec<_>>())
            }
            Law::Probes(probes) => {
                let alone = entitled.len() < 2;
                let most = if alone { 1.0 } else { 1.0 + 1.0 / (f64::from(*probes) - 1.0) };
                let others = entitled.len() as f64 - 1.0;
                let arcs = probed_variance(total, *probes) / (total - 1.0).max(1.0);
                Theory {
                    peak: Some(peak(&dealt(most).collect::<Vec<_>>())),
                    error: Some((others * (arcs + 1.0 / many)).sqrt()),
                    ..Theory::default()
                }
            }
            Law::Bounded(factor) => {
                Theory { peak_limit: Some(load_limit(*factor, weights, keys)), ..Theory::default() }
            }
        }
    }
}

impl Theory {
    /// Returns the peak and the error that these shares are expected to have.
    fn of(shares: &[Share]) -> Theory {
        let square = |share: &Share| {
            let off = (share.mean - 1.0).powi(2);
            // A node without a point has nothing, by no chance.
            let own = share.entitled * share.mean;
            let chance =
                if own > 0.0 { share.mean.powi(2) * share.of_sum * (1.0 - own) } else { 0.0 };
            share.entitled * (off + chance)
        };
        let error = shares.iter().map(square).sum::<f64>().sqrt();
        Theory { peak: Some(peak(shares)), error: Some(error), ..Theory::default() }
    }
}

/// Returns the expected shares of nodes that have these numbers of points or entries.
fn means(counts: &[u64], entitled: &[f64]) -> Vec<f64> {
    let all = counts.iter().sum::<u64>() as f64;
    counts.iter().zip(entitled).map(|(count, part)| *count as f64 / (all * part)).collect()
}

/// Returns the expected maximum of independent shares: a value below which it is certain not to
/// fall, plus the integral, from there on, of the probability that at least one share is above.
fn peak(shares: &[Share]) -> f64 {
    const STEPS: u32 = 512;
    const SURE: f64 = 8.0;
    let mut shares: Vec<&Share> = shares.iter().filter(|share| share.mean > 0.0).collect();
    let order = |share: &&Share| (share.mean.to_bits(), share.variance.to_bits());
    shares.sort_unstable_by_key(order);
    let alike: Vec<&[&Share]> = shares.chunk_by(|one, other| order(one) == order(other)).collect();
    let (mut least, mut most) = (0_f64, 0_f64);
    for same in &alike {
        (least, most) = (least.max(same[0].at(-SURE)), most.max(same[0].at(SURE)));
    }
    let step = (most - least) / f64::from(STEPS);
    let above = |at: u32| {
        let value = least + step * (f64::from(at) + 0.5);
        let below: f64 = alike.iter().map(|same| same.len() as f64 * same[0].ln_below(value)).sum();
        1.0 - below.exp()
    };
    least + step * (0..STEPS).map(above).sum::<f64>()
}

/// Returns the probability that a normal deviate is above `z`, which is not negative: Abramowitz
/// and Stegun, 26.2.17.
fn normal_tail(z: f64) -> f64 {
    const TERMS: [f64; 5] =
        [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let root = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = TERMS.iter().rev().fold(0.0, |sum, term| (sum + term) * root);
    series * (-z * z / 2.0).exp() / core::f64::consts::TAU.sqrt()
}

/// Returns the variance of the share of one of `points` points, if each key makes `probes` probes.
fn probed_variance(points: f64, probes: u32) -> f64 {
    let others = f64::from(2 * probes - 1);
    // 1 / C(points + others - 1, others), a product that soon is nothing.
    let steps = (1..2 * probes).map(f64::from);
    let rare: f64 = steps.map(|step| step / (points + step - 1.0)).product();
    (others + 1.0) / others * (1.0 - points / (points + others) * rare) - 1.0
}

/// Returns the maximum ratio of a node's load to its fair share, with capacities as whole numbers.
fn load_limit(factor: LoadFactor, weights: &[Weight], keys: u64) -> f64 {
    let all: u64 = weights.iter().map(|weight| u64::from(weight.get())).sum();
    let limit = |weight: &Weight| {
        let fair = keys as f64 * f64::from(weight.get()) / all as f64;
        factor.limit(keys, *weight, all) as f64 / fair
    };
    weights.iter().map(limit).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::KeyHash;
    use crate::multi_probe::{MultiProbe, ProbeRules};
    use crate::placement::Placement;
    use crate::range::Ranges;
    use crate::ring::{Ring, VirtualNodes, stream};

    /// A number of keys that is large enough to make sampling noise vanish.
    const ALL: u64 = u64::MAX;

    fn listed(weights: &[u64]) -> Vec<(u64, Weight)> {
        let weight = |number| Weight::new(number).expect("a weight");
        (0..).zip(weights.iter().map(|number| weight(*number))).collect()
    }

    fn peak_of(shares: &[f64]) -> f64 {
        shares.iter().copied().fold(0.0, f64::max)
    }

    fn square_of(shares: &[f64], parts: &[f64]) -> f64 {
        shares.iter().zip(parts).map(|(share, part)| part * (share - 1.0).powi(2)).sum()
    }

    /// What is found under many seeds: the mean peak and the root mean square error.
    #[derive(Clone, Copy)]
    struct Found {
        peak: f64,
        error: f64,
    }

    fn found(weights: &[u64], seeds: u64, shares: impl Fn(u64) -> Vec<f64>) -> Found {
        let total = weights.iter().sum::<u64>() as f64;
        let parts: Vec<f64> = weights.iter().map(|own| *own as f64 / total).collect();
        let (mut peak, mut square) = (0.0, 0.0);
        for seed in 0..seeds {
            let shares: Vec<f64> =
                shares(seed).into_iter().zip(&parts).map(|(part, own)| part / own).collect();
            peak += peak_of(&shares) / seeds as f64;
            square += square_of(&shares, &parts) / seeds as f64;
        }
        Found { peak, error: square.sqrt() }
    }

    fn agrees(name: &str, theory: Theory, found: Found, room: f64) {
        let Found { peak, error } = found;
        let expected = theory.peak.expect("theory says");
        assert!((peak - expected).abs() < room * (1.0 + error), "{name}: peak {peak} {expected}");
        let expected = theory.error.expect("theory says");
        assert!((error - expected).abs() < 0.08 * error + 1e-9, "{name}: error {error} {expected}");
    }

    const CASES: [&[u64]; 6] = [
        &[1],
        &[1, 1],
        &[1, 2],
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        &[6, 3, 2, 4, 10, 8, 9, 1],
        &[1; 50],
    ];

    /// Exact arcs of rings under many seeds, of few points a node and of many.
    #[test]
    fn rings_are_as_uneven_as_theory_expects() {
        for points in [2, 24, 160] {
            for weights in CASES {
                let nodes = listed(weights);
                let shares = |seed| {
                    let rules = VirtualNodes { hash: KeyHash::Xxh64 { seed }, points };
                    let ring = Ring::with_nodes(rules, nodes.clone()).expect("distinct");
                    let mut shares = vec![0.0; weights.len()];
                    let mut before = 0.0;
                    for (last, slot) in ring.pieces() {
                        shares[slot.index()] += (last as f64 - before) / 2_f64.powi(64);
                        before = last as f64;
                    }
                    shares
                };
                let counts = weights.iter().map(|own| own * u64::from(points)).collect();
                let given: Vec<Weight> = nodes.iter().map(|(_, weight)| *weight).collect();
                let theory = Law::Points(counts).expects(&given, ALL);
                let room = if points == 2 { 0.08 } else { 0.02 };
                agrees(
                    &format!("{points} x {weights:?}"),
                    theory,
                    found(weights, 600, shares),
                    room,
                );
            }
        }
    }

    /// The paper's peak, and the error that follows from how arcs are shared out.
    #[test]
    fn multi_probe_is_as_uneven_as_theory_expects() {
        for weights in CASES {
            let nodes = listed(weights);
            let (keys, seeds) = (300 * weights.len() as u64, 4000 / weights.len() as u64);
            let shares = |seed| {
                let rules = ProbeRules::new(KeyHash::Xxh64 { seed }, 21).expect("some probes");
                let scheme = MultiProbe::with_nodes(rules, nodes.clone()).expect("distinct");
                let mut shares = vec![0.0; weights.len()];
                for key in 0..keys {
                    let slot = scheme.place(stream(seed ^ 0x5371, key)).expect("nodes");
                    shares[slot.index()] += 1.0 / keys as f64;
                }
                shares
            };
            let given: Vec<Weight> = nodes.iter().map(|(_, weight)| *weight).collect();
            let theory = Law::Probes(21).expects(&given, keys);
            agrees(&format!("{weights:?}"), theory, found(weights, seeds, shares), 0.04);
        }
    }

    /// A node that is alone has all; shares that are dealt differ by sampling alone.
    #[test]
    fn what_chance_does_not_touch_is_expected_exactly() {
        let one = [Weight::ONE];
        for law in [Law::Dealt, Law::Entries(vec![7]), Law::Points(vec![160]), Law::Probes(21)] {
            let theory = law.expects(&one, 1000);
            assert_eq!(theory.error, Some(0.0));
            assert!(theory.peak.is_some_and(|peak| (peak - 1.0).abs() < 5e-4), "{theory:?}");
        }
        let theory = Law::Dealt.expects(&[Weight::ONE; 100], 1_000_000);
        assert!(theory.error.is_some_and(|error| (error - 0.00995).abs() < 1e-5), "{theory:?}");
        // The greatest of a hundred normal deviates is expected at 2.508 (Harter, 1961).
        assert!(theory.peak.is_some_and(|peak| (peak - 1.02508).abs() < 3e-4), "{theory:?}");
        let limit = LoadFactor::new(1250).expect("above one");
        let theory = Law::Bounded(limit).expects(&[Weight::ONE; 3], 10);
        // A third of ten keys and a quarter more are 4.17; five fit.
        assert!(theory.peak_limit.is_some_and(|most| (most - 1.5).abs() < 1e-9), "{theory:?}");
    }
}
