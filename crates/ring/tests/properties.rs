//! What must hold of every scheme, for any nodes, weights and changes (Karger et al., section 4):
//! monotonicity, independence of order, agreement of diff and observation, distinct replicas.

use std::collections::BTreeMap;

use proptest::prelude::*;
use squall_ring::{
    Anchor, AnchorRules, Append, Change, Entry, Envoy, EnvoyRing, Jump, JumpRules, Ketama,
    KetamaRing, KeyHash, KeyRange, Maglev, MaglevRules, MultiProbe, Nginx, NginxRing, Node,
    Partitioned, Placement, ProbeRules, Ranges, Rendezvous, RendezvousRules, Reweigh, Ring, Spread,
    VirtualNodes, Weight, WeightedEdit, diff,
};

/// Keys enough to see any tenth of a node, few enough to be quick.
const KEYS: u64 = 400;

fn hashes() -> impl Iterator<Item = u64> {
    (0..KEYS).map(|key| KeyHash::default().hash(&key.to_le_bytes()))
}

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

/// Some nodes with weights and zones: names of any bytes, so that none is the prefix of another's
/// encoding by luck.
fn nodes() -> impl Strategy<Value = Vec<(Node, Weight)>> {
    prop::collection::btree_map(".{1,6}", (0..4_u8, 1..6_u64), 2..12).prop_map(|map| {
        let node = |(name, (zone, number))| (zoned(name, zone), weight(number));
        map.into_iter().map(node).collect()
    })
}

fn zoned(name: String, zone: u8) -> Node {
    if zone == 0 { Node::new(name) } else { Node::new(name).in_zone(format!("zone{zone}")) }
}

fn owners<S: Placement<Node = Node>>(scheme: &S) -> Vec<Option<Node>> {
    hashes().map(|hash| scheme.get_hash(hash).cloned()).collect()
}

/// Adding a node moves keys to it alone; removing it moves them back, and no other key.
fn adding_moves_keys_to_the_new_node_only<S>(mut scheme: S) -> Result<(), TestCaseError>
where
    S: Change<Node = Node> + Clone,
{
    let before = owners(&scheme);
    let fresh = Node::new("a name longer than the others");
    scheme.add(fresh.clone()).expect("a new name");
    let between = owners(&scheme);
    for (old, new) in before.iter().zip(&between) {
        prop_assert!(old == new || new.as_ref() == Some(&fresh));
    }
    scheme.remove(fresh.name.as_bytes()).expect("it is there");
    prop_assert_eq!(&owners(&scheme), &before);
    Ok(())
}

/// Removing any node moves its keys alone.
fn removing_moves_keys_of_that_node_only<S>(scheme: &S) -> Result<(), TestCaseError>
where
    S: Change<Node = Node> + Clone,
{
    let before = owners(scheme);
    let names: Vec<Node> = scheme.members().iter().map(|(node, _)| node.clone()).collect();
    for gone in names {
        let mut without = scheme.clone();
        without.remove(gone.name.as_bytes()).expect("it is there");
        for (old, new) in before.iter().zip(&owners(&without)) {
            prop_assert!(old == new || old.as_ref() == Some(&gone));
            prop_assert!(new.as_ref() != Some(&gone));
        }
    }
    Ok(())
}

/// More weight moves keys to that node alone, less away from it alone.
fn reweighing_moves_keys_of_that_node_only<S>(scheme: &S) -> Result<(), TestCaseError>
where
    S: Reweigh<Node = Node, Edit = WeightedEdit<Node>> + Clone,
{
    let before = owners(scheme);
    let (node, old_weight) = scheme.members().iter().next().expect("two nodes at least");
    for number in [1, 9] {
        let mut other = scheme.clone();
        other.set_weight(node.name.as_bytes(), weight(number)).expect("it is there");
        for (old, new) in before.iter().zip(&owners(&other)) {
            let gained = weight(number) >= old_weight && new.as_ref() == Some(node);
            let lost = weight(number) <= old_weight && old.as_ref() == Some(node);
            prop_assert!(old == new || gained || lost);
        }
    }
    Ok(())
}

