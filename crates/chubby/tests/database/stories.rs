//! What the database does in situations that have a name.

use squall_chubby::database::{
    Access, Action, Command, Database, Done, HandleNumber, Held, HeldLock, Instance, Kind,
    Lifetime, Limits, LockMode, NodeId, SessionId,
};
use squall_chubby::{Contents, Error};
use squall_paxos::log::{LogTime, StateMachine};
use squall_process::{ProcessId, Span};

use crate::cell::{Cell, directory, file, path};

const EXCLUSIVE: LockMode = LockMode::Exclusive;
const SHARED: LockMode = LockMode::Shared;

#[test]
fn a_lock_goes_from_hand_to_hand() {
    let mut cell = Cell::new(3);
    cell.done(1, file("/db", ""));
    assert_eq!(
        cell.acquire(1, "/db", EXCLUSIVE),
        "granted exclusive 1; S1/h1 granted /db#4 exclusive 1"
    );
    // The second waits; its master hears who is in the way. Trying does not wait.
    assert_eq!(cell.acquire(2, "/db", EXCLUSIVE), "waiting; S2/h1 waits /db#4 exclusive");
    assert_eq!(cell.try_acquire(3, "/db", SHARED), "error lock-held");
    // Release and grant are one step, and each hand-over has a generation of its own.
    assert_eq!(cell.release(1, "/db"), "released; S2/h1 granted /db#4 exclusive 2");
    assert_eq!(cell.release(1, "/db"), "error not-held");
}

#[test]
fn a_lost_lock_is_free_after_its_delay() {
    let mut cell = Cell::new(3);
    cell.delay = Span::from_millis(100);
    cell.done(1, file("/db", ""));
    cell.acquire(1, "/db", EXCLUSIVE);
    cell.acquire(2, "/db", EXCLUSIVE);
    assert_eq!(cell.expire(1), "nothing; ended S1; delayed /db");
    // Neither a waiter nor a newcomer gets it before the time is over.
    cell.pass(99);
    assert_eq!(cell.try_acquire(3, "/db", EXCLUSIVE), "error lock-held");
    assert_eq!(cell.wake("/db"), "error lock-delay");
    cell.pass(1);
    assert_eq!(cell.wake("/db"), "nothing; S2/h1 granted /db#4 exclusive 2");
}

#[test]
fn a_lock_that_is_let_go_is_free_at_once() {
    let mut cell = Cell::new(3);
    cell.delay = Span::from_secs(10);
    cell.done(1, file("/db", ""));
    cell.acquire(1, "/db", EXCLUSIVE);
    cell.acquire(2, "/db", EXCLUSIVE);
    let ended = cell.apply(&Command::CloseSession { session: SessionId(1) });
    assert_eq!(ended.to_string(), "nothing; ended S1; S2/h1 granted /db#4 exclusive 2");
    // A handle that is closed lets go too.
    let (node, handle) = (cell.node("/db"), HandleNumber(1));
    cell.done(2, Action::Close { node, handle });
    assert!(cell.try_acquire(3, "/db", EXCLUSIVE).starts_with("granted exclusive 3"));
}

#[test]
fn deleting_a_node_does_not_end_its_lock_delay() {
    let mut cell = Cell::new(3);
    cell.delay = Span::from_millis(100);
    cell.done(1, file("/db", ""));
    cell.acquire(1, "/db", EXCLUSIVE);
    let (node, handle) = (cell.node("/db"), HandleNumber(1));
    let deleted = cell.call(2, Action::Delete { node: node.clone(), handle });
    assert_eq!(deleted.to_string(), "deleted; delayed /db; deleted /db#4");
    // The new node of that name is another one, under the delay of the old one.
    cell.done(2, file("/db", ""));
    assert_eq!(cell.node("/db").instance, Instance(5));
    assert_eq!(cell.try_acquire(2, "/db", EXCLUSIVE), "error lock-delay");
    // The former holder has nothing left, and its handle is for a node that is gone.
    assert_eq!(cell.error(1, Action::Release { node, handle }), Error::NodeDeleted);
}

