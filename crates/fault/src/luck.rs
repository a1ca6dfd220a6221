//! Fixed luck: what a script line says about one draw, in place of the draw.

use squall_process::{Instant, ProcessId, RecordNumber, Span};

use crate::{Conditions, Delay, Kept, Link, SpanRange};

/// The fixed outcome of one thing that chance would decide.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Luck {
    /// `n3>n5#4 lost`, `n3>n5#4 takes 80ms`, `n3>n5#4 twice 5ms 80ms`: the fate of a message.
    Message {
        /// The link.
        link: Link,
        /// The number of the message on it, from 1.
        number: u32,
        /// What becomes of it.
        fate: MessageLuck,
    },
    /// `n2 random#3 is 1370`: what a process drew, the third time it asked. Reduced to the bound it
    /// asks for.
    Random {
        /// Who draws.
        process: ProcessId,
        /// Which of its draws, from 1.
        number: u32,
        /// What it gets.
        value: u64,
    },
    /// `n2 sync#3 takes 5ms`, `n2 sync#3 fails`.
    Sync {
        /// Whose disk.
        process: ProcessId,
        /// Which of its syncs, from 1.
        number: u32,
        /// How it ends.
        end: SyncLuck,
    },
    /// `n2 write r7 fails`: a write that is refused.
    WriteFails {
        /// Whose disk.
        process: ProcessId,
        /// Which record.
        record: RecordNumber,
    },
    /// `n2 timer#4 late 20ms`: a timer that fires late.
    Late {
        /// Whose.
        process: ProcessId,
        /// Which of its timers to fire, from 1.
        number: u32,
        /// By how much.
        by: Span,
    },
    /// `n1 crash#2 keep r3 torn`: what its second crash leaves of the unsynced records, by whatever
    /// means it came; a line `crash` that says so itself goes before it.
    Crash {
        /// Whose disk.
        process: ProcessId,
        /// Which of its crashes, from 1.
        number: u32,
        /// What is left.
        kept: Kept,
    },
    /// `n1 rot#2 is r7`: which record rots.
    Rot {
        /// Whose disk.
        process: ProcessId,
        /// Which of its turns to rot, from 1.
        number: u32,
        /// The record.
        record: RecordNumber,
    },
}

/// What sort of thing luck decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LuckKind {
    /// What a crash leaves.
    Crash,
    /// Which record rots.
    Rot,
    /// Whether a write is refused.
    Write,
    /// How a sync ends, and when.
    Sync,
    /// Whether a timer is late.
    Late,
    /// What becomes of a message.
    Message,
    /// What a process draws.
    Random,
}

impl LuckKind {
    /// All of them; those of which a run has few come first.
    pub const ALL: [Self; 7] =
        [Self::Crash, Self::Rot, Self::Write, Self::Sync, Self::Late, Self::Message, Self::Random];
}

/// The address of a draw: the one thing that chance would decide there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    kind: LuckKind,
    process: ProcessId,
    /// The receiver of a message.
    to: Option<ProcessId>,
    number: u64,
}

/// Luck that a run had, and where in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// When it came to pass.
    pub at: Instant,
    /// After how many events of the run.
    pub events: u64,
    /// What it was.
    pub luck: Luck,
}

impl Luck {
    /// What sort of thing it decides.
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

    /// What it decides, in whatever way: two that decide the same have the same.
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

    /// Returns its number among the draws of the same kind at the same place, from 1. Of a write it
    /// is the number of the record.
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

    /// Whether it is what comes to pass in fair weather anyway, without chance: so it need not be
    /// said where the conditions are [`Conditions::default`].
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
