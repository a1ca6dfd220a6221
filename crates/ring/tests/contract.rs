//! The contract at its edges: empty views, versions, batches, views on the wire, bad input.

use squall_ring::{
    Anchor, AnchorRules, Append, Balancer, BalancerRules, Change, ChangeError, Circle, Dialect,
    Entry, Envoy, EnvoyRing, FORMAT, Health, Jump, JumpRules, Ketama, KetamaRing, KeyHash,
    LoadFactor, Maglev, MaglevRules, MultiProbe, Nginx, NginxRing, Node, Partitioned, Placement,
    ProbeError, ProbeRules, Ranges, Rendezvous, RendezvousRules, Reweigh, Ring, Spread, TableError,
    Traffic, View, ViewError, Viewed, VirtualNodes, Weight, WeightError, WeightedEdit, diff,
};

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

fn three() -> Vec<(Node, Weight)> {
    ["a", "b", "c"].map(|name| (Node::new(name), Weight::ONE)).to_vec()
}

fn ring() -> Ring<Node> {
    Ring::with_nodes(VirtualNodes::default(), three()).expect("distinct")
}

#[test]
fn an_empty_placement_finds_none() {
    fn empty<S: Placement>(scheme: &S) {
        assert!(scheme.is_empty());
        assert!(scheme.get(b"key").is_none());
        assert!(scheme.get_hash(u64::MAX).is_none());
        assert!(scheme.get_n(b"key", 0).is_ok_and(|nodes| nodes.is_empty()));
        assert!(scheme.get_n(b"key", 1).is_err());
        assert!(scheme.get_n(b"key", usize::MAX).is_err());
        assert!(scheme.get_spread(b"key", 1, Spread::Zones).is_err());
        assert_eq!(scheme.version(), 0);
    }
    empty(&Ring::<Node>::new(VirtualNodes::default()));
    empty(&KetamaRing::<Node>::new(Ketama));
    empty(&NginxRing::<Node>::new(Nginx));
    empty(&EnvoyRing::<Node>::new(Envoy::default()));
    empty(&Jump::<Node>::new(JumpRules::default()));
    empty(&Maglev::<Node>::new(MaglevRules::default()));
    empty(&Rendezvous::<Node>::new(RendezvousRules::default()));
    empty(&MultiProbe::<Node>::new(ProbeRules::default()));
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 0 };
    empty(&Anchor::<Node>::new(rules).expect("small"));
    empty(&Partitioned::new(Jump::<Node>::new(JumpRules::default()), 0));
    assert!(Ring::<Node>::new(VirtualNodes::default()).ranges().is_empty());
    assert!(Jump::<Node>::new(JumpRules::default()).pop().is_none());
}

#[test]
fn a_batch_happens_as_a_whole_or_not_at_all() {
    let mut ring = ring();
    let before = ring.clone();
    let add = |name: &str| WeightedEdit::Add(Node::new(name), weight(2));
    let error = ring.apply(vec![add("d"), add("e"), add("d")]).expect_err("d twice");
    assert_eq!(error, ChangeError::Duplicate { key: b"d".to_vec() });
    let error = ring.apply(vec![add("d"), WeightedEdit::Remove(b"x".to_vec())]);
    assert_eq!(error.expect_err("no x"), ChangeError::Unknown { key: b"x".to_vec() });
    assert_eq!(ring, before);

    // Edits of one key in one batch follow each other.
    let version = ring.apply(vec![
        add("d"),
        WeightedEdit::SetWeight(b"d".to_vec(), weight(3)),
        WeightedEdit::Remove(b"a".to_vec()),
        WeightedEdit::Add(Node::new("a").in_zone("z"), weight(1)),
    ]);
    assert_eq!(version, Ok(2));
    let nodes: Vec<(Option<&str>, u32)> =
        ring.members().iter().map(|(node, weight)| (node.zone.as_deref(), weight.get())).collect();
    assert_eq!(nodes, [(Some("z"), 1), (None, 1), (None, 1), (None, 3)]);
    assert_eq!(ring.apply(vec![]), Ok(2));
}