/// The first n are distinct, begin with the owner, are the first of n + 1, and hold every node if
/// n is their number; the same for zones.
fn replicas_are_distinct<S: Placement<Node = Node>>(scheme: &S) -> Result<(), TestCaseError> {
    for key in 0..20_u64 {
        let key = key.to_le_bytes();
        for (spread, there) in
            [(Spread::Nodes, scheme.len()), (Spread::Zones, scheme.members().zones())]
        {
            let all = scheme.get_spread(&key, there, spread).expect("as many as there are");
            prop_assert_eq!(all.first().copied(), scheme.get(&key));
            let distinct = |node: &&Node| match spread {
                Spread::Zones => node.zone.clone().unwrap_or_else(|| format!("no {}", node.name)),
                Spread::Nodes => node.name.clone(),
            };
            let set: BTreeMap<String, ()> = all.iter().map(|node| (distinct(node), ())).collect();
            prop_assert_eq!(set.len(), there);
            for fewer in 0..there {
                let head = scheme.get_spread(&key, fewer, spread).expect("fewer");
                prop_assert_eq!(&head[..], &all[..fewer]);
            }
            let error = scheme.get_spread(&key, there + 1, spread).expect_err("too many");
            prop_assert_eq!((error.asked, error.found), (there + 1, there));
        }
    }
    Ok(())
}

/// When its owner goes, a key goes to the second of its order.
fn the_second_inherits<S>(scheme: &S) -> Result<(), TestCaseError>
where
    S: Change<Node = Node> + Clone,
{
    for key in 0..20_u64 {
        let key = key.to_le_bytes();
        let both = scheme.get_n(&key, 2).expect("two nodes at least");
        let mut without = scheme.clone();
        without.remove(both[0].name.as_bytes()).expect("it is there");
        prop_assert_eq!(without.get(&key), Some(both[1]));
    }
    Ok(())
}

/// What diff says moves is what is seen to move, and ranges are where their owners are.
fn diff_agrees_with_what_moves<S>(old: &S, new: &S) -> Result<(), TestCaseError>
where
    S: Ranges<Node = Node>,
{
    let moves = diff(old, new).expect("same rules");
    let (before, after) = (old.ranges(), new.ranges());
    // Random hashes, and the borders of some ranges with their neighbours.
    let some = |count: usize| count / 100 + 1;
    let borders = before.iter().step_by(some(before.len()));
    let borders = borders.chain(after.iter().step_by(some(after.len())));
    let borders = borders.flat_map(|owned| {
        let KeyRange { first, last } = owned.range;
        [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
    });
    for hash in hashes().take(100).chain(borders).map(|hash| hash & old.last_hash()) {
        let (from, to) = (old.get_hash(hash), new.get_hash(hash));
        let mut within = moves.iter().filter(|moved| moved.range.contains(hash));
        match within.next() {
            Some(moved) => {
                prop_assert!(from != to);
                prop_assert_eq!((moved.from, moved.to), (from, to));
                prop_assert!(within.next().is_none());
            }
            None => prop_assert_eq!(from.map(|node| &node.name), to.map(|node| &node.name)),
        }
        let owned = before.iter().filter(|owned| owned.range.contains(hash));
        prop_assert_eq!(owned.map(|owned| owned.node).collect::<Vec<_>>(), Vec::from_iter(from));
    }
    for view in [old, new] {
        let sizes = view.ranges().iter().map(|owned| owned.range.size(view.last_hash())).sum();
        let circle = if view.is_empty() { 0 } else { u128::from(view.last_hash()) + 1 };
        prop_assert_eq!(circle, sizes);
    }
    Ok(())
}

fn ring(nodes: Vec<(Node, Weight)>) -> Ring<Node> {
    let rules = VirtualNodes { points: 8, ..VirtualNodes::default() };
    Ring::with_nodes(rules, nodes).expect("distinct names")
}

fn rendezvous(nodes: Vec<(Node, Weight)>) -> Rendezvous<Node> {
    Rendezvous::with_nodes(RendezvousRules::default(), nodes).expect("distinct names")
}

fn multi_probe(nodes: Vec<(Node, Weight)>) -> MultiProbe<Node> {
    MultiProbe::with_nodes(ProbeRules::default(), nodes).expect("distinct names")
}

fn maglev(nodes: Vec<(Node, Weight)>, entry: Entry) -> Maglev<Node> {
    let rules = MaglevRules::new(KeyHash::default(), 251, entry).expect("a prime");
    Maglev::with_nodes(rules, nodes).expect("distinct names")
}

fn anchor(nodes: Vec<(Node, Weight)>) -> Anchor<Node> {
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 16 };
    Anchor::with_nodes(rules, nodes.into_iter().map(|(node, _)| node)).expect("distinct names")
}

fn nginx(nodes: Vec<(Node, Weight)>) -> NginxRing<Node> {
    NginxRing::with_nodes(Nginx, nodes).expect("distinct names")
}

