//! Actions: what a script does to the world, as values with a place and a kind.
//!
//! A fault is one value; there is no method for each combination. The links, the direction and the
//! fate are fields of it. The `script` crate parses and prints the text of each.

use smallvec::SmallVec;
use squall_process::{ProcessId, RecordNumber, Span};

use crate::{Condition, Luck};

/// One action of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action<O> {
    /// `process` is asked for `op`.
    Ask {
        /// Who is asked, usually a client.
        process: ProcessId,
        /// The operation.
        op: O,
    },
    /// Something fails, or recovers.
    Fault(Fault),
    /// Luck that is fixed beforehand. It applies at whatever time the named draw takes place.
    Luck(Luck),
    /// Faults end. With a list, only those servers are healed, and all clients; the other servers
    /// stay down for good.
    Calm(Option<Vec<ProcessId>>),
}

/// Processes by name. Most lists are short, and a sweep makes dozens of them for every run: up to
/// four names need no memory of their own.
pub type Names = SmallVec<[ProcessId; 4]>;

/// A set of processes, by name or by role.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// These processes.
    Processes(Names),
    /// Every process.
    All,
    /// Every process that the other side does not name. Only allowed as the right side of
    /// [`Sides`].
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

/// What a crash leaves of the unsynced records of a process, if a line fixes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kept {
    /// The records.
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
    /// The first records, this many.
    First(u32),
    /// Exactly these records.
    These(Vec<RecordNumber>),
}

/// One fault, or the end of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// `cut LINKS`: the links lose every message, including those under way.
    Cut(Links),
    /// `heal LINKS`: ends cuts.
    Heal(Links),
    /// `clog LINKS`: the links hold back the messages sent from now on.
    Clog(Links),
    /// `release LINKS`: ends clogs; the held messages arrive at once.
    Release(Links),
    /// `slow LINKS SPAN`: every message on the links takes `SPAN` longer; `0ms` ends this.
    Slow(Links, Span),
    /// `crash WHO [keep N|keep rA rB] [torn]`: the processes lose everything except their disks.
    Crash(Group, Option<Kept>),
    /// `boot WHO`: those that are down start again, with what their disks kept.
    Boot(Group),
    /// `replace WHO`: those that are down start again on empty disks.
    Replace(Group),
    /// `pause WHO`: the processes stand still; their clocks run on.
    Pause(Group),
    /// `suspend WHO`: the processes stand still, and so do their clocks.
    Suspend(Group),
    /// `resume WHO`: ends pauses and suspensions.
    Resume(Group),
    /// `lag WHO SPAN`: each step of the processes takes `SPAN`; `0ms` ends this.
    Lag(Group, Span),
    /// `clock WHO offset SPAN`: their wall clocks step by `SPAN` (in nanoseconds, forwards or
    /// backwards).
    ClockOffset(Group, i64),
    /// `clock WHO drift 200ppm`: their clocks run fast (or slow) by this many millionths.
    ClockDrift(Group, i32),
    /// `disk WHO full`: the disk refuses every write.
    DiskFull(Group),
    /// `disk WHO slow SPAN`: every sync takes `SPAN` longer; `0ms` ends this.
    DiskSlow(Group, Span),
    /// `disk WHO stalls`: no sync completes.
    DiskStalls(Group),
    /// `disk WHO works`: ends `full`, `slow` and `stalls`.
    DiskWorks(Group),
    /// `disk WHO rots [rN]`: a durable record, the named one or one drawn by luck, becomes
    /// unreadable.
    DiskRots(Group, Option<RecordNumber>),
    /// A condition changes, as in the header: `loss 50%`.
    Condition(Condition),
    /// `reset LINKS`: sessions on the links break, and the end that a link leads to learns of it.
    Reset(Links),
    /// `refuse LINKS`: connects on the links are refused.
    Refuse(Links),
    /// `hang LINKS`: connects on the links hang.
    Hang(Links),
    /// `accept LINKS`: ends `refuse` and `hang`.
    Accept(Links),
    /// `stop WHO`: the processes end in an orderly way, with all that they wrote on their disks.
    Stop(Group),
    /// `start WHO`: those that are down start again, for example after a `stop`.
    Start(Group),
}
