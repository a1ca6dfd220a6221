//! Conditions: how badly links, disks and timers behave by chance.
//!
//! Conditions are numbers, not events. The header of a script sets them for the whole run, a line
//! changes them from its time on, and `calm` resets them to [`Conditions::default`], under which
//! nothing is lost, late or damaged.

use squall_process::Span;

use crate::LuckKind;

/// A chance, in millionths: 0 means never, 1,000,000 means always.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Chance(u32);

impl Chance {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(1_000_000);

    /// Returns a chance of `millionths` in a million; `None` above one million.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= 1_000_000 { Some(Self(millionths)) } else { None }
    }

    /// Returns a chance of `percent` in a hundred; a value above 100 means always.
    #[must_use]
    pub const fn from_percent(percent: u32) -> Self {
        if percent >= 100 { Self::ALWAYS } else { Self(percent * 10_000) }
    }

    /// Returns the chance in millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Returns the number of values of a 32-bit draw, out of 2^32, that count as a hit.
    #[inline]
    #[must_use]
    pub const fn share(self) -> u64 {
        ((self.0 as u64) << 32) / 1_000_000
    }
}

/// A span drawn evenly from `low` to `high`, inclusive. `low` is never above `high`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SpanRange {
    low: Span,
    high: Span,
}

impl SpanRange {
    /// Returns the range from `low` to `high`; `None` if `low` is above `high`.
    #[must_use]
    pub fn new(low: Span, high: Span) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// Returns the range that contains only `span`.
    #[must_use]
    pub const fn exactly(span: Span) -> Self {
        Self { low: span, high: span }
    }

    /// Returns the shortest span.
    #[must_use]
    pub const fn low(self) -> Span {
        self.low
    }

    /// Returns the longest span.
    #[must_use]
    pub const fn high(self) -> Span {
        self.high
    }
}

/// How long a message takes (N2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Delay {
    /// Evenly between two bounds.
    Uniform(SpanRange),
    /// A minimum plus an exponentially distributed time of this mean. The time is cut off at 22
    /// times the mean, which one draw in 2^32 would exceed.
    Exponential {
        /// The minimum.
        floor: Span,
        /// The mean of the time that is added.
        mean: Span,
    },
}

/// With this chance, a time drawn evenly from zero to `high` is added to the usual time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tail {
    /// The chance.
    pub chance: Chance,
    /// The longest time that is added.
    pub high: Span,
}

/// What a crash leaves of the unsynced records (D1, D3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Keep {
    /// All of them: the operating system outlived the process.
    #[default]
    All,
    /// None of them.
    None,
    /// The first few of them, a number drawn by luck.
    Prefix,
    /// Any of them: the disk wrote in its own order.
    Subset,
}

/// All conditions of a run at one time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Conditions {
    /// How long a message takes.
    pub delay: Delay,
    /// How often a message takes much longer than usual (N2).
    pub tail: Tail,
    /// How often a message is lost (N1).
    pub loss: Chance,
    /// How often a message arrives twice (N4).
    pub duplicate: Chance,
    /// Whether each link keeps the order in which messages were sent. If not, each message has its
    /// own delay (N3).
    pub in_order: bool,
    /// How many messages a clogged link holds; more are lost (N11). `None`: any number.
    pub queue: Option<u32>,
    /// How long a sync takes (D11).
    pub sync: SpanRange,
    /// How often the disk refuses a write (D8).
    pub write_error: Chance,
    /// How often a sync fails and loses the records that it covered (D9).
    pub sync_error: Chance,
    /// What a crash leaves of unsynced records (D1, D3).
    pub keep: Keep,
    /// How often the last unsynced record that a crash leaves is cut short (D2).
    pub torn: Chance,
    /// How often a timer fires late, and at most how late (C5).
    pub late: Tail,
    /// How long a supervisor waits before it restarts a process that halted itself.
    pub restart: Span,
}

