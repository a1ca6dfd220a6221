//! Where a public crate promises the same placements, it is asked: nginx' ring against
//! `pingora-ketama`, libketama's against `ketama`, jump against `jump-consistent-hash`.

use squall_ring::{Ketama, KetamaRing, Nginx, NginxRing, Placement, Weight, jump_bucket};

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

/// Lists of different lengths, with different weights.
fn lists() -> impl Iterator<Item = Vec<(String, u64)>> {
    (1..40_u64).map(|count| {
        let node = |number: u64| {
            let name = format!("10.{count}.{}.{}:80{}", number / 7, number % 7, number % 10);
            (name, (number * number + count) % 5 + 1)
        };
        (0..count).map(node).collect()
    })
}

fn keys() -> impl Iterator<Item = String> {
    (0..2_000).map(|number| format!("/path/{number}?query={}", number * 31))
}

#[test]
fn pingora_places_as_nginx_does_and_so_do_we() {
    for list in lists() {
        let nodes = list
            .iter()
            .map(|(name, number)| (name.clone(), weight(*number)));
        let ours = NginxRing::with_nodes(Nginx, nodes).expect("distinct");
        let bucket = |(name, number): &(String, u64)| {
            pingora_ketama::Bucket::new(name.parse().expect("an address"), *number as u32)
        };
        let buckets: Vec<_> = list.iter().map(bucket).collect();
        let theirs = pingora_ketama::Continuum::new(&buckets);
        for key in keys() {
            let own = ours.get(key.as_bytes());
            let other = theirs
                .node(key.as_bytes())
                .map(|address| address.to_string());
            if own == other.as_ref() {
                continue;
            }
            // Of points that collide pingora keeps one by its own order: the other must be there.
            let (collided, _) = ours.locate(ours.hash_key(key.as_bytes())).expect("nodes");
            let mut there = ours.points().filter(|(position, _)| *position == collided);
            assert!(there.any(|(_, node)| Some(node) == other.as_ref()), "{key}");
        }
    }
}

#[test]
fn the_crate_ketama_places_as_libketama_does_where_weights_are_equal() {
    for list in lists() {
        let nodes = list.iter().map(|(name, _)| (name.clone(), Weight::ONE));
        let ours = KetamaRing::with_nodes(Ketama, nodes).expect("distinct");
        let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
        let theirs = ketama::Ring::build(&names);
        for key in keys() {
            let own = ours.get(key.as_bytes()).map(String::as_str);
            assert_eq!(own, Some(names[theirs.route(key.as_bytes())]), "{key}");
        }
    }
}

#[test]
fn jump_is_jump() {
    for key in (0..20_000_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
        for buckets in [1, 2, 3, 10, 1_000, 65_537, 2_000_000_000] {
            let other = jump_consistent_hash::hash(key, buckets);
            assert_eq!(jump_bucket(key, buckets as u32), Some(other));
        }
    }
}
