//! A host: where a process lives.
//!
//! What can go wrong here: the process is killed between two steps and comes back with what its
//! disk kept (P1, P4, P6), or with an empty disk (P8); it stands still while its clock runs on (P2)
//! or stands too (P10), and what arrives waits; each of its steps takes long (P7); its timers fire
//! late (C5). What cannot: it is killed within a step, or a timer fires early by its clock.

mod clock;
mod disk;
mod inbox;
mod timers;

use squall_process::{Process, ProcessId};
use squall_trace::Link;

pub(crate) use self::clock::Clock;
pub(crate) use self::disk::Journal;
pub(crate) use self::inbox::Inbox;
pub(crate) use self::timers::{Ring, Timers};
use crate::choices::Draws;

/// What a host is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Up,
    Paused,
    Suspended,
    Down,
}

/// A host, its process if it is not down, and its disk.
///
/// What every delivery touches stands first and together: in a large world it is the cache that
/// decides. The first line holds the life, the inbox and the clock; the second one the draws and
/// the start of the process. (Measured with 10,000 processes.)
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Host<P: Process> {
    pub(crate) mode: Mode,
    /// Whether it was ever started.
    pub(crate) started: bool,
    /// It stays down for good.
    pub(crate) condemned: bool,
    /// It stopped itself, and its supervisor will start it again.
    pub(crate) supervised: bool,
    pub(crate) id: ProcessId,
    /// How often the process was started before; of the one that runs now or ran last.
    pub(crate) incarnation: u32,
    /// Steps since the last boot, the boot included.
    pub(crate) steps: u32,
    pub(crate) inbox: Inbox<P>,
    pub(crate) clock: Clock,
    pub(crate) luck: OwnLuck,
    pub(crate) process: Option<P>,
    pub(crate) timers: Timers<P::Timer>,
    pub(crate) disk: Journal<P::Record>,
    /// Operations asked of this incarnation and not answered.
    pub(crate) open_ops: u32,
    /// How often it has crashed.
    pub(crate) crashes: u32,
}

/// What a process draws itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnLuck {
    /// How often it has drawn.
    pub(crate) drawn: u32,
    pub(crate) draws: Draws,
}

impl OwnLuck {
    fn of(process: ProcessId) -> Self {
        Self { drawn: 0, draws: Draws::of(Link { from: process, to: process }) }
    }
}

impl<P: Process> Host<P> {
    pub(crate) fn new(id: ProcessId) -> Self {
        Self {
            id,
            mode: Mode::Down,
            process: None,
            incarnation: 0,
            started: false,
            condemned: false,
            supervised: false,
            clock: Clock::new(),
            timers: Timers::new(),
            disk: Journal::new(),
            inbox: Inbox::new(),
            steps: 0,
            open_ops: 0,
            luck: OwnLuck::of(id),
            crashes: 0,
        }
    }

    /// Makes it the host of `id` that never ran, and keeps the memory.
    pub(crate) fn reset(&mut self, id: ProcessId) {
        // Field by field, since a host is large. All are named, so that none is forgotten.
        let Self {
            mode,
            started,
            condemned,
            supervised,
            id: name,
            incarnation,
            steps,
            inbox,
            clock,
            luck,
            process,
            timers,
            disk,
            open_ops,
            crashes,
        } = self;
        (*mode, *started, *condemned, *supervised) = (Mode::Down, false, false, false);
        (*incarnation, *steps, *open_ops, *crashes) = (0, 0, 0, 0);
        (*name, *clock, *luck, *process) = (id, Clock::new(), OwnLuck::of(id), None);
        inbox.reset();
        timers.reset();
        disk.reset();
    }

    /// The link of the process to itself, at which its own draws stand.
    #[inline]
    pub(crate) const fn own_link(&self) -> Link {
        Link { from: self.id, to: self.id }
    }
}
