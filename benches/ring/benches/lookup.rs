//! One key, one node: every scheme beside the crates for it.
//!
//! `cargo bench --bench lookup` measures and prints the table of ratios; behind `--` one may name a
//! group, such as `ring/`, `jump/`, `maglev/`.

use std::hash::BuildHasherDefault;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use ring_benches::{Key, SIZES, each_key, keys, names, print_ratios, short};
use squall_ring::{
    Anchor, AnchorRules, Entry, Jump, JumpRules, Ketama, KetamaRing, KeyHash, Maglev, MaglevRules,
    MultiProbe, Nginx, NginxRing, Placement, ProbeRules, Rendezvous, RendezvousRules, Ring,
    VirtualNodes, Weight, jump_bucket,
};
use xxhash_rust::xxh64::Xxh64;

type Xxh64Builder = BuildHasherDefault<Xxh64>;

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

/// Three of the peers take more than five minutes to build 1.6 million points and stop at 1,000
/// nodes.
fn ring(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("ring");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        {
            let ring = Ring::with_nodes(VirtualNodes::default(), weighted(&names)).unwrap();
            group.bench_function(id("squall"), |bencher| {
                each_key(bencher, keys, |key| ring.get(key))
            });
        }
        let points = || {
            let point = |name: &String, index| VirtualNode {
                name: name.clone(),
                index,
            };
            let points = names
                .iter()
                .flat_map(move |name| (0..POINTS).map(move |index| point(name, index)));
            points.collect::<Vec<_>>()
        };
        {
            let mut ring = hashring::HashRing::new();
            ring.batch_add(points());
            group.bench_function(id("hashring"), |bencher| {
                each_key(bencher, keys, |key| ring.get(key))
            });
        }
        {
            let mut ring = hashring::HashRing::with_hasher(Xxh64Builder::default());
            ring.batch_add(points());
            group.bench_function(id("hashring+xxh64"), |bencher| {
                each_key(bencher, keys, |key| ring.get(key))
            });
        }
        {
            let mut ring = hash_rings::consistent::Ring::new();
            names.iter().for_each(|name| ring.insert_node(name, POINTS));
            group.bench_function(id("hash-rings"), |bencher| {
                each_key(bencher, keys, |key| ring.get_node(key))
            });
        }
        if size <= 1_000 {
            slow_rings(&mut group, keys, &names);
        }
    }
    group.finish();
}

/// Rings that take minutes to build at 10,000 nodes.
fn slow_rings(group: &mut BenchmarkGroup<'_, WallTime>, keys: &[Key], names: &[String]) {
    let id = |name: &str| BenchmarkId::new(name, names.len());
    {
        let builder = consistent_hash_ring::RingBuilder::default();
        let ring = builder
            .vnodes(POINTS)
            .nodes_iter(names.iter().cloned())
            .build();
        group.bench_function(id("consistent_hash_ring"), |bencher| {
            each_key(bencher, keys, |key| ring.try_get(key))
        });
    }
    {
        let builder = consistent_hash_ring::RingBuilder::new(Xxh64Builder::default());
        let ring = builder
            .vnodes(POINTS)
            .nodes_iter(names.iter().cloned())
            .build();
        group.bench_function(id("consistent_hash_ring+xxh64"), |bencher| {
            each_key(bencher, keys, |key| ring.try_get(key))
        });
    }
    {
        let node = |name: &String| consistent_hash::Node::new(name.clone()).quantity(POINTS);
        let ring = consistent_hash::StaticHashRing::new(
            consistent_hash::DefaultHash,
            names.iter().map(node),
        );
        group.bench_function(id("consistent_hash"), |bencher| {
            each_key(bencher, keys, |key| ring.calc_candidates(key).next())
        });
    }
    {
        let ring = hash_ring::HashRing::new(names.to_vec(), POINTS as isize);
        group.bench_function(id("hash_ring"), |bencher| {
            each_key(bencher, keys, |key| ring.get_node(text(key).to_owned()))
        });
    }
}

fn text(key: &Key) -> &str {
    std::str::from_utf8(key).expect("digits and characters")
}

fn ketama_kind(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("ketama");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        let ring = KetamaRing::with_nodes(Ketama, weighted(&names)).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| ring.get(key))
        });
        let mut builder = ketama::RingBuilder::new();
        for name in &names {
            builder = builder.node(name, 1);
        }
        let ring = builder.build();
        group.bench_function(id("ketama"), |bencher| {
            each_key(bencher, keys, |key| &names[ring.route(key)])
        });
    }
    group.finish();
}