#[test]
fn duplicates_and_strangers_are_refused_by_every_scheme() {
    struct Refusals {
        duplicate: ChangeError,
        unknown: ChangeError,
    }
    fn refuses<S: Change<Node = Node>>(mut scheme: S, errors: &Refusals) {
        scheme.add(Node::new("a")).expect("new");
        assert_eq!(scheme.add(Node::new("a").in_zone("other")).as_ref(), Err(&errors.duplicate));
        assert_eq!(scheme.remove(b"x").as_ref(), Err(&errors.unknown));
        assert_eq!((scheme.len(), scheme.version()), (1, 1));
    }
    let errors = &Refusals {
        duplicate: ChangeError::Duplicate { key: b"a".to_vec() },
        unknown: ChangeError::Unknown { key: b"x".to_vec() },
    };
    refuses(Ring::new(VirtualNodes::default()), errors);
    refuses(KetamaRing::new(Ketama), errors);
    refuses(NginxRing::new(Nginx), errors);
    refuses(EnvoyRing::new(Envoy::default()), errors);
    refuses(Maglev::new(MaglevRules::default()), errors);
    refuses(Rendezvous::new(RendezvousRules::default()), errors);
    refuses(MultiProbe::new(ProbeRules::default()), errors);
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 4 };
    refuses(Anchor::new(rules).expect("small"), errors);
    assert_eq!(ring().set_weight(b"x", weight(2)).as_ref(), Err(&errors.unknown));
    let twice = vec![Node::new("a"), Node::new("a")];
    assert_eq!(Jump::with_nodes(JumpRules::default(), twice).as_ref(), Err(&errors.duplicate));
}

#[test]
fn only_whole_positive_numbers_are_weights() {
    assert_eq!(Weight::new(0), Err(WeightError::Zero));
    assert_eq!(Weight::try_from(-1_i64), Err(WeightError::Negative(-1.0)));
    assert_eq!(Weight::try_from(-0.5_f64), Err(WeightError::Negative(-0.5)));
    assert_eq!(Weight::try_from(0.5_f64), Err(WeightError::NotWhole(0.5)));
    assert_eq!(Weight::try_from(0.0_f64), Err(WeightError::Zero));
    assert!(matches!(Weight::try_from(f64::NAN), Err(WeightError::NotFinite(_))));
    assert!(matches!(Weight::try_from(f64::INFINITY), Err(WeightError::NotFinite(_))));
    assert_eq!(Weight::new(1 << 24), Err(WeightError::TooLarge(1 << 24)));
    assert_eq!(Weight::try_from(1e300), Err(WeightError::TooLarge(u64::MAX)));
    assert_eq!(Weight::try_from(3.0), Ok(weight(3)));
    assert!(serde_json::from_str::<Weight>("0").is_err());
    assert!(serde_json::from_str::<Weight>("-1").is_err());
}

#[test]
fn a_million_virtual_nodes_work_and_seventeen_million_are_refused() {
    let rules = VirtualNodes { points: 1_000_000, ..VirtualNodes::default() };
    let mut ring = Ring::new(rules);
    ring.add(Node::new("a")).expect("a million points");
    ring.add(Node::new("b")).expect("two million points");
    let range = |name: &str| -> u128 {
        ring.ranges_of(name.as_bytes()).iter().map(|range| range.size(u64::MAX)).sum()
    };
    let share = range("a") as f64 / (range("a") + range("b")) as f64;
    assert!((share - 0.5).abs() < 0.002, "{share}");
    let error = ring.set_weight(b"b", weight(16)).expect_err("17 million points");
    let expected = ChangeError::TooManyPoints { asked: 17_000_000, limit: 1 << 24 };
    assert_eq!(error, expected);
    // Numbers that would overflow are only larger still.
    let rules = VirtualNodes { points: u32::MAX, ..VirtualNodes::default() };
    let huge = Ring::with_nodes(rules, [(Node::new("a"), weight(u64::from(Weight::MAX)))]);
    assert!(matches!(huge, Err(ChangeError::TooManyPoints { .. })));
}

#[test]
fn maglev_tables_are_prime_and_large_enough() {
    let rules = |size| MaglevRules::new(KeyHash::default(), size, Entry::Scaled);
    for size in [0, 1, 4, 8, 65_536, 65_537 * 3] {
        assert_eq!(rules(size), Err(TableError::NotPrime(size)));
    }
    assert_eq!(rules(u32::MAX), Err(TableError::TooLarge(u32::MAX)));
    assert!(rules(MaglevRules::LARGE).is_ok());
    let mut maglev = Maglev::with_nodes(rules(2).expect("a prime"), three()[..2].to_vec());
    let refused = maglev.as_mut().expect("two fit").add(Node::new("c"));
    assert_eq!(refused, Err(ChangeError::TooManyNodes { asked: 3, limit: 2 }));
}

