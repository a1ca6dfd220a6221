//! What can happen on a link: cuts, clogs, slowness, copies, and messages that overtake.

use squall_trace::Link;
use squall_world::{Condition, Conditions, Fault, Kind, Links, Luck, MessageLuck};

use crate::recorder::Do;
use crate::stage::{Stage, between, from_to, group, ms, n, windy};

const WORDS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

fn fate(number: u32, fate: MessageLuck) -> Luck {
    Luck::Message { link: Link { from: n(1), to: n(2) }, number, fate }
}

#[test]
fn a_cut_loses_what_is_under_way_and_what_is_sent() {
    let mut stage = Stage::lucky(2, &[fate(1, MessageLuck::Takes(ms(10)))]);
    stage.ask(1, Do::Send(n(2), "under way")).until(5);
    stage.fault(Fault::Cut(between(&[1], &[2]))).ask(1, Do::Send(n(2), "sent")).until(20);
    stage.fault(Fault::Heal(Links::All)).ask(1, Do::Send(n(2), "later")).until(40);
    assert_eq!(stage.notes(2), ["21ms hears later from n1"]);
    assert_eq!(
        stage.told(&["sent", "dropped"]),
        [
            "0ms n1>n2#1 sends under way (takes 10ms)",
            "5ms n1>n2#2 sends sent (cut)",
            "10ms n1>n2#1 is dropped: the link is cut",
            "20ms n1>n2#3 sends later (takes 1ms)",
        ]
    );
}

#[test]
fn a_one_way_cut_lets_the_other_way_through() {
    let mut stage = Stage::new(3);
    stage.fault(Fault::Cut(from_to(1, 2)));
    stage.ask(1, Do::Send(n(2), "a")).ask(2, Do::Send(n(1), "b")).ask(1, Do::Send(n(3), "c"));
    stage.until(10);
    assert_eq!((stage.notes(1), stage.notes(2)), (vec!["1ms hears b from n2".into()], vec![]));
    assert_eq!(stage.notes(3), ["1ms hears c from n1"]);
}

#[test]
fn a_message_to_oneself_does_not_meet_the_network() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Cut(Links::All)).fault(Fault::Clog(Links::All));
    stage.ask(1, Do::Send(n(1), "a")).until(10);
    assert_eq!(stage.notes(1), ["0ms hears a from n1"]);
}

/// What was under way when the clog began still arrives.
#[test]
fn a_clog_holds_back_what_is_sent_and_releases_it_at_once() {
    let mut stage = Stage::new(2);
    stage.ask(1, Do::Send(n(2), "a")).until(0).fault(Fault::Clog(from_to(1, 2)));
    stage.until(1).ask(1, Do::Send(n(2), "b")).until(20).ask(1, Do::Send(n(2), "c")).until(50);
    assert_eq!(stage.notes(2), ["1ms hears a from n1"]);
    stage.fault(Fault::Release(from_to(1, 2))).ask(1, Do::Send(n(2), "d")).until(100);
    assert_eq!(
        stage.notes(2)[1..],
        ["50ms hears b from n1", "50ms hears c from n1", "51ms hears d from n1"]
    );
    assert_eq!(stage.hits(Kind::N11), 2);
}

#[test]
fn a_clogged_link_holds_so_many_and_loses_the_rest() {
    let mut stage = Stage::with(2, &Conditions { queue: Some(2), ..Conditions::default() });
    stage.fault(Fault::Clog(from_to(1, 2)));
    for word in &WORDS[..4] {
        stage.ask(1, Do::Send(n(2), word));
    }
    stage.until(10).fault(Fault::Release(from_to(1, 2))).until(20);
    assert_eq!(stage.notes(2), ["10ms hears a from n1", "10ms hears b from n1"]);
    assert_eq!(
        stage.told(&["sent"])[2..],
        ["0ms n1>n2#3 sends c (queue full)", "0ms n1>n2#4 sends d (queue full)"]
    );
}

/// Two clogs, and the later one is released first.
#[test]
fn clogs_released_in_another_order_are_counted() {
    let mut stage = Stage::new(3);
    stage.fault(Fault::Clog(from_to(1, 2))).fault(Fault::Clog(from_to(1, 3)));
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Send(n(3), "b")).until(10);
    stage.fault(Fault::Release(from_to(1, 3))).until(20);
    stage.fault(Fault::Release(from_to(1, 2))).until(30);
    assert_eq!(
        (stage.notes(2), stage.notes(3)),
        (vec!["20ms hears a from n1".into()], vec!["10ms hears b from n1".into()])
    );
    assert_eq!(stage.hits(Kind::N12), 1);
}