fn ketama(nodes: Vec<(Node, Weight)>) -> KetamaRing<Node> {
    KetamaRing::with_nodes(Ketama, nodes).expect("distinct names")
}

/// So small a ring that the lightest nodes may have no point.
fn small_envoy(nodes: Vec<(Node, Weight)>) -> EnvoyRing<Node> {
    let rules = Envoy::new(KeyHash::default(), 1, 8).expect("a size");
    EnvoyRing::with_nodes(rules, nodes).expect("distinct names")
}

fn envoy(nodes: Vec<(Node, Weight)>) -> EnvoyRing<Node> {
    EnvoyRing::with_nodes(Envoy::default(), nodes).expect("distinct names")
}

fn jump(nodes: Vec<(Node, Weight)>) -> Jump<Node> {
    let nodes = nodes.into_iter().map(|(node, _)| node);
    Jump::with_nodes(JumpRules::default(), nodes).expect("distinct names")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changes_move_no_more_than_they_must(nodes in nodes()) {
        adding_moves_keys_to_the_new_node_only(ring(nodes.clone()))?;
        adding_moves_keys_to_the_new_node_only(rendezvous(nodes.clone()))?;
        adding_moves_keys_to_the_new_node_only(multi_probe(nodes.clone()))?;
        adding_moves_keys_to_the_new_node_only(anchor(nodes.clone()))?;
        adding_moves_keys_to_the_new_node_only(nginx(nodes.clone()))?;
        let partitioned = Partitioned::new(rendezvous(nodes.clone()), 100);
        adding_moves_keys_to_the_new_node_only(partitioned)?;
        removing_moves_keys_of_that_node_only(&ring(nodes.clone()))?;
        removing_moves_keys_of_that_node_only(&rendezvous(nodes.clone()))?;
        removing_moves_keys_of_that_node_only(&multi_probe(nodes.clone()))?;
        removing_moves_keys_of_that_node_only(&anchor(nodes.clone()))?;
        removing_moves_keys_of_that_node_only(&nginx(nodes.clone()))?;
        reweighing_moves_keys_of_that_node_only(&ring(nodes.clone()))?;
        reweighing_moves_keys_of_that_node_only(&rendezvous(nodes.clone()))?;
        reweighing_moves_keys_of_that_node_only(&multi_probe(nodes.clone()))?;
        reweighing_moves_keys_of_that_node_only(&nginx(nodes))?;
    }

    #[test]
    fn jump_moves_keys_to_and_from_its_end_only(nodes in nodes()) {
        let mut jump = jump(nodes);
        let before = owners(&jump);
        let fresh = Node::new("a name longer than the others");
        jump.push(fresh.clone()).expect("a new name");
        for (old, new) in before.iter().zip(&owners(&jump)) {
            prop_assert!(old == new || new.as_ref() == Some(&fresh));
        }
        prop_assert_eq!(jump.pop(), Some(fresh));
        prop_assert_eq!(owners(&jump), before);
    }

    #[test]
    fn the_order_of_insertion_does_not_show(
        (nodes, shuffled) in nodes().prop_flat_map(|nodes| {
            (Just(nodes.clone()), Just(nodes).prop_shuffle())
        })
    ) {
        /// One by one in one order, all at once in another.
        fn same<S>(empty: S, nodes: &[(Node, Weight)], other: &[(Node, Weight)]) -> bool
        where
            S: Reweigh<Node = Node, Edit = WeightedEdit<Node>> + Clone,
        {
            let mut singly = empty.clone();
            for (node, weight) in nodes {
                singly.add_weighted(node.clone(), *weight).expect("distinct");
            }
            let mut batched = empty;
            let edits = other.iter().cloned().map(|(node, weight)| WeightedEdit::Add(node, weight));
            batched.apply(edits.collect()).expect("distinct");
            owners(&singly) == owners(&batched)
                && singly.version() == nodes.len() as u64
                && batched.version() == 1
        }
        let (nodes, other) = (&nodes[..], &shuffled[..]);
        prop_assert!(same(ring(vec![]), nodes, other));
        prop_assert!(same(Rendezvous::new(RendezvousRules::default()), nodes, other));
        prop_assert!(same(MultiProbe::new(ProbeRules::default()), nodes, other));
        prop_assert!(same(Maglev::new(MaglevRules::default()), nodes, other));
        prop_assert!(same(NginxRing::new(Nginx), nodes, other));
        prop_assert!(same(EnvoyRing::new(Envoy::default()), nodes, other));
        prop_assert!(same(KetamaRing::new(Ketama), nodes, other));
    }

    /// A ring that was changed step by step has the points of one built at once.
    #[test]
    fn a_changed_ring_is_a_built_ring(
        nodes in nodes(),
        steps in prop::collection::vec((0..12_usize, 0..7_u64), 1..12),
    ) {
        let mut ring = nginx(nodes.clone());
        let mut weights: BTreeMap<Node, u64> =
            nodes.iter().map(|(node, weight)| (node.clone(), u64::from(*weight))).collect();
        for (which, number) in steps {
            let node = nodes[which % nodes.len()].0.clone();
            let key = node.name.clone().into_bytes();
            match (weights.contains_key(&node), number) {
                (true, 0) => {
                    weights.remove(&node);
                    ring.remove(&key).expect("it is there");
                }
                (true, _) => {
                    weights.insert(node, number);
                    ring.set_weight(&key, weight(number)).expect("it is there");
                }
                (false, _) => {
                    weights.insert(node.clone(), number + 1);
                    ring.add_weighted(node, weight(number + 1)).expect("it is not there");
                }
            }
            let built = nginx(weights.iter().map(|(node, w)| (node.clone(), weight(*w))).collect());
            prop_assert!(ring.points().eq(built.points()));
            prop_assert_eq!(owners(&ring), owners(&built));
        }
    }

    #[test]
    fn replicas_are_distinct_in_every_scheme(nodes in nodes()) {
        replicas_are_distinct(&ring(nodes.clone()))?;
        replicas_are_distinct(&rendezvous(nodes.clone()))?;
        replicas_are_distinct(&multi_probe(nodes.clone()))?;
        replicas_are_distinct(&maglev(nodes.clone(), Entry::Scaled))?;
        replicas_are_distinct(&anchor(nodes.clone()))?;
        replicas_are_distinct(&jump(nodes.clone()))?;
        replicas_are_distinct(&nginx(nodes.clone()))?;
        replicas_are_distinct(&ketama(nodes.clone()))?;
        replicas_are_distinct(&envoy(nodes.clone()))?;
        replicas_are_distinct(&small_envoy(nodes.clone()))?;
        replicas_are_distinct(&Partitioned::new(rendezvous(nodes), 100))?;
    }

    #[test]
    fn the_second_of_the_order_inherits(nodes in nodes()) {
        the_second_inherits(&ring(nodes.clone()))?;
        the_second_inherits(&rendezvous(nodes.clone()))?;
        the_second_inherits(&multi_probe(nodes.clone()))?;
        the_second_inherits(&nginx(nodes))?;
    }

    #[test]
    fn diff_says_what_moves(nodes in nodes(), other in nodes()) {
        diff_agrees_with_what_moves(&ring(nodes.clone()), &ring(other.clone()))?;
        diff_agrees_with_what_moves(&ring(nodes.clone()), &ring(vec![]))?;
        diff_agrees_with_what_moves(&ring(vec![]), &ring(other.clone()))?;
        diff_agrees_with_what_moves(&nginx(nodes.clone()), &nginx(other.clone()))?;
        diff_agrees_with_what_moves(&envoy(nodes.clone()), &envoy(other.clone()))?;
        diff_agrees_with_what_moves(&ketama(nodes.clone()), &ketama(other.clone()))?;
        let scaled = |nodes: &Vec<_>| maglev(nodes.clone(), Entry::Scaled);
        diff_agrees_with_what_moves(&scaled(&nodes), &scaled(&other))?;
        let partitioned = |nodes| Partitioned::new(rendezvous(nodes), 100);
        diff_agrees_with_what_moves(&partitioned(nodes), &partitioned(other))?;
    }
}

/// The checks above are checks: Maglev, which moves more than it must, fails monotonicity, and a
/// diff against another view is caught.
#[test]
fn a_scheme_that_moves_too_much_is_caught() {
    let nodes: Vec<(Node, Weight)> =
        (0..20).map(|number| (Node::new(format!("node{number}")), Weight::ONE)).collect();
    let maglev = maglev(nodes.clone(), Entry::Scaled);
    assert!(adding_moves_keys_to_the_new_node_only(maglev.clone()).is_err());
    assert!(removing_moves_keys_of_that_node_only(&maglev).is_err());
    assert!(the_second_inherits(&maglev).is_err());

    let other_seed = VirtualNodes { hash: KeyHash::Xxh64 { seed: 1 }, points: 8 };
    let other = Ring::with_nodes(other_seed, nodes.clone()).expect("distinct names");
    assert_eq!(diff(&ring(nodes), &other).expect_err("other seed"), squall_ring::Incomparable);
}
