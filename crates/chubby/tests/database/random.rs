//! Random commands against the plain model, with snapshots and restores in between: the results
//! are the same, and so is all that can be seen.

use proptest::prelude::*;
use squall_chubby::database::{
    Action, Change, Command, Database, Done, HandleNumber, Held, HeldLock, Instance, Kind,
    Lifetime, LockCall, LockMode, NodeId, SessionId,
};
use squall_chubby::{Contents, Error};
use squall_paxos::log::{LogTime, StateMachine};
use squall_process::{ProcessId, Span};

use crate::cell::path;
use crate::model::Model;

const PATHS: [&str; 8] = ["/", "/a", "/a/b", "/a/b/c", "/d", "/acl", "/acl/all", "/acl/team"];

/// Small numbers that a command is made of.
#[derive(Clone, Debug)]
struct Draw {
    what: u8,
    session: u64,
    sequence: u8,
    path: usize,
    handle: u64,
    flag: bool,
    other: bool,
    small: u64,
    guarded: bool,
}

fn draw() -> impl Strategy<Value = Draw> {
    let first = (0..40u8, 1..5u64, 0..12u8, 0..PATHS.len(), 1..3u64);
    let second = (any::<bool>(), any::<bool>(), 0..4u64, proptest::bool::weighted(0.1));
    (first, second).prop_map(|(first, second)| {
        let (what, session, sequence, path, handle) = first;
        let (flag, other, small, guarded) = second;
        Draw { what, session, sequence, path, handle, flag, other, small, guarded }
    })
}

/// The node that a client means: the one that is there, or an earlier one of that name.
fn node(model: &Model, draw: &Draw) -> NodeId {
    let found = model.find(PATHS[draw.path]).map_or(1, |node| node.instance);
    let old = draw.sequence == 11;
    let instance = Instance(if old { found.saturating_sub(1) } else { found });
    NodeId { path: path(PATHS[draw.path]), instance }
}

fn action(model: &Model, draw: &Draw) -> Action {
    let (node, handle) = (node(model, draw), HandleNumber(draw.handle));
    let mode = if draw.flag { LockMode::Exclusive } else { LockMode::Shared };
    let delay = Span::from_secs(draw.small * 30);
    let lists = ["all", "team", "all,team,all", "missing"];
    let generation = draw.other.then_some(draw.small);
    let texts = ["", "*", "c1 c2", "a longer text"];
    let contents = Contents::from(texts[draw.small as usize]);
    match draw.what {
        0..8 => Action::Create {
            path: path(PATHS[draw.path]),
            kind: if draw.flag { Kind::Directory } else { Kind::File },
            lifetime: if draw.other { Lifetime::Ephemeral } else { Lifetime::Permanent },
            contents: if draw.flag && draw.handle == 1 { Contents::default() } else { contents },
            acl: draw.other.then(|| lists[draw.small as usize].parse().expect("lists")),
            must: draw.handle == 1,
        },
        8..11 => Action::SetContents { node, contents, generation },
        11 => {
            let acl = lists[draw.small as usize].parse().expect("lists");
            Action::SetAcl { node, acl, generation }
        }
        12..14 => Action::Delete { node, handle },
        14..22 => Action::Acquire(LockCall { node, handle, mode, delay }),
        22..25 => Action::TryAcquire(LockCall { node, handle, mode, delay }),
        25..29 => Action::Release { node, handle },
        29 => Action::Cancel { node, handle },
        _ => Action::Close { node, handle },
    }
}

fn command(model: &Model, draw: &Draw) -> Command {
    let session = SessionId(draw.session);
    match draw.what {
        31..34 => {
            let client = ProcessId::client(1 + u32::from(draw.flag));
            Command::OpenSession { client, nonce: draw.small }
        }
        34 => Command::CloseSession { session },
        35 => Command::Expire { session },
        36..38 => Command::Wake { path: path(PATHS[draw.path]) },
        38.. => Command::RemoveEphemeral { node: node(model, draw) },
        _ => {
            let open = model.sessions.iter().find(|open| open.id == draw.session);
            let last = open.map_or(0, |open| open.sequence);
            let sequence = match draw.sequence {
                0 => last,
                1 => last + 2,
                _ => last + 1,
            };
            let held = Held { mode: LockMode::Exclusive, generation: draw.small };
            let guard = draw.guarded.then(|| HeldLock { node: node(model, draw), held });
            Command::Call { session, sequence, guard, action: action(model, draw) }
        }
    }
}

