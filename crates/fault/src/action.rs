//! Actions: what a script does to the world, as values with a place and a kind.
//!
//! A fault is one value; there is no method per combination. Which links, which direction and which
//! fate are fields of it. The text of each is in the `script` crate, which parses and prints them.

use smallvec::SmallVec;
use squall_process::{ProcessId, RecordNumber, Span};

use crate::{Condition, Luck};

/// One action of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action<O> {
    /// Somebody asks `process` for `op`.
    Ask {
        /// Who is asked, usually a client.
        process: ProcessId,
        /// What for.
        op: O,
    },
    /// Something goes wrong, or goes right again.
    Fault(Fault),
    /// Luck that is fixed beforehand. It applies wherever in the run the thing it names happens.
    Luck(Luck),
    /// Faults end. With a list, only those servers are healed (and all clients); the other servers
    /// stay down for good.
    Calm(Option<Vec<ProcessId>>),
}

/// Processes by name. Most lists are short, and a sweep makes some dozens for every run: up to four
/// names need no memory of their own.
pub type Names = SmallVec<[ProcessId; 4]>;

/// A set of processes, by name or by role.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// These.
    Processes(Names),
    /// Every process.
    All,
    /// Every process that the other side does not name. Only as the right side of [`Sides`].
    Rest,
    /// The process that last claimed this role, if any did: `@leader`.
    Role(String),
}

/// Two sides and the links between them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sides {
    /// One side; the senders, if only one direction is meant.
    pub left: Group,
    /// The other side.
    pub right: Group,
    /// Both directions (`left | right`), or only from left to right (`left > right`).
    pub both: bool,
}

/// A set of links: `n1 n2 | n3 n4`, `n1 > n2`, `n1 | n3, n2 | n4`, `all`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Links {
    /// Every link.
    All,
    /// The links between each of these pairs of sides. Never empty.
    Between(Vec<Sides>),
}

/// What is left of a crashed process' unsynced records, when a line fixes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kept {
    /// Which records.
    pub records: KeptRecords,
    /// Whether the last of them is cut short.
    pub torn: bool,
}

impl Kept {
    /// None of them; the least of all values.
    pub const NOTHING: Self = Self { records: KeptRecords::First(0), torn: false };
}

/// Which unsynced records a crash leaves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeptRecords {
    /// The first so many.
    First(u32),
    /// Exactly these.
    These(Vec<RecordNumber>),
}

/// One fault, or the end of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// `cut LINKS`: the links lose all, what is under way included.
    Cut(Links),
    /// `heal LINKS`: the end of cuts.
    Heal(Links),
    /// `clog LINKS`: the links hold back all that is sent from now on.
    Clog(Links),
    /// `release LINKS`: the end of clogs; what was held arrives in a burst.
    Release(Links),
    /// `slow LINKS SPAN`: every message on them takes so much longer; `0ms` ends it.
    Slow(Links, Span),
    /// `crash WHO [keep N|keep rA rB] [torn]`: they are gone, all but their disks.
    Crash(Group, Option<Kept>),
    /// `boot WHO`: those that are down start again, with what their disks kept.
    Boot(Group),
    /// `replace WHO`: those that are down start again on empty disks.
    Replace(Group),
    /// `pause WHO`: they stand still; their clocks run on.
    Pause(Group),
    /// `suspend WHO`: they stand still and so do their clocks.
    Suspend(Group),
    /// `resume WHO`: the end of pauses and suspensions.
    Resume(Group),
    /// `lag WHO SPAN`: each of their steps takes so long; `0ms` ends it.
    Lag(Group, Span),
    /// `clock WHO offset SPAN`: their wall clocks step by so much (nanoseconds, either way).
    ClockOffset(Group, i64),
    /// `clock WHO drift 200ppm`: their clocks run fast (or slow) by so many millionths.
    ClockDrift(Group, i32),
    /// `disk WHO full`: every write is refused.
    DiskFull(Group),
    /// `disk WHO slow SPAN`: every sync takes so much longer; `0ms` ends it.
    DiskSlow(Group, Span),
    /// `disk WHO stalls`: no sync completes.
    DiskStalls(Group),
    /// `disk WHO works`: not full, slow or stalled any longer.
    DiskWorks(Group),
    /// `disk WHO rots [rN]`: a durable record, that one or one by luck, cannot be read any more.
    DiskRots(Group, Option<RecordNumber>),
    /// A condition changes, as in the header: `loss 50%`.
    Condition(Condition),
    /// `reset LINKS`: sessions on the links break, and the end that a link leads to is told.
    Reset(Links),
    /// `refuse LINKS`: connects on the links are refused.
    Refuse(Links),
    /// `hang LINKS`: connects on the links hang.
    Hang(Links),
    /// `accept LINKS`: connects on the links are neither refused nor hang any longer.
    Accept(Links),
    /// `stop WHO`: they end in order, with all that they wrote on their disks.
    Stop(Group),
    /// `start WHO`: those that are down start again, as after a stop.
    Start(Group),
}
