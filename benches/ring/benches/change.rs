//! One node joins a ring of a thousand nodes of 160 points, and what a point weighs.
//!
//! `cargo bench --bench change`. A copy of the ring is made outside of the measured time; "squall,
//! copied too" makes it inside, as a snapshot that is swapped must. Of the peers only `hashring`
//! has a batch; the others insert point by point and take longer than a run of this bench.

use criterion::{BatchSize, BenchmarkId, Criterion};
use ring_benches::{names, print_ratios, short};
use squall_ring::{
    Change, Entry, KeyHash, Maglev, MaglevRules, Nginx, NginxRing, Ring, VirtualNodes, Weight,
};

const POINTS: usize = 160;

fn weighted(names: &[String]) -> Vec<(String, Weight)> {
    names
        .iter()
        .map(|name| (name.clone(), Weight::ONE))
        .collect()
}

#[derive(Hash, Clone)]
struct VirtualNode {
    name: String,
    index: usize,
}

fn points(name: &str) -> Vec<VirtualNode> {
    (0..POINTS)
        .map(|index| VirtualNode {
            name: name.to_owned(),
            index,
        })
        .collect()
}

fn main() {
    let mut criterion = short();
    let names = names(1_000);
    let ring = Ring::with_nodes(VirtualNodes::default(), weighted(&names)).unwrap();
    add_a_node(&mut criterion, &names, &ring);
    build(&mut criterion, &names);
    build_maglev(&mut criterion, &names);
    criterion.final_summary();
    print_ratios(&["add a node", "build", "build maglev"]);
    print_bytes(&names, &ring);
}

fn id(name: &str) -> BenchmarkId {
    BenchmarkId::new(name, 1_000)
}

fn add_a_node(criterion: &mut Criterion, names: &[String], ring: &Ring<String>) {
    let fresh = "a.node.that.joins:8080".to_owned();
    let mut group = criterion.benchmark_group("add a node");
    group.bench_function(id("squall"), |bencher| {
        let joined = |mut ring: Ring<String>| {
            ring.add(fresh.clone()).unwrap();
            ring
        };
        bencher.iter_batched(|| ring.clone(), joined, BatchSize::LargeInput);
    });
    group.bench_function(id("squall, copied too"), |bencher| {
        bencher.iter_with_large_drop(|| {
            let mut ring = ring.clone();
            ring.add(fresh.clone()).unwrap();
            ring
        });
    });
    group.bench_function(id("hashring"), |bencher| {
        let mut ring = hashring::HashRing::new();
        ring.batch_add(names.iter().flat_map(|name| points(name)).collect());
        let joined = |mut ring: hashring::HashRing<VirtualNode>| {
            ring.batch_add(points(&fresh));
            ring
        };
        bencher.iter_batched(|| ring.clone(), joined, BatchSize::LargeInput);
    });
    group.finish();
}

fn build(criterion: &mut Criterion, names: &[String]) {
    let mut group = criterion.benchmark_group("build");
    group.bench_function(id("squall"), |bencher| {
        bencher.iter(|| Ring::with_nodes(VirtualNodes::default(), weighted(names)).unwrap());
    });
    group.bench_function(id("hashring"), |bencher| {
        bencher.iter(|| {
            let mut ring = hashring::HashRing::new();
            ring.batch_add(names.iter().flat_map(|name| points(name)).collect());
            ring
        });
    });
    group.bench_function(id("pingora-ketama"), |bencher| {
        let bucket = |name: &String| pingora_ketama::Bucket::new(name.parse().unwrap(), 1);
        let buckets: Vec<_> = names.iter().map(bucket).collect();
        bencher.iter(|| pingora_ketama::Continuum::new(&buckets));
    });
    group.finish();
}

fn build_maglev(criterion: &mut Criterion, names: &[String]) {
    let mut group = criterion.benchmark_group("build maglev");
    let rules = MaglevRules::new(KeyHash::default(), MaglevRules::SMALL, Entry::Scaled).unwrap();
    group.bench_function(id("squall"), |bencher| {
        bencher.iter(|| Maglev::with_nodes(rules, weighted(names)).unwrap());
    });
    group.bench_function(id("maglev"), |bencher| {
        let size = MaglevRules::SMALL as usize;
        bencher.iter(|| maglev::Maglev::with_capacity(names.to_vec(), size));
    });
    group.finish();
}

/// What a point weighs, here and elsewhere.
fn print_bytes(names: &[String], ring: &Ring<String>) {
    let points = ring.points().count() as f64;
    println!("\nbytes a point, index and owners included");
    println!(
        "{:<32}{:>12.2}",
        "squall",
        ring.point_bytes() as f64 / points
    );
    let nginx = NginxRing::with_nodes(Nginx, weighted(names)).unwrap();
    println!(
        "{:<32}{:>12.2}",
        "squall, 32 bits (nginx)",
        nginx.point_bytes() as f64 / points
    );
    println!(
        "{:<32}{:>12}",
        "hashring (u64 and node)",
        8 + size_of::<VirtualNode>()
    );
    println!("{:<32}{:>12}", "pingora-ketama", 8);
}
