//! What can happen to a host: it stands still, dies and comes back, is slow, and its clock is its
//! own.

use squall_trace::Link;
use squall_world::{
    Action, Chance, Condition, Conditions, Fault, Group, Kind, Luck, MessageLuck, Tail,
};

use crate::recorder::Do;
use crate::stage::{Stage, group, ms, n};

/// The process sees that its clock ran on: the timer is overdue when it wakes up.
#[test]
fn a_paused_process_wakes_up_late() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(50))).until(10);
    stage.fault(Fault::Pause(group(&[1]))).until(100);
    assert_eq!(stage.notes(1), [""; 0]);
    stage.fault(Fault::Resume(group(&[1]))).until(1_000);
    assert_eq!(stage.notes(1), ["100ms timer tea"]);
    assert_eq!(stage.hits(Kind::P2), 1);
}

/// The process cannot know that it stood still: 40 ms are left by its clock, and it gets them.
#[test]
fn a_suspended_process_misses_no_time() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(50))).until(10);
    stage.fault(Fault::Suspend(group(&[1]))).until(100);
    stage.fault(Fault::Resume(group(&[1]))).until(1_000);
    assert_eq!(stage.notes(1), ["50ms timer tea"]);
    assert_eq!(stage.told(&["fired"]), ["140ms n1 timer tea"]);
    assert_eq!(stage.hits(Kind::P10), 1);
}

/// The timer was due while its process stood still, and before the process hears of that it sets
/// the timer anew: it fires once, at the new time.
#[test]
fn a_timer_set_anew_while_it_waits_is_not_forgotten() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(20))).until(10);
    stage.fault(Fault::Pause(group(&[1]))).until(15);
    stage.ask(1, Do::SetTimer("tea", ms(100))).until(30);
    stage.fault(Fault::Resume(group(&[1]))).until(1_000);
    assert_eq!(stage.notes(1), ["130ms timer tea"]);
}

#[test]
fn what_arrives_at_one_who_stands_still_waits_in_order() {
    let mut stage = Stage::new(3);
    stage.fault(Fault::Pause(group(&[2])));
    stage.ask(1, Do::Send(n(2), "a")).until(5);
    stage.ask(3, Do::Send(n(2), "b")).ask(2, Do::Draw(1)).until(20);
    stage.ask(1, Do::Send(n(2), "c")).until(30);
    stage.fault(Fault::Resume(Group::All)).until(31);
    assert_eq!(
        stage.notes(2),
        ["30ms hears a from n1", "30ms draws 0", "30ms hears b from n3", "30ms hears c from n1"]
    );
}

/// A clock that is one tenth fast shows 110 ms after 100, and timers go by it.
#[test]
fn timers_go_by_the_clock_of_their_host() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::ClockDrift(group(&[1]), 100_000));
    stage.ask(1, Do::SetTimer("tea", ms(110))).ask(2, Do::SetTimer("tea", ms(110))).until(1_000);
    assert_eq!(stage.told(&["fired"]), ["100ms n1 timer tea", "110ms n2 timer tea"]);
    assert_eq!(stage.notes(1), ["110ms timer tea"]);
}

/// After 100 ms of the right time 100 are left, which a clock at half speed needs 200 ms for.
#[test]
fn a_timer_under_way_follows_a_clock_that_changes_its_rate() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(200))).until(100);
    stage.fault(Fault::ClockDrift(group(&[1]), -500_000)).until(1_000);
    assert_eq!(stage.told(&["fired"]), ["300ms n1 timer tea"]);
    assert_eq!(stage.notes(1), ["200ms timer tea"]);
}

#[test]
fn a_wall_clock_steps_either_way_and_moves_no_timer() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(2_000))).until(1_000);
    stage.ask(1, Do::LookAtTheWall).until(1_001);
    stage.fault(Fault::ClockOffset(group(&[1]), -5_000_000_000)).ask(1, Do::LookAtTheWall);
    stage.until(3_000).ask(1, Do::LookAtTheWall).until(3_001);
    assert_eq!(
        stage.notes(1),
        [
            "1s sees 1s on the wall",
            "1.001s sees -4s on the wall",
            "2s timer tea",
            "3s sees -2s on the wall"
        ]
    );
}