fn nginx_kind(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("nginx");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        let ring = NginxRing::with_nodes(Nginx, weighted(&names)).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| ring.get(key))
        });
        let bucket =
            |name: &String| pingora_ketama::Bucket::new(name.parse().expect("an address"), 1);
        let ring = pingora_ketama::Continuum::new(&names.iter().map(bucket).collect::<Vec<_>>());
        group.bench_function(id("pingora-ketama"), |bencher| {
            each_key(bencher, keys, |key| ring.node(key))
        });
    }
    group.finish();
}

fn jump(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("jump");
    for size in SIZES {
        let id = |name: &str| BenchmarkId::new(name, size);
        let names = names(size);
        let jump = Jump::with_nodes(JumpRules::default(), names.clone()).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| jump.get(key))
        });
        let jump = jumphash::JumpHasher::new();
        group.bench_function(id("jumphash"), |bencher| {
            each_key(bencher, keys, |key| {
                names.get(jump.slot(key, size as u32) as usize)
            })
        });
        let ring = hash_rings::jump::Ring::new(size as u32);
        group.bench_function(id("hash-rings"), |bencher| {
            each_key(bencher, keys, |key| names.get(ring.get_node(key) as usize))
        });
    }
    group.finish();

    // The bare function, on keys that are hashed already.
    let hash = KeyHash::default();
    let hashes: Vec<u64> = keys.iter().map(|key| hash.hash(key)).collect();
    let mut group = criterion.benchmark_group("jump, bare");
    for size in SIZES {
        let mut next = 0;
        let mut hashed = || {
            next = (next + 1) & 0xffff;
            hashes[next]
        };
        group.bench_function(BenchmarkId::new("squall", size), |bencher| {
            bencher.iter(|| jump_bucket(hashed(), size as u32))
        });
        group.bench_function(BenchmarkId::new("jump-consistent-hash", size), |bencher| {
            bencher.iter(|| jump_consistent_hash::hash(hashed(), size))
        });
    }
    group.finish();
}

/// The smaller table of the paper up to 1,000 nodes. At 10,000 the peers, which keep every node's
/// whole permutation while they build, would want from five to eighty gigabytes.
fn table(size: usize) -> u32 {
    if size <= 1_000 {
        MaglevRules::SMALL
    } else {
        MaglevRules::LARGE
    }
}

fn maglev_kind(criterion: &mut Criterion, keys: &[Key]) {
    use maglev::ConsistentHasher as _;
    let mut group = criterion.benchmark_group("maglev");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        let rules = MaglevRules::new(KeyHash::default(), table(size), Entry::Scaled).unwrap();
        {
            let maglev = Maglev::with_nodes(rules, weighted(&names)).unwrap();
            group.bench_function(id("squall"), |bencher| {
                each_key(bencher, keys, |key| maglev.get(key))
            });
        }
        if size > 1_000 {
            continue;
        }
        let capacity = table(size) as usize;
        {
            let maglev = maglev::Maglev::with_capacity(names.clone(), capacity);
            group.bench_function(id("maglev"), |bencher| {
                each_key(bencher, keys, |key| maglev.get(key))
            });
        }
        {
            let builder = Xxh64Builder::default();
            let maglev = maglev::Maglev::with_capacity_and_hasher(names.clone(), capacity, builder);
            group.bench_function(id("maglev+xxh64"), |bencher| {
                each_key(bencher, keys, |key| maglev.get(key))
            });
        }
        let nodes = names.iter().collect();
        let maglev = hash_rings::maglev::Ring::with_capacity_hint(nodes, capacity);
        group.bench_function(id("hash-rings"), |bencher| {
            each_key(bencher, keys, |key| maglev.get_node(key))
        });
    }
    group.finish();
}

fn rendezvous(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("rendezvous");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        let ours = Rendezvous::with_nodes(RendezvousRules::default(), weighted(&names)).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| ours.get(key))
        });
        let nodes = hrw::Rendezvous::from_nodes(names.iter().cloned());
        group.bench_function(id("hrw"), |bencher| {
            each_key(bencher, keys, |key| nodes.pick_top(key))
        });
        let nodes =
            hrw::Rendezvous::from_nodes_and_hasher(names.iter().cloned(), Xxh64Builder::default());
        group.bench_function(id("hrw+xxh64"), |bencher| {
            each_key(bencher, keys, |key| nodes.pick_top(key))
        });
        let mut nodes = rendezvous_hash::RendezvousNodes::default();
        for name in &names {
            nodes.insert(name.as_str());
        }
        group.bench_function(id("rendezvous_hash"), |bencher| {
            each_key(bencher, keys, |key| nodes.calc_candidates(key).next())
        });
        let mut nodes = hash_rings::rendezvous::Ring::new();
        names.iter().for_each(|name| nodes.insert_node(name, 1));
        group.bench_function(id("hash-rings"), |bencher| {
            each_key(bencher, keys, |key| nodes.get_node(key))
        });
    }
    group.finish();
}

