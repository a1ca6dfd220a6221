//! What the database is told and what it answers.

use std::fmt;

use squall_process::{ProcessId, Span};

use crate::database::{
    AclNames, Claimant, HandleNumber, Held, Kind, Lifetime, LockMode, NodeId, SessionId, Stat,
};
use crate::{Contents, Error, Path};

/// A change of the database: one entry of the log, or part of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// Open a session.
    OpenSession {
        /// For this client.
        client: ProcessId,
        /// Tells it from other sessions of that client.
        nonce: u64,
    },
    /// End a session as its client wishes: what it held becomes free at once.
    CloseSession {
        /// Which.
        session: SessionId,
    },
    /// End a session whose lease ran out: what it held is not granted before its lock-delay is
    /// over.
    Expire {
        /// Which.
        session: SessionId,
    },
    /// Do something for a session, once.
    Call {
        /// The session.
        session: SessionId,
        /// The number of the call in its session.
        sequence: u64,
        /// The call fails unless this lock is held so.
        guard: Option<HeldLock>,
        /// What to do.
        action: Action,
    },
    /// A lock-delay is over: grant the lock to those who wait.
    Wake {
        /// Whose lock.
        path: Path,
    },
    /// Remove an ephemeral node that no client has open.
    RemoveEphemeral {
        /// Which.
        node: NodeId,
    },
}

/// What a client does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Create a node.
    Create {
        /// Its name.
        path: Path,
        /// A file or a directory.
        kind: Kind,
        /// How long it stays.
        lifetime: Lifetime,
        /// Its first contents.
        contents: Contents,
        /// Its lists; those of its directory if none are named.
        acl: Option<AclNames>,
        /// Fail if there is a node of that name.
        must: bool,
    },
    /// Write a file as a whole.
    SetContents {
        /// Which.
        node: NodeId,
        /// The new contents.
        contents: Contents,
        /// Fail unless the content generation is this.
        generation: Option<u64>,
    },
    /// Name other access control lists.
    SetAcl {
        /// Of which node.
        node: NodeId,
        /// The lists.
        acl: AclNames,
        /// Fail unless the generation of the lists is this.
        generation: Option<u64>,
    },
    /// Delete a node without children.
    Delete {
        /// Which.
        node: NodeId,
        /// By which handle.
        handle: HandleNumber,
    },
    /// Acquire a lock, or wait for it.
    Acquire(LockCall),
    /// Acquire a lock at once or not at all.
    TryAcquire(LockCall),
    /// Release a lock.
    Release {
        /// Of which node.
        node: NodeId,
        /// By which handle.
        handle: HandleNumber,
    },
    /// Wait for a lock no longer.
    Cancel {
        /// Of which node.
        node: NodeId,
        /// By which handle.
        handle: HandleNumber,
    },
    /// A handle is closed: let go whatever it holds or waits for. Never fails.
    Close {
        /// Of which node.
        node: NodeId,
        /// Which handle.
        handle: HandleNumber,
    },
}

/// A claim to a lock.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LockCall {
    /// Whose lock.
    pub node: NodeId,
    /// By which handle.
    pub handle: HandleNumber,
    /// In which mode.
    pub mode: LockMode,
    /// How long no other client gets the lock if this one fails.
    pub delay: Span,
}

/// A lock as it was held at a moment: what a sequencer says. Prints as `/db#7 exclusive 3`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HeldLock {
    /// Whose lock.
    pub node: NodeId,
    /// How it was held.
    pub held: Held,
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Done {
    /// Nothing that needs an answer.
    Nothing,
    /// The session is open.
    Session(SessionId),
    /// There is this node.
    Opened {
        /// The node.
        node: NodeId,
        /// Whether the call created it.
        created: bool,
    },
    /// Written; these are the numbers now.
    Written(Stat),
    /// Deleted.
    Deleted,
    /// The lock is held.
    Granted(Held),
    /// The claim waits.
    Waiting,
    /// The lock is released.
    Released,
    /// The claim waits no longer.
    Cancelled,
    /// The handle is closed.
    Closed,
    /// The numbers of a node.
    Stat(Stat),
    /// A file.
    File {
        /// Its contents.
        contents: Contents,
        /// Its numbers at that moment.
        stat: Stat,
    },
    /// The children of a directory, by name.
    Children(Vec<Child>),
}

/// One child of a directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Child {
    /// The last component of its path.
    pub name: String,
    /// Its numbers.
    pub stat: Stat,
}

/// The answer of the database.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reply {
    /// What was done, or why not.
    pub result: Result<Done, Error>,
    /// What became different, in order.
    pub changes: Vec<Change>,
}

/// Something that became different, for those who asked to be told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Change {
    /// A node came.
    Created(NodeId),
    /// A node went, and with it all handles on it.
    Deleted(NodeId),
    /// A file was written.
    Contents(NodeId),
    /// The lists of a node were changed.
    Acl(NodeId),
    /// A claim got the lock.
    Granted {
        /// Whose lock.
        node: NodeId,
        /// The claim.
        claim: Claimant,
        /// The generation.
        generation: u64,
    },
    /// A claim waits for a lock that others hold.
    Waits {
        /// Whose lock.
        node: NodeId,
        /// The claim.
        claim: Claimant,
    },
    /// A holder failed: no grant before [`Command::Wake`].
    Delayed(Path),
    /// A session ended.
    Ended(SessionId),
}

