//! Links between processes, and the fate of a message on one.

use std::fmt;

use squall_process::{ProcessId, Span};

/// One direction between two processes: `n1>n2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Link {
    /// The sender.
    pub from: ProcessId,
    /// The receiver.
    pub to: ProcessId,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>{}", self.from, self.to)
    }
}

/// What the network does with a message when it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// It arrives after this time.
    Takes(Span),
    /// It arrives twice, after these times.
    Twice(Span, Span),
    /// It is lost by chance.
    Lost,
    /// It is lost because the link is cut.
    Cut,
    /// The link is clogged: the message waits until the link is released.
    Held,
    /// The link is clogged and its queue is full: the message is lost.
    Overflow,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Takes(span) => write!(f, "takes {span}"),
            Self::Twice(first, second) => write!(f, "twice {first} {second}"),
            Self::Lost => f.write_str("lost"),
            Self::Cut => f.write_str("cut"),
            Self::Held => f.write_str("held"),
            Self::Overflow => f.write_str("queue full"),
        }
    }
}
