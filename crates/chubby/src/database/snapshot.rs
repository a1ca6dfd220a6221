//! The database in parts, for a snapshot of the log (PML section 5.5).
//!
//! Model: the first part holds all that is one of a kind; nodes and sessions follow, a limited
//! number of bytes to a part, so that no part holds up the log.

use std::collections::BTreeMap;
use std::fmt;

use squall_paxos::log::LogTime;

use crate::Path;
use crate::database::{Database, Kind, Limits, Node, Session, SessionId, Sessions};

/// A part has about this many bytes at most, unless one file is larger.
const PART_BYTES: usize = 1 << 16;
/// What a node or a session takes beside contents.
const OVERHEAD_BYTES: usize = 256;

/// One part of the database.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Part(Kept);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Kept {
    Cell { limits: Limits, instances: u64, sessions: u64, delays: BTreeMap<Path, LogTime> },
    Nodes(Vec<(Path, Node)>),
    Sessions(Vec<(SessionId, Session)>),
}

pub(super) fn parts(database: &Database) -> Vec<Part> {
    let mut parts = vec![Part(Kept::Cell {
        limits: database.limits.clone(),
        instances: database.instances,
        sessions: database.sessions.last(),
        delays: database.delays.clone(),
    })];
    let (mut nodes, mut bytes) = (Vec::new(), 0);
    for (path, node) in &database.nodes {
        bytes += node.contents.len() + OVERHEAD_BYTES;
        nodes.push((path.clone(), node.clone()));
        if bytes >= PART_BYTES {
            parts.push(Part(Kept::Nodes(std::mem::take(&mut nodes))));
            bytes = 0;
        }
    }
    if !nodes.is_empty() {
        parts.push(Part(Kept::Nodes(nodes)));
    }
    let sessions: Vec<_> = database.sessions.iter().map(|(id, s)| (id, s.clone())).collect();
    let chunks = sessions.chunks(PART_BYTES / OVERHEAD_BYTES);
    parts.extend(chunks.map(|chunk| Part(Kept::Sessions(chunk.to_vec()))));
    parts
}

pub(super) fn restore(parts: &[Part]) -> Option<Database> {
    let (first, rest) = parts.split_first()?;
    let Kept::Cell { limits, instances, sessions: last, delays } = &first.0 else {
        return None;
    };
    let (mut nodes, mut open) = (BTreeMap::new(), BTreeMap::new());
    for part in rest {
        match &part.0 {
            Kept::Cell { .. } => return None,
            Kept::Nodes(some) => nodes.extend(some.iter().cloned()),
            Kept::Sessions(some) => open.extend(some.iter().cloned()),
        }
    }
    let in_directory = |path: &Path| {
        let parent = path.parent().map(|parent| nodes.get(&parent).map(|node: &Node| node.kind));
        parent.is_none_or(|kind| kind == Some(Kind::Directory))
    };
    if !nodes.contains_key(&Path::root()) || !nodes.keys().all(in_directory) {
        return None;
    }
    Some(Database {
        limits: limits.clone(),
        bytes: nodes.values().map(|node| node.contents.len()).sum(),
        nodes,
        instances: *instances,
        delays: delays.clone(),
        sessions: Sessions::restore(open, *last),
    })
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Cell { .. } => f.write_str("cell"),
            Kept::Nodes(nodes) => write!(f, "{} nodes", nodes.len()),
            Kept::Sessions(sessions) => write!(f, "{} sessions", sessions.len()),
        }
    }
}
