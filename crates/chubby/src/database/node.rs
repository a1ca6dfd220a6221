//! Nodes: files and directories, and the four numbers of each (CHUBBY section 2.3; requirement N1).
//!
//! Model: an instance number is drawn from a counter of the whole cell, so it is greater than that
//! of any earlier node of the same name, and survives deletion. The other numbers count changes of
//! one instance and are compared together with it.

use std::fmt;

use crate::database::{AclNames, Lock};
use crate::{Contents, Path};

/// The number of one node among all that the cell ever had.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Instance(pub u64);

/// One node, in this life of its name. Prints as `/a/b#7`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId {
    /// Its name.
    pub path: Path,
    /// Tells it from earlier and later nodes of that name.
    pub instance: Instance,
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// It has contents.
    File,
    /// It has children.
    Directory,
}

/// How long a node stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lifetime {
    /// Until it is deleted.
    Permanent,
    /// Until no client has it open, and it has no children.
    Ephemeral,
}

/// A node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Node {
    pub(crate) instance: Instance,
    pub(crate) kind: Kind,
    pub(crate) lifetime: Lifetime,
    pub(crate) contents: Contents,
    pub(crate) content_generation: u64,
    pub(crate) acl: AclNames,
    pub(crate) acl_generation: u64,
    pub(crate) lock: Lock,
}

/// What is told of a node. All numbers are those of one moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stat {
    /// Which node.
    pub instance: Instance,
    /// Whether it is a file or a directory.
    pub kind: Kind,
    /// How long it stays.
    pub lifetime: Lifetime,
    /// Grows with each write of the contents.
    pub content_generation: u64,
    /// Grows when the lock goes from free to held.
    pub lock_generation: u64,
    /// Grows with each write of the names of access control lists.
    pub acl_generation: u64,
    /// Of the contents.
    pub checksum: u64,
    /// The number of bytes of the contents.
    pub length: usize,
}

impl Node {
    pub(crate) fn new(instance: Instance, kind: Kind, lifetime: Lifetime, acl: AclNames) -> Self {
        Self {
            instance,
            kind,
            lifetime,
            contents: Contents::default(),
            content_generation: 0,
            acl,
            acl_generation: 0,
            lock: Lock::default(),
        }
    }

    pub(crate) fn stat(&self) -> Stat {
        Stat {
            instance: self.instance,
            kind: self.kind,
            lifetime: self.lifetime,
            content_generation: self.content_generation,
            lock_generation: self.lock.generation(),
            acl_generation: self.acl_generation,
            checksum: self.contents.checksum(),
            length: self.contents.len(),
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.path, self.instance)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Directory => "directory",
        })
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permanent => "permanent",
            Self::Ephemeral => "ephemeral",
        })
    }
}

impl fmt::Display for Stat {
    /// `file #7 content 2 lock 1 acl 0 length 5`, with `ephemeral` in front if it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lifetime == Lifetime::Ephemeral {
            f.write_str("ephemeral ")?;
        }
        write!(
            f,
            "{} {} content {} lock {} acl {} length {}",
            self.kind,
            self.instance,
            self.content_generation,
            self.lock_generation,
            self.acl_generation,
            self.length
        )
    }
}
