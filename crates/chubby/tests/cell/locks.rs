//! Locks, end to end.

use squall_chubby::database::LockMode;
use squall_chubby::{Error, Op};
use squall_process::{Outcome, Span};

use crate::cell::{Cell, c, h, lock, open, open_with, read, write};

#[test]
fn a_client_opens_a_file_writes_it_and_locks_it() {
    let mut cell = Cell::plain(2);
    assert_eq!(cell.done(c(1), open(1, "/db")), "created file #4 content 0 lock 0 acl 0 length 0");
    assert_eq!(cell.done(c(1), write(1, "mine")), "file #4 content 1 lock 0 acl 0 length 4");
    assert_eq!(cell.done(c(1), lock(1)), "held exclusive 1");
    // The other client sees it, and does not get the lock.
    assert_eq!(cell.done(c(2), open(1, "/db")), "opened file #4 content 1 lock 1 acl 0 length 4");
    assert_eq!(cell.done(c(2), read(1)), "\"mine\" file #4 content 1 lock 1 acl 0 length 4");
    let attempt = Op::TryAcquire(h(1), LockMode::Exclusive);
    assert_eq!(cell.done(c(2), attempt), "error lock-held");
}

#[test]
fn a_lock_passes_to_the_one_that_waits() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let waiting = cell.ask(c(2), lock(1));
    cell.run(2_000);
    assert!(!cell.outcomes.contains_key(&waiting));
    // The holder is told that it is in the way.
    assert_eq!(cell.done(c(1), Op::NextEvent), "event h1 conflicting-lock exclusive");
    cell.done(c(1), Op::Release(h(1)));
    let granted = cell.wait(waiting).expect("an answer").to_string();
    assert_eq!(granted, "done held exclusive 2");
}

#[test]
fn a_call_that_waits_can_be_cancelled() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let waiting = cell.ask(c(2), lock(1));
    cell.run(500);
    assert_eq!(cell.done(c(2), Op::Cancel(h(1))), "done");
    assert_eq!(cell.outcomes[&waiting].to_string(), "done error cancelled");
    // Nothing is left of it: the lock is free when the holder lets go.
    cell.done(c(1), Op::Release(h(1)));
    assert_eq!(cell.database().holders(&"/db".parse().unwrap()).count(), 0);
}

#[test]
fn a_poisoned_handle_fails_and_stays_until_it_is_closed() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let waiting = cell.ask(c(2), lock(1));
    cell.run(500);
    assert_eq!(cell.done(c(2), Op::Poison(h(1))), "done");
    assert_eq!(cell.outcomes[&waiting].to_string(), "done error poisoned");
    assert_eq!(cell.done(c(2), read(1)), "error poisoned");
    assert_eq!(cell.done(c(2), open(1, "/db")), "error handle-in-use");
    assert_eq!(cell.done(c(2), Op::Close(h(1))), "done");
    assert!(cell.done(c(2), open(1, "/db")).starts_with("opened"));
}

#[test]
fn a_dead_holder_s_lock_is_free_after_lease_and_delay() {
    let mut cell = Cell::plain(2);
    let delay = Span::from_millis(1_000);
    cell.done(c(1), open_with(1, "/db", |options| options.lock_delay = delay));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let waiting = cell.ask(c(2), lock(1));
    cell.run(300);
    cell.crash(c(1));
    let crashed = cell.now;
    assert_eq!(cell.wait(waiting).expect("an answer").to_string(), "done held exclusive 2");
    let waited = Span::from_nanos(cell.now - crashed);
    assert!(waited > delay && waited < Span::from_millis(2_000), "{waited}");
}

#[test]
fn without_a_delay_the_lock_is_free_after_the_lease() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    cell.crash(c(1));
    let crashed = cell.now;
    assert_eq!(cell.done(c(2), lock(1)), "held exclusive 2");
    assert!(cell.now - crashed < 900_000_000);
}

#[test]
fn a_sequencer_ends_with_the_lock() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(1), open(2, "/data"));
    cell.done(c(1), lock(1));
    let text = cell.done(c(1), Op::GetSequencer(h(1)));
    let sequencer: squall_chubby::Sequencer = text.parse().expect("a sequencer");
    assert_eq!(cell.done(c(1), Op::SetSequencer(h(2), sequencer.clone())), "done");
    assert!(cell.done(c(1), write(2, "while it holds")).starts_with("file"));
    // Another server asks whether a request that carries it may pass.
    cell.done(c(2), open(1, "/db"));
    assert_eq!(cell.done(c(2), Op::CheckSequencer(sequencer.clone())), "done");
    cell.done(c(1), Op::Release(h(1)));
    assert_eq!(cell.done(c(2), Op::CheckSequencer(sequencer)), "error sequencer-invalid");
    assert_eq!(cell.done(c(1), write(2, "too late")), "error sequencer-invalid");
    let forged = text.replace(":exclusive:1:", ":exclusive:2:").parse().expect("a sequencer");
    assert_eq!(cell.done(c(2), Op::CheckSequencer(forged)), "error forged");
    let other = text.replace("/ls/local", "/ls/other").parse().expect("a sequencer");
    assert_eq!(cell.done(c(2), Op::CheckSequencer(other)), "error other-cell");
    assert_eq!(cell.done(c(2), Op::GetSequencer(h(1))), "error not-held");
}

#[test]
fn ending_a_session_releases_everything() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open_with(1, "/db", |o| o.lock_delay = Span::from_secs(60)));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    assert_eq!(cell.done(c(1), Op::EndSession), "done");
    assert_eq!(cell.done(c(2), lock(1)), "held exclusive 2");
    // Its handle is dead, and a new session does not bring it back.
    assert_eq!(cell.done(c(1), read(1)), format!("error {}", Error::NoSession));
    cell.done(c(1), open(2, "/db"));
    assert_eq!(cell.done(c(1), lock(1)), format!("error {}", Error::NoSession));
    let other = cell.outcome(c(1), Op::TryAcquire(h(2), LockMode::Exclusive));
    assert_eq!(other.to_string(), "done error lock-held");
    assert_ne!(other, Outcome::Unknown);
}

#[test]
fn releasing_what_only_waits_releases_nothing() {
    // A release that reached the master just after the grant would give up a lock that the client
    // is about to be told that it holds.
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let waiting = cell.ask(c(2), lock(1));
    cell.run(100);
    cell.ask(c(1), Op::Release(h(1)));
    cell.run(7);
    assert_eq!(cell.done(c(2), Op::Release(h(1))), "error not-held");
    assert_eq!(cell.wait(waiting).expect("an answer").to_string(), "done held exclusive 2");
    assert_eq!(cell.done(c(1), Op::TryAcquire(h(1), LockMode::Exclusive)), "error lock-held");
}
