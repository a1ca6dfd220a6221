//! Calm: the end of every fault, for all servers or for those that are named.

use squall_world::{Action, Chance, Conditions, Fault, Links};

use crate::recorder::Do;
use crate::stage::{Stage, between, from_to, group, ms, n};

#[test]
fn calm_heals_links() {
    let mut stage = Stage::new(4);
    stage.fault(Fault::Cut(between(&[1], &[2]))).fault(Fault::Clog(from_to(1, 3)));
    stage.fault(Fault::Slow(Links::All, ms(500))).ask(1, Do::Send(n(3), "held")).until(100);
    stage.act(&Action::Calm(None));
    for to in 2..=4 {
        stage.ask(1, Do::Send(n(to), "hello"));
    }
    stage.until(200);
    assert_eq!(stage.notes(2), ["101ms hears hello from n1"]);
    assert_eq!(stage.notes(3), ["100ms hears held from n1", "101ms hears hello from n1"]);
    assert_eq!(stage.notes(4), ["101ms hears hello from n1"]);
}

#[test]
fn calm_wakes_starts_and_repairs() {
    let mut stage = Stage::new(5);
    stage.crash(1).fault(Fault::Pause(group(&[2]))).fault(Fault::Suspend(group(&[3])));
    stage.fault(Fault::Lag(group(&[4]), ms(40))).fault(Fault::ClockDrift(group(&[4]), 100_000));
    stage.fault(Fault::DiskFull(group(&[4]))).fault(Fault::DiskStalls(group(&[5])));
    stage.ask(2, Do::Draw(1)).ask(3, Do::Draw(1)).ask(5, Do::Keep("a")).until(100);
    stage.act(&Action::Calm(None)).until(101);
    stage.ask(4, Do::Keep("b")).ask(4, Do::SetTimer("tea", ms(10))).until(200);
    assert_eq!(stage.notes(1), ["100ms boots 1"]);
    assert_eq!(stage.notes(2), ["100ms draws 0"]);
    // It stood still, and so did its clock.
    assert_eq!(stage.notes(3), ["0ms draws 0"]);
    // Its clock is right again in its rate, and stays ahead.
    assert_eq!(stage.notes(4), ["111ms synced through r1", "121ms timer tea"]);
    assert_eq!(stage.notes(5), ["100ms synced through r1"]);
}

#[test]
fn calm_ends_bad_conditions() {
    let all = Chance::ALWAYS;
    let bad = Conditions { loss: all, write_error: all, sync_error: all, ..Conditions::default() };
    let mut stage = Stage::with(2, &bad);
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Keep("a")).until(10);
    stage.act(&Action::Calm(None));
    stage.ask(1, Do::Send(n(2), "b")).ask(1, Do::Keep("b")).until(20);
    assert_eq!(stage.notes(2), ["11ms hears b from n1"]);
    assert_eq!(stage.notes(1).last().map(String::as_str), Some("10ms synced through r2"));
}

/// The others go down for good: neither a supervisor nor a boot brings them back.
#[test]
fn calm_for_some_is_the_end_of_the_others() {
    let mut stage = Stage::new(4);
    stage.fault(Fault::Cut(Links::All)).crash(1).ask(4, Do::Halt).until(100);
    stage.act(&Action::Calm(Some(vec![n(1), n(2)]))).until(101);
    stage.ask(1, Do::Send(n(2), "a")).ask(2, Do::Send(n(3), "b")).until(5_000);
    assert_eq!(stage.notes(1), ["100ms boots 1"]);
    assert_eq!(stage.notes(2), ["102ms hears a from n1"]);
    let alive = [1, 2, 3, 4].map(|number| stage.world.process(n(number)).is_some());
    assert_eq!(alive, [true, true, false, false]);
}
