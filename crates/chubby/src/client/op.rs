//! What the library of a client is asked to do, and what it answers.
//!
//! Model: the application names its handles itself, as `h1`; a name is free again when its handle
//! is closed. An error is an answer like another; `unknown` is the answer when the session ended
//! while a call was under way.

use std::fmt;

use crate::database::{AclNames, Child, Held, LockMode, Stat};
use crate::message::{Event, OpenOptions};
use crate::{Contents, Error, Sequencer};

/// The application's name of a handle. Prints as `h1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HandleName(pub u32);

/// A call (CHUBBY section 2.6).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// Open a node, and a session if there is none. Boxed, since it is large.
    Open(Box<OpenCall>),
    /// Close a handle: its calls end, its lock is released. Never fails.
    Close(HandleName),
    /// Let all calls of a handle fail, those that wait included, until it is closed.
    Poison(HandleName),
    /// Read a file and its numbers.
    GetContentsAndStat(HandleName),
    /// Read the numbers of a node.
    GetStat(HandleName),
    /// List a directory.
    ReadDir(HandleName),
    /// Write a file; if a generation is named, only if it has that one.
    SetContents(HandleName, Contents, Option<u64>),
    /// Name other access control lists; if a generation is named, only if they have that one.
    SetAcl(HandleName, AclNames, Option<u64>),
    /// Delete the node.
    Delete(HandleName),
    /// Acquire the lock; waits for it.
    Acquire(HandleName, LockMode),
    /// Acquire the lock at once or not at all.
    TryAcquire(HandleName, LockMode),
    /// Release the lock.
    Release(HandleName),
    /// Let an acquire that waits end as cancelled.
    Cancel(HandleName),
    /// The sequencer of the lock that the handle holds.
    GetSequencer(HandleName),
    /// Let the calls of a handle fail once this sequencer is not valid any more.
    SetSequencer(HandleName, Sequencer),
    /// Is this sequencer valid?
    CheckSequencer(Sequencer),
    /// The next event; waits for it.
    NextEvent,
    /// End the session: all its locks are released.
    EndSession,
}

/// How a node is opened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OpenCall {
    /// The application's name of the handle.
    pub handle: HandleName,
    /// A full name such as `/ls/local/a/b`, or one relative to the directory.
    pub name: String,
    /// The handle of the directory.
    pub directory: Option<HandleName>,
    /// What for, and what to do if there is no such node.
    pub options: OpenOptions,
}

/// What a call gives back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Reply {
    /// It was done.
    Done,
    /// The node is open.
    Opened {
        /// Whether it was created.
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
    /// A sequencer.
    Sequencer(Sequencer),
    /// An event.
    Event(ClientEvent),
    /// It failed.
    Failed(Error),
}

/// Something that the application may want to know (CHUBBY sections 2.5 and 2.8).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ClientEvent {
    /// An event of a handle.
    Handle(HandleName, Event),
    /// There is a new master: events may be lost.
    FailedOver,
    /// The lease is over, and no master was heard of.
    Jeopardy,
    /// The session lives on.
    Safe,
    /// The session is over. Its handles are worth nothing.
    Expired,
}

impl Op {
    /// Returns the handle that it is about.
    #[must_use]
    pub const fn handle(&self) -> Option<HandleName> {
        match self {
            Self::Close(handle)
            | Self::Poison(handle)
            | Self::GetContentsAndStat(handle)
            | Self::GetStat(handle)
            | Self::ReadDir(handle)
            | Self::SetContents(handle, ..)
            | Self::SetAcl(handle, ..)
            | Self::Delete(handle)
            | Self::Acquire(handle, _)
            | Self::TryAcquire(handle, _)
            | Self::Release(handle)
            | Self::Cancel(handle)
            | Self::GetSequencer(handle)
            | Self::SetSequencer(handle, _) => Some(*handle),
            Self::Open(_) | Self::CheckSequencer(_) | Self::NextEvent | Self::EndSession => None,
        }
    }
}

impl fmt::Display for HandleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h{}", self.0)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let demanded = |f: &mut fmt::Formatter<'_>, generation: Option<u64>| {
            generation.map_or(Ok(()), |generation| write!(f, " if={generation}"))
        };
        match self {
            Self::Open(open) => open.fmt(f),
            Self::Close(handle) => write!(f, "close {handle}"),
            Self::Poison(handle) => write!(f, "poison {handle}"),
            Self::GetContentsAndStat(handle) => write!(f, "get-contents {handle}"),
            Self::GetStat(handle) => write!(f, "get-stat {handle}"),
            Self::ReadDir(handle) => write!(f, "read-dir {handle}"),
            Self::SetContents(handle, contents, generation) => {
                write!(f, "set-contents {handle} {contents}")?;
                demanded(f, *generation)
            }
            Self::SetAcl(handle, acl, generation) => {
                write!(f, "set-acl {handle} {acl}")?;
                demanded(f, *generation)
            }
            Self::Delete(handle) => write!(f, "delete {handle}"),
            Self::Acquire(handle, mode) => write!(f, "acquire {handle} {mode}"),
            Self::TryAcquire(handle, mode) => write!(f, "try-acquire {handle} {mode}"),
            Self::Release(handle) => write!(f, "release {handle}"),
            Self::Cancel(handle) => write!(f, "cancel {handle}"),
            Self::GetSequencer(handle) => write!(f, "get-sequencer {handle}"),
            Self::SetSequencer(handle, sequencer) => {
                write!(f, "set-sequencer {handle} {sequencer}")
            }
            Self::CheckSequencer(sequencer) => write!(f, "check-sequencer {sequencer}"),
            Self::NextEvent => f.write_str("next-event"),
            Self::EndSession => f.write_str("end-session"),
        }
    }
}

impl fmt::Display for OpenCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "open {} {}", self.handle, self.name)?;
        if let Some(directory) = self.directory {
            write!(f, " in={directory}")?;
        }
        write!(f, " {}", self.options)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Opened { created: true, stat } => write!(f, "created {stat}"),
            Self::Opened { created: false, stat } => write!(f, "opened {stat}"),
            Self::File { contents, stat } => write!(f, "\"{contents}\" {stat}"),
            Self::Stat(stat) => stat.fmt(f),
            Self::Children(children) => {
                f.write_str("children")?;
                children.iter().try_for_each(|child| write!(f, " {}", child.name))
            }
            Self::Held(held) => write!(f, "held {held}"),
            Self::Sequencer(sequencer) => sequencer.fmt(f),
            Self::Event(event) => write!(f, "event {event}"),
            Self::Failed(error) => write!(f, "error {error}"),
        }
    }
}

impl fmt::Display for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handle(handle, event) => write!(f, "{handle} {event}"),
            Self::FailedOver => f.write_str("failed-over"),
            Self::Jeopardy => f.write_str("jeopardy"),
            Self::Safe => f.write_str("safe"),
            Self::Expired => f.write_str("expired"),
        }
    }
}
