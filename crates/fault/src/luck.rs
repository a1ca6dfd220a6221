//! Fixed luck: the result of one draw, set by a script line.

use squall_process::{Instant, ProcessId, RecordNumber, Span};

use crate::{Conditions, Delay, Kept, Link, SpanRange};

/// The fixed outcome of one draw.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Luck {
    /// `n3>n5#4 lost`, `n3>n5#4 takes 80ms`, `n3>n5#4 twice 5ms 80ms`: the fate of a message.
    Message {
        /// The link.
        link: Link,
        /// The number of the message on the link, from 1.
        number: u32,
        /// The fate of the message.
        fate: MessageLuck,
    },
    /// `n2 random#3 is 1370`: the result of the third draw of a process. It is reduced to the bound
    /// of the draw.
    Random {
        /// The process.
        process: ProcessId,
        /// Which of its draws, from 1.
        number: u32,
        /// The result.
        value: u64,
    },
    /// `n2 sync#3 takes 5ms`, `n2 sync#3 fails`.
    Sync {
        /// The process.
        process: ProcessId,
        /// Which of its syncs, from 1.
        number: u32,
        /// How it ends.
        end: SyncLuck,
    },
    /// `n2 write r7 fails`: a write that is refused.
    WriteFails {
        /// The process.
        process: ProcessId,
        /// Which record.
        record: RecordNumber,
    },
    /// `n2 timer#4 late 20ms`: a timer that fires late.
    Late {
        /// The process.
        process: ProcessId,
        /// The number of the firing, from 1.
        number: u32,
        /// How late it is.
        by: Span,
    },
    /// `n1 crash#2 keep r3 torn`: the unsynced records that its second crash leaves, whatever
    /// causes the crash. A `crash` line with `keep` takes precedence.
    Crash {
        /// The process.
        process: ProcessId,
        /// The number of the crash, from 1.
        number: u32,
        /// What is left.
        kept: Kept,
    },
    /// `n1 rot#2 is r7`: which record rots.
    Rot {
        /// The process.
        process: ProcessId,
        /// The number of the rot, from 1.
        number: u32,
        /// The record.
        record: RecordNumber,
    },
}

/// The kind of draw that luck decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LuckKind {
    /// What a crash leaves.
    Crash,
    /// Which record rots.
    Rot,
    /// Whether the disk refuses a write.
    Write,
    /// How a sync ends, and when.
    Sync,
    /// Whether a timer is late.
    Late,
    /// The fate of a message.
    Message,
    /// What a process draws.
    Random,
}

impl LuckKind {
    /// Every kind. The kinds that a run has few of come first.
    pub const ALL: [Self; 7] =
        [Self::Crash, Self::Rot, Self::Write, Self::Sync, Self::Late, Self::Message, Self::Random];
}

/// The address of a draw.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    kind: LuckKind,
    process: ProcessId,
    /// The receiver of a message.
    to: Option<ProcessId>,
    number: u64,
}

/// Luck that a run had, and its place in the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// When it occurred.
    pub at: Instant,
    /// The number of events of the run before it.
    pub events: u64,
    /// What it was.
    pub luck: Luck,
}

impl Luck {
    /// Returns the kind of draw that it decides.
    #[must_use]
    pub const fn kind(&self) -> LuckKind {
        match self {
            Self::Message { .. } => LuckKind::Message,
            Self::Random { .. } => LuckKind::Random,
            Self::Sync { .. } => LuckKind::Sync,
            Self::WriteFails { .. } => LuckKind::Write,
            Self::Late { .. } => LuckKind::Late,
            Self::Crash { .. } => LuckKind::Crash,
            Self::Rot { .. } => LuckKind::Rot,
        }
    }

    /// Returns the address of the draw. Two values that decide the same draw have the same address.
    #[must_use]
    pub fn address(&self) -> Address {
        let (process, to, number) = match self {
            Self::Message { link, number, .. } => (link.from, Some(link.to), u64::from(*number)),
            Self::Random { process, number, .. }
            | Self::Sync { process, number, .. }
            | Self::Late { process, number, .. }
            | Self::Crash { process, number, .. }
            | Self::Rot { process, number, .. } => (*process, None, u64::from(*number)),
            Self::WriteFails { process, record } => (*process, None, record.0),
        };
        Address { kind: self.kind(), process, to, number }
    }

    /// Returns its number among the draws of the same kind at the same place, from 1. For a write,
    /// this is the number of the record.
    #[must_use]
    pub fn ordinal(&self) -> u64 {
        self.address().number
    }

    /// Returns whether `other` is of the same kind and at the same place: their addresses differ in
    /// the ordinal at most.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        let place = |luck: &Self| Address { number: 0, ..luck.address() };
        place(self) == place(other)
    }

    /// Returns the same luck for a draw that comes `distance` draws earlier, if there is one.
    #[must_use]
    pub fn earlier(&self, distance: u32) -> Option<Self> {
        let mut earlier = self.clone();
        match &mut earlier {
            Self::Message { number, .. }
            | Self::Random { number, .. }
            | Self::Sync { number, .. }
            | Self::Late { number, .. }
            | Self::Crash { number, .. }
            | Self::Rot { number, .. } => {
                *number = number.checked_sub(distance).filter(|number| *number > 0)?;
            }
            Self::WriteFails { record, .. } => {
                let number = record.0.checked_sub(u64::from(distance));
                *record = RecordNumber(number.filter(|number| *number > 0)?);
            }
        }
        Some(earlier)
    }

    /// Returns whether this is the outcome under fair conditions, without chance. It need not be
    /// written if the conditions are [`Conditions::default`].
    #[must_use]
    pub fn is_usual(&self) -> bool {
        let fair = Conditions::default();
        match self {
            Self::Message { fate: MessageLuck::Takes(span), .. } => {
                fair.delay == Delay::Uniform(SpanRange::exactly(*span))
            }
            Self::Sync { end: SyncLuck::Takes(span), .. } => fair.sync == SpanRange::exactly(*span),
            _ => false,
        }
    }
}

/// The fixed fate of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageLuck {
    /// It is lost.
    Lost,
    /// It takes this long.
    Takes(Span),
    /// It arrives twice, after these times.
    Twice(Span, Span),
}

/// The fixed end of a sync.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SyncLuck {
    /// It succeeds after this time.
    Takes(Span),
    /// It fails after the usual time.
    Fails,
    /// It fails after this time.
    FailsAfter(Span),
}
