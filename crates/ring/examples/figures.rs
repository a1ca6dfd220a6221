//! The properties of the schemes, measured: the table of `docs/ring.md`, made anew.
//!
//! `cargo run --release -p squall-ring --example figures`

use squall_ring::{
    Anchor, AnchorRules, Assignment, Change, Entry, Jump, JumpRules, KeyHash, LoadFactor, Maglev,
    MaglevRules, MultiProbe, Placement, ProbeRules, Ranges, Rendezvous, RendezvousRules, Ring,
    VirtualNodes, Weight, WeightedEdit,
};

fn equal(count: usize) -> impl Iterator<Item = (String, Weight)> {
    (0..count).map(|number| (format!("node-{number}"), Weight::ONE))
}

fn seeded_ring(nodes: usize, points: u32, seed: u64) -> Ring<String> {
    let rules = VirtualNodes { hash: KeyHash::Xxh64 { seed }, points };
    Ring::with_nodes(rules, equal(nodes)).expect("distinct names")
}

/// Exact shares of the circle, as multiples of the fair one.
fn shares(ring: &Ring<String>) -> Vec<f64> {
    let mut shares = vec![0.0; ring.len()];
    let mut before = 0.0;
    for (last, slot) in ring.pieces() {
        shares[slot.index()] += (last as f64 - before) / 2_f64.powi(64) * ring.len() as f64;
        before = last as f64;
    }
    shares
}

/// Shares by count.
fn counted<S: Placement>(scheme: &S, keys: u64) -> Vec<f64> {
    let mut counts = vec![0_u64; scheme.len()];
    for key in 0..keys {
        let hash = KeyHash::Xxh64 { seed: 99 }.hash(&key.to_le_bytes());
        if let Some(slot) = scheme.place(hash) {
            counts[slot.index()] += 1;
        }
    }
    let fair = keys as f64 / counts.len() as f64;
    counts.into_iter().map(|count| count as f64 / fair).collect()
}

fn peak(shares: &[f64]) -> f64 {
    shares.iter().copied().fold(0.0, f64::max)
}

fn error(shares: &[f64]) -> f64 {
    let squares: f64 = shares.iter().map(|share| (share - 1.0).powi(2)).sum();
    (squares / shares.len() as f64).sqrt()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn rings() {
    println!("ring, exact arcs: mean peak over average (simulated elsewhere)");
    let expected = [
        (10, [3.08, 1.51, 1.28, 1.17, 1.13, 1.05]),
        (100, [5.01, 1.92, 1.43, 1.27, 1.22, 1.08]),
        (1000, [7.76, 2.35, 1.60, 1.37, 1.28, 1.11]),
    ];
    for (nodes, expected) in expected {
        print!("{nodes:>6} nodes");
        for (points, expected) in [1, 10, 40, 100, 160, 1000].into_iter().zip(expected) {
            let rings = if nodes * points as usize > 200_000 { 10 } else { 40 };
            let found =
                mean((0..rings).map(|seed| peak(&shares(&seeded_ring(nodes, points, seed)))));
            print!("  c={points} {found:.2} ({expected:.2})");
        }
        println!();
    }
    println!("ring, 200 nodes: standard error of a share (1/sqrt c)");
    for points in [10, 100, 1000_u32] {
        let found = mean((0..10).map(|seed| error(&shares(&seeded_ring(200, points, seed)))));
        println!("  c={points} {found:.3} ({:.3})", 1.0 / f64::from(points).sqrt());
    }
}

fn probes() {
    println!("multi-probe, 21 probes: mean peak over average by 1,000 keys a node and more");
    for (nodes, keys, rings) in [(10, 400_000, 40), (100, 400_000, 10), (1000, 1_000_000, 3)] {
        let found = mean((0..rings).map(|seed| {
            let rules = ProbeRules::new(KeyHash::Xxh64 { seed }, 21).expect("some probes");
            peak(&counted(&MultiProbe::with_nodes(rules, equal(nodes)).expect("distinct"), keys))
        }));
        println!("  {nodes} nodes {found:.3}");
    }
}

fn maglev() {
    println!(
        "maglev, 65537 entries: most less least entries; part that changes when a node leaves"
    );
    for nodes in [10, 100, 1000] {
        let rules = MaglevRules::new(KeyHash::default(), MaglevRules::SMALL, Entry::Scaled);
        let mut maglev =
            Maglev::with_nodes(rules.expect("a prime"), equal(nodes)).expect("distinct names");
        let mut counts = vec![0_u32; nodes];
        maglev.table().for_each(|slot| counts[slot.index()] += 1);
        let owners = |maglev: &Maglev<String>| -> Vec<String> {
            maglev.table().map(|slot| maglev.members().node(slot).clone()).collect()
        };
        let before = owners(&maglev);
        maglev.remove(b"node-3").expect("it is there");
        let changed = before.iter().zip(owners(&maglev)).filter(|(old, new)| *old != new).count();
        let spread = counts.iter().max().zip(counts.iter().min()).map(|(most, least)| most - least);
        let part = changed as f64 / before.len() as f64;
        println!("  {nodes} nodes: {} entries, {part:.4} changed", spread.unwrap_or_default());
    }
}

fn ideal() {
    let keys = 2_000_000;
    let sampling = (99.0 / keys as f64).sqrt();
    println!("100 nodes, {keys} keys: standard error of a share (sampling alone: {sampling:.4})");
    let names = || equal(100).map(|(name, _)| name);
    let jump = Jump::with_nodes(JumpRules::default(), names()).expect("distinct names");
    println!("  jump {:.4}", error(&counted(&jump, keys)));
    let rendezvous =
        Rendezvous::with_nodes(RendezvousRules::default(), equal(100)).expect("distinct names");
    println!("  rendezvous {:.4}", error(&counted(&rendezvous, keys)));
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 200 };
    let anchor = Anchor::with_nodes(rules, names()).expect("distinct names");
    println!("  anchor {:.4}", error(&counted(&anchor, keys)));
    let maglev = Maglev::with_nodes(MaglevRules::default(), equal(100)).expect("distinct names");
    println!("  maglev {:.4}", error(&counted(&maglev, keys)));
}

fn bounded() {
    println!(
        "bounded loads, 50 nodes of 100 points, 5,000 keys, one node leaves: moved / necessary"
    );
    for thousandths in [1050, 1100, 1250, 1500] {
        let factor = LoadFactor::new(thousandths).expect("above one");
        let (mut moved, mut necessary) = (0, 0);
        for seed in 0..10 {
            let mut assignment = Assignment::new(seeded_ring(50, 100, seed), factor);
            for key in 0..5000_u32 {
                assignment.insert(&key.to_le_bytes());
            }
            let owners = |assignment: &Assignment<Ring<String>>| -> Vec<String> {
                assignment.iter().map(|(_, node)| node.clone()).collect()
            };
            let before = owners(&assignment);
            let leaves = WeightedEdit::Remove(b"node-7".to_vec());
            assignment.apply(vec![leaves]).expect("it is there");
            let after = owners(&assignment);
            moved += before.iter().zip(&after).filter(|(old, new)| old != new).count();
            necessary += before.iter().filter(|node| *node == "node-7").count();
        }
        let ratio = moved as f64 / f64::from(u32::try_from(necessary).unwrap_or(1));
        println!("  c={:.2} {ratio:.2}", f64::from(thousandths) / 1000.0);
    }
}

fn main() {
    rings();
    probes();
    maglev();
    ideal();
    bounded();
}
