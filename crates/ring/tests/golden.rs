//! Placements that never change: ten nodes, three hundred keys, every scheme. A line that changes
//! here moves the keys of every user, so the files under `golden/` are never written again; a
//! scheme that must place differently gets a new name. `GOLDEN=write` writes a file that is
//! missing.

use std::path::Path;

use squall_ring::{
    Anchor, AnchorRules, Change, Entry, Envoy, EnvoyRing, Jump, JumpRules, Ketama, KetamaRing,
    KeyHash, Maglev, MaglevRules, MultiProbe, Nginx, NginxRing, Node, Partitioned, Placement,
    ProbeRules, Rendezvous, RendezvousRules, Ring, VirtualNodes, Weight,
};

fn nodes() -> Vec<Node> {
    (0..10)
        .map(|number| Node::new(format!("10.0.0.{number}:80")).in_zone(format!("{}", number % 3)))
        .collect()
}

/// Weights 1 to 5.
fn weighted() -> Vec<(Node, Weight)> {
    let weight = |rank: usize| Weight::new(rank as u64 % 5 + 1).expect("one to five");
    nodes().into_iter().enumerate().map(|(rank, node)| (node, weight(rank))).collect()
}

/// The first three nodes of each key, one line a key.
fn placements<S: Placement<Node = Node>>(scheme: &S) -> String {
    let line = |number: u32| {
        let key = format!("key {number}");
        let three = scheme.get_n(key.as_bytes(), 3).expect("ten nodes");
        let names: Vec<&str> = three.iter().map(|node| &node.name[..8]).collect();
        format!("{key}: {}\n", names.join(" "))
    };
    (0..300).map(line).collect()
}

fn holds<S: Placement<Node = Node>>(name: &str, scheme: &S) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    let found = placements(scheme);
    if !path.exists() && std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &found).expect("a writable checkout");
    }
    let held = std::fs::read_to_string(&path).expect("the golden file");
    for (held, found) in held.lines().zip(found.lines()) {
        assert_eq!(held, found, "{name} places a key elsewhere than it always has");
    }
    assert_eq!(held.len(), found.len());
}

#[test]
fn rings_place_as_ever() {
    let ring = Ring::with_nodes(VirtualNodes::default(), weighted()).expect("distinct");
    holds("ring", &ring);
    let hash = KeyHash::SipHash24 { key: [1, 2] };
    let rules = VirtualNodes { hash, points: 40 };
    holds("ring_siphash", &Ring::with_nodes(rules, weighted()).expect("distinct"));
    holds("ketama", &KetamaRing::with_nodes(Ketama, weighted()).expect("distinct"));
    holds("nginx", &NginxRing::with_nodes(Nginx, weighted()).expect("distinct"));
    holds("envoy", &EnvoyRing::with_nodes(Envoy::default(), weighted()).expect("distinct"));
}

#[test]
fn jump_places_as_ever() {
    holds("jump", &Jump::with_nodes(JumpRules::default(), nodes()).expect("distinct"));
}

#[test]
fn maglev_places_as_ever() {
    holds("maglev", &Maglev::with_nodes(MaglevRules::default(), weighted()).expect("distinct"));
    let rules = MaglevRules::new(KeyHash::default(), 1009, Entry::Modulo).expect("a prime");
    holds("maglev_modulo", &Maglev::with_nodes(rules, weighted()).expect("distinct"));
}

#[test]
fn rendezvous_places_as_ever() {
    let rules = RendezvousRules::default();
    holds("rendezvous", &Rendezvous::with_nodes(rules, weighted()).expect("distinct"));
    let equal = nodes().into_iter().map(|node| (node, Weight::ONE));
    let equal = Rendezvous::with_nodes(rules, equal).expect("distinct");
    holds("rendezvous_equal", &equal);
    holds("partitioned", &Partitioned::new(equal, 1000));
}

#[test]
fn multi_probe_places_as_ever() {
    let rules = ProbeRules::default();
    holds("multi_probe", &MultiProbe::with_nodes(rules, weighted()).expect("distinct"));
}

/// With a history: thirteen nodes came, three left.
#[test]
fn anchor_places_as_ever() {
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 20 };
    let mut anchor = Anchor::with_nodes(rules, nodes()).expect("distinct");
    for name in ["x", "y", "z"] {
        anchor.add(Node::new(name)).expect("a new name");
    }
    for name in ["y", "x", "z"] {
        anchor.remove(name.as_bytes()).expect("it is there");
    }
    holds("anchor", &anchor);
}
