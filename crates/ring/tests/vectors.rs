//! Placements that others have published: jump, ketama, Maglev, multi-probe, weighted rendezvous.
//! The numbers are facts, re-typed from the sources named at each.

use md5::{Digest, Md5};
use squall_ring::{
    Entry, Ketama, KetamaRing, KeyHash, Maglev, MaglevRules, MultiProbe, Placement, ProbeRules,
    Turn, Weight, jump_bucket, maglev_table, rendezvous_cost,
};

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

/// `dgryski/go-jump`, `jump_test.go`: from the C++ reference of the paper.
#[test]
fn jump_agrees_with_the_reference() {
    let expected: [(u64, &[u32]); 4] = [
        (0, &[0; 20]),
        (1, &[0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 17, 17]),
        (0xdead_beef, &[0, 1, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 16, 16, 16]),
        (0x0ddc_0ffe_ebad_f00d, &[0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 15, 15, 15, 15]),
    ];
    for (key, buckets) in expected {
        for (below, bucket) in buckets.iter().enumerate() {
            assert_eq!(jump_bucket(key, below as u32 + 1), Some(*bucket), "{key} of {below}+1");
        }
    }
}

/// The same file: Guava's golden values.
#[test]
fn jump_agrees_with_guava() {
    let hundred = [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83];
    for (key, bucket) in hundred.into_iter().enumerate() {
        assert_eq!(jump_bucket(key as u64, 100), Some(bucket));
    }
    let long = [
        (10_863_919_174_838_991, 11, 6),
        (2_016_238_256_797_177_309, 11, 3),
        (1_673_758_223_894_951_030, 11, 5),
        (2, 100_001, 80_343),
        (2201, 100_001, 22_152),
        (2202, 100_001, 15_018),
    ];
    for (key, buckets, bucket) in long {
        assert_eq!(jump_bucket(key, buckets), Some(bucket));
    }
}

/// Figure 1 of the paper, in floats: the definition.
fn jump_as_published(mut key: u64, buckets: u32) -> u32 {
    let (mut bucket, mut next) = (-1_i64, 0_i64);
    while next < i64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let stretch = (1_i64 << 31) as f64 / ((key >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * stretch) as i64;
    }
    bucket as u32
}