/// Results are the same; of what was written the numbers are compared with all else.
fn same(found: &Result<Done, Error>, expected: &Result<Done, Error>) -> bool {
    matches!((found, expected), (Ok(Done::Written(_)), Ok(Done::Nothing))) || found == expected
}

fn compare(database: &Database, model: &Model) {
    for node in &model.nodes {
        let at = path(&node.path);
        let id = NodeId { path: at.clone(), instance: Instance(node.instance) };
        let stat = database.stat(&id).expect("the model has it");
        assert_eq!((stat.kind, stat.lifetime), (node.kind, node.lifetime));
        assert_eq!(stat.content_generation, node.writes);
        assert_eq!((stat.acl_generation, stat.lock_generation), (node.acl_writes, node.grants));
        assert_eq!(stat.checksum, node.contents.checksum());
        let held: Vec<_> = node.claims.iter().filter(|claim| claim.holds).collect();
        let holders: Vec<_> = database.holders(&at).collect();
        assert_eq!(holders.len(), held.len());
        for (holder, _) in holders {
            let same = |claim: &&&crate::model::Claim| claim.owner == holder.owner;
            let claim = held.iter().find(same).expect("the model has it");
            assert_eq!((holder.mode, holder.delay), (claim.mode, claim.delay));
        }
        for claim in node.claims.iter().filter(|claim| !claim.holds) {
            assert!(database.waits(&id, claim.owner));
        }
        if node.kind == Kind::Directory {
            let children = database.children(&id).expect("a directory");
            let prefix = if node.path == "/" { "/".to_owned() } else { format!("{}/", node.path) };
            let mut expected: Vec<&str> = model
                .nodes
                .iter()
                .filter_map(|child| child.path.strip_prefix(&prefix))
                .filter(|rest| !rest.is_empty() && !rest.contains('/'))
                .collect();
            expected.sort_unstable();
            let found: Vec<&str> = children.iter().map(|child| child.name.as_str()).collect();
            assert_eq!(found, expected, "children of {}", node.path);
        }
    }
    let open: Vec<u64> = database.sessions().map(|(id, _)| id.0).collect();
    assert_eq!(open, model.sessions.iter().map(|open| open.id).collect::<Vec<_>>());
}

/// What was said to touch nothing has changed nothing.
fn untouched(before: &Database, after: &Database, command: &Command) {
    let touched = before.touched(command);
    for text in PATHS {
        let at = path(text);
        let read = |database: &Database| database.lookup(&at).map(|id| database.stat(&id));
        if !touched.contains(&at) {
            assert_eq!(read(before), read(after), "{command} touches {text}");
        }
    }
}

proptest! {
    #[test]
    fn the_database_does_what_the_model_does(draws in prop::collection::vec(draw(), 1..150)) {
        let (mut database, mut model) = (Database::default(), Model::new());
        let mut at = Span::ZERO;
        for client in 1..=3 {
            let open = Command::OpenSession { client: ProcessId::client(client), nonce: 0 };
            database.apply(&open, LogTime(at));
            prop_assert!(model.apply(&open, at).is_ok());
        }
        for draw in draws {
            at += Span::from_secs(u64::from(draw.sequence));
            let command = command(&model, &draw);
            let before = database.clone();
            let reply = database.apply(&command, LogTime(at));
            let expected = model.apply(&command, at);
            prop_assert!(same(&reply.result, &expected), "{command}: {reply}, not {expected:?}");
            // A call that failed has changed nothing that can be seen.
            if reply.result.is_err() {
                prop_assert_eq!(&reply.changes, &Vec::<Change>::new());
            }
            untouched(&before, &database, &command);
            compare(&database, &model);
            if draw.handle == 1 && draw.small == 3 {
                let restored = Database::restore(&database.snapshot());
                prop_assert_eq!(restored.as_ref(), Some(&database));
                prop_assert_eq!(restored.map(|d| d.digest()), Some(database.digest()));
                database = Database::restore(&database.snapshot()).expect("a state");
            }
        }
    }
}
