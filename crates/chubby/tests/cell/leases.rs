//! Leases: conservative at the client, generous at the master; jeopardy, and how it ends.

use squall_chubby::{Op, Settings, marks};
use squall_process::{Instant, Outcome, Span};

use crate::cell::{Cell, c, h, lock, n, open, read, write};

fn events(cell: &mut Cell, count: usize) -> Vec<String> {
    (0..count).map(|_| cell.done(c(1), Op::NextEvent)).collect()
}

#[test]
fn an_idle_session_lives() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    cell.run(20_000);
    assert!(cell.done(c(1), read(1)).contains("file"));
    assert!(!cell.marks.contains(marks::JEOPARDY));
    // Two messages and a few repeated ones for each half of a lease of 500 ms.
    assert!(cell.messages["keep-alive"] < 600, "{:?}", cell.messages);
}

#[test]
fn without_a_master_a_session_is_in_jeopardy_and_then_safe() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    let servers = [n(1), n(2), n(3)];
    servers.into_iter().for_each(|server| cell.crash(server));
    cell.run(1_000);
    assert!(cell.client(c(1)).is_in_jeopardy());
    assert_eq!(cell.done(c(1), Op::NextEvent), "event jeopardy");
    // A call waits, and is answered when there is a master again.
    let id = cell.ask(c(1), read(1));
    cell.run(300);
    assert!(!cell.outcomes.contains_key(&id));
    servers.into_iter().for_each(|server| cell.boot(server));
    assert!(matches!(cell.wait(id), Some(Outcome::Done(_))));
    assert!(events(&mut cell, 2).contains(&"event safe".to_owned()));
    assert!(!cell.client(c(1)).is_in_jeopardy());
}

#[test]
fn a_session_without_a_master_expires_after_the_grace_period() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(1), lock(1));
    let servers = [n(1), n(2), n(3)];
    servers.into_iter().for_each(|server| cell.crash(server));
    cell.run(400);
    let id = cell.ask(c(1), write(1, "lost"));
    cell.run(3_000);
    // The write was sent, so it is not known what became of it.
    assert_eq!(cell.outcomes.get(&id), Some(&Outcome::Unknown));
    assert_eq!(events(&mut cell, 2), ["event jeopardy", "event expired"]);
    servers.into_iter().for_each(|server| cell.boot(server));
    // Every call on the old handle fails the same way; a new open has a session of its own.
    assert_eq!(cell.done(c(1), read(1)), "error session-expired");
    assert!(cell.done(c(1), open(2, "/db")).starts_with("opened"));
    assert_eq!(cell.done(c(1), read(1)), "error session-expired");
    assert_eq!(cell.done(c(1), Op::Close(h(1))), "done");
}

#[test]
fn a_client_that_is_cut_off_gives_up_its_lock_before_another_gets_it() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    cell.isolate(c(1));
    assert_eq!(cell.done(c(2), lock(1)), "held exclusive 2");
    assert!(cell.client(c(1)).is_in_jeopardy());
    cell.heal();
    cell.run(1_000);
    assert!(cell.marks.contains(marks::EXPIRED));
    assert_eq!(cell.done(c(1), Op::Release(h(1))), "error session-expired");
}

#[test]
fn clocks_at_the_bound_break_nothing() {
    // The client's clock is slow and the servers' are fast, by as much as the bound allows: 25 %.
    let settings = Settings::majority(3, Span::from_millis(500)).unwrap();
    let timing = squall_chubby::Timing { rate_error_per_mille: 250, ..settings.timing().clone() };
    let log = squall_paxos::log::Settings::clone(settings.log());
    let terms = squall_paxos::log::LeaseTerms {
        length: Span::from_millis(200),
        rate_error_per_mille: 250,
        margin: Span::from_millis(1),
    };
    let log = log.with_lease(terms).unwrap();
    let settings = Settings::new("local", log, timing, settings.key()).unwrap();
    let mut cell = Cell::new(settings, 3, 2, 11);
    cell.set_rate(c(1), 750);
    (1..=3).for_each(|server| cell.set_rate(n(server), 1_250));
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    cell.run(5_000);
    assert!(!cell.marks.contains(marks::JEOPARDY), "it is kept alive all the same");
    cell.isolate(c(1));
    // The check of the cell sees both clients hold, if they ever do.
    assert_eq!(cell.done(c(2), lock(1)), "held exclusive 2");
}

#[test]
fn a_paused_holder_does_not_act_as_one_when_it_wakes_up() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    cell.pause(c(1));
    assert_eq!(cell.done(c(2), lock(1)), "held exclusive 2");
    // Its clock ran on, so it knows in its first step.
    let now = Instant::from_nanos(cell.now);
    assert_eq!(cell.client(c(1)).holds(h(1), now), None);
    cell.resume(c(1));
    cell.run(500);
    assert_eq!(cell.done(c(1), read(1)), "error session-expired");
}

#[test]
fn a_master_that_was_paused_reads_before_it_expires() {
    // One server, so that there is no other master. It sleeps for longer than a lease; the
    // KeepAlives of its clients wait for it.
    let settings = Settings::majority(1, Span::from_millis(500)).unwrap();
    let mut cell = Cell::new(settings, 1, 1, 3);
    cell.done(c(1), open(1, "/db"));
    cell.run(200);
    cell.pause(n(1));
    cell.run(1_500);
    cell.resume(n(1));
    assert!(cell.done(c(1), read(1)).contains("file"));
    assert!(!cell.marks.contains(marks::SESSION_EXPIRED), "{}", cell.story());
}

#[test]
fn without_any_server_an_open_is_refused_in_the_end() {
    let mut cell = Cell::plain(1);
    [n(1), n(2), n(3)].into_iter().for_each(|server| cell.crash(server));
    assert_eq!(cell.outcome(c(1), open(1, "/db")), Outcome::Refused);
    assert_eq!(cell.done(c(1), read(1)), "error handle-closed");
}
