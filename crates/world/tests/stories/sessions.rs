//! Sessions: they open, carry messages in order, and break; what is lost on a link shows as time.

use squall_process::{ProcessId, SessionId, Span};
use squall_trace::Link;
use squall_world::{Chance, Conditions, Fault, Kind, Links, Luck, MessageLuck};

use crate::recorder::Do;
use crate::stage::{Stage, between, from_to, group, ms, n, windy};

/// The session that n1 opens to n2.
const SESSION: SessionId =
    SessionId { opener: ProcessId::server(1), acceptor: ProcessId::server(2), number: 1 };

const PATIENCE: Span = Span::from_millis(100);

/// n1 opens the session; both know by 5 ms.
fn opened(mut stage: Stage) -> Stage {
    stage.ask(1, Do::Open(SESSION, PATIENCE)).until(5);
    stage
}

#[test]
fn an_open_is_answered_and_both_ends_send() {
    let mut stage = opened(Stage::new(2));
    stage.ask(1, Do::SendOn(SESSION, "a")).ask(2, Do::SendOn(SESSION, "b")).until(10);
    stage.ask(1, Do::Close(SESSION)).until(20);
    // 0 ms: the open takes 1 ms to n2, and the answer 1 ms back.
    assert_eq!(stage.notes(1), ["2ms n1>n2~1 opened", "6ms n1>n2~1 arrives b"]);
    assert_eq!(
        stage.notes(2),
        ["1ms n1>n2~1 incoming", "6ms n1>n2~1 arrives a", "11ms n1>n2~1 closed by the other end"]
    );
    assert_eq!(
        stage.told(&["session"])[..3],
        [
            "0ms n1>n2~1 n1 opens within 100ms (takes 1ms)",
            "1ms n1>n2~1 n2 incoming",
            "2ms n1>n2~1 n1 opened"
        ]
    );
}

/// The opener need not wait for the answer: what it sends stands behind the open.
#[test]
fn all_that_was_sent_before_a_close_arrives() {
    let mut stage = Stage::with(2, &windy());
    stage.ask(1, Do::Open(SESSION, PATIENCE));
    for word in ["a", "b", "c"] {
        stage.ask(1, Do::SendOn(SESSION, word));
    }
    stage.ask(1, Do::Close(SESSION)).until(100);
    let said: Vec<_> = stage.notes(2).iter().filter_map(|note| heard(note)).collect();
    assert_eq!(
        said,
        ["incoming", "arrives a", "arrives b", "arrives c", "closed by the other end"]
    );
}

/// Returns a note without its time and the name of the session.
fn heard(note: &str) -> Option<String> {
    note.split_once("n1>n2~1 ").map(|(_, what)| what.to_owned())
}

/// Loss, copies and delays of the link are not seen on a session: it repeats and puts in order.
#[test]
fn what_the_link_loses_is_sent_again() {
    let fate = |number, fate| Luck::Message { link: Link { from: n(1), to: n(2) }, number, fate };
    let luck = [
        fate(2, MessageLuck::Lost),
        fate(3, MessageLuck::Twice(ms(1), ms(2))),
        fate(4, MessageLuck::Takes(ms(3))),
    ];
    let mut stage = opened(Stage::lucky(2, &luck));
    for word in ["a", "b", "c"] {
        stage.ask(1, Do::SendOn(SESSION, word));
    }
    stage.until(500);
    assert_eq!(
        stage.notes(2)[1..],
        [
            "205ms n1>n2~1 arrives a",
            "205.000001ms n1>n2~1 arrives b",
            "205.000002ms n1>n2~1 arrives c"
        ]
    );
}

/// "a" arrived before the reset, "b" did not; n1 is told the same in either case.
#[test]
fn a_reset_leaves_open_what_was_under_way() {
    let mut stage = opened(Stage::new(2));
    stage.ask(1, Do::SendOn(SESSION, "a")).until(10).ask(1, Do::SendOn(SESSION, "b")).until(10);
    stage.fault(Fault::Reset(between(&[1], &[2]))).until(50);
    assert_eq!(stage.notes(1)[1..], ["10ms n1>n2~1 closed by a reset"]);
    assert_eq!(stage.notes(2)[1..], ["6ms n1>n2~1 arrives a", "10ms n1>n2~1 closed by a reset"]);
    assert_eq!(stage.hits(Kind::N15), 2);
    stage.ask(1, Do::SendOn(SESSION, "c")).until(60);
    assert_eq!(stage.notes(2).len(), 3, "a closed session carries nothing");
}

