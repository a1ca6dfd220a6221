//! Stories of loads and health: what the bound promises, and who is asked when nodes come and go.

use proptest::prelude::*;
use squall_ring::{
    Assignment, Balancer, BalancerRules, Bounded, Change, Edit, Health, HealthError, LoadError,
    LoadFactor, Maglev, MaglevRules, Node, Placement, Refusal, Rendezvous, RendezvousRules, Ring,
    SlowStart, Snapshot, Traffic, VirtualNodes, Weight, WeightedEdit,
};

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

fn factor(thousandths: u32) -> LoadFactor {
    LoadFactor::new(thousandths).expect("above one")
}

fn ring(count: usize) -> Ring<Node> {
    let nodes = (0..count).map(|number| (Node::new(format!("n{number}")), Weight::ONE));
    Ring::with_nodes(VirtualNodes::default(), nodes).expect("distinct")
}

fn add(name: &str) -> WeightedEdit<Node> {
    WeightedEdit::Add(Node::new(name), Weight::ONE)
}

fn remove(name: &str) -> WeightedEdit<Node> {
    WeightedEdit::Remove(name.as_bytes().to_vec())
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u16),
    Remove(u16),
    Come(u8),
    Go(u8),
    Reweigh(u8, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..400_u16).prop_map(Step::Insert),
        4 => (0..400_u16).prop_map(Step::Remove),
        1 => (0..8_u8).prop_map(Step::Come),
        1 => (0..8_u8).prop_map(Step::Go),
        1 => (0..8_u8, 1..5_u64).prop_map(|(node, number)| Step::Reweigh(node, number)),
    ]
}

/// No node above ceil(c * average), and every node that a key passes over is full.
fn bound_and_invariant_hold<P: Placement<Node = Node>>(
    assignment: &Assignment<P>,
) -> Result<(), TestCaseError> {
    let members = assignment.placement().members();
    let mut loads = std::collections::BTreeMap::new();
    for (_, node) in assignment.iter() {
        *loads.entry(node.name.clone()).or_insert(0) += 1;
    }
    for (node, load, capacity) in assignment.loads() {
        prop_assert_eq!(loads.get(&node.name).copied().unwrap_or(0), load);
        prop_assert!(load <= capacity, "{} has {} of {}", node.name, load, capacity);
    }
    let full: Vec<bool> = assignment.loads().map(|(_, load, capacity)| load == capacity).collect();
    for (key, node) in assignment.iter() {
        let order = assignment.placement().get_n(key, members.len()).expect("all");
        let passed = order.iter().take_while(|other| **other != node);
        for other in passed {
            let slot = members.slot(other.name.as_bytes()).expect("a member");
            prop_assert!(full[slot.index()], "a key passed {} by, which has room", other.name);
        }
    }
    Ok(())
}