#[test]
fn probes_are_some_and_not_without_end() {
    let rules = |probes| ProbeRules::new(KeyHash::default(), probes);
    for probes in [0, ProbeRules::PROBES_MAX + 1, u32::MAX] {
        assert_eq!(rules(probes), Err(ProbeError { probes }));
    }
    for probes in [1, ProbeRules::PROBES_MAX] {
        let rules = rules(probes).expect("some probes");
        assert_eq!(rules.probes(), probes);
        let scheme = MultiProbe::with_nodes(rules, three()).expect("distinct");
        assert!(scheme.get(b"key").is_some());
    }
}

/// Shares that are rounded leave a light node without a point. It owns nothing, and still it is a
/// node: the last of every key's order.
#[test]
fn a_node_without_a_point_stands_last() {
    fn light_is_last<D: Dialect>(dialect: D) {
        let nodes = [("heavy", 1000), ("light", 1), ("slight", 1)];
        let nodes = nodes.map(|(name, number)| (Node::new(name), weight(number)));
        let ring = Circle::with_nodes(dialect, nodes).expect("distinct");
        assert!(ring.points().all(|(_, node)| node.name == "heavy"), "{}", D::NAME);
        for key in 0..100_u32 {
            let order = ring.get_n(&key.to_le_bytes(), 3).expect("three nodes");
            let names = order.iter().map(|node| node.name.as_str()).collect::<Vec<_>>();
            assert_eq!(names, ["heavy", "light", "slight"], "{}", D::NAME);
            let zones = ring.get_spread(&key.to_le_bytes(), 3, Spread::Zones);
            assert_eq!(zones, Ok(order));
        }
        let rules = BalancerRules { panic_percent: 0, ..BalancerRules::default() };
        let mut balancer = Balancer::new(ring, rules);
        balancer.set_health(b"heavy", Health::Down, 0).expect("it is there");
        let chosen = balancer.choose(b"key", Traffic::New, 0);
        assert_eq!(chosen.map(|node| node.name.as_str()), Ok("light"), "{}", D::NAME);
    }
    light_is_last(Ketama);
    let small = Envoy::new(KeyHash::default(), 1, 100);
    light_is_last(small.expect("a size"));
}

#[test]
fn anchors_hold_what_their_capacity_says() {
    let rules = |capacity| AnchorRules { hash: KeyHash::default(), capacity };
    let nodes = three().into_iter().map(|(node, _)| node);
    let mut anchor = Anchor::with_nodes(rules(3), nodes).expect("three fit");
    let refused = anchor.add(Node::new("d"));
    assert_eq!(refused, Err(ChangeError::TooManyNodes { asked: 4, limit: 3 }));
    // Down to nothing and up again.
    for name in ["b", "a", "c"] {
        anchor.remove(name.as_bytes()).expect("it is there");
    }
    assert!(anchor.get(b"key").is_none());
    anchor.add(Node::new("d")).expect("empty");
    assert_eq!(anchor.get(b"key"), Some(&Node::new("d")));
    assert!(Anchor::<Node>::new(rules(u32::MAX)).is_err());
}

#[test]
fn load_factors_are_above_one() {
    for thousandths in [0, 999, 1000, 1_000_001, u32::MAX] {
        assert!(LoadFactor::new(thousandths).is_err());
    }
}

