//! Looking up allocates nothing, and a ring takes no more memory than it says: both counted by an
//! allocator that counts.

use std::hint::black_box;

use squall_counting::Counting;
use squall_ring::{
    Anchor, AnchorRules, Balancer, BalancerRules, Bounded, Envoy, EnvoyRing, Jump, JumpRules,
    Ketama, KetamaRing, KeyHash, LoadFactor, Maglev, MaglevRules, MultiProbe, Nginx, NginxRing,
    Placement, ProbeRules, Rendezvous, RendezvousRules, Ring, Slot, Snapshot, Spread, Traffic,
    VirtualNodes, Weight,
};

#[global_allocator]
static COUNTING: Counting = Counting;

fn nodes() -> impl Iterator<Item = (String, Weight)> {
    (0..40_u64).map(|number| (format!("n{number}"), Weight::new(number % 3 + 1).expect("1..3")))
}

fn looks_up_without_allocating<S: Placement>(name: &str, scheme: &S) {
    let mut out = [Slot::default(); 5];
    let calls = Counting::calls(|| {
        for key in 0..500_u32 {
            assert!(scheme.get(&key.to_le_bytes()).is_some());
            let hash = scheme.hash_key(&key.to_le_bytes());
            assert_eq!(scheme.place_many(hash, Spread::Nodes, &mut out), 5);
            assert_eq!(scheme.place_many(hash, Spread::Zones, &mut out), 5);
        }
    });
    assert_eq!(calls, 0, "{name} allocates on lookup");
}

#[test]
fn looking_up_allocates_nothing() {
    let names = || nodes().map(|(name, _)| name);
    let ring = Ring::with_nodes(VirtualNodes::default(), nodes()).expect("distinct");
    looks_up_without_allocating("ring", &ring);
    let ketama = KetamaRing::with_nodes(Ketama, nodes()).expect("distinct");
    looks_up_without_allocating("ketama", &ketama);
    let nginx = NginxRing::with_nodes(Nginx, nodes()).expect("distinct");
    looks_up_without_allocating("nginx", &nginx);
    let envoy = EnvoyRing::with_nodes(Envoy::default(), nodes()).expect("distinct");
    looks_up_without_allocating("envoy", &envoy);
    let jump = Jump::with_nodes(JumpRules::default(), names()).expect("distinct");
    looks_up_without_allocating("jump", &jump);
    let maglev = Maglev::with_nodes(MaglevRules::default(), nodes()).expect("distinct");
    looks_up_without_allocating("maglev", &maglev);
    let rules = RendezvousRules::default();
    let rendezvous = Rendezvous::with_nodes(rules, nodes()).expect("distinct");
    looks_up_without_allocating("rendezvous", &rendezvous);
    let probes = MultiProbe::with_nodes(ProbeRules::default(), nodes()).expect("distinct");
    looks_up_without_allocating("multi-probe", &probes);
    let rules = AnchorRules { hash: KeyHash::default(), capacity: 50 };
    let anchor = Anchor::with_nodes(rules, names()).expect("distinct");
    looks_up_without_allocating("anchor", &anchor);

    let shared = Snapshot::new(ring.clone());
    let mut reader = shared.reader();
    assert_eq!(Counting::calls(|| assert!(reader.load().get(b"key").is_some())), 0);

    let mut bounded = Bounded::new(ring.clone(), LoadFactor::new(1250).expect("above one"));
    let calls = Counting::calls(|| {
        for key in 0..500_u32 {
            assert!(bounded.acquire(&key.to_le_bytes()).is_some());
        }
    });
    assert_eq!(calls, 0, "bounded loads allocate");
    let balancer = Balancer::new(ring, BalancerRules::default());
    assert_eq!(Counting::calls(|| assert!(balancer.choose(b"key", Traffic::New, 0).is_ok())), 0);
}

#[test]
fn what_allocates_is_counted() {
    assert_eq!(Counting::calls(|| drop(black_box(vec![1_u8]))), 1);
}

/// Positions, owners and index: eleven bytes a point, seven on a ring of 32 bits; above 65,536
/// nodes one more.
#[test]
fn memory_is_what_it_says() {
    let many = || (0..1000).map(|number| (format!("n{number}"), Weight::ONE));
    let ring = Ring::with_nodes(VirtualNodes::default(), many()).expect("distinct");
    let bytes = ring.point_bytes() as f64 / 160_000.0;
    assert!(bytes <= 11.01, "{bytes} bytes a point");
    let nginx = NginxRing::with_nodes(Nginx, many()).expect("distinct");
    let bytes = nginx.point_bytes() as f64 / 160_000.0;
    assert!(bytes <= 7.01, "{bytes} bytes a point");

    let most = || (0..70_000_u64).map(|number| (number, Weight::ONE));
    let rules = VirtualNodes { points: 10, ..VirtualNodes::default() };
    let ring = Ring::with_nodes(rules, most()).expect("distinct");
    let bytes = ring.point_bytes() as f64 / 700_000.0;
    assert!(bytes <= 12.01, "{bytes} bytes a point");
}