fn weighted_rendezvous(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("rendezvous, weighted");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        let weight = |rank: usize| rank as u64 % 10 + 1;
        let nodes = names
            .iter()
            .enumerate()
            .map(|(rank, name)| (name.clone(), Weight::new(weight(rank)).expect("one to ten")));
        let ours = Rendezvous::with_nodes(RendezvousRules::default(), nodes).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| ours.get(key))
        });
        let nodes = names.iter().enumerate().map(|(rank, name)| {
            let capacity = weight(rank) as usize;
            Weighted {
                name: name.clone(),
                capacity,
            }
        });
        let nodes = hrw_hash::HrwNodes::new(nodes);
        group.bench_function(id("hrw-hash"), |bencher| {
            each_key(bencher, keys, |key| nodes.sorted(key).next())
        });
        let mut nodes = hash_rings::weighted_rendezvous::Ring::new();
        for (rank, name) in names.iter().enumerate() {
            nodes.insert_node(name, weight(rank) as f64);
        }
        group.bench_function(id("hash-rings"), |bencher| {
            each_key(bencher, keys, |key| nodes.get_node(key))
        });
    }
    group.finish();
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Weighted {
    name: String,
    capacity: usize,
}

impl hrw_hash::HrwNode for Weighted {
    fn capacity(&self) -> usize {
        self.capacity
    }
}

fn multi_probe(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("multi-probe");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        // The crate mpchash has 23 probes and no choice.
        let rules = ProbeRules::new(KeyHash::default(), 23).unwrap();
        let ours = MultiProbe::with_nodes(rules, weighted(&names)).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| ours.get(key))
        });
        let nodes = mpchash::HashRing::<String>::new();
        names.iter().for_each(|name| nodes.add(name.clone()));
        group.bench_function(id("mpchash"), |bencher| {
            each_key(bencher, keys, |key| {
                nodes.node(key).map(|token| token.position())
            })
        });
        let mut nodes = hash_rings::mpc::Ring::new(23);
        names.iter().for_each(|name| nodes.insert_node(name));
        group.bench_function(id("hash-rings"), |bencher| {
            each_key(bencher, keys, |key| nodes.get_node(key))
        });
    }
    group.finish();
}

fn anchor(criterion: &mut Criterion, keys: &[Key]) {
    let mut group = criterion.benchmark_group("anchor");
    for size in SIZES {
        let names = names(size);
        let id = |name: &str| BenchmarkId::new(name, size);
        // A tenth of the capacity free.
        let capacity = (size + size / 10) as u16;
        let rules = AnchorRules {
            hash: KeyHash::default(),
            capacity: u32::from(capacity),
        };
        let ours = Anchor::with_nodes(rules, names.clone()).unwrap();
        group.bench_function(id("squall"), |bencher| {
            each_key(bencher, keys, |key| ours.get(key))
        });
        let builder = anchorhash::Builder::with_hasher(Xxh64Builder::default());
        let nodes = builder
            .with_resources(names.clone())
            .build::<&Key>(capacity);
        group.bench_function(id("anchorhash+xxh64"), |bencher| {
            each_key(bencher, keys, |key| nodes.get_resource(key))
        });
        let nodes = anchorhash::Builder::default()
            .with_resources(names.clone())
            .build::<&Key>(capacity);
        group.bench_function(id("anchorhash"), |bencher| {
            each_key(bencher, keys, |key| nodes.get_resource(key))
        });
    }
    group.finish();
}

fn main() {
    let keys = keys();
    let mut criterion = short();
    ring(&mut criterion, &keys);
    ketama_kind(&mut criterion, &keys);
    nginx_kind(&mut criterion, &keys);
    jump(&mut criterion, &keys);
    maglev_kind(&mut criterion, &keys);
    rendezvous(&mut criterion, &keys);
    weighted_rendezvous(&mut criterion, &keys);
    multi_probe(&mut criterion, &keys);
    anchor(&mut criterion, &keys);
    criterion.final_summary();
    print_ratios(&[
        "ring",
        "ketama",
        "nginx",
        "jump",
        "jump, bare",
        "maglev",
        "rendezvous",
        "rendezvous, weighted",
        "multi-probe",
        "anchor",
    ]);
}