/// Every scheme comes back from JSON equal to what it was, version and history included.
#[test]
fn views_survive_the_wire() {
    fn survives<S>(scheme: &S)
    where
        S: Viewed + PartialEq + std::fmt::Debug,
        View<S::Rules, S::Nodes>: serde::Serialize + serde::de::DeserializeOwned,
    {
        let text = serde_json::to_string(&scheme.view()).expect("a view is data");
        let view = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(&S::from_view(view).expect("a good view"), scheme);
    }
    let mut changed = ring();
    changed.remove(b"b").expect("it is there");
    changed.set_weight(b"c", weight(4)).expect("it is there");
    assert_eq!(changed.version(), 3);
    survives(&changed);
    survives(&KetamaRing::with_nodes(Ketama, three()).expect("distinct"));
    survives(&NginxRing::with_nodes(Nginx, three()).expect("distinct"));
    survives(&EnvoyRing::with_nodes(Envoy::default(), three()).expect("distinct"));
    survives(&Maglev::with_nodes(MaglevRules::default(), three()).expect("distinct"));
    survives(&Rendezvous::with_nodes(RendezvousRules::default(), three()).expect("distinct"));
    survives(&MultiProbe::with_nodes(ProbeRules::default(), three()).expect("distinct"));
    let backwards = three().into_iter().rev().map(|(node, _)| node);
    survives(&Jump::with_nodes(JumpRules::default(), backwards).expect("distinct"));
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 9 };
    let nodes = three().into_iter().map(|(node, _)| node);
    let mut anchor = Anchor::with_nodes(rules, nodes).expect("distinct");
    anchor.remove(b"b").expect("it is there");
    anchor.add(Node::new("d")).expect("new");
    anchor.remove(b"a").expect("it is there");
    survives(&anchor);
}

#[test]
fn views_that_cannot_be_are_refused() {
    let view = ring().view();
    let newer = View { format: FORMAT + 1, ..view.clone() };
    assert_eq!(Ring::from_view(newer), Err(ViewError::Newer { found: FORMAT + 1 }));
    let other = View { scheme: "maglev".to_owned(), ..view.clone() };
    let expected = ViewError::OtherScheme { found: "maglev".to_owned(), wanted: "ring" };
    assert_eq!(Ring::from_view(other), Err(expected));
    let endless = View { version: u64::MAX, ..view.clone() };
    assert!(matches!(Ring::from_view(endless), Err(ViewError::Contradiction(_))));
    let twice = [view.nodes.clone(), view.nodes.clone()].concat();
    let refused = Ring::from_view(View { nodes: twice, ..view });
    assert!(matches!(refused, Err(ViewError::Nodes(ChangeError::Duplicate { .. }))));

    let maglev = Maglev::with_nodes(MaglevRules::default(), three()).expect("distinct");
    let text = serde_json::to_string(&maglev.view()).expect("data").replace("65537", "65536");
    let refused = Maglev::<Node>::from_view(serde_json::from_str(&text).expect("data"));
    assert!(matches!(refused, Err(ViewError::Rules(_))));

    let envoy = EnvoyRing::with_nodes(Envoy::default(), three()).expect("distinct");
    let text = serde_json::to_string(&envoy.view()).expect("data").replace("1024", "9000000");
    let refused = EnvoyRing::<Node>::from_view(serde_json::from_str(&text).expect("data"));
    assert!(matches!(refused, Err(ViewError::Rules(_))));

    let probes = MultiProbe::with_nodes(ProbeRules::default(), three()).expect("distinct");
    for count in ["0", "4294967295"] {
        let text = serde_json::to_string(&probes.view()).expect("data");
        let text = text.replace("\"probes\":21", &format!("\"probes\":{count}"));
        let refused = MultiProbe::<Node>::from_view(serde_json::from_str(&text).expect("data"));
        let Err(ViewError::Rules(why)) = refused else { panic!("{count} probes accepted") };
        assert!(why.contains("from 1 to 4096"), "{why}");
    }

    let rules = AnchorRules { hash: KeyHash::default(), capacity: 4 };
    let nodes = three().into_iter().map(|(node, _)| node);
    let view = Anchor::with_nodes(rules, nodes).expect("distinct").view();
    for bad in [vec![], vec![0], vec![4], vec![3, 3]] {
        let mut view = view.clone();
        view.nodes.left = bad;
        assert!(matches!(Anchor::from_view(view), Err(ViewError::Contradiction(_))));
    }
}

