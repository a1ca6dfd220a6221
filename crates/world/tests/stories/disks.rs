//! What can happen to a disk: unsynced records lost, torn or kept out of order; rot, replacement,
//! no room, failures, and waiting.

use squall_process::RecordNumber;
use squall_world::{
    Chance, Conditions, Fault, Keep, Kept, KeptRecords, Kind, Luck, SpanRange, SyncLuck,
};

use crate::recorder::Do;
use crate::stage::{Stage, group, ms, n};

fn crash_keeping(records: KeptRecords, torn: bool) -> Fault {
    Fault::Crash(group(&[1]), Some(Kept { records, torn }))
}

/// n1 has "a" synced, and "b", "c" and "d" not.
fn with_three_unsynced(conditions: &Conditions) -> Stage {
    let mut stage = Stage::with(1, conditions);
    stage.ask(1, Do::Keep("a")).until(10);
    stage.ask(1, Do::Write("b")).ask(1, Do::Write("c")).ask(1, Do::Write("d")).until(20);
    stage
}

/// Returns what n1 finds when it starts again after `crash`.
fn found_after(crash: Fault) -> String {
    let mut stage = with_three_unsynced(&Conditions::default());
    stage.fault(crash).boot(1).until(30);
    stage.notes(1).pop().unwrap_or_default()
}

#[test]
fn a_crash_keeps_what_the_script_says() {
    let these = |numbers: &[u64]| {
        KeptRecords::These(numbers.iter().map(|number| RecordNumber(*number)).collect())
    };
    let found = |records, torn| found_after(crash_keeping(records, torn));
    assert_eq!(found(KeptRecords::First(0), false), "20ms boots 1 r1=a");
    assert_eq!(found(KeptRecords::First(2), false), "20ms boots 1 r1=a r2=b r3=c");
    assert_eq!(found(KeptRecords::First(2), true), "20ms boots 1 r1=a r2=b r3 torn");
    assert_eq!(found(these(&[2, 4]), false), "20ms boots 1 r1=a r2=b r4=d");
    assert_eq!(found(these(&[4]), true), "20ms boots 1 r1=a r4 torn");
}

#[test]
fn a_crash_keeps_what_the_conditions_say() {
    let found = |keep, torn| {
        let torn = Chance::from_percent(torn);
        let mut stage = with_three_unsynced(&Conditions { keep, torn, ..Conditions::default() });
        stage.crash(1).boot(1).until(30);
        stage.notes(1).pop().unwrap_or_default()
    };
    assert_eq!(found(Keep::All, 0), "20ms boots 1 r1=a r2=b r3=c r4=d");
    assert_eq!(found(Keep::None, 0), "20ms boots 1 r1=a");
    assert_eq!(found(Keep::All, 100), "20ms boots 1 r1=a r2=b r3=c r4 torn");
    assert_eq!(found(Keep::None, 100), "20ms boots 1 r1=a");
}

/// Over many crashes every legal remainder shows up, and no other.
#[test]
fn a_crash_keeps_any_first_few_or_any_subset() {
    let kept = |keep| {
        let conditions = Conditions { keep, ..Conditions::default() };
        let remainders = (0..200).map(|seed| {
            let mut stage = Stage::set(seed, 1, &conditions, &[]);
            stage.ask(1, Do::Write("b")).ask(1, Do::Write("c")).ask(1, Do::Write("d")).until(1);
            stage.crash(1).boot(1).until(2);
            stage.notes(1).pop().unwrap_or_default().replace("1ms boots 1", "")
        });
        remainders.collect::<std::collections::BTreeSet<_>>()
    };
    let prefixes = ["", " r1=b", " r1=b r2=c", " r1=b r2=c r3=d"];
    assert!(kept(Keep::Prefix).iter().eq(prefixes), "{:?}", kept(Keep::Prefix));
    assert_eq!(kept(Keep::Subset).len(), 8);
}

/// The order in which a disk writes is its own; who keeps a later record and loses an earlier one
/// is told so.
#[test]
fn a_remainder_with_a_gap_is_counted_as_out_of_order() {
    let mut stage = with_three_unsynced(&Conditions::default());
    stage.fault(crash_keeping(KeptRecords::These(vec![RecordNumber(4)]), true));
    assert_eq!(
        stage.told(&["crashed"]),
        ["20ms n1 crashes, keeps 1 of 3 unsynced, out of order, torn"]
    );
    let hits = [Kind::D1, Kind::D2, Kind::D3].map(|kind| stage.hits(kind));
    assert_eq!(hits, [1, 1, 1]);
}

#[test]
fn a_sync_takes_its_time_and_covers_what_was_written_before_it() {
    let mut stage =
        Stage::with(1, &Conditions { sync: SpanRange::exactly(ms(5)), ..Conditions::default() });
    stage.ask(1, Do::Write("a")).ask(1, Do::Keep("b")).until(2);
    stage.ask(1, Do::Write("c")).until(10);
    assert_eq!(stage.notes(1), ["5ms synced through r2"]);
    assert_eq!(stage.told(&["durable"]), ["5ms n1 has r1 durable a", "5ms n1 has r2 durable b"]);
    stage.fault(crash_keeping(KeptRecords::First(0), false)).boot(1).until(20);
    assert_eq!(stage.notes(1)[1..], ["10ms boots 1 r1=a r2=b"]);
}

#[test]
fn a_sync_under_way_at_a_crash_is_never_heard_of() {
    let mut stage =
        Stage::with(1, &Conditions { sync: SpanRange::exactly(ms(5)), ..Conditions::default() });
    stage.ask(1, Do::Keep("a")).until(2);
    stage.fault(crash_keeping(KeptRecords::First(0), false)).boot(1).until(100);
    assert_eq!(stage.notes(1), ["2ms boots 1"]);
}