#[test]
fn a_timer_that_is_set_again_fires_once_and_one_that_is_cancelled_never() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(50))).ask(1, Do::SetTimer("egg", ms(60))).until(10);
    stage.ask(1, Do::SetTimer("tea", ms(5))).ask(1, Do::CancelTimer("egg")).until(100);
    assert_eq!(stage.notes(1), ["15ms timer tea"]);
    stage.ask(1, Do::SetTimer("egg", ms(20))).until(110);
    stage.ask(1, Do::SetTimer("egg", ms(30))).until(200);
    assert_eq!(stage.notes(1), ["15ms timer tea", "140ms timer egg"]);
}

#[test]
fn a_timer_fires_late_if_luck_has_it() {
    let luck = [Luck::Late { process: n(1), number: 2, by: ms(20) }];
    let mut stage = Stage::lucky(1, &luck);
    stage.ask(1, Do::SetTimer("tea", ms(50))).ask(1, Do::SetTimer("egg", ms(60))).until(1_000);
    assert_eq!(stage.notes(1), ["50ms timer tea", "80ms timer egg"]);
    assert_eq!(stage.hits(Kind::C5), 1);
}

/// The first timer to fire is the first, whether or not its process stood still when it was due.
#[test]
fn a_timer_that_had_to_wait_counts_once() {
    let luck = [Luck::Late { process: n(1), number: 2, by: ms(20) }];
    let mut stage = Stage::lucky(1, &luck);
    stage.ask(1, Do::SetTimer("tea", ms(50))).ask(1, Do::SetTimer("egg", ms(200)));
    stage.until(10).fault(Fault::Pause(group(&[1]))).until(100);
    stage.fault(Fault::Resume(group(&[1]))).until(1_000);
    assert_eq!(stage.notes(1), ["100ms timer tea", "220ms timer egg"]);
}

#[test]
fn no_timer_fires_early_however_late_others_are() {
    let late = Tail { chance: Chance::from_percent(50), high: ms(30) };
    let mut stage = Stage::with(1, &Conditions { late, ..Conditions::default() });
    for round in 0..100 {
        stage.ask(1, Do::SetTimer("tea", ms(10))).until((round + 1) * 100);
    }
    let fired = stage.lines.as_slice().iter().filter(|line| line.kind.name() == "fired");
    let after: Vec<u64> = fired.map(|line| line.at_ns % 100_000_000).collect();
    assert_eq!(after.len(), 100);
    assert!(after.iter().all(|after| (10_000_000..=40_000_000).contains(after)), "{after:?}");
    assert!((30..70).contains(&stage.hits(Kind::C5)), "{}", stage.hits(Kind::C5));
}

/// Each step takes 5 ms, and what comes meanwhile waits its turn.
#[test]
fn a_slow_process_takes_one_thing_at_a_time() {
    let mut stage = Stage::new(3);
    stage.fault(Fault::Lag(group(&[2]), ms(5)));
    stage.ask(1, Do::Send(n(2), "a")).ask(3, Do::Send(n(2), "b")).ask(1, Do::Send(n(2), "c"));
    stage.until(100);
    assert_eq!(
        stage.notes(2),
        ["1ms hears a from n1", "6ms hears b from n3", "11ms hears c from n1"]
    );
    assert!(stage.hits(Kind::P7) > 0);
    stage.fault(Fault::Lag(group(&[2]), ms(0)));
    stage.ask(1, Do::Send(n(2), "d")).ask(3, Do::Send(n(2), "e")).until(200);
    assert_eq!(stage.notes(2)[3..], ["101ms hears d from n1", "101ms hears e from n3"]);
}

#[test]
fn who_halts_is_started_again_by_a_supervisor() {
    let mut stage = Stage::with(1, &Conditions { restart: ms(50), ..Conditions::default() });
    stage.until(10).ask(1, Do::Halt).until(1_000);
    assert_eq!(
        stage.told(&["halted", "crashed", "booted"]),
        ["0ms n1 boots", "10ms n1 halts: asked to", "10ms n1 crashes", "60ms n1 boots again (1)"]
    );
}

/// The supervisor restarts the incarnation that halted, not one that a script started and killed.
#[test]
fn a_supervisor_does_not_meddle_with_a_later_life() {
    let mut stage = Stage::with(1, &Conditions { restart: ms(50), ..Conditions::default() });
    stage.ask(1, Do::Halt).until(10);
    stage.boot(1).until(20);
    stage.crash(1).until(1_000);
    assert_eq!(stage.told(&["booted"]), ["0ms n1 boots", "10ms n1 boots again (1)"]);
    assert!(stage.world.process(n(1)).is_none());
}