#[test]
fn ranges_wrap_and_one_node_owns_the_circle() {
    let rules = VirtualNodes { points: 4, ..VirtualNodes::default() };
    let single = Ring::with_nodes(rules, three()[..1].to_vec()).expect("one");
    let ranges = single.ranges();
    assert_eq!((ranges.len(), ranges[0].range.size(u64::MAX)), (1, 1 << 64));
    let ring = Ring::with_nodes(rules, three()).expect("distinct");
    let first = &ring.ranges()[0];
    assert!(first.range.first > first.range.last, "the first range wraps");
    assert!(first.range.contains(0) && first.range.contains(u64::MAX));
    let ranges: usize =
        ["a", "b", "c"].map(|name| ring.ranges_of(name.as_bytes()).len()).iter().sum();
    assert_eq!(ranges, ring.ranges().len());
    assert!(ring.ranges_of(b"x").is_empty());
}

/// The names "a" with point 11 and "a1" with point 1 are one text to a ring that joins them.
#[test]
fn no_two_pairs_of_node_and_point_are_confused() {
    let names = ["a", "a1", "a11", "1", "11", "111"];
    let nodes = names.map(|name| (Node::new(name), Weight::ONE));
    let ring = Ring::with_nodes(VirtualNodes::default(), nodes).expect("distinct");
    let mut positions: Vec<u64> = ring.points().map(|(position, _)| position).collect();
    positions.dedup();
    assert_eq!(positions.len(), 6 * 160);
}

/// Points that collide are ordered by node key whatever came first, and both are kept: a ring on
/// two points of equal position, made by a scheme that hashes nodes alike.
#[test]
fn points_that_collide_are_all_kept() {
    // nginx reads "h:1" with host "h" and port "1", and "H" never comes into it: the two nodes
    // below differ in name and agree in every point.
    let nodes = ["unix:/s", "UNIX:/s"].map(|name| (Node::new(name), Weight::ONE));
    for order in [[0, 1], [1, 0_usize]] {
        let mut ring = squall_ring::NginxRing::new(squall_ring::Nginx);
        for at in order {
            ring.add(nodes[at].0.clone()).expect("distinct");
        }
        assert_eq!(ring.points().count(), 320);
        assert_eq!(ring.get(b"key"), Some(&Node::new("UNIX:/s")));
        ring.remove(b"UNIX:/s").expect("it is there");
        assert_eq!(ring.points().count(), 160);
        assert_eq!(ring.get(b"key"), Some(&Node::new("unix:/s")));
    }
}

#[test]
fn a_view_against_itself_moves_nothing() {
    assert_eq!(diff(&ring(), &ring()), Ok(vec![]));
}

/// A lookup is the first point at or behind the hash, as a plain search would have it, on points,
/// beside them, and around the wrap.
#[test]
fn a_lookup_is_the_first_point_at_or_behind() {
    for count in [1, 2, 7, 40, 300] {
        let nodes = (0..count).map(|number| (Node::new(format!("n{number}")), Weight::ONE));
        let rules = VirtualNodes { points: 3, ..VirtualNodes::default() };
        let ring = Ring::with_nodes(rules, nodes).expect("distinct");
        let points: Vec<(u64, &Node)> = ring.points().collect();
        let beside = points.iter().flat_map(|(position, _)| {
            [*position, position.wrapping_add(1), position.wrapping_sub(1)]
        });
        for hash in beside.chain([0, u64::MAX, 1 << 63]) {
            let first = points.iter().find(|(position, _)| *position >= hash);
            let owner = first.or(points.first()).map(|(_, node)| *node);
            assert_eq!(ring.get_hash(hash), owner, "{hash}");
        }
    }
}

/// Slots take two bytes up to 65,536 nodes and three above; nothing else changes there.
#[test]
fn rings_grow_past_sixty_five_thousand_nodes() {
    let rules = VirtualNodes { points: 1, ..VirtualNodes::default() };
    let node = |number: u64| (number, Weight::ONE);
    let mut grown = Ring::with_nodes(rules, (0..65_530).map(node)).expect("distinct");
    for number in 65_530..65_545 {
        grown.add(number).expect("a new number");
    }
    let built = Ring::with_nodes(rules, (0..65_545).map(node)).expect("distinct");
    assert!(grown.points().eq(built.points()));
    for number in (65_500..65_545_u64).rev() {
        grown.remove(&number.to_le_bytes()).expect("it is there");
    }
    let built = Ring::with_nodes(rules, (0..65_500).map(node)).expect("distinct");
    assert!(grown.points().eq(built.points()));
    for key in 0..1000_u64 {
        assert_eq!(grown.get(&key.to_le_bytes()), built.get(&key.to_le_bytes()));
    }
}
