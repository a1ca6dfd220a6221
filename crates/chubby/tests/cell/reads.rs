//! Caches, events, access control, and names that are none.

use squall_chubby::database::{Access, Kind};
use squall_chubby::{Create, Op, OpenCall, OpenOptions, marks};

use crate::cell::{Cell, c, h, lock, open, open_with, read, write};

#[test]
fn a_second_read_asks_no_server() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    let first = cell.done(c(1), read(1));
    let calls = cell.messages["call"];
    assert_eq!(cell.done(c(1), read(1)), first);
    assert!(cell.done(c(1), Op::GetStat(h(1))).starts_with("file"));
    assert_eq!(cell.messages["call"], calls);
}

#[test]
fn a_write_waits_until_no_cache_has_the_old_contents() {
    let mut cell = Cell::plain(3);
    for client in 1..=3 {
        cell.done(c(client), open(1, "/db"));
        cell.done(c(client), read(1));
    }
    cell.done(c(3), write(1, "new"));
    assert!(cell.marks.contains(marks::INVALIDATION));
    for client in 1..=3 {
        assert!(cell.done(c(client), read(1)).starts_with("\"new\""), "c{client}");
    }
}

#[test]
fn a_write_waits_for_a_lease_and_no_longer() {
    let mut cell = Cell::plain(2);
    for client in 1..=2 {
        cell.done(c(client), open(1, "/db"));
    }
    cell.done(c(2), read(1));
    cell.isolate(c(2));
    let began = cell.now;
    let id = cell.ask(c(1), write(1, "new"));
    cell.run(100);
    // The old contents are right as long as the write has not returned.
    assert!(cell.done(c(2), read(1)).starts_with("\"\""));
    assert!(!cell.outcomes.contains_key(&id));
    cell.wait(id).expect("an answer");
    assert!(cell.now - began < 600_000_000, "{}", cell.now - began);
    let old = cell.ask(c(2), read(1));
    cell.run(100);
    assert!(!cell.outcomes.contains_key(&old), "a cache is not used in jeopardy");
}

#[test]
fn absence_is_cached_until_the_node_is_created() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    let look = || open_with(2, "/new", |options| options.create = Create::Never);
    assert_eq!(cell.done(c(1), look()), "error not-found");
    let calls = cell.messages["call"];
    assert_eq!(cell.done(c(1), look()), "error not-found");
    assert_eq!(cell.messages["call"], calls);
    cell.done(c(2), open(1, "/new"));
    assert!(cell.done(c(1), look()).starts_with("opened"));
}

#[test]
fn a_lock_changes_the_numbers_that_are_cached() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(2), Op::GetStat(h(1)));
    cell.done(c(1), lock(1));
    assert!(cell.done(c(2), Op::GetStat(h(1))).contains("lock 1"));
}

#[test]
fn events_come_after_their_effect_and_in_order() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open_with(1, "/d", |options| options.kind = Kind::Directory));
    cell.done(c(2), open(1, "/d/a"));
    assert_eq!(cell.done(c(1), Op::NextEvent), "event h1 child-added a");
    assert_eq!(cell.done(c(1), Op::ReadDir(h(1))), "children a");
    cell.done(c(2), write(1, "x"));
    cell.done(c(2), Op::Delete(h(1)));
    assert_eq!(cell.done(c(1), Op::NextEvent), "event h1 child-modified a");
    assert_eq!(cell.done(c(1), Op::NextEvent), "event h1 child-removed a");
    assert_eq!(cell.done(c(1), Op::ReadDir(h(1))), "children");
    // The handle on what was deleted is for nothing any more, though the name comes back.
    assert_eq!(cell.done(c(2), Op::NextEvent), "event h1 contents-modified");
    assert_eq!(cell.done(c(2), Op::NextEvent), "event h1 handle-invalid");
    cell.done(c(1), open(2, "/d/a"));
    assert_eq!(cell.done(c(2), read(1)), "error node-deleted");
}

#[test]
fn a_file_is_written_by_generation() {
    let mut cell = Cell::plain(2);
    cell.done(c(1), open(1, "/db"));
    let swap = |text: &str, generation| {
        Op::SetContents(h(1), squall_chubby::Contents::from(text), Some(generation))
    };
    assert!(cell.done(c(1), swap("a", 0)).contains("content 1"));
    assert_eq!(cell.done(c(1), swap("b", 0)), "error other-generation");
    let large = "x".repeat((256 << 10) + 1);
    assert_eq!(cell.done(c(1), write(1, &large)), "error too-large");
}

#[test]
fn who_may_not_is_told_so() {
    let mut cell = Cell::plain(2);
    let list = |options: &mut OpenOptions| options.contents = "c1".into();
    cell.done(c(1), open_with(1, "/acl/own", list));
    let own = |options: &mut OpenOptions| options.acl = Some("all,own,own".parse().unwrap());
    cell.done(c(1), open_with(2, "/mine", own));
    assert_eq!(cell.done(c(2), open(1, "/mine")), "error no-permission");
    let read_only = |options: &mut OpenOptions| options.access = Access::READ;
    cell.done(c(2), open_with(1, "/mine", read_only));
    assert_eq!(cell.done(c(2), write(1, "x")), "error not-open-for-this");
    assert_eq!(cell.done(c(2), lock(1)), "error not-open-for-this");
    // The list is a file like another. A handle that is open stays open.
    assert!(cell.done(c(1), write(1, "c2")).starts_with("file"));
    assert!(cell.done(c(2), open(2, "/mine")).starts_with("opened"));
    assert!(cell.done(c(1), write(2, "still")).starts_with("file"));
    let missing = Op::SetAcl(h(2), "missing".parse().unwrap(), None);
    assert_eq!(cell.done(c(1), missing), "error unknown-acl");
}

#[test]
fn what_is_no_name_is_told_so() {
    let mut cell = Cell::plain(1);
    let named = |name: &str, directory| {
        let options = OpenOptions::default();
        let name = name.to_owned();
        Op::Open(Box::new(OpenCall { handle: h(9), name, directory, options }))
    };
    let long = format!("/ls/local/{}", "a".repeat(2_000));
    let cases = [
        ("", "error empty-name"),
        ("/db", "error name-without-cell"),
        ("/ls/local/a/../b", "error dots-in-name"),
        ("/ls/local//b", "error empty-component"),
        ("/ls/other/b", "error other-cell"),
        ("/ls/local/none", "error not-found"),
        (long.as_str(), "error name-too-long"),
    ];
    for (name, error) in cases {
        assert_eq!(cell.done(c(1), named(name, None)), error, "{name}");
    }
    // A name relative to a directory.
    cell.done(c(1), open_with(1, "/d", |options| options.kind = Kind::Directory));
    cell.done(c(1), open(2, "/d/a"));
    assert!(cell.done(c(1), named("a", Some(h(1)))).starts_with("opened"));
    assert_eq!(cell.done(c(1), Op::Close(h(9))), "done");
    assert_eq!(cell.done(c(1), named("../a", Some(h(1)))), "error dots-in-name");
    assert_eq!(cell.done(c(1), named("a", Some(h(7)))), "error handle-closed");
    assert_eq!(cell.done(c(1), read(5)), "error handle-closed");
    assert_eq!(cell.done(c(1), Op::Close(h(5))), "done");
    assert_eq!(cell.done(c(1), Op::Delete(h(1))), "error not-empty");
    assert_eq!(cell.done(c(1), Op::ReadDir(h(2))), "error is-file");
    assert_eq!(cell.done(c(1), read(1)), "error is-directory");
    assert_eq!(cell.done(c(1), Op::Release(h(2))), "error not-held");
}
