//! The cache of a client (CHUBBY section 2.7): contents, numbers, and absence of nodes.
//!
//! Model: what a master told "to cache" is kept until it is invalidated, the session's lease is
//! over, or there is a new master. A call that was under way at such a moment brings nothing into
//! the cache, since its answer may be older than what it was overtaken by. A change by this client
//! drops what it has of the node before it is sent, so the master need not tell it.
//!
//! Limits: listings are not cached, nor are handles.

use std::collections::BTreeMap;

use crate::database::Stat;
use crate::{Contents, Path};

/// What is known of a node.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// There is none.
    Absent,
    /// Its numbers, and its contents if they were read.
    Node { stat: Stat, contents: Option<Contents> },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    known: BTreeMap<Path, Known>,
}

impl Cache {
    pub(crate) fn get(&self, path: &Path) -> Option<&Known> {
        self.known.get(path)
    }

    pub(crate) fn keep(&mut self, path: Path, known: Known) {
        if let (Known::Node { stat, contents: None }, Some(Known::Node { contents, stat: old })) =
            (&known, self.known.get(&path))
            && old == stat
            && contents.is_some()
        {
            // The contents are still those of these numbers.
            return;
        }
        self.known.insert(path, known);
    }

    pub(crate) fn drop(&mut self, path: &Path) {
        self.known.remove(path);
    }

    pub(crate) fn clear(&mut self) {
        self.known.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}