/// A question to the database.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Query {
    /// The numbers of a node.
    Stat(Path),
    /// The contents of a file.
    File(Path),
    /// The children of a directory.
    Children(Path),
}

impl Action {
    /// Returns the path of the node that it is about.
    #[must_use]
    pub const fn path(&self) -> &Path {
        match self {
            Self::Create { path, .. } => path,
            Self::SetContents { node, .. }
            | Self::SetAcl { node, .. }
            | Self::Delete { node, .. }
            | Self::Acquire(LockCall { node, .. })
            | Self::TryAcquire(LockCall { node, .. })
            | Self::Release { node, .. }
            | Self::Cancel { node, .. }
            | Self::Close { node, .. } => &node.path,
        }
    }
}

impl Reply {
    pub(crate) const fn of(result: Result<Done, Error>) -> Self {
        Self { result, changes: Vec::new() }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenSession { client, nonce } => write!(f, "open-session {client} {nonce:x}"),
            Self::CloseSession { session } => write!(f, "close-session {session}"),
            Self::Expire { session } => write!(f, "expire {session}"),
            Self::Call { session, sequence, guard: None, action } => {
                write!(f, "{session}.{sequence} {action}")
            }
            Self::Call { session, sequence, guard: Some(guard), action } => {
                write!(f, "{session}.{sequence} if {guard}: {action}")
            }
            Self::Wake { path } => write!(f, "wake {path}"),
            Self::RemoveEphemeral { node } => write!(f, "remove {node}"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { path, kind, lifetime, contents, acl, must } => {
                let must = if *must { " new" } else { "" };
                write!(f, "create{must} {lifetime} {kind} {path}")?;
                if !contents.is_empty() {
                    write!(f, " \"{contents}\"")?;
                }
                acl.as_ref().map_or(Ok(()), |acl| write!(f, " acl {acl}"))
            }
            Self::SetContents { node, contents, generation } => {
                write!(f, "write {node} \"{contents}\"")?;
                generation.map_or(Ok(()), |generation| write!(f, " if {generation}"))
            }
            Self::SetAcl { node, acl, generation } => {
                write!(f, "set-acl {node} {acl}")?;
                generation.map_or(Ok(()), |generation| write!(f, " if {generation}"))
            }
            Self::Delete { node, handle } => write!(f, "delete {node} {handle}"),
            Self::Acquire(call) => write!(f, "acquire {call}"),
            Self::TryAcquire(call) => write!(f, "try-acquire {call}"),
            Self::Release { node, handle } => write!(f, "release {node} {handle}"),
            Self::Cancel { node, handle } => write!(f, "cancel {node} {handle}"),
            Self::Close { node, handle } => write!(f, "close {node} {handle}"),
        }
    }
}

impl fmt::Display for LockCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} delay {}", self.node, self.handle, self.mode, self.delay)
    }
}

impl fmt::Display for HeldLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.node, self.held)
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Session(session) => session.fmt(f),
            Self::Opened { node, created: true } => write!(f, "created {node}"),
            Self::Opened { node, created: false } => write!(f, "opened {node}"),
            Self::Written(stat) => write!(f, "written {stat}"),
            Self::Deleted => f.write_str("deleted"),
            Self::Granted(held) => write!(f, "granted {held}"),
            Self::Waiting => f.write_str("waiting"),
            Self::Released => f.write_str("released"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Closed => f.write_str("closed"),
            Self::Stat(stat) => stat.fmt(f),
            Self::File { contents, stat } => write!(f, "\"{contents}\" {stat}"),
            Self::Children(children) => {
                f.write_str("children")?;
                children.iter().try_for_each(|child| write!(f, " {}", child.name))
            }
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(done) => done.fmt(f)?,
            Err(error) => write!(f, "error {error}")?,
        }
        self.changes.iter().try_for_each(|change| write!(f, "; {change}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created(node) => write!(f, "created {node}"),
            Self::Deleted(node) => write!(f, "deleted {node}"),
            Self::Contents(node) => write!(f, "contents {node}"),
            Self::Acl(node) => write!(f, "acl {node}"),
            Self::Granted { node, claim, generation } => {
                write!(f, "{} granted {node} {} {generation}", claim.owner, claim.mode)
            }
            Self::Waits { node, claim } => write!(f, "{} waits {node} {}", claim.owner, claim.mode),
            Self::Delayed(path) => write!(f, "delayed {path}"),
            Self::Ended(session) => write!(f, "ended {session}"),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stat(path) => write!(f, "stat {path}"),
            Self::File(path) => write!(f, "read {path}"),
            Self::Children(path) => write!(f, "list {path}"),
        }
    }
}