/// Only n2 is told of the reset. n1 hears nothing, and its deadline ends it.
#[test]
fn a_half_open_session_ends_by_its_deadline() {
    let mut stage = opened(Stage::new(2));
    stage.ask(1, Do::Deadline(SESSION, ms(30))).until(10);
    stage.fault(Fault::Reset(from_to(1, 2))).until(100);
    assert_eq!(stage.notes(2)[1..], ["10ms n1>n2~1 closed by a reset"]);
    assert_eq!(stage.notes(1)[1..], ["35ms n1>n2~1 closed by its deadline"]);
}

/// Or the answer to the next message does: the other host does not know the session.
#[test]
fn a_half_open_session_ends_with_the_next_message() {
    let mut stage = opened(Stage::new(2));
    stage.fault(Fault::Reset(from_to(1, 2))).until(10).ask(1, Do::SendOn(SESSION, "a")).until(50);
    assert_eq!(stage.notes(1)[1..], ["12ms n1>n2~1 closed by a reset"]);
}

#[test]
fn a_connect_is_refused_where_a_line_says_so_and_where_the_process_is_down() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Refuse(from_to(1, 2))).ask(1, Do::Open(SESSION, PATIENCE)).until(10);
    stage.fault(Fault::Accept(Links::All)).crash(2).ask(1, Do::Open(SESSION, PATIENCE)).until(20);
    stage.boot(2).ask(1, Do::Open(SESSION, PATIENCE)).until(30);
    assert_eq!(
        stage.notes(1),
        ["1ms n1>n2~1 refused", "12ms n1>n2~1 refused", "22ms n1>n2~1 opened"]
    );
    assert_eq!(stage.hits(Kind::N16), 2);
}

#[test]
fn a_connect_hangs_until_its_deadline() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Hang(from_to(1, 2))).ask(1, Do::Open(SESSION, PATIENCE));
    stage.ask(1, Do::SendOn(SESSION, "a")).until(500);
    assert_eq!(stage.notes(1), ["100ms n1>n2~1 closed by its deadline"]);
    assert!(stage.notes(2).is_empty());
    assert_eq!(stage.hits(Kind::N16), 1);
}

/// The host of a process that is gone says so; behind a cut it cannot.
#[test]
fn a_crash_breaks_the_session_and_a_cut_hides_it() {
    let mut stage = opened(Stage::new(2));
    stage.crash(2).until(10).boot(2).until(20);
    assert_eq!(stage.notes(1)[1..], ["6ms n1>n2~1 closed by a reset"]);
    let mut stage = opened(Stage::new(2));
    stage.fault(Fault::Cut(Links::All)).crash(2).until(10).boot(2);
    stage.fault(Fault::Heal(Links::All)).until(50);
    assert_eq!(stage.notes(1).len(), 1, "half open");
    stage.ask(1, Do::SendOn(SESSION, "a")).until(60);
    assert_eq!(stage.notes(1)[1..], ["52ms n1>n2~1 closed by a reset"]);
}

#[test]
fn a_cut_and_a_clog_hold_messages_back_in_order() {
    for (begin, end) in [
        (Fault::Cut(Links::All), Fault::Heal(Links::All)),
        (Fault::Clog(Links::All), Fault::Release(Links::All)),
    ] {
        let fate =
            |number, fate| Luck::Message { link: Link { from: n(1), to: n(2) }, number, fate };
        let mut stage = opened(Stage::lucky(2, &[fate(2, MessageLuck::Takes(ms(10)))]));
        // "a" is under way when the links close; "b" and "c" are sent later.
        stage.ask(1, Do::SendOn(SESSION, "a")).until(6).fault(begin);
        stage.ask(1, Do::SendOn(SESSION, "b")).until(20).ask(1, Do::SendOn(SESSION, "c"));
        stage.until(30).fault(end).until(40);
        let said: Vec<_> = stage.notes(2).iter().skip(1).filter_map(|note| heard(note)).collect();
        assert_eq!(said, ["arrives a", "arrives b", "arrives c"]);
    }
}

/// A paused process finds all of it, in order, when it goes on.
#[test]
fn a_session_waits_for_a_paused_process() {
    let mut stage = Stage::new(2);
    stage.fault(Fault::Pause(group(&[2]))).ask(1, Do::Open(SESSION, PATIENCE)).until(5);
    stage.ask(1, Do::SendOn(SESSION, "a")).ask(1, Do::Close(SESSION)).until(10);
    assert_eq!(stage.notes(1), ["2ms n1>n2~1 opened"]);
    stage.fault(Fault::Resume(group(&[2]))).until(20);
    assert_eq!(
        stage.notes(2),
        ["10ms n1>n2~1 incoming", "10ms n1>n2~1 arrives a", "10ms n1>n2~1 closed by the other end"]
    );
}

