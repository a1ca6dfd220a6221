//! The nine steps of a fail-over (CHUBBY section 2.9), one story each.

use squall_chubby::database::{Lifetime, LockMode};
use squall_chubby::{Op, Stage, marks};
use squall_process::Outcome;

use crate::cell::{Cell, c, h, lock, n, open, open_with, read, write};

/// The master crashes, and another one answers calls.
fn fail_over(cell: &mut Cell) {
    let first = cell.elect();
    cell.crash(first);
    cell.run_until(20_000, |cell| cell.master().is_some_and(|master| master != first));
    assert_ne!(cell.master(), Some(first), "{}", cell.story());
}

#[test]
fn a_master_goes_through_its_stages_in_order() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    fail_over(&mut cell);
    let expected = [
        Stage::Location,
        Stage::Rebuild,
        Stage::KeepAlives,
        Stage::FailOverEvent,
        Stage::Acknowledgements,
        Stage::AllCalls,
        Stage::Handles,
    ];
    let last = cell.stages.last().expect("stages").0;
    let entered = cell.stages.iter().filter(|(epoch, _)| *epoch == last);
    let entered: Vec<Stage> = entered.map(|(_, stage)| *stage).collect();
    assert_eq!(entered, expected);
    assert!(last > 1, "another epoch began");
}

#[test]
fn step_1_a_client_with_an_old_epoch_is_told_the_new_one() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    fail_over(&mut cell);
    assert!(cell.marks.contains(marks::OLD_EPOCH));
    assert!(cell.done(c(1), write(1, "under the new epoch")).starts_with("file"));
    assert!(!cell.marks.contains(marks::EXPIRED));
}

#[test]
fn step_2_a_master_without_a_lease_says_who_it_is_and_nothing_else() {
    // The master reaches its clients and no other server. Until it notices, it could tell of a
    // state that is the latest no more.
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    let master = cell.elect();
    [n(1), n(2), n(3)].into_iter().filter(|o| *o != master).for_each(|o| cell.cut(master, o));
    cell.run(110);
    let other = [n(1), n(2), n(3)].into_iter().filter(|o| *o != master);
    other.for_each(|other| cell.cut(other, c(1)));
    let id = cell.ask(c(1), Op::ReadDir(h(1)));
    cell.run(400);
    assert!(!cell.outcomes.contains_key(&id), "{}", cell.story());
    cell.heal();
    assert!(cell.wait(id).is_some());
}

#[test]
fn step_3_sessions_and_locks_are_as_the_database_has_them() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let waiting = cell.ask(c(2), lock(1));
    cell.run(100);
    fail_over(&mut cell);
    cell.run(1_000);
    // The holder holds, the other one waits, and each knows it.
    assert!(!cell.outcomes.contains_key(&waiting));
    assert_eq!(cell.done(c(1), lock(1)), "held exclusive 1");
    cell.done(c(1), Op::Release(h(1)));
    assert_eq!(cell.wait(waiting).expect("an answer").to_string(), "done held exclusive 2");
}

#[test]
fn step_3_a_new_master_assumes_the_longest_lease() {
    // The session and its master die together. Nothing tells how far its lease was extended, so
    // the lock is not free before the longest lease is over: 2.5 s here.
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let master = cell.elect();
    cell.crash(c(1));
    cell.crash(master);
    let crashed = cell.now;
    assert_eq!(cell.done(c(2), lock(1)), "held exclusive 2");
    assert!(cell.now - crashed > 2_500_000_000, "{}", cell.now - crashed);
}

#[test]
fn steps_4_and_6_calls_wait_until_every_session_knows_or_is_gone() {
    // c2 may have the file in its cache and does not answer. A write that went ahead would make it
    // read what is no longer true.
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(2), read(1));
    let master = cell.elect();
    cell.isolate(c(2));
    cell.crash(master);
    let crashed = cell.now;
    cell.done(c(1), write(1, "new"));
    assert!(cell.now - crashed > 2_500_000_000);
    // Meanwhile c1 was kept alive: KeepAlives are answered before calls are.
    assert!(!cell.done(c(1), read(1)).contains("expired"));
}

