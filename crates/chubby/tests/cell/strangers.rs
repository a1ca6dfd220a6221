//! Messages that no client library sends: forged, stolen, stale, or of no session.

use squall_chubby::database::{Instance, LockMode, SessionId};
use squall_chubby::{Call, Error, Handle, Key, Message, Op, Settings, Value};
use squall_process::{Instant, ProcessId, Span};

use crate::cell::{Cell, c, h, open};

/// The handle that `client` was given last.
fn handle(cell: &Cell, client: ProcessId) -> Handle {
    let opened = cell.heard.iter().find_map(|(to, message)| match message {
        Message::Return { result: Ok(Value::Opened { handle, .. }), .. } if *to == client => {
            Some(handle.clone())
        }
        _ => None,
    });
    opened.expect("a handle")
}

/// Makes a call in the name of `client` and returns what the master answers at once.
fn call(cell: &mut Cell, client: ProcessId, number: u64, call: Call) -> Result<Value, Error> {
    let session = cell.client(client).session().expect("a session");
    let master = cell.elect();
    let (epoch, _) = cell.stages[cell.stages.len() - 1];
    let message = Message::Call { session, epoch, number, guard: None, call };
    cell.inject(client, master, message);
    let answer = cell.heard.iter().find_map(|(to, message)| match message {
        Message::Return { number: answered, result, .. } if *answered == number => {
            (*to == client).then(|| result.clone())
        }
        _ => None,
    });
    answer.expect("an answer")
}

#[test]
fn a_handle_of_another_session_is_refused() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    let stolen = handle(&cell, c(1));
    let calls = [
        Call::GetStat(stolen.clone()),
        Call::Acquire(stolen.clone(), LockMode::Exclusive),
        Call::Close(stolen),
    ];
    for (number, stolen) in (100..).zip(calls) {
        assert_eq!(call(&mut cell, c(2), number, stolen), Err(Error::OtherSession));
    }
}

#[test]
fn a_handle_under_another_key_is_forged() {
    // Another cell makes the same handle under a key of its own.
    let other = Settings::majority(3, Span::from_millis(500)).unwrap();
    let log = squall_paxos::log::Settings::clone(other.log());
    let other = Settings::new("local", log, other.timing().clone(), Key::new(7, 7)).unwrap();
    let mut other = Cell::new(other, 3, 1, 7);
    other.done(c(1), open(1, "/db"));
    let forged = handle(&other, c(1));
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    assert_eq!(handle(&cell, c(1)).number(), forged.number());
    assert_eq!(call(&mut cell, c(1), 100, Call::GetStat(forged)), Err(Error::Forged));
}

#[test]
fn a_late_call_on_a_closed_handle_does_not_revive_it() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    let closed = handle(&cell, c(1));
    cell.done(c(1), Op::Close(h(1)));
    let late = Call::Acquire(closed.clone(), LockMode::Exclusive);
    assert_eq!(call(&mut cell, c(1), 100, late), Err(Error::HandleClosed));
    // Nor in the next epoch, if it was closed in that one.
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    let old = handle(&cell, c(1));
    let master = cell.elect();
    cell.crash(master);
    cell.run_until(20_000, |cell| cell.master().is_some_and(|other| other != master));
    cell.done(c(1), Op::Close(h(1)));
    assert_eq!(call(&mut cell, c(1), 200, Call::GetStat(old)), Err(Error::HandleClosed));
}

#[test]
fn a_session_that_never_was_is_answered_and_not_invented() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    let (master, session) = (cell.elect(), SessionId(99));
    let (epoch, number, sent) = (1, 1, Instant::ZERO);
    let call = Call::Refresh(Vec::new());
    let messages = [
        Message::KeepAlive { session, epoch, number, sent },
        Message::Call { session, epoch, number, guard: None, call },
    ];
    for message in messages {
        cell.inject(c(7), master, message);
        assert_eq!(cell.heard[0], (c(7), Message::NoSession(session)));
    }
    // Neither is the session of one client that of another.
    let session = cell.client(c(1)).session().expect("a session");
    cell.inject(c(7), master, Message::KeepAlive { session, epoch, number, sent });
    assert_eq!(cell.heard[0], (c(7), Message::NoSession(session)));
    assert_eq!(cell.heard[1].0, c(7));
    let node = cell.database().lookup(&"/db".parse().unwrap()).expect("it is there");
    assert_eq!(node.instance, Instance(4));
}
