//! Random schedules: loss, repeats, reordering, crashes that keep any part of what was not synced,
//! refused writes, failed syncs. At every step agreement, validity and "learned implies chosen"
//! hold; once faults end every server learns, and the cell falls silent.
//!
//! A check that never failed is not known to work: the last tests break an acceptor and must be
//! told.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use squall_paxos::{LearnerPath, MARKS, Timer, Value, marks};
use squall_process::{ProcessId, Randomness};

use crate::cell::{Cell, configuration, server};
use crate::host::{Mischief, Scripted};

/// One thing that happens. Numbers pick among what there is, modulo how much there is.
#[derive(Clone, Copy, Debug)]
enum Event {
    Deliver(u16),
    Repeat(u16),
    Lose(u16),
    Sync(u8),
    Timer(u16),
    Crash(u8, u16),
    Boot(u8),
    RefuseWrites(u8),
    FailSync(u8),
    /// A durable record of a server that is down rots.
    Rot(u8, u8),
    /// The disk of a server that is down is lost, and replaced by an empty one.
    Replace(u8),
    Propose(u8, u8),
    Ask(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        30 => any::<u16>().prop_map(Event::Deliver),
        3 => any::<u16>().prop_map(Event::Repeat),
        3 => any::<u16>().prop_map(Event::Lose),
        20 => any::<u8>().prop_map(Event::Sync),
        8 => any::<u16>().prop_map(Event::Timer),
        2 => (any::<u8>(), any::<u16>()).prop_map(|(at, keeps)| Event::Crash(at, keeps)),
        4 => any::<u8>().prop_map(Event::Boot),
        1 => any::<u8>().prop_map(Event::RefuseWrites),
        1 => any::<u8>().prop_map(Event::FailSync),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(at, value)| Event::Propose(at, value)),
        1 => any::<u8>().prop_map(Event::Ask),
    ]
}

/// The same, on disks that lose what was synced, on any number of servers. Then progress may end,
/// agreement may not.
fn event_on_bad_disks() -> impl Strategy<Value = Event> {
    prop_oneof![
        76 => event(),
        3 => (any::<u8>(), any::<u16>()).prop_map(|(at, keeps)| Event::Crash(at, keeps)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(at, record)| Event::Rot(at, record)),
        1 => any::<u8>().prop_map(Event::Replace),
    ]
}

/// Systems small enough to be broken by few events.
fn cell(pick: u8) -> Cell {
    let (servers, rule) = [
        (3, "majority"),
        (3, "majority"),
        (5, "counted 4 2"),
        (4, "grid 2x2"),
        (5, "weighted 3 1 1 1 1"),
        (4, "joint 1,2,3 2,3,4"),
    ][usize::from(pick) % 6];
    let path = match pick / 6 % 3 {
        0 => LearnerPath::Announced,
        1 => LearnerPath::Everyone,
        _ => LearnerPath::Distinguished(server(1)),
    };
    Cell::with(configuration(servers, rule, path), 2)
}

fn apply(cell: &mut Cell, event: Event) {
    let hosts: Vec<ProcessId> = cell.hosts.keys().copied().collect();
    let servers = cell.configuration.acceptors().to_vec();
    let host = |pick: u8| hosts[usize::from(pick) % hosts.len()];
    let pick_server = |pick: u8| servers[usize::from(pick) % servers.len()];
    let in_air = |pick: u16| usize::from(pick) % cell.air.len();
    match event {
        Event::Deliver(_) | Event::Repeat(_) | Event::Lose(_) if cell.air.is_empty() => {}
        Event::Deliver(pick) => cell.deliver_at(in_air(pick)),
        Event::Lose(pick) => drop(cell.air.remove(in_air(pick))),
        Event::Repeat(pick) => cell.air.push(cell.air[in_air(pick)].clone()),
        Event::Sync(pick) => {
            // The first of those that are under way.
            let id = pick_server(pick);
            if !cell.host(id).syncs.is_empty() {
                let through = cell.host_mut(id).syncs.remove(0);
                cell.sync_through(id, through);
            }
        }
        Event::Timer(pick) => {
            let timers: Vec<(ProcessId, Timer)> = cell
                .hosts
                .iter()
                .flat_map(|(id, host)| host.timers.values().map(|(timer, _)| (*id, *timer)))
                .collect();
            if !timers.is_empty() {
                let (id, timer) = timers[usize::from(pick) % timers.len()];
                cell.fire(id, timer);
            }
        }
        Event::Crash(pick, mut keeps) => cell.crash(host(pick), || {
            keeps = keeps.rotate_left(1);
            keeps & 1 == 1
        }),
        Event::Boot(pick) if cell.host(host(pick)).process.is_none() => cell.boot(host(pick)),
        Event::Boot(_) => {}
        Event::RefuseWrites(pick) => cell.refuse_writes(pick_server(pick)),
        Event::FailSync(pick) => {
            let id = pick_server(pick);
            if !cell.host(id).syncs.is_empty() {
                cell.fail_sync(id);
                cell.crash(id, || false);
            }
        }
        Event::Rot(pick, record) => rot(cell, pick_server(pick), record),
        Event::Replace(pick) => replace(cell, pick_server(pick)),
        Event::Propose(at, value) => {
            let word = ["apple", "pear", "plum"][usize::from(value) % 3];
            propose(cell, host(at), word);
        }
        Event::Ask(at) if cell.host(host(at)).process.is_some() => drop(cell.ask(host(at), "ask")),
        Event::Ask(_) => {}
    }
}

