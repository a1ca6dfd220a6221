//! Luck is addressed: the same seed has the same luck, and what happens in one place moves nothing
//! elsewhere.

use squall_process::ProcessId;
use squall_trace::Digest;
use squall_world::{Action, Chance, Conditions, Fault, Luck};

use crate::recorder::Do;
use crate::stage::{Stage, between, group, ms, n, windy};

fn stormy() -> Conditions {
    Conditions { loss: Chance::from_percent(10), duplicate: Chance::from_percent(10), ..windy() }
}

/// Runs `rounds` in which every process talks to every other, draws and writes.
fn chatter(stage: &mut Stage, servers: u32, rounds: std::ops::Range<u64>) {
    for round in rounds {
        for from in 1..=servers {
            for to in (1..=servers).filter(|to| *to != from) {
                stage.ask(from, Do::Send(n(to), "hello"));
            }
            stage.ask(from, Do::Draw(1_000_000)).ask(from, Do::Keep("a"));
        }
        stage.until((round + 1) * 20);
    }
}

fn digest_of(stage: &mut Stage, seed: u64) -> Digest {
    stage.reset(seed, 4, &stormy(), &[]);
    chatter(stage, 4, 0..10);
    stage.digest
}

#[test]
fn a_world_that_was_used_before_is_as_good_as_new() {
    let fresh: Vec<_> = (0..20).map(|seed| digest_of(&mut Stage::new(1), seed)).collect();
    let mut used = Stage::new(9);
    used.fault(Fault::Cut(between(&[1, 2], &[3, 4]))).fault(Fault::Clog(between(&[5], &[6])));
    used.fault(Fault::DiskStalls(group(&[1, 2]))).fault(Fault::Suspend(group(&[3])));
    used.fault(Fault::ClockDrift(group(&[4]), 900)).fault(Fault::Lag(group(&[1]), ms(9)));
    used.fault(Fault::Slow(between(&[1], &[2]), ms(500)));
    chatter(&mut used, 9, 0..3);
    let again: Vec<_> = (0..20).rev().map(|seed| digest_of(&mut used, seed)).collect();
    assert!(again.iter().rev().eq(&fresh), "{fresh:?} and then {again:?}");
    assert!(fresh.is_sorted_by(|a, b| a != b), "seeds differ");
}

#[test]
fn a_cloned_world_goes_on_as_the_one_it_was_cloned_from() {
    let mut stage = Stage::set(7, 4, &stormy(), &[]);
    chatter(&mut stage, 4, 0..5);
    // In the middle of things: mail under way, one who stands still, a clog.
    stage.fault(Fault::Pause(group(&[2]))).fault(Fault::Clog(between(&[3], &[4])));
    chatter(&mut stage, 4, 5..6);
    let mut twin = stage.clone();
    for world in [&mut stage, &mut twin] {
        world.act(&Action::Calm(None));
        chatter(world, 4, 6..12);
    }
    assert_eq!(stage.digest, twin.digest);
    assert_eq!(stage.lines.as_slice(), twin.lines.as_slice());
    assert_eq!(stage.world.hits(), twin.world.hits());
}

/// Returns what was sent on the links between these, with its fate and without its time.
fn sent_among(stage: &Stage, servers: &[u32]) -> Vec<String> {
    let among = |id: Option<ProcessId>| id.is_some_and(|id| servers.contains(&id.number()));
    let lines = stage.lines.as_slice().iter();
    let sent =
        lines.filter(|line| line.kind.name() == "sent" && among(line.process) && among(line.peer));
    sent.map(|line| line.text.clone()).collect()
}

/// Returns what a process drew.
fn drawn(stage: &Stage, number: u32) -> Vec<String> {
    stage.notes(number).into_iter().filter(|note| note.contains("draws")).collect()
}

/// A run with n1 in trouble, and one without, in which all others have the same luck. 50 messages
/// on each link: more than neighbours share words for.
#[test]
fn a_fault_leaves_the_luck_of_all_else_as_it_was() {
    let faults: [&[Fault]; 5] = [
        &[],
        &[Fault::Crash(group(&[1]), None)],
        &[Fault::Cut(between(&[1], &[2, 3, 4]))],
        &[Fault::Clog(between(&[1], &[2])), Fault::Pause(group(&[1]))],
        &[Fault::DiskStalls(group(&[1])), Fault::ClockDrift(group(&[1]), 500_000)],
    ];
    let runs = faults.map(|faults| {
        let mut stage = Stage::set(7, 4, &stormy(), &[]);
        chatter(&mut stage, 4, 0..5);
        faults.iter().for_each(|fault| _ = stage.fault(fault.clone()));
        chatter(&mut stage, 4, 5..50);
        (
            sent_among(&stage, &[2, 3, 4]),
            [2, 3, 4].map(|number| drawn(&stage, number)),
            stage.digest,
        )
    });
    assert_eq!(runs[0].0.len(), 300);
    for (sent, drawn, digest) in &runs[1..] {
        assert_eq!((sent, drawn), (&runs[0].0, &runs[0].1));
        assert_ne!(*digest, runs[0].2);
    }
}

/// A server more, and the others have the luck that they had.
#[test]
fn a_newcomer_leaves_the_luck_of_the_others_as_it_was() {
    let runs = [3, 4, 20].map(|servers| {
        let mut stage = Stage::set(7, servers, &stormy(), &[]);
        chatter(&mut stage, servers, 0..5);
        sent_among(&stage, &[1, 2, 3])
    });
    assert!(runs[1] == runs[0] && runs[2] == runs[0]);
}

#[test]
fn fixed_luck_replaces_one_draw_and_no_other() {
    let draws = |luck: &[Luck]| {
        let mut stage = Stage::set(7, 2, &stormy(), luck);
        chatter(&mut stage, 2, 0..5);
        ([1, 2].map(|number| drawn(&stage, number)), stage.world.unused_luck())
    };
    let (free, _) = draws(&[]);
    let third = Luck::Random { process: n(1), number: 3, value: 1_000_070 };
    let never = Luck::Random { process: n(2), number: 99, value: 1 };
    let (fixed, unused) = draws(&[third, never.clone()]);
    assert_eq!(fixed[1], free[1]);
    let differ = (0..5).filter(|place| fixed[0][*place] != free[0][*place]);
    assert_eq!(differ.collect::<Vec<_>>(), [2]);
    assert!(fixed[0][2].ends_with("draws 70"), "{}", fixed[0][2]);
    assert_eq!(unused, [never]);
}