fn tell<P>(assignment: &mut Assignment<P>, step: &Step)
where
    P: Change<Node = Node, Edit = WeightedEdit<Node>>,
{
    // A node that comes twice or goes twice is refused, and nothing changes.
    match step {
        Step::Insert(key) => drop(assignment.insert(&key.to_le_bytes())),
        Step::Remove(key) => drop(assignment.remove(&key.to_le_bytes())),
        Step::Come(node) => drop(assignment.apply(vec![add(&format!("n{node}"))])),
        Step::Go(node) => drop(assignment.apply(vec![remove(&format!("n{node}"))])),
        Step::Reweigh(node, number) => {
            let name = format!("n{node}").into_bytes();
            drop(assignment.apply(vec![WeightedEdit::SetWeight(name, weight(*number))]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_assignment_never_exceeds_its_bound(
        steps in prop::collection::vec(step(), 1..250),
        thousandths in 1010..2500_u32,
    ) {
        let mut assignment = Assignment::new(ring(3), factor(thousandths));
        for step in &steps {
            tell(&mut assignment, step);
            for (_, load, capacity) in assignment.loads() {
                prop_assert!(load <= capacity);
            }
        }
        bound_and_invariant_hold(&assignment)?;
    }

    /// Whatever comes and ends, a node that is given a request is within the bound.
    #[test]
    fn what_is_acquired_is_within_the_bound(
        steps in prop::collection::vec((0..30_u8, any::<bool>()), 1..300),
        thousandths in 1010..2500_u32,
    ) {
        let mut bounded = Bounded::new(ring(5), factor(thousandths));
        for (key, ends) in steps {
            if ends {
                let busy = bounded.loads().find(|(_, load)| *load > 0);
                if let Some(name) = busy.map(|(node, _)| node.name.clone()) {
                    bounded.release(name.as_bytes()).expect("it is busy");
                }
                continue;
            }
            let node = bounded.acquire(&[key]).expect("five nodes").name.clone();
            let (_, load) = bounded.loads().find(|(other, _)| other.name == node).expect("it");
            let bound = (u64::from(thousandths) * bounded.total()).div_ceil(1000 * 5);
            prop_assert!(load <= bound, "{load} of {bound}");
        }
    }
}

/// The bound is what makes the difference: the plain ring breaks it with the same keys.
#[test]
fn without_the_bound_a_hot_key_would_break_it() {
    let plain = ring(5);
    let mut bounded = Bounded::new(ring(5), factor(1250));
    for _ in 0..100 {
        assert!(bounded.acquire(b"hot").is_some());
    }
    let most = bounded.loads().map(|(_, load)| load).max().expect("five nodes");
    assert_eq!(most, 25);
    // All hundred would have gone to one node.
    assert!(plain.get(b"hot").is_some());
    assert_eq!(bounded.total(), 100);
}

/// A node that drains after it was down has nothing in its caches, either.
#[test]
fn who_was_down_starts_slowly_whatever_it_was_in_between() {
    let slow_start = Some(SlowStart { window_ms: 1000, floor_percent: 10 });
    let rules = BalancerRules { slow_start, ..BalancerRules::default() };
    let taken_at = |between: &[Health]| {
        let mut balancer = Balancer::new(ring(5), rules);
        let cold = balancer.placement().get(b"some key").expect("five nodes").clone();
        for health in between {
            balancer.set_health(cold.name.as_bytes(), *health, 500).expect("known");
        }
        balancer.set_health(cold.name.as_bytes(), Health::Up, 5000).expect("known");
        let its_keys = (0..20_000_u32).map(u32::to_le_bytes);
        let its_keys = its_keys.filter(|key| balancer.placement().get(key) == Some(&cold));
        let got = |key: &[u8; 4]| balancer.choose(key, Traffic::New, 5000) == Ok(&cold);
        let (got, all): (Vec<bool>, Vec<bool>) = its_keys.map(|key| (got(&key), true)).unzip();
        got.iter().filter(|got| **got).count() * 100 / all.len()
    };
    assert!(taken_at(&[Health::Down]) < 20);
    assert!(taken_at(&[Health::Down, Health::Draining]) < 20);
    assert_eq!(taken_at(&[Health::Draining]), 100);
}

/// What is reported may be any number; sums of them do not run over.
#[test]
fn loads_without_measure_are_borne() {
    let mut bounded = Bounded::new(ring(5), factor(1250));
    let names: Vec<_> = bounded.loads().map(|(node, _)| node.name.clone()).collect();
    for (name, load) in [(&names[0], u64::MAX), (&names[1], 5), (&names[0], 0), (&names[1], 0)] {
        bounded.report(name.as_bytes(), load).expect("known");
    }
    assert_eq!(bounded.total(), 0);
    bounded.report(names[0].as_bytes(), u64::MAX).expect("known");
    assert!(bounded.acquire(b"key").is_some());
    assert_eq!(bounded.total(), u64::MAX);
}

#[test]
fn loads_come_back_and_are_carried_over_changes() {
    let mut bounded = Bounded::new(ring(3), factor(1500));
    let owner = bounded.acquire(b"key").expect("three nodes").clone();
    assert_eq!(bounded.total(), 1);
    bounded.apply(vec![add("new")]).expect("a new name");
    assert_eq!(bounded.total(), 1);
    bounded.release(owner.name.as_bytes()).expect("it has one");
    let idle = bounded.release(owner.name.as_bytes());
    assert_eq!(idle, Err(LoadError::Idle { key: owner.name.clone().into_bytes() }));
    let unknown = bounded.release(b"unknown");
    assert_eq!(unknown, Err(LoadError::Unknown { key: b"unknown".to_vec() }));
    // Measured loads count as counted ones: the owner is full and the key goes on.
    bounded.report(owner.name.as_bytes(), 10).expect("it is there");
    assert_ne!(bounded.acquire(b"key"), Some(&owner));
    bounded.apply(vec![WeightedEdit::Remove(owner.name.into_bytes())]).expect("it is there");
    assert_eq!(bounded.total(), 1);
    let mut empty = Bounded::new(ring(0), factor(1500));
    assert_eq!(empty.acquire(b"key"), None);
}

#[test]
fn draining_keeps_the_old_and_down_keeps_nothing() {
    let mut balancer = Balancer::new(ring(5), BalancerRules::default());
    let order: Vec<Node> =
        balancer.placement().get_n(b"key", 3).expect("five").into_iter().cloned().collect();
    let choose = |balancer: &Balancer<Ring<Node>>, traffic| {
        balancer.choose(b"key", traffic, 0).expect("most are up").clone()
    };
    balancer.set_health(order[0].name.as_bytes(), Health::Draining, 0).expect("it is there");
    assert_eq!(choose(&balancer, Traffic::Established), order[0]);
    assert_eq!(choose(&balancer, Traffic::New), order[1]);
    balancer.set_health(order[0].name.as_bytes(), Health::Down, 0).expect("it is there");
    assert_eq!(choose(&balancer, Traffic::Established), order[1]);
    // Retries follow the same order, without those that were tried.
    let members = balancer.placement().members();
    let hash = balancer.placement().hash_key(b"key");
    let tried = [members.slot(order[1].name.as_bytes()).expect("a member")];
    let next = balancer.slot(hash, Traffic::New, 0, &tried).expect("three are left");
    assert_eq!(members.node(next), &order[2]);
    let unknown = balancer.set_health(b"unknown", Health::Up, 0);
    assert_eq!(unknown, Err(HealthError::Unknown { key: b"unknown".to_vec() }));
}

#[test]
fn the_search_for_a_node_is_bounded() {
    let rules = BalancerRules { attempts_max: 2, panic_percent: 0, ..BalancerRules::default() };
    let mut balancer = Balancer::new(ring(5), rules);
    let order: Vec<Node> =
        balancer.placement().get_n(b"key", 2).expect("five").into_iter().cloned().collect();
    for node in &order {
        balancer.set_health(node.name.as_bytes(), Health::Down, 0).expect("it is there");
    }
    let refusal = balancer.choose(b"key", Traffic::New, 0);
    assert_eq!(refusal, Err(Refusal::Exhausted { attempts: 2 }));
    let empty = Balancer::new(ring(0), rules);
    assert_eq!(empty.choose(b"key", Traffic::New, 0), Err(Refusal::Empty));
}

/// Three of five down is below a half: all are asked again, the owner first.
#[test]
fn when_too_few_are_up_health_is_ignored() {
    let mut balancer = Balancer::new(ring(5), BalancerRules::default());
    let owner = balancer.placement().get(b"key").expect("five").clone();
    let others: Vec<String> = balancer
        .placement()
        .members()
        .iter()
        .map(|(node, _)| node.name.clone())
        .filter(|name| *name != owner.name)
        .collect();
    balancer.set_health(owner.name.as_bytes(), Health::Down, 0).expect("it is there");
    balancer.set_health(others[0].as_bytes(), Health::Down, 0).expect("it is there");
    assert!(!balancer.panicking());
    assert_ne!(balancer.choose(b"key", Traffic::New, 0), Ok(&owner));
    balancer.set_health(others[1].as_bytes(), Health::Down, 0).expect("it is there");
    assert!(balancer.panicking());
    assert_eq!(balancer.choose(b"key", Traffic::New, 0), Ok(&owner));
}

#[test]
fn only_so_many_are_ejected() {
    let rules = BalancerRules { ejected_percent_max: 20, ..BalancerRules::default() };
    let mut balancer = Balancer::new(ring(10), rules);
    assert_eq!(balancer.eject(b"n1"), Ok(()));
    assert_eq!(balancer.eject(b"n1"), Ok(()));
    assert_eq!(balancer.eject(b"n2"), Ok(()));
    assert_eq!(balancer.eject(b"n3"), Err(HealthError::Limit { down: 2, nodes: 10 }));
    assert_eq!(balancer.health(b"n3"), Some(Health::Up));
    assert_eq!(balancer.health(b"n1"), Some(Health::Down));
}

/// A node that came at 1,000 with a floor of 10 % and a window of 1,000 ms.
#[test]
fn a_node_that_comes_up_gets_its_keys_step_by_step_and_for_good() {
    fn warms<P: Change<Node = Node> + Clone>(placement: P) {
        let slow_start = Some(SlowStart { window_ms: 1000, floor_percent: 10 });
        let rules = BalancerRules { slow_start, ..BalancerRules::default() };
        let mut balancer = Balancer::new(placement, rules);
        let fresh = Node::new("fresh");
        balancer.apply(vec![Edit::Add(fresh.clone()).into()], 1000).expect("a new name");
        let its_keys: Vec<[u8; 4]> = (0..20_000_u32)
            .map(u32::to_le_bytes)
            .filter(|key| balancer.placement().get(key) == Some(&fresh))
            .collect();
        assert!(its_keys.len() > 1000, "{}", its_keys.len());
        let gets = |now_ms: u64| -> Vec<bool> {
            let got = |key| balancer.choose(key, Traffic::New, now_ms) == Ok(&fresh);
            its_keys.iter().map(|key| got(key)).collect()
        };
        let mut before = vec![false; its_keys.len()];
        for (now_ms, share) in [(1000, 0.1), (1250, 0.325), (1500, 0.55), (2000, 1.0)] {
            let now = gets(now_ms);
            let count = now.iter().filter(|got| **got).count() as f64;
            assert!((count / its_keys.len() as f64 - share).abs() < 0.05, "{now_ms}: {count}");
            assert!(before.iter().zip(&now).all(|(before, now)| *now || !*before));
            before = now;
        }
        // The keys of the other nodes do not move meanwhile.
        let others = (0..2000_u32).map(u32::to_le_bytes).filter(|key| !its_keys.contains(key));
        for key in others {
            assert_eq!(
                balancer.choose(&key, Traffic::New, 1000).ok(),
                balancer.placement().get(&key)
            );
        }
    }
    let nodes = || (0..5).map(|number| (Node::new(format!("n{number}")), Weight::ONE));
    warms(ring(5));
    warms(Maglev::with_nodes(MaglevRules::default(), nodes()).expect("distinct"));
    warms(Rendezvous::with_nodes(RendezvousRules::default(), nodes()).expect("distinct"));
}

/// With a load factor the balancer counts what it gives, among the nodes that are up.
#[test]
fn a_balancer_bounds_loads_among_those_that_are_up() {
    let rules = BalancerRules { load_factor: Some(factor(1250)), ..BalancerRules::default() };
    let mut balancer = Balancer::new(ring(5), rules);
    balancer.set_health(b"n0", Health::Down, 0).expect("it is there");
    for _ in 0..100 {
        balancer.acquire(b"hot", Traffic::New, 0).expect("four are up");
    }
    let loads: Vec<u64> =
        (0..5).filter_map(|n| balancer.load(format!("n{n}").as_bytes())).collect();
    assert_eq!(loads[0], 0);
    assert_eq!(loads.iter().sum::<u64>(), 100);
    // ceil(1.25 * 100 / 4)
    assert!(loads.iter().all(|load| *load <= 32), "{loads:?}");
    let busy = loads.iter().position(|load| *load > 0).expect("a busy node");
    balancer.release(format!("n{busy}").as_bytes()).expect("it is busy");
    balancer.report(b"n1", 1000).expect("it is there");
    assert_ne!(balancer.acquire(b"hot", Traffic::New, 0).map(|node| node.name.as_str()), Ok("n1"));
}

/// One thread adds and removes; three read. Every reader sees whole views only, in order.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test of what threads see, outside of any run")]
fn readers_see_whole_views_while_one_changes() {
    let shared = Snapshot::new(ring(3));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let mut reader = shared.reader();
            std::thread::spawn(move || {
                let mut last = 0;
                while last < 200 {
                    let view = reader.load();
                    assert!(view.version() >= last && view.version() <= 201);
                    last = view.version();
                    // Odd versions have three nodes, even ones four.
                    assert_eq!(view.len(), if last % 2 == 1 { 3 } else { 4 });
                    assert!(view.get(b"key").is_some());
                }
            })
        })
        .collect();
    for _ in 0..100 {
        shared.change(|ring| ring.add(Node::new("x"))).expect("a new name");
        shared.change(|ring| ring.remove(b"x")).expect("it is there");
    }
    readers.into_iter().for_each(|reader| reader.join().expect("a reader saw something wrong"));
    let refused = shared.change(|ring| ring.remove(b"x"));
    assert!(refused.is_err());
    assert_eq!(shared.load().version(), 201);
}