/// Keys as they come, and keys whose first jump lands on an integer or beside one, where a product
/// of floats is rounded across it: the generator is run backwards from the draw that does.
#[test]
fn jump_is_the_published_function_to_the_bit() {
    let step = 2_862_933_555_777_941_757_u64;
    // Newton's iteration for the inverse modulo 2^64 doubles the correct bits, three at first.
    let inverse = (0..5).fold(step, |inverse, _| {
        inverse.wrapping_mul(2_u64.wrapping_sub(step.wrapping_mul(inverse)))
    });
    assert_eq!(inverse.wrapping_mul(step), 1);
    let before = |draw: u64| ((draw - 1) << 33).wrapping_sub(1).wrapping_mul(inverse);
    let near = |draw: u64| (draw.max(2) - 1..=(draw + 1).min(1 << 31)).map(before);
    let powers = (0..=31).map(|power| 1_u64 << power);
    let quotients = (1..3_000).map(|whole| (1 << 31) / whole);
    let chosen = powers.chain(quotients).flat_map(near);
    let chosen = chosen.chain((0..20_000_u64).map(|key| key.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    for key in chosen.collect::<Vec<_>>() {
        for buckets in [1, 2, 3, 10, 100, 1_000, 10_000, 1 << 20, 1 << 31, u32::MAX] {
            let bucket = jump_as_published(key, buckets);
            assert_eq!(jump_bucket(key, buckets), Some(bucket), "{key} of {buckets}");
        }
    }
}

fn ketama(servers: &[(&'static str, u64)]) -> KetamaRing<&'static str> {
    let nodes = servers.iter().map(|(name, number)| (*name, weight(*number)));
    KetamaRing::with_nodes(Ketama, nodes).expect("distinct servers")
}

/// `dgryski/go-ketama`, `ketama_test.go`: counts of 100,000 keys.
#[test]
fn ketama_agrees_with_the_perl_module() {
    let expected = [
        ("server1", 8699),
        ("server10", 9462),
        ("server2", 10885),
        ("server3", 9980),
        ("server4", 10237),
        ("server5", 9099),
        ("server6", 10997),
        ("server7", 10365),
        ("server8", 10380),
        ("server9", 9896),
    ];
    let ring = ketama(&expected.map(|(name, _)| (name, 1)));
    let mut counts = std::collections::BTreeMap::new();
    for number in 0..100_000 {
        let node = ring.get(format!("foo{number}").as_bytes()).expect("ten servers");
        *counts.entry(*node).or_insert(0) += 1;
    }
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}

/// The same file: two keys of bytes that once crashed a client. Both hash to zero. There the Perl
/// module and go-ketama's older search run under the list and take its last point, r01; libketama
/// and go-ketama's correct search take the first, r02, and so do we.
#[test]
fn ketama_places_the_keys_that_crashed_a_client() {
    let ring = ketama(&[("r01", 100), ("r02", 100)]);
    let first = 0x161c_6d14_dae7_3a87_4ac0_aa00_17fb_8340_u128.to_be_bytes();
    let second = 0x3729_2b66_9dd8_f7c9_52cf_79ca_0dc6_c5d7_u128.to_be_bytes();
    for key in [first, second] {
        assert_eq!(ring.hash_key(&key), 0);
        assert_eq!(ring.get(&key), Some(&"r02"));
    }
    assert_eq!(ring.points().next(), Some((6_545_477, &"r02")));
    assert_eq!(ring.points().last(), Some((4_289_920_297, &"r01")));
}

/// `RJ/ketama`, `libketama/test.sh`, `ketama_test.c` and `ketama.servers`: MD5 of the hash, point
/// and server of a million keys, as the C library prints them behind an empty line.
#[test]
fn ketama_prints_what_libketama_prints() {
    use std::io::Write as _;
    let ring = ketama(&[
        ("10.0.1.1:11211", 600),
        ("10.0.1.2:11211", 300),
        ("10.0.1.3:11211", 200),
        ("10.0.1.4:11211", 350),
        ("10.0.1.5:11211", 1000),
        ("10.0.1.6:11211", 800),
        ("10.0.1.7:11211", 950),
        ("10.0.1.8:11211", 100),
    ]);
    let mut printed = b"\n".to_vec();
    for number in 0..1_000_000 {
        let hash = ring.hash_key(number.to_string().as_bytes());
        let (point, server) = ring.locate(hash).expect("eight servers");
        writeln!(printed, "{hash} {point} {server}").expect("memory");
    }
    let digest = Md5::digest(&printed);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "5672b131391f5aa2b280936aec1eea74");
}

/// `dgryski/go-maglev`, `maglev_test.go`: three backends, one of them dead in the second table.
#[test]
fn maglev_agrees_with_go_maglev() {
    let turn = |name: &str| {
        let hash = KeyHash::SipHash24 { key: [0xdead_beef_cafe_babe, 0] }.hash(name.as_bytes());
        let (offset, skip) = ((hash >> 32) % 7, (hash & 0xffff_ffff) % 6 + 1);
        Turn { offset: offset as u32, skip: skip as u32, weight: Weight::ONE }
    };
    let all = ["backend-0", "backend-1", "backend-2"].map(turn);
    let preferred = |turn: &Turn| [0, 1, 2, 3, 4, 5, 6].map(|j| (turn.offset + j * turn.skip) % 7);
    assert_eq!(preferred(&all[0]), [2, 6, 3, 0, 4, 1, 5]);
    assert_eq!(preferred(&all[1]), [0, 5, 3, 1, 6, 4, 2]);
    assert_eq!(preferred(&all[2]), [1, 3, 5, 0, 2, 4, 6]);
    assert_eq!(maglev_table(7, &all), [1, 2, 0, 2, 0, 1, 0]);
    // Without backend-1 the numbers are those of the list that is left.
    let left = maglev_table(7, &[all[0], all[2]]).into_iter().map(|number| 2 * number);
    assert_eq!(left.collect::<Vec<_>>(), [0, 2, 0, 2, 0, 2, 0]);
}

/// `dgryski/go-mpchash`, `testdata/compat.out` and `compat_test.go`: 6,000 shards, each placed as
/// a key, SipHash seeded with 0 for shards and 1 and 2 for keys, 21 probes.
#[test]
fn multi_probe_agrees_with_go_mpchash() {
    let seeded = |seed| KeyHash::SipHash24 { key: [seed, 0] };
    let rules = ProbeRules::new(seeded(0), 21).expect("some probes");
    let shards = (1..=6000).map(|number| (format!("shard-{number}"), Weight::ONE));
    let ring = MultiProbe::with_nodes(rules, shards.clone()).expect("distinct shards");
    let mut expected = include_str!("vectors/multi_probe.txt").split_whitespace();
    for (key, _) in shards {
        let (first, step) = (seeded(1).hash(key.as_bytes()), seeded(2).hash(key.as_bytes()));
        let slot = ring.place_probes(first, step).expect("6,000 shards");
        let number = ring.members().node(slot).trim_start_matches("shard-");
        assert_eq!(Some(number), expected.next(), "key {key}");
    }
    assert_eq!(expected.next(), None);
}

/// `facebook/mcrouter`, `WeightedRendezvousHashTest.cpp` with `RendezvousHashHelper.h`: counts of
/// 10,000 keys under weights. The pair hash is mcrouter's; bids and choice are ours.
#[test]
fn weighted_rendezvous_agrees_with_mcrouter() {
    let counts = |weights: &[f64]| {
        let seeded = |seed, text: String| KeyHash::Murmur64A { seed }.hash(text.as_bytes());
        let nodes: Vec<u64> = (0..weights.len())
            .map(|number| seeded(4_193_360_111, format!("xxx.{number}.yy")))
            .collect();
        let mut counts = vec![0; weights.len()];
        for number in 0..10_000 {
            let key = seeded(2_718_281_828, format!("mykey:{number}"));
            let bids = nodes.iter().zip(weights).map(|(node, weight)| {
                let u = (mcrouter_pair(*node, key) & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64;
                rendezvous_cost(u, *weight)
            });
            let least = bids.enumerate().min_by(|one, other| one.1.total_cmp(&other.1));
            counts[least.expect("a node").0] += 1;
        }
        counts
    };
    assert_eq!(counts(&[1.0, 1.0, 1.0]), [3409, 3360, 3231]);
    assert_eq!(counts(&[1.0, 0.5, 0.1]), [6292, 3118, 590]);
    assert_eq!(counts(&[1.0, 0.0, 0.5]), [6737, 0, 3263]);
    assert_eq!(
        counts(&[1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5]),
        [1381, 1299, 1283, 1359, 1296, 667, 669, 665, 672, 709]
    );
}

/// CityHash's 128 to 64 bits, as mcrouter uses it.
fn mcrouter_pair(upper: u64, lower: u64) -> u64 {
    const FACTOR: u64 = 0x9ddf_ea08_eb38_2d69;
    let a = (lower ^ upper).wrapping_mul(FACTOR);
    let b = (upper ^ a ^ (a >> 47)).wrapping_mul(FACTOR);
    (b ^ (b >> 47)).wrapping_mul(FACTOR)
}

/// Envoy, `maglev_lb_test.cc`: six hosts by address and by name, and two hosts of weights 1 and 2.
#[test]
fn maglev_agrees_with_envoy() {
    let table = |size, hosts: &[(&'static str, u64)]| -> Vec<u32> {
        let hash = KeyHash::Xxh64 { seed: 0 };
        let rules = MaglevRules::new(hash, size, Entry::Modulo).expect("a prime");
        let nodes = hosts.iter().map(|(name, number)| (*name, weight(*number)));
        let maglev = Maglev::with_nodes(rules, nodes).expect("distinct hosts");
        // Hosts are sorted by key here as they are numbered there.
        (0..u64::from(size)).map(|hash| maglev.place(hash).expect("hosts").index() as u32).collect()
    };
    let by_address =
        ["90", "91", "92", "93", "94", "95"].map(|port| (&*format!("127.0.0.1:{port}").leak(), 1));
    assert_eq!(table(7, &by_address), [2, 4, 0, 1, 5, 0, 3]);
    let by_name = ["90", "91", "92", "93", "94", "95"].map(|name| (name, 1));
    assert_eq!(table(7, &by_name), [2, 5, 0, 3, 4, 1, 0]);
    assert_eq!(
        table(17, &[("127.0.0.1:90", 1), ("127.0.0.1:91", 2)]),
        [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1]
    );
    assert_eq!(table(17, &[("127.0.0.1:90", 7)]), [0; 17]);
}
