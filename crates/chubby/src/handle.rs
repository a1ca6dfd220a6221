//! Handles: what a client got by opening a node (CHUBBY section 2.3).
//!
//! Model: a handle carries all that a new master needs to take it up again: the node, what it was
//! opened for, its events and its lock-delay; the epoch of the master that made it; and check
//! digits, so that the access control lists are asked at open alone.

use std::fmt;
use std::str::FromStr;

use squall_process::Span;

use crate::database::{Access, HandleNumber, NodeId, Owner, SessionId};
use crate::seal::Key;

/// A handle. Prints as `S1/h3@2 /db#7`, with the epoch behind `@`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Handle {
    /// What it says.
    pub(crate) opened: Opened,
    /// The epoch of the master that made it.
    pub(crate) epoch: u64,
    digits: u64,
}

/// A node that is open.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Opened {
    pub(crate) owner: Owner,
    pub(crate) node: NodeId,
    pub(crate) access: Access,
    pub(crate) events: EventSet,
    pub(crate) lock_delay: Span,
}

/// Kinds of events that a handle can ask for. The others come unasked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventKind {
    /// The file was written.
    Contents,
    /// A child came, went, or was written.
    Children,
    /// Another client wants the lock in a conflicting mode.
    Conflict,
}

/// A set of kinds of events. Prints and parses as `contents+children`, or `none`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct EventSet(u8);

impl EventKind {
    const ALL: [Self; 3] = [Self::Contents, Self::Children, Self::Conflict];

    const fn word(self) -> &'static str {
        match self {
            Self::Contents => "contents",
            Self::Children => "children",
            Self::Conflict => "conflict",
        }
    }
}

impl EventSet {
    /// No events.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(7);

    /// Returns the set of one kind.
    #[must_use]
    pub const fn of(kind: EventKind) -> Self {
        Self(1 << kind as u8)
    }

    /// Returns whether `kind` is in the set.
    #[must_use]
    pub const fn has(self, kind: EventKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

/// A text that is no set of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseEventsError;

impl fmt::Display for ParseEventsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected none, or contents, children or conflict with + between")
    }
}

impl std::error::Error for ParseEventsError {}

impl FromStr for EventSet {
    type Err = ParseEventsError;

    fn from_str(text: &str) -> Result<Self, ParseEventsError> {
        if text == "none" {
            return Ok(Self::NONE);
        }
        text.split('+').try_fold(Self::NONE, |set, word| {
            let kind = EventKind::ALL.into_iter().find(|kind| kind.word() == word);
            kind.map(|kind| Self(set.0 | 1 << kind as u8)).ok_or(ParseEventsError)
        })
    }
}

impl fmt::Display for EventSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("none");
        }
        let kinds = EventKind::ALL.into_iter().filter(|kind| self.has(*kind));
        for (index, kind) in kinds.enumerate() {
            let plus = if index == 0 { "" } else { "+" };
            write!(f, "{plus}{}", kind.word())?;
        }
        Ok(())
    }
}

impl Handle {
    pub(crate) fn seal(opened: Opened, epoch: u64, key: Key) -> Self {
        let digits = key.seal(&("handle", &opened, epoch));
        Self { opened, epoch, digits }
    }

    pub(crate) fn is_genuine(&self, key: Key) -> bool {
        self.digits == key.seal(&("handle", &self.opened, self.epoch))
    }

    /// Returns the node that it is for.
    #[must_use]
    pub const fn node(&self) -> &NodeId {
        &self.opened.node
    }

    /// Returns the session that it belongs to.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.opened.owner.session
    }

    /// Returns its number in the session.
    #[must_use]
    pub const fn number(&self) -> HandleNumber {
        self.opened.owner.handle
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} {}", self.opened.owner, self.epoch, self.opened.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_events_print_as_they_parse() {
        for text in ["none", "contents", "contents+children+conflict", "conflict"] {
            assert_eq!(text.parse::<EventSet>().unwrap().to_string(), text);
        }
        assert_eq!("all".parse::<EventSet>(), Err(ParseEventsError));
    }
}
