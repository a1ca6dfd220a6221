//! What clients and servers of a cell say to one another. docs/chubby.md has the table.
//!
//! Model: any message may be lost, delayed, repeated or reordered. A client has one KeepAlive and
//! one call under way, each with a number of its own, and takes an answer to that number alone.

use squall_paxos::log;
use squall_process::{Instant, ProcessId, Span};

use crate::database::{
    Access, AclNames, Child, Database, HandleNumber, Held, Kind, Lifetime, LockMode, SessionId,
    Stat,
};
use crate::handle::{EventSet, Handle};
use crate::{Contents, Error, Path, Sequencer};

/// A message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// Between servers: of the log.
    Log(Box<log::Message<Database>>),
    /// Client to server: who is the master?
    Locate,
    /// The answer, and the answer of a server that is not the master to anything else.
    Master(Option<ProcessId>),
    /// Client to master: open a session.
    OpenSession {
        /// Tells the sessions of this client apart.
        nonce: u64,
        /// When it was sent, by the client's clock; the answer repeats it.
        sent: Instant,
    },
    /// The session is open.
    SessionOpened {
        /// Of the question.
        nonce: u64,
        /// Of the question.
        sent: Instant,
        /// The session.
        session: SessionId,
        /// The epoch of the master.
        epoch: u64,
        /// The rest of the lease when the question arrived.
        lease: Span,
    },
    /// The session cannot be opened.
    SessionRefused {
        /// Of the question.
        nonce: u64,
        /// Why.
        error: Error,
    },
    /// Client to master: extend the lease; and all notices of the answer before this are taken
    /// note of.
    KeepAlive {
        /// The session.
        session: SessionId,
        /// The epoch of the master that the client knows.
        epoch: u64,
        /// One more than the number of the KeepAlive before.
        number: u64,
        /// When it was sent, by the client's clock; the answer repeats it.
        sent: Instant,
    },
    /// The lease is extended.
    Extended {
        /// The session.
        session: SessionId,
        /// Of the KeepAlive.
        number: u64,
        /// Of the KeepAlive.
        sent: Instant,
        /// The rest of the lease when the KeepAlive arrived.
        lease: Span,
        /// What the client has to know.
        notices: Vec<Notice>,
    },
    /// The client named another epoch than that of the master.
    NewEpoch {
        /// The session.
        session: SessionId,
        /// The epoch.
        epoch: u64,
    },
    /// There is no such session.
    NoSession(SessionId),
    /// Client to master: do something.
    Call {
        /// The session.
        session: SessionId,
        /// The epoch of the master that the client knows.
        epoch: u64,
        /// The number of the call in its session.
        number: u64,
        /// The call fails unless this is valid.
        guard: Option<Sequencer>,
        /// What to do.
        call: Call,
    },
    /// The result.
    Return {
        /// The session.
        session: SessionId,
        /// Of the call.
        number: u64,
        /// The client may keep what it was told until it is told otherwise.
        cache: bool,
        /// What was done.
        result: Result<Value, Error>,
    },
    /// Client to master: end the session.
    CloseSession(SessionId),
    /// It is ended.
    SessionClosed(SessionId),
}

/// Something that a client has to know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Notice {
    /// There is a new master: what is cached is worth nothing, and events may be lost.
    FailedOver,
    /// What is cached of this node is worth nothing.
    Invalidate(Path),
    /// An event of a handle.
    Event(HandleNumber, Event),
}

/// An event of a handle (CHUBBY section 2.5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// The file was written.
    ContentsModified,
    /// A child came.
    ChildAdded(String),
    /// A child went.
    ChildRemoved(String),
    /// A child was written.
    ChildModified(String),
    /// Another client wants the lock in a conflicting mode.
    ConflictingLock(LockMode),
    /// The lock that the handle waited for is its own.
    LockAcquired {
        /// How it is held.
        held: Held,
        /// The number of the call that waited for it.
        call: u64,
    },
    /// The handle is invalid and has lost its lock: the node was deleted.
    HandleInvalid,
}

/// What a client asks the master to do.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Call {
    /// Open a node. Boxed, since it is large.
    Open(Box<Open>),
    /// Close a handle.
    Close(Handle),
    /// The contents and the numbers of a file.
    GetContentsAndStat(Handle),
    /// The numbers of a node.
    GetStat(Handle),
    /// The children of a directory.
    ReadDir(Handle),
    /// Write a file.
    SetContents(Handle, Contents, Option<u64>),
    /// Name other lists.
    SetAcl(Handle, AclNames, Option<u64>),
    /// Delete the node.
    Delete(Handle),
    /// Acquire the lock, or wait for it.
    Acquire(Handle, LockMode),
    /// Acquire the lock at once or not at all.
    TryAcquire(Handle, LockMode),
    /// Release the lock.
    Release(Handle),
    /// Wait for the lock no longer.
    Cancel(Handle),
    /// The sequencer of the lock.
    GetSequencer(Handle),
    /// Is this valid?
    CheckSequencer(Sequencer),
    /// These handles are still open: after a fail-over.
    Refresh(Vec<Handle>),
}

/// How a node is opened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Open {
    /// The number of the handle.
    pub handle: HandleNumber,
    /// The name.
    pub path: Path,
    /// What for, and what to do if there is no such node.
    pub options: OpenOptions,
}

/// The options of an open.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OpenOptions {
    /// What for.
    pub access: Access,
    /// Whether the node is created.
    pub create: Create,
    /// A created node is a file or a directory.
    pub kind: Kind,
    /// How long a created node stays.
    pub lifetime: Lifetime,
    /// The first contents of a created node.
    pub contents: Contents,
    /// The lists of a created node; those of its directory if none are named.
    pub acl: Option<AclNames>,
    /// Which events the client wants.
    pub events: EventSet,
    /// How long no other client gets a lock of this handle if this client fails.
    pub lock_delay: Span,
}

/// Whether a node is created.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Create {
    /// It must be there.
    Never,
    /// If it is not there.
    IfAbsent,
    /// It must not be there.
    Always,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            access: Access::READ,
            create: Create::Never,
            kind: Kind::File,
            lifetime: Lifetime::Permanent,
            contents: Contents::default(),
            acl: None,
            events: EventSet::NONE,
            lock_delay: Span::ZERO,
        }
    }
}

/// What a call gives back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// Nothing but that it was done.
    Done,
    /// The node is open.
    Opened {
        /// The handle.
        handle: Handle,
        /// Whether the node was created.
        created: bool,
        /// Its numbers.
        stat: Stat,
    },
    /// A file.
    File {
        /// Its contents.
        contents: Contents,
        /// Its numbers at that moment.
        stat: Stat,
    },
    /// The numbers of a node.
    Stat(Stat),
    /// The children of a directory.
    Children(Vec<Child>),
    /// The lock is held.
    Held(Held),
    /// The claim waits: an event will tell.
    Waiting,
    /// A sequencer.
    Sequencer(Sequencer),
    /// Those of the handles whose node is gone.
    Invalid(Vec<HandleNumber>),
}