#[test]
fn nothing_survives_a_crash_but_what_is_on_the_disk() {
    let mut stage = Stage::new(1);
    stage.ask(1, Do::SetTimer("tea", ms(50))).ask(1, Do::Keep("a")).until(10);
    stage.crash(1).until(20);
    stage.ask(1, Do::Draw(9)).boot(1).until(1_000);
    assert_eq!(stage.notes(1), ["0ms synced through r1", "20ms boots 1 r1=a"]);
}

/// A message outlives its sender, and reaches the incarnation that is at the address when it
/// arrives.
#[test]
fn a_message_of_a_dead_incarnation_arrives_at_a_later_one() {
    let fate = MessageLuck::Takes(ms(50));
    let luck = [Luck::Message { link: Link { from: n(1), to: n(2) }, number: 1, fate }];
    let mut stage = Stage::lucky(2, &luck);
    stage.ask(1, Do::Send(n(2), "old")).until(10);
    stage.fault(Fault::Crash(group(&[1, 2]), None)).until(20);
    stage.fault(Fault::Boot(group(&[1, 2]))).until(100);
    assert_eq!(stage.notes(2), ["20ms boots 1", "50ms hears old from n1"]);
    assert_eq!((stage.hits(Kind::P9), stage.hits(Kind::P4)), (1, 1));
}

#[test]
fn a_message_to_one_who_is_down_is_lost() {
    let mut stage = Stage::new(2);
    stage.ask(1, Do::Send(n(2), "a")).crash(2).until(10);
    stage.boot(2).until(20);
    assert_eq!(stage.told(&["dropped"]), ["1ms n1>n2#1 is dropped: the receiver is down"]);
    assert_eq!(stage.notes(2), ["10ms boots 1"]);
}

#[test]
fn a_fault_finds_whoever_leads_by_then() {
    let mut stage = Stage::new(3);
    let leader = || Group::Role("leader".to_owned());
    stage.fault(Fault::Crash(leader(), None)).until(1);
    stage.ask(2, Do::Lead).until(2).ask(3, Do::Lead).until(3);
    stage.fault(Fault::Crash(leader(), None)).until(10);
    assert_eq!(stage.told(&["crashed"]), ["3ms n3 crashes"]);
    assert_eq!(stage.hits(Kind::N10), 1);
}

#[test]
fn a_condition_holds_from_its_line_on() {
    let mut stage = Stage::new(1);
    stage.fault(Fault::Condition(Condition::Restart(ms(7)))).ask(1, Do::Halt).until(100);
    assert_eq!(stage.told(&["booted"]), ["0ms n1 boots", "7ms n1 boots again (1)"]);
}

/// What a busy process was too slow for is handed over as soon as it is quick again, before
/// anything that comes later.
#[test]
fn nothing_overtakes_what_waits_for_a_busy_process() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Lag(group(&[2]), ms(20)));
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Send(n(2), "b")).until(10);
    stage.act(&Action::Calm(None)).ask(1, Do::Send(n(2), "c")).until(30);
    assert_eq!(
        stage.notes(2),
        ["1ms hears a from n1", "10ms hears b from n1", "11ms hears c from n1"]
    );
}

/// What waits in the buffer of a busy process goes with it.
#[test]
fn a_crash_takes_what_waits_for_a_busy_process() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Lag(group(&[2]), ms(20)));
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Send(n(2), "b")).until(5);
    stage.crash(2).boot(2).until(50);
    assert!(!stage.notes(2).iter().any(|note| note.contains("hears b")), "{:?}", stage.notes(2));
}

/// The first timer comes due while its host stands still, and again when it goes on; that is one
/// turn of luck, and the second timer has the second.
#[test]
fn a_timer_that_waits_at_a_paused_host_has_one_turn_of_luck() {
    let late = Luck::Late { process: n(1), number: 2, by: ms(30) };
    let mut stage = Stage::lucky(1, &[late]);
    stage.ask(1, Do::SetTimer("tea", ms(50))).until(10);
    stage.fault(Fault::Pause(group(&[1]))).until(100);
    stage.fault(Fault::Resume(group(&[1]))).until(110);
    stage.ask(1, Do::SetTimer("milk", ms(50))).until(300);
    assert_eq!(stage.notes(1), ["100ms timer tea", "190ms timer milk"]);
}

/// A line of the script kills it for as long as the script says, halted or not.
#[test]
fn who_is_killed_while_halted_waits_for_the_script() {
    let mut stage = Stage::with(1, &Conditions { restart: ms(50), ..Conditions::default() });
    stage.ask(1, Do::Halt).until(10);
    stage.crash(1).until(1_000);
    assert_eq!(stage.told(&["booted"]), ["0ms n1 boots"]);
}
