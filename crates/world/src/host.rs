//! A host: where a process lives.
//!
//! What can fail here: the process is killed between two steps and returns with what its disk kept
//! (P1, P4, P6), or with an empty disk (P8); it stands still while its clock runs on (P2) or stands
//! too (P10), and arriving inputs wait; each of its steps takes long (P7); its timers fire late
//! (C5). What cannot: it is killed within a step, or a timer fires early by its clock.

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

/// The mode of a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Up,
    Paused,
    Suspended,
    Down,
}

/// A host, its process if it is not down, and its disk.
///
/// Fields that every delivery touches come first and are adjacent, because in a large world the
/// cache decides the speed. The first cache line holds the life, the inbox and the clock; the
/// second one the draws and the beginning of the process. (Measured with 10,000 processes.)
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Host<P: Process> {
    pub(crate) mode: Mode,
    /// Whether it was ever started.
    pub(crate) started: bool,
    /// Whether it stays down for good.
    pub(crate) condemned: bool,
    /// Whether it halted itself, and its supervisor will restart it.
    pub(crate) supervised: bool,
    pub(crate) id: ProcessId,
    /// How many times the process was started before, for the one that runs now or ran last.
    pub(crate) incarnation: u32,
    /// The number of steps since the last boot, including the boot.
    pub(crate) steps: u32,
    pub(crate) inbox: Inbox<P>,
    pub(crate) clock: Clock,
    pub(crate) luck: OwnLuck,
    pub(crate) process: Option<P>,
    pub(crate) timers: Timers<P::Timer>,
    pub(crate) disk: Journal<P::Record>,
    /// The operations that this incarnation was asked for and has not answered.
    pub(crate) open_ops: u32,
    /// The number of its crashes.
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

    /// Makes it the host of `id` with a process that has never run, and keeps the allocated memory.
    pub(crate) fn reset(&mut self, id: ProcessId) {
        // Field by field, because a host is large. All fields are named, so that none is forgotten.
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

    /// Returns the link of the process to itself, which is the address of its own draws.
    #[inline]
    pub(crate) const fn own_link(&self) -> Link {
        Link { from: self.id, to: self.id }
    }
}