#[test]
fn syncs_of_one_disk_do_not_overtake() {
    let takes = |number, millis| {
        let end = SyncLuck::Takes(ms(millis));
        Luck::Sync { process: n(1), number, end }
    };
    let mut stage = Stage::lucky(1, &[takes(1, 10), takes(2, 1)]);
    stage.ask(1, Do::Keep("a")).ask(1, Do::Keep("b")).until(100);
    assert_eq!(stage.notes(1), ["10ms synced through r1", "10ms synced through r2"]);
}

/// The later sync succeeds, and does not bring back what the earlier one lost.
#[test]
fn a_failed_sync_loses_what_it_covered() {
    let luck = [Luck::Sync { process: n(1), number: 1, end: SyncLuck::Fails }];
    let mut stage = Stage::lucky(1, &luck);
    stage.ask(1, Do::Keep("a")).until(10);
    stage.ask(1, Do::Keep("b")).until(20).crash(1).boot(1).until(30);
    assert_eq!(
        stage.notes(1),
        ["0ms sync through r1 failed", "10ms synced through r2", "20ms boots 1 r2=b"]
    );
    assert_eq!(stage.hits(Kind::D9), 1);
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let mut stage = Stage::new(1);
    stage.fault(Fault::DiskFull(group(&[1]))).ask(1, Do::Keep("a")).until(10);
    stage.fault(Fault::DiskWorks(group(&[1]))).ask(1, Do::Keep("b")).until(20);
    stage.crash(1).boot(1).until(30);
    let notes = stage.notes(1);
    assert_eq!(notes[0], "0ms write r1 failed: disk full");
    assert_eq!(notes[2..], ["10ms synced through r2", "20ms boots 1 r2=b"]);
}

#[test]
fn a_single_write_is_refused_if_luck_has_it() {
    let luck = [Luck::WriteFails { process: n(1), record: RecordNumber(2) }];
    let mut stage = Stage::lucky(1, &luck);
    stage.ask(1, Do::Write("a")).ask(1, Do::Write("b")).ask(1, Do::Keep("c")).until(10);
    stage.crash(1).boot(1).until(20);
    assert_eq!(
        stage.notes(1),
        ["0ms write r2 failed: device error", "0ms synced through r3", "10ms boots 1 r1=a r3=c"]
    );
}

/// Numbers go on, so that a record of the old disk is never taken for one of the new.
#[test]
fn a_replaced_disk_is_empty_and_says_so_for_ever() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::Keep("a")).until(10);
    stage.crash(1).fault(Fault::Replace(group(&[1]))).ask(1, Do::Keep("b")).until(20);
    stage.crash(1).boot(1).until(30);
    assert_eq!(
        stage.notes(1)[1..],
        [
            "10ms boots 1 on a replaced disk",
            "10ms synced through r2",
            "20ms boots 2 on a replaced disk r2=b"
        ]
    );
    assert_eq!(stage.hits(Kind::P8), 1);
}

#[test]
fn a_record_that_rots_is_found_at_the_next_boot() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::Keep("a")).ask(1, Do::Keep("b")).until(10);
    stage.fault(Fault::DiskRots(group(&[1]), Some(RecordNumber(1)))).until(20);
    stage.crash(1).boot(1).until(30);
    assert_eq!(stage.notes(1)[2..], ["20ms boots 1 r1 rotten r2=b"]);
    stage.fault(Fault::DiskRots(group(&[1]), None)).crash(1).boot(1).until(40);
    assert_eq!(stage.notes(1)[3..], ["30ms boots 2 r1 rotten r2 rotten"]);
    stage.fault(Fault::DiskRots(group(&[1]), None));
    assert_eq!(stage.hits(Kind::D4), 2);
}

#[test]
fn a_stalled_disk_completes_when_it_works_again() {
    let mut stage = Stage::new(1);
    stage.fault(Fault::DiskStalls(group(&[1]))).ask(1, Do::Keep("a")).until(50);
    assert_eq!(stage.notes(1), [""; 0]);
    stage.fault(Fault::DiskWorks(group(&[1]))).until(100);
    assert_eq!(stage.notes(1), ["50ms synced through r1"]);
}

/// The records stay in the cache, and the crash takes them.
#[test]
fn a_crash_ends_the_syncs_of_a_stalled_disk() {
    let mut stage = Stage::with(1, &Conditions { keep: Keep::None, ..Conditions::default() });
    stage.fault(Fault::DiskStalls(group(&[1]))).ask(1, Do::Keep("a")).until(50);
    stage.crash(1).boot(1).until(60).fault(Fault::DiskWorks(group(&[1]))).until(100);
    assert_eq!(stage.notes(1), ["50ms boots 1"]);
}

#[test]
fn a_slow_disk_takes_longer_and_one_stalled_disk_stalls_nobody_else() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::DiskSlow(group(&[1]), ms(40))).fault(Fault::DiskStalls(group(&[2])));
    stage.ask(1, Do::Keep("a")).ask(2, Do::Keep("b")).until(100);
    assert_eq!((stage.notes(1), stage.notes(2)), (vec!["40ms synced through r1".into()], vec![]));
    stage.fault(Fault::DiskWorks(group(&[1]))).ask(1, Do::Keep("c")).until(200);
    assert_eq!(stage.notes(1)[1..], ["100ms synced through r2"]);
    assert_eq!(stage.notes(2), [""; 0]);
}
