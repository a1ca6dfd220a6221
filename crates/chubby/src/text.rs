//! The text of messages: one short line each.

use std::fmt;

use crate::message::{Call, Create, Event, Message, Notice, Open, OpenOptions, Value};

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(message) => message.fmt(f),
            Self::Locate => f.write_str("locate"),
            Self::Master(Some(master)) => write!(f, "master is {master}"),
            Self::Master(None) => f.write_str("master is unknown"),
            Self::OpenSession { nonce, .. } => write!(f, "open-session {nonce:x}"),
            Self::SessionOpened { session, epoch, lease, .. } => {
                write!(f, "session-opened {session} epoch {epoch} lease {lease}")
            }
            Self::SessionRefused { error, .. } => write!(f, "session-refused {error}"),
            Self::KeepAlive { session, epoch, number, .. } => {
                write!(f, "keep-alive {session}.{number} epoch {epoch}")
            }
            Self::Extended { session, number, lease, notices, .. } => {
                write!(f, "extended {session}.{number} lease {lease}")?;
                notices.iter().try_for_each(|notice| write!(f, "; {notice}"))
            }
            Self::NewEpoch { session, epoch } => write!(f, "new-epoch {session} {epoch}"),
            Self::NoSession(session) => write!(f, "no-session {session}"),
            Self::Call { session, number, guard, call, .. } => {
                write!(f, "call {session}.{number} {call}")?;
                guard.as_ref().map_or(Ok(()), |guard| write!(f, " if {guard}"))
            }
            Self::Return { session, number, result, cache } => {
                write!(f, "return {session}.{number} ")?;
                match result {
                    Ok(value) => value.fmt(f)?,
                    Err(error) => write!(f, "error {error}")?,
                }
                if *cache { f.write_str(" to cache") } else { Ok(()) }
            }
            Self::CloseSession(session) => write!(f, "close-session {session}"),
            Self::SessionClosed(session) => write!(f, "session-closed {session}"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailedOver => f.write_str("failed-over"),
            Self::Invalidate(path) => write!(f, "invalidate {path}"),
            Self::Event(handle, event) => write!(f, "{handle} {event}"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentsModified => f.write_str("contents-modified"),
            Self::ChildAdded(name) => write!(f, "child-added {name}"),
            Self::ChildRemoved(name) => write!(f, "child-removed {name}"),
            Self::ChildModified(name) => write!(f, "child-modified {name}"),
            Self::ConflictingLock(mode) => write!(f, "conflicting-lock {mode}"),
            Self::LockAcquired { held, .. } => write!(f, "lock-acquired {held}"),
            Self::HandleInvalid => f.write_str("handle-invalid"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = |f: &mut fmt::Formatter<'_>, demanded: Option<u64>| {
            demanded.map_or(Ok(()), |generation| write!(f, " if {generation}"))
        };
        match self {
            Self::Open(open) => open.fmt(f),
            Self::Close(handle) => write!(f, "close {handle}"),
            Self::GetContentsAndStat(handle) => write!(f, "get-contents-and-stat {handle}"),
            Self::GetStat(handle) => write!(f, "get-stat {handle}"),
            Self::ReadDir(handle) => write!(f, "read-dir {handle}"),
            Self::SetContents(handle, contents, demanded) => {
                write!(f, "set-contents {handle} \"{contents}\"")?;
                generation(f, *demanded)
            }
            Self::SetAcl(handle, acl, demanded) => {
                write!(f, "set-acl {handle} {acl}")?;
                generation(f, *demanded)
            }
            Self::Delete(handle) => write!(f, "delete {handle}"),
            Self::Acquire(handle, mode) => write!(f, "acquire {handle} {mode}"),
            Self::TryAcquire(handle, mode) => write!(f, "try-acquire {handle} {mode}"),
            Self::Release(handle) => write!(f, "release {handle}"),
            Self::Cancel(handle) => write!(f, "cancel {handle}"),
            Self::GetSequencer(handle) => write!(f, "get-sequencer {handle}"),
            Self::CheckSequencer(sequencer) => write!(f, "check-sequencer {sequencer}"),
            Self::Refresh(handles) => {
                f.write_str("refresh")?;
                handles.iter().try_for_each(|handle| write!(f, " {handle}"))
            }
        }
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "open {} {} {}", self.handle, self.path, self.options)
    }
}

impl fmt::Display for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.access.fmt(f)?;
        match self.create {
            Create::Never => {}
            Create::IfAbsent => write!(f, " create {} {}", self.lifetime, self.kind)?,
            Create::Always => write!(f, " create new {} {}", self.lifetime, self.kind)?,
        }
        if !self.contents.is_empty() {
            write!(f, " contents=\"{}\"", self.contents)?;
        }
        if let Some(acl) = &self.acl {
            write!(f, " acl={acl}")?;
        }
        if self.events != crate::EventSet::NONE {
            write!(f, " events={}", self.events)?;
        }
        if self.lock_delay.is_zero() { Ok(()) } else { write!(f, " delay={}", self.lock_delay) }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Opened { handle, created: true, .. } => write!(f, "created {handle}"),
            Self::Opened { handle, created: false, .. } => write!(f, "opened {handle}"),
            Self::File { contents, stat } => write!(f, "\"{contents}\" {stat}"),
            Self::Stat(stat) => stat.fmt(f),
            Self::Children(children) => {
                f.write_str("children")?;
                children.iter().try_for_each(|child| write!(f, " {}", child.name))
            }
            Self::Held(held) => write!(f, "held {held}"),
            Self::Waiting => f.write_str("waiting"),
            Self::Sequencer(sequencer) => sequencer.fmt(f),
            Self::Invalid(handles) => {
                f.write_str("invalid")?;
                handles.iter().try_for_each(|handle| write!(f, " {handle}"))
            }
        }
    }
}
