//! Conditions: how badly links, disks and timers behave by chance.
//!
//! Conditions are numbers, not events. The header of a script sets them for the whole run, a line
//! changes them from a time on, and `calm` puts them back to [`Conditions::default`], in which
//! nothing is ever lost, late or damaged.

use squall_process::Span;

use crate::LuckKind;

/// A chance, in millionths: 0 is never, 1,000,000 is always.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Chance(u32);

impl Chance {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(1_000_000);

    /// `millionths` in a million; `None` above one million.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= 1_000_000 { Some(Self(millionths)) } else { None }
    }

    /// `percent` in a hundred; above 100 it is always.
    #[must_use]
    pub const fn from_percent(percent: u32) -> Self {
        if percent >= 100 { Self::ALWAYS } else { Self(percent * 10_000) }
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The share of the 2^32 values of a 32-bit draw.
    #[inline]
    #[must_use]
    pub const fn share(self) -> u64 {
        ((self.0 as u64) << 32) / 1_000_000
    }
}

/// A span drawn evenly from `low` to `high`, both included. `low` is never above `high`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SpanRange {
    low: Span,
    high: Span,
}

impl SpanRange {
    /// From `low` to `high`; `None` if `low` is above `high`.
    #[must_use]
    pub fn new(low: Span, high: Span) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// Always `span`.
    #[must_use]
    pub const fn exactly(span: Span) -> Self {
        Self { low: span, high: span }
    }

    /// The shortest.
    #[must_use]
    pub const fn low(self) -> Span {
        self.low
    }

    /// The longest.
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
    /// A floor, and on top of it an exponentially distributed time of this mean (cut off at 22
    /// times the mean, which one draw in 2^32 would pass).
    Exponential {
        /// The least delay.
        floor: Span,
        /// The mean of what comes on top.
        mean: Span,
    },
}

/// With this chance, instead of the usual time one drawn evenly from zero to `high` more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tail {
    /// How often.
    pub chance: Chance,
    /// How much at most.
    pub high: Span,
}

/// What a crash leaves of the records that no sync had covered (D1, D3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Keep {
    /// All of them: the operating system outlived the process.
    #[default]
    All,
    /// None of them.
    None,
    /// The first few, as many as luck has it.
    Prefix,
    /// Any of them: the disk wrote in an order of its own.
    Subset,
}

/// All conditions of a run at one time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Conditions {
    /// How long a message takes.
    pub delay: Delay,
    /// Now and then a message takes much longer (N2).
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
    /// How often a write is refused with an error (D8).
    pub write_error: Chance,
    /// How often a sync fails, taking what it covered with it (D9).
    pub sync_error: Chance,
    /// What a crash leaves of unsynced records (D1, D3).
    pub keep: Keep,
    /// How often the last unsynced record that a crash left is cut short (D2).
    pub torn: Chance,
    /// How often a timer fires late, and by how much at most (C5).
    pub late: Tail,
    /// How long a supervisor waits before it starts a process again that stopped itself.
    pub restart: Span,
}

impl Default for Conditions {
    /// Fair weather: a message takes 1 ms, a sync no time, and nothing goes wrong.
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

/// One condition and its value: what a header line or a script line says.
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
    /// Which sort of luck it governs, if any: `order`, `queue` and `restart` are no chance.
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

    /// The same condition in fair weather.
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

    /// The conditions in which `self` differs from fair weather, in a fixed order.
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