fn rot(cell: &mut Cell, id: ProcessId, pick: u8) {
    let host = cell.host_mut(id);
    let down = host.process.is_none();
    let durable = host.journal.iter_mut().filter(|kept| kept.durable && down);
    let mut durable: Vec<_> = durable.collect();
    if !durable.is_empty() {
        let index = usize::from(pick) % durable.len();
        durable[index].rotten = true;
    }
}

fn replace(cell: &mut Cell, id: ProcessId) {
    let host = cell.host_mut(id);
    if host.process.is_none() {
        host.journal.clear();
        host.replaced = true;
    }
}

fn propose(cell: &mut Cell, at: ProcessId, word: &str) {
    if cell.host(at).process.is_some() {
        cell.ask(at, &format!("propose {word}"));
    }
}

/// Ends faults: every process is up, nothing is lost, and what is due happens.
fn every_server_learns(cell: &mut Cell) {
    let ids: Vec<ProcessId> = cell.hosts.keys().copied().collect();
    for id in ids {
        if cell.host(id).process.is_none() {
            cell.boot(id);
        }
    }
    let last = cell.ask(server(2), "propose fig");
    cell.calm();
    let chosen: Vec<Value> = cell.chosen().into_iter().collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(cell.outcome(last), format!("done chosen {}", chosen[0]));
    for id in cell.configuration.acceptors() {
        assert_eq!(cell.learned(*id), Some(chosen[0]), "{id}");
    }
}

fn storms(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(storms(2_000))]

    #[test]
    fn whatever_happens_one_value_is_chosen_and_learned(
        pick in any::<u8>(),
        events in prop::collection::vec(event(), 0..250),
    ) {
        let mut cell = cell(pick);
        propose(&mut cell, server(1), "apple");
        propose(&mut cell, server(2), "pear");
        for event in events {
            apply(&mut cell, event);
        }
        every_server_learns(&mut cell);
    }
}

proptest! {
    #![proptest_config(storms(1_000))]

    #[test]
    fn no_disk_makes_two_values_chosen(
        pick in any::<u8>(),
        events in prop::collection::vec(event_on_bad_disks(), 0..400),
    ) {
        let mut cell = cell(pick);
        propose(&mut cell, server(1), "apple");
        propose(&mut cell, server(2), "pear");
        for event in events {
            apply(&mut cell, event);
        }
    }
}

/// Every situation that needs neither a bad disk nor a client that gives up comes about by luck.
/// The stories tell the others.
#[test]
fn the_storm_reaches_every_mark() {
    let elsewhere =
        [marks::TORN_DROPPED, marks::ACCEPTOR_MUTE, marks::PROPOSER_OUTLIVED, marks::GAVE_UP];
    let mut missing: BTreeSet<&str> = MARKS.iter().copied().collect();
    missing.retain(|mark| !elsewhere.contains(mark));
    let mut runner = TestRunner::deterministic();
    let schedules = prop::collection::vec(event(), 250);
    for pick in 0..=u8::MAX {
        let events = schedules.new_tree(&mut runner).expect("a schedule").current();
        let mut cell = cell(pick);
        propose(&mut cell, server(1), "apple");
        propose(&mut cell, server(2), "pear");
        for event in events {
            apply(&mut cell, event);
        }
        every_server_learns(&mut cell);
        missing.retain(|mark| !cell.marks.contains(mark));
    }
    assert_eq!(missing, BTreeSet::new());
}

/// Runs schedules until one breaks a rule, as the property above would.
fn first_broken(mischief: Mischief, seeds: u64) -> Option<(u64, String)> {
    (0..seeds).find_map(|seed| {
        let mut luck = Scripted(seed);
        let mut cell = Cell::with(configuration(3, "majority", LearnerPath::Announced), 0);
        cell.mischief = mischief;
        propose(&mut cell, server(1), "apple");
        propose(&mut cell, server(2), "pear");
        for _ in 0..150 {
            let pick = luck.below(1 << 16) as u16;
            let at = pick as u8;
            let event = match luck.below(20) {
                0..10 => Event::Deliver(pick),
                10..14 => Event::Sync(at),
                14..16 => Event::Timer(pick),
                16 => Event::Crash(at, 0),
                17..19 => Event::Boot(at),
                _ => Event::Propose(at, at / 3),
            };
            apply(&mut cell, event);
            // A wrong acceptor's votes count once it said so: its disk may never have had them.
            if let Err(broken) = cell.verdict() {
                return Some((seed, broken));
            }
        }
        None
    })
}

#[test]
fn an_acceptor_that_speaks_before_its_sync_is_caught() {
    assert!(first_broken(Mischief::SpeaksBeforeSync, 2_000).is_some());
}

#[test]
fn an_acceptor_that_hides_its_votes_is_caught() {
    let (_, broken) = first_broken(Mischief::HidesVotes, 2_000).expect("two values chosen");
    assert!(broken.starts_with("agreement"), "{broken}");
}

#[test]
fn a_right_acceptor_is_not() {
    assert_eq!(first_broken(Mischief::None, 300), None);
}