#[test]
fn an_orderly_stop_keeps_what_was_written() {
    let mut stage = opened(Stage::new(2));
    stage.ask(2, Do::Write("x")).until(6).fault(Fault::Stop(group(&[2]))).until(10);
    stage.fault(Fault::Start(group(&[2]))).until(20);
    assert_eq!(stage.notes(1)[1..], ["7ms n1>n2~1 closed by a reset"]);
    assert_eq!(stage.notes(2)[1..], ["10ms boots 1 r1=x"]);
    assert_eq!(stage.hits(Kind::P3), 1);
}

/// An opening of a name that is held changes nothing but that its process is told.
#[test]
fn a_name_that_is_held_is_taken() {
    let mut stage = opened(Stage::new(2));
    stage.ask(1, Do::Open(SESSION, PATIENCE)).until(6).ask(1, Do::SendOn(SESSION, "a")).until(10);
    assert_eq!(stage.notes(1), ["2ms n1>n2~1 opened", "5ms n1>n2~1 taken"]);
    assert_eq!(stage.notes(2), ["1ms n1>n2~1 incoming", "7ms n1>n2~1 arrives a"]);
    // Closed, the name can be used again. A process that is gone is told nothing.
    stage.ask(1, Do::Close(SESSION)).ask(1, Do::Open(SESSION, PATIENCE)).until(20);
    assert_eq!(stage.notes(1)[2..], ["12ms n1>n2~1 opened"]);
    stage.fault(Fault::Pause(group(&[1]))).ask(1, Do::Open(SESSION, PATIENCE)).until(30);
    stage.fault(Fault::Crash(group(&[1]), None)).fault(Fault::Boot(group(&[1]))).until(40);
    assert_eq!(stage.notes(1)[3..], ["30ms boots 1"]);
}

const WORDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Whatever goes wrong, what arrives on a session is a prefix of what was sent on it.
#[test]
fn received_is_a_prefix_of_sent() {
    let stormy = Conditions {
        loss: Chance::from_percent(30),
        duplicate: Chance::from_percent(20),
        ..windy()
    };
    let faults = [
        Fault::Cut(from_to(1, 2)),
        Fault::Heal(Links::All),
        Fault::Clog(between(&[1], &[2])),
        Fault::Release(between(&[1], &[2])),
        Fault::Reset(from_to(1, 2)),
        Fault::Reset(from_to(2, 1)),
        Fault::Pause(group(&[2])),
        Fault::Resume(group(&[2])),
        Fault::Crash(group(&[2]), None),
        Fault::Boot(group(&[2])),
        Fault::Lag(group(&[2]), ms(3)),
        Fault::Crash(group(&[1]), None),
        Fault::Boot(group(&[1])),
    ];
    let (mut arrived, mut broken) = (0, 0);
    for seed in 0..300_u64 {
        let mut stage = Stage::set(seed, 2, &stormy, &[]);
        let mut luck = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut number = 0;
        for round in 0..20 {
            number += 1;
            let session = SessionId { number, ..SESSION };
            stage.ask(1, Do::Open(session, ms(500)));
            for word in WORDS {
                stage.ask(1, Do::SendOn(session, word));
                luck = luck.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                if luck >> 60 < 3 {
                    let fault = (luck >> 32) as usize % faults.len();
                    stage.fault(faults[fault].clone());
                }
                stage.until(round * 100 + (luck >> 58));
            }
            stage.until((round + 1) * 100);
        }
        stage.until(10_000);
        for number in 1..=number {
            let start = format!("n1>n2~{number} arrives ");
            let notes = stage.notes(2);
            let heard: Vec<&str> =
                notes.iter().filter_map(|note| Some(note.split_once(&start)?.1)).collect();
            // What n1 was not up to send was not asked of it: the words that it sent, in order.
            let sent = stage.told(&["session"]);
            let acts = format!("n1>n2~{number} n1 sends ");
            let sent: Vec<&str> = sent
                .iter()
                .filter_map(|line| Some(line.split_once(&acts)?.1.split_once(' ')?.0))
                .collect();
            assert!(sent.starts_with(&heard), "seed {seed}: {sent:?} {heard:?}");
            arrived += heard.len();
            broken += usize::from(heard.len() < sent.len());
        }
    }
    assert!(arrived > 5_000 && broken > 100, "{arrived} arrived, {broken} sessions broken");
}