impl Default for Conditions {
    /// Returns fair conditions: a message takes 1 ms, a sync no time, and nothing goes wrong.
    fn default() -> Self {
        Self {
            delay: Delay::Uniform(SpanRange::exactly(Span::from_millis(1))),
            tail: Tail::default(),
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
            in_order: false,
            queue: None,
            sync: SpanRange::default(),
            write_error: Chance::NEVER,
            sync_error: Chance::NEVER,
            keep: Keep::All,
            torn: Chance::NEVER,
            late: Tail::default(),
            restart: Span::from_secs(1),
        }
    }
}

/// One condition and its value, as in a line of the header or of the script.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// `delay 1ms..10ms`, `delay 5ms`, `delay 1ms + exp 5ms`.
    Delay(Delay),
    /// `tail 0.1% 2s`.
    Tail(Tail),
    /// `loss 3%`.
    Loss(Chance),
    /// `duplicate 2%`.
    Duplicate(Chance),
    /// `order kept`, `order free`.
    InOrder(bool),
    /// `queue 20`, `queue any`.
    Queue(Option<u32>),
    /// `sync 1ms..5ms`.
    Sync(SpanRange),
    /// `write-error 1%`.
    WriteError(Chance),
    /// `sync-error 1%`.
    SyncError(Chance),
    /// `keep all`, `keep none`, `keep prefix`, `keep subset`.
    Keep(Keep),
    /// `torn 20%`.
    Torn(Chance),
    /// `late 5% 200ms`.
    Late(Tail),
    /// `restart 500ms`.
    Restart(Span),
}

impl Condition {
    /// Returns the kind of luck that it governs. `order`, `queue` and `restart` involve no chance.
    #[must_use]
    pub const fn governs(self) -> Option<LuckKind> {
        match self {
            Self::Delay(_) | Self::Tail(_) | Self::Loss(_) | Self::Duplicate(_) => {
                Some(LuckKind::Message)
            }
            Self::Sync(_) | Self::SyncError(_) => Some(LuckKind::Sync),
            Self::WriteError(_) => Some(LuckKind::Write),
            Self::Keep(_) | Self::Torn(_) => Some(LuckKind::Crash),
            Self::Late(_) => Some(LuckKind::Late),
            Self::InOrder(_) | Self::Queue(_) | Self::Restart(_) => None,
        }
    }

    /// Returns the same condition with its fair value.
    #[must_use]
    pub fn fair(self) -> Self {
        let same = |fair: &Self| std::mem::discriminant(fair) == std::mem::discriminant(&self);
        Conditions::default().each().into_iter().find(same).unwrap_or(self)
    }
}

impl Conditions {
    /// Replaces one condition.
    pub fn set(&mut self, condition: Condition) {
        match condition {
            Condition::Delay(delay) => self.delay = delay,
            Condition::Tail(tail) => self.tail = tail,
            Condition::Loss(loss) => self.loss = loss,
            Condition::Duplicate(duplicate) => self.duplicate = duplicate,
            Condition::InOrder(in_order) => self.in_order = in_order,
            Condition::Queue(queue) => self.queue = queue,
            Condition::Sync(sync) => self.sync = sync,
            Condition::WriteError(chance) => self.write_error = chance,
            Condition::SyncError(chance) => self.sync_error = chance,
            Condition::Keep(keep) => self.keep = keep,
            Condition::Torn(torn) => self.torn = torn,
            Condition::Late(late) => self.late = late,
            Condition::Restart(restart) => self.restart = restart,
        }
    }

    /// Returns the conditions of `self` that are not fair, in a fixed order.
    pub fn unusual(&self) -> impl Iterator<Item = Condition> {
        let fair = Self::default().each();
        self.each().into_iter().zip(fair).filter_map(|(mine, fair)| (mine != fair).then_some(mine))
    }

    fn each(&self) -> [Condition; 13] {
        [
            Condition::Delay(self.delay),
            Condition::Tail(self.tail),
            Condition::Loss(self.loss),
            Condition::Duplicate(self.duplicate),
            Condition::InOrder(self.in_order),
            Condition::Queue(self.queue),
            Condition::Sync(self.sync),
            Condition::WriteError(self.write_error),
            Condition::SyncError(self.sync_error),
            Condition::Keep(self.keep),
            Condition::Torn(self.torn),
            Condition::Late(self.late),
            Condition::Restart(self.restart),
        ]
    }
}