#[test]
fn a_slow_link_takes_longer_until_it_does_not() {
    let mut stage = Stage::new(3);
    stage.fault(Fault::Slow(between(&[1], &[2]), ms(80)));
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Send(n(3), "b")).until(100);
    stage.fault(Fault::Slow(between(&[1], &[2]), ms(0))).ask(1, Do::Send(n(2), "c")).until(200);
    assert_eq!(stage.notes(2), ["81ms hears a from n1", "101ms hears c from n1"]);
    assert_eq!(stage.notes(3), ["1ms hears b from n1"]);
    assert_eq!(stage.hits(Kind::N13), 1);
}

#[test]
fn a_message_is_lost_late_or_comes_twice_if_luck_has_it() {
    let luck = [
        fate(1, MessageLuck::Lost),
        fate(2, MessageLuck::Takes(ms(30))),
        fate(3, MessageLuck::Twice(ms(2), ms(20))),
    ];
    let mut stage = Stage::lucky(2, &luck);
    for word in &WORDS[..4] {
        stage.ask(1, Do::Send(n(2), word));
    }
    stage.until(100);
    assert_eq!(
        stage.notes(2),
        [
            "1ms hears d from n1",
            "2ms hears c from n1",
            "20ms hears c from n1",
            "30ms hears b from n1"
        ]
    );
}

/// Returns what n2 heard of ten words sent at once.
fn heard(conditions: &Conditions) -> Vec<String> {
    let mut stage = Stage::with(2, conditions);
    for word in WORDS {
        stage.ask(1, Do::Send(n(2), word));
    }
    stage.until(100);
    stage.notes(2).iter().filter_map(|note| note.split(' ').nth(2)).map(str::to_owned).collect()
}

#[test]
fn messages_overtake_unless_order_is_kept() {
    let free = heard(&windy());
    assert_ne!(free, WORDS);
    let mut sorted = free;
    sorted.sort();
    assert_eq!(sorted, WORDS);
    assert_eq!(heard(&Conditions { in_order: true, ..windy() }), WORDS);
}

/// Order is kept even where fixed luck would have a message overtake.
#[test]
fn order_kept_is_stronger_than_luck() {
    let mut stage = Stage::lucky(2, &[fate(1, MessageLuck::Takes(ms(10)))]);
    stage.fault(Fault::Condition(Condition::InOrder(true)));
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Send(n(2), "b")).until(100);
    assert_eq!(stage.notes(2), ["10ms hears a from n1", "10.000001ms hears b from n1"]);
}

/// A copy may not overtake either, and what is released comes after what is still under way.
#[test]
fn with_order_kept_neither_a_copy_nor_a_released_message_overtakes() {
    let luck = [
        fate(1, MessageLuck::Takes(ms(10))),
        fate(2, MessageLuck::Twice(ms(1), ms(3))),
        fate(3, MessageLuck::Takes(ms(10))),
    ];
    let kept = Conditions { in_order: true, ..Conditions::default() };
    let mut stage = Stage::set(1, 2, &kept, &luck);
    stage.ask(1, Do::Send(n(2), "a")).ask(1, Do::Send(n(2), "b")).until(20);
    assert_eq!(
        stage.notes(2),
        ["10ms hears a from n1", "10.000001ms hears b from n1", "10.000002ms hears b from n1"]
    );
    stage.ask(1, Do::Send(n(2), "c")).until(21).fault(Fault::Clog(from_to(1, 2)));
    stage.ask(1, Do::Send(n(2), "d")).until(22).fault(Fault::Release(from_to(1, 2))).until(50);
    assert_eq!(stage.notes(2)[3..], ["30ms hears c from n1", "30.000001ms hears d from n1"]);
}

/// The message was there before the cut; it only waited for its process.
#[test]
fn a_cut_does_not_reach_what_waits_at_a_paused_host() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Pause(group(&[2]))).ask(1, Do::Send(n(2), "a")).until(10);
    stage.fault(Fault::Cut(Links::All)).until(20);
    stage.fault(Fault::Resume(group(&[2]))).until(30);
    assert_eq!(stage.notes(2), ["20ms hears a from n1"]);
}