#[test]
fn a_delay_is_never_longer_than_the_cell_allows() {
    let mut cell = Cell::new(1);
    cell.delay = Span::from_secs(3_600);
    cell.done(1, file("/db", ""));
    cell.acquire(1, "/db", EXCLUSIVE);
    cell.expire(1);
    let until = LogTime(Span::from_secs(60));
    assert_eq!(cell.database.first_delay(), Some((until, path("/db"))));
}

#[test]
fn readers_share_and_a_writer_waits_for_all_of_them() {
    let mut cell = Cell::new(4);
    cell.done(1, file("/db", ""));
    assert!(cell.acquire(1, "/db", SHARED).starts_with("granted shared 1"));
    assert!(cell.acquire(2, "/db", SHARED).starts_with("granted shared 1"));
    assert!(cell.acquire(3, "/db", EXCLUSIVE).starts_with("waiting"));
    // A reader that comes later waits behind the writer.
    assert!(cell.acquire(4, "/db", SHARED).starts_with("waiting"));
    assert_eq!(cell.release(1, "/db"), "released");
    assert_eq!(cell.expire(2), "nothing; ended S2; S3/h1 granted /db#4 exclusive 2");
    assert_eq!(cell.release(3, "/db"), "released; S4/h1 granted /db#4 shared 3");
}

#[test]
fn a_repeated_call_is_answered_and_not_applied() {
    let mut cell = Cell::new(2);
    let create =
        Command::Call { session: SessionId(1), sequence: 1, guard: None, action: file("/db", "x") };
    assert_eq!(cell.apply(&create).to_string(), "created /db#4; created /db#4");
    assert_eq!(cell.apply(&create).to_string(), "created /db#4");
    // A call that is older was answered. Numbers may be left out.
    let call = |sequence| Command::Call {
        session: SessionId(1),
        sequence,
        guard: None,
        action: file("/e", ""),
    };
    assert!(cell.apply(&call(3)).result.is_ok());
    for sequence in [0, 2] {
        assert_eq!(cell.apply(&call(sequence)).result, Err(Error::OutOfOrder), "{sequence}");
    }
    // A session that asks for the lock again keeps its place.
    cell.acquire(2, "/db", EXCLUSIVE);
    assert_eq!(cell.acquire(2, "/db", EXCLUSIVE), "granted exclusive 1");
    assert_eq!(cell.acquire(2, "/db", SHARED), "error other-mode");
}

#[test]
fn a_session_that_ended_is_never_granted_anything() {
    let mut cell = Cell::new(3);
    cell.done(1, file("/db", ""));
    cell.acquire(1, "/db", EXCLUSIVE);
    cell.acquire(2, "/db", EXCLUSIVE);
    cell.acquire(3, "/db", EXCLUSIVE);
    cell.expire(2);
    assert_eq!(cell.release(1, "/db"), "released; S3/h1 granted /db#4 exclusive 2");
    assert_eq!(cell.error(2, file("/x", "")), Error::NoSession);
    assert_eq!(cell.expire(2), "error no-session");
    // A session that never was is not invented.
    cell.apply(&Command::Expire { session: SessionId(99) });
    assert_eq!(cell.database.sessions().count(), 2);
}

#[test]
fn opening_a_session_twice_opens_one() {
    let mut cell = Cell::new(1);
    let client = ProcessId::client(1);
    assert_eq!(cell.apply(&Command::OpenSession { client, nonce: 7 }).to_string(), "S1");
    // Another life of the client has another nonce.
    assert_eq!(cell.apply(&Command::OpenSession { client, nonce: 8 }).to_string(), "S2");
}