#[test]
fn step_5_a_fail_over_empties_the_cache() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(1), read(1));
    assert_eq!(cell.client(c(1)).cached(), 1);
    fail_over(&mut cell);
    cell.run(200);
    assert_eq!(cell.client(c(1)).cached(), 0);
    let mut events = Vec::new();
    for _ in 0..2 {
        events.push(cell.done(c(1), Op::NextEvent));
        if events.contains(&"event failed-over".to_owned()) {
            return;
        }
    }
    panic!("{events:?}");
}

#[test]
fn step_7_calls_that_waited_are_answered_once() {
    // The master dies with a call under way. It is in the log or not; either way it is done once.
    for after in [2, 8, 12, 20, 30] {
        let mut cell = Cell::plain(1);
        cell.done(c(1), open(1, "/db"));
        let id = cell.ask(c(1), write(1, "once"));
        cell.run(after);
        let master = cell.master().expect("a master");
        cell.crash(master);
        let outcome = cell.wait(id).expect("an answer");
        assert!(outcome.to_string().contains("content 1"), "{outcome}");
        assert!(cell.done(c(1), read(1)).contains("content 1"));
    }
}

#[test]
fn step_7_creating_a_node_is_repeated_without_harm() {
    for after in [4, 10, 16, 24] {
        let mut cell = Cell::plain(1);
        cell.done(c(1), open(1, "/db"));
        let create = open_with(2, "/new", |o| o.create = squall_chubby::Create::Always);
        let id = cell.ask(c(1), create);
        cell.run(after);
        let master = cell.master().expect("a master");
        cell.crash(master);
        let outcome = cell.wait(id).expect("an answer").to_string();
        assert!(outcome.starts_with("done created"), "{after} ms: {outcome}");
    }
}

#[test]
fn step_8_a_handle_of_an_earlier_epoch_is_taken_up_again() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    fail_over(&mut cell);
    assert!(cell.done(c(1), read(1)).contains("file"));
    assert!(cell.marks.contains(marks::HANDLE_RECREATED));
    // Its events are on again as well.
    cell.run(300);
    let second = Op::GetStat(h(1));
    assert!(cell.done(c(1), second).contains("file"));
}

#[test]
fn step_9_an_ephemeral_node_goes_after_a_while_unless_it_is_open() {
    let mut cell = Cell::plain(3);
    let ephemeral =
        |name: &str| open_with(1, name, |options| options.lifetime = Lifetime::Ephemeral);
    cell.done(c(1), ephemeral("/dies"));
    cell.done(c(2), ephemeral("/lives"));
    let master = cell.elect();
    cell.crash(c(1));
    cell.crash(master);
    cell.elect();
    // c1's session expires soon, its file stays: other clients may have it open.
    cell.run(500);
    assert_eq!(cell.database().ephemerals().count(), 2);
    cell.run(6_000);
    let left: Vec<String> =
        cell.database().ephemerals().map(|node| node.path.to_string()).collect();
    assert_eq!(left, ["/lives"], "{}", cell.story());
    // Without a fail-over it goes with the session.
    cell.done(c(3), ephemeral("/short"));
    cell.crash(c(3));
    cell.run(1_000);
    assert_eq!(cell.database().ephemerals().count(), 1);
}

#[test]
fn a_lock_delay_survives_a_fail_over() {
    let mut cell = Cell::plain(2);
    let delay = squall_process::Span::from_secs(10);
    cell.done(c(1), open_with(1, "/db", |options| options.lock_delay = delay));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    cell.crash(c(1));
    cell.run_until(5_000, |cell| cell.marks.contains(marks::SESSION_EXPIRED));
    let expired = cell.now;
    fail_over(&mut cell);
    let attempt = Op::TryAcquire(h(1), LockMode::Exclusive);
    assert_eq!(cell.outcome(c(2), attempt).to_string(), "done error lock-delay");
    let id = cell.ask(c(2), lock(1));
    assert!(matches!(cell.wait(id), Some(Outcome::Done(_))));
    // The time without a leader does not count.
    assert!(cell.now - expired >= 10_000_000_000);
}
