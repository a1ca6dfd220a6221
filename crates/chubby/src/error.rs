//! Why a call fails. docs/chubby.md has the table: which call, and what to do about it.
//!
//! Model: one enum for all calls, since most of its cases concern most of the calls, and since the
//! database, the master and the client library pass them on to one another.

use std::fmt;

use crate::NameError;

/// Why a call fails. Prints as one word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Error {
    /// The name is none.
    Name(NameError),
    /// The name or the sequencer is of another cell.
    OtherCell,
    /// There is no node of that name, and the call does not create one.
    NotFound,
    /// There is a node of that name, and the call demands that there be none.
    Exists,
    /// The directory of the node to be created is missing or is a file.
    NoDirectory,
    /// The call is for files and the node is a directory.
    IsDirectory,
    /// The call is for directories and the node is a file.
    IsFile,
    /// The directory has children.
    NotEmpty,
    /// The root stays.
    IsRoot,
    /// The node that the handle is for was deleted. One of the same name is another one.
    NodeDeleted,
    /// The contents are longer than the limit.
    TooLarge,
    /// A quota of the cell is used up: nodes, bytes, sessions, waiters or handles.
    Quota,
    /// The access control list does not let this client do it.
    NoPermission,
    /// The handle was not opened for it.
    NotOpenForThis,
    /// The name of an access control list names no file.
    UnknownAcl,
    /// The generation is not the one that the call demands.
    OtherGeneration,
    /// The lock is held in a conflicting mode, or others wait for it.
    LockHeld,
    /// The lock was lost by a holder that failed, and its lock-delay is not over.
    LockDelay,
    /// This handle does not hold the lock.
    NotHeld,
    /// This handle holds the lock, or waits for it, in the other mode.
    OtherMode,
    /// The call waited for the lock and was cancelled.
    Cancelled,
    /// There is no such session: it never was, was closed, or expired.
    NoSession,
    /// The call is older than one that was applied: a late copy.
    OutOfOrder,
    /// The handle is closed, or never was open.
    HandleClosed,
    /// The application uses that name for another handle.
    HandleInUse,
    /// The handle was poisoned.
    Poisoned,
    /// The handle is of another session.
    OtherSession,
    /// The check digits of the handle or of the sequencer are wrong.
    Forged,
    /// The sequencer names a lock that is not held so any more.
    SequencerInvalid,
    /// The handle belongs to a session that expired at the client (CHUBBY section 2.8).
    SessionExpired,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name(error) => return error.fmt(f),
            Self::OtherCell => "other-cell",
            Self::NotFound => "not-found",
            Self::Exists => "exists",
            Self::NoDirectory => "no-directory",
            Self::IsDirectory => "is-directory",
            Self::IsFile => "is-file",
            Self::NotEmpty => "not-empty",
            Self::IsRoot => "is-root",
            Self::NodeDeleted => "node-deleted",
            Self::TooLarge => "too-large",
            Self::Quota => "quota",
            Self::NoPermission => "no-permission",
            Self::NotOpenForThis => "not-open-for-this",
            Self::UnknownAcl => "unknown-acl",
            Self::OtherGeneration => "other-generation",
            Self::LockHeld => "lock-held",
            Self::LockDelay => "lock-delay",
            Self::NotHeld => "not-held",
            Self::OtherMode => "other-mode",
            Self::Cancelled => "cancelled",
            Self::NoSession => "no-session",
            Self::OutOfOrder => "out-of-order",
            Self::HandleClosed => "handle-closed",
            Self::HandleInUse => "handle-in-use",
            Self::Poisoned => "poisoned",
            Self::OtherSession => "other-session",
            Self::Forged => "forged",
            Self::SequencerInvalid => "sequencer-invalid",
            Self::SessionExpired => "session-expired",
        })
    }
}

impl std::error::Error for Error {}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}