#[test]
fn a_write_names_the_generation_that_it_replaces() {
    let mut cell = Cell::new(1);
    cell.done(1, file("/db", "a"));
    let node = cell.node("/db");
    let write = |text, generation| Action::SetContents {
        node: node.clone(),
        contents: Contents::from(text),
        generation,
    };
    cell.done(1, write("b", Some(0)));
    assert_eq!(cell.error(1, write("c", Some(0))), Error::OtherGeneration);
    assert_eq!(cell.error(1, write("c", Some(2))), Error::OtherGeneration);
    cell.done(1, write("d", None));
    let read = cell.database.file(&node).unwrap().to_string();
    assert_eq!(read, "\"d\" file #4 content 2 lock 0 acl 0 length 1");
}

#[test]
fn a_sequencer_guards_a_call() {
    let mut cell = Cell::new(2);
    cell.done(1, file("/lock", ""));
    cell.done(1, file("/db", ""));
    cell.acquire(1, "/lock", EXCLUSIVE);
    let held = Held { mode: EXCLUSIVE, generation: 1 };
    let guard = HeldLock { node: cell.node("/lock"), held };
    let node = cell.node("/db");
    let write = || Action::SetContents {
        node: node.clone(),
        contents: Contents::from("by the holder"),
        generation: None,
    };
    assert!(cell.call_if(1, Some(guard.clone()), write()).result.is_ok());
    // Another mode, another generation, another node: none of them is held.
    let shared = HeldLock { held: Held { mode: SHARED, ..held }, ..guard.clone() };
    let later = HeldLock { held: Held { generation: 2, ..held }, ..guard.clone() };
    let instance = Instance(99);
    let other = HeldLock { node: NodeId { instance, ..guard.node.clone() }, held };
    for wrong in [shared, later, other] {
        let reply = cell.call_if(1, Some(wrong), write());
        assert_eq!(reply.result, Err(Error::SequencerInvalid));
    }
    // The lock passes on; the sequencer of the first holder is worth nothing any more.
    cell.acquire(2, "/lock", EXCLUSIVE);
    cell.release(1, "/lock");
    assert_eq!(cell.call_if(1, Some(guard), write()).result, Err(Error::SequencerInvalid));
}

#[test]
fn lists_decide_who_may_create_delete_and_open() {
    let mut cell = Cell::new(2);
    cell.done(1, file("/acl/team", "c1"));
    let private = Action::Create {
        path: path("/team"),
        kind: Kind::Directory,
        lifetime: Lifetime::Permanent,
        contents: Contents::default(),
        acl: Some("all,team,team".parse().unwrap()),
        must: true,
    };
    cell.done(1, private);
    // c2 may look and nothing else. The child has the lists of its directory.
    cell.done(1, file("/team/plan", "x"));
    assert_eq!(cell.error(2, file("/team/mine", "")), Error::NoPermission);
    let (plan, c2) = (path("/team/plan"), ProcessId::client(2));
    assert!(cell.database.check_open(c2, &plan, Access::READ).is_ok());
    let refused = cell.database.check_open(c2, &plan, Access::WRITE);
    assert_eq!(refused, Err(Error::NoPermission));
    let (node, handle) = (cell.node("/team/plan"), HandleNumber(1));
    let delete = Action::Delete { node, handle };
    assert_eq!(cell.error(2, delete.clone()), Error::NoPermission);
    // The list is a file: who is written into it may.
    let list = Action::SetContents {
        node: cell.node("/acl/team"),
        contents: Contents::from("c1 c2"),
        generation: None,
    };
    cell.done(1, list);
    assert_eq!(cell.done(2, delete), Done::Deleted);
    let unknown = Action::SetAcl {
        node: cell.node("/team"),
        acl: "missing".parse().unwrap(),
        generation: None,
    };
    assert_eq!(cell.error(1, unknown), Error::UnknownAcl);
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut cell = Cell::new(1);
    cell.done(1, directory("/d"));
    cell.done(1, file("/d/f", ""));
    let handle = HandleNumber(1);
    let (root, d, f) = (cell.node("/"), cell.node("/d"), cell.node("/d/f"));
    let write = |node: &NodeId| Action::SetContents {
        node: node.clone(),
        contents: Contents::default(),
        generation: None,
    };
    let delete = |node: &NodeId| Action::Delete { node: node.clone(), handle };
    assert_eq!(cell.error(1, write(&d)), Error::IsDirectory);
    assert_eq!(cell.error(1, delete(&d)), Error::NotEmpty);
    assert_eq!(cell.error(1, delete(&root)), Error::IsRoot);
    assert_eq!(cell.error(1, file("/d/f", "")), Error::Exists);
    assert_eq!(cell.error(1, file("/d/f/g", "")), Error::NoDirectory);
    assert_eq!(cell.error(1, file("/x/y", "")), Error::NoDirectory);
    assert_eq!(cell.database.file(&d), Err(Error::IsDirectory));
    assert_eq!(cell.database.children(&f), Err(Error::IsFile));
    assert_eq!(cell.error(1, Action::Cancel { node: f.clone(), handle }), Error::NotHeld);
    cell.done(1, delete(&f));
    assert_eq!(cell.error(1, write(&f)), Error::NodeDeleted);
    cell.done(1, delete(&d));
}

#[test]
fn limits_are_kept() {
    let limits = Limits { contents_bytes: 4, bytes: 8, nodes: 6, sessions: 2, ..Limits::default() };
    let mut cell = Cell::new(0);
    cell.database = Database::new(limits);
    let client = ProcessId::client(1);
    for (nonce, result) in [(1, "S1"), (2, "S2"), (3, "error quota"), (2, "S2")] {
        let open = Command::OpenSession { client, nonce };
        assert_eq!(cell.apply(&open).to_string(), result);
    }
    let mut sequence = 0;
    let mut call = |action| {
        sequence += 1;
        let session = SessionId(1);
        cell.apply(&Command::Call { session, sequence, guard: None, action }).result
    };
    assert_eq!(call(file("/a", "12345")), Err(Error::TooLarge));
    assert!(call(file("/a", "1234")).is_ok());
    // The list of the root takes one byte.
    assert_eq!(call(file("/b", "1234")), Err(Error::Quota));
    assert!(call(file("/b", "123")).is_ok());
    assert!(call(file("/c", "")).is_ok());
    assert_eq!(call(file("/d", "")), Err(Error::Quota));
}

#[test]
fn an_ephemeral_node_goes_when_it_is_told_and_not_before_its_children() {
    let mut cell = Cell::new(1);
    let ephemeral = |text, kind| Action::Create {
        path: path(text),
        kind,
        lifetime: Lifetime::Ephemeral,
        contents: Contents::default(),
        acl: None,
        must: false,
    };
    cell.done(1, ephemeral("/up", Kind::Directory));
    cell.done(1, ephemeral("/up/c1", Kind::File));
    assert_eq!(cell.database.ephemerals().count(), 2);
    let remove = |node| Command::RemoveEphemeral { node };
    let (up, c1) = (cell.node("/up"), cell.node("/up/c1"));
    assert_eq!(cell.apply(&remove(up.clone())).result, Err(Error::NotEmpty));
    assert_eq!(cell.apply(&remove(c1)).to_string(), "deleted; deleted /up/c1#5");
    assert_eq!(cell.apply(&remove(up)).to_string(), "deleted; deleted /up#4");
    // A permanent node is never removed so.
    assert!(cell.apply(&remove(cell.node("/acl"))).result.is_err());
}

#[test]
fn a_snapshot_that_is_no_state_is_refused() {
    let mut cell = Cell::new(200);
    cell.done(1, directory("/d"));
    for number in 0..600 {
        cell.done(1, file(&format!("/d/{number}"), "some contents"));
    }
    let parts = cell.database.snapshot();
    assert!(parts.len() > 3, "several parts of nodes");
    assert_eq!(Database::restore(&parts).as_ref(), Some(&cell.database));
    assert_eq!(Database::restore(&[]), None);
    assert_eq!(Database::restore(&parts[1..]), None);
    // Without the part that holds the directory its children hang in the air.
    let torn: Vec<_> = parts[..1].iter().chain(&parts[2..]).cloned().collect();
    assert_eq!(Database::restore(&torn), None);
}
