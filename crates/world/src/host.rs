//! A host: where a process lives.
//!
//! What can go wrong here: the process is killed between two steps and comes back with what its
//! disk kept (P1, P4, P6), or with an empty disk (P8); it stands still while its clock runs on (P2)
//! or stands too (P10), and what arrives waits; each of its steps takes long (P7); its timers fire
//! late (C5). What cannot: it is killed within a step, or a timer fires early by its clock.

mod clock;
mod disk;

use std::collections::VecDeque;

use squall_process::{Instant, Process, ProcessId, RecordNumber, Span};
use squall_trace::Link;

use self::clock::Clock;
use self::disk::Journal;
use crate::agenda::Agenda;
use crate::choices::Draws;
use crate::world::Due;

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
/// decides. (Measured with 10,000 processes.)
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Host<P: Process> {
    pub(crate) mode: Mode,
    /// Whether it was ever started.
    pub(crate) started: bool,
    /// It stays down for good.
    pub(crate) condemned: bool,
    /// It is up, and something waits until it has time.
    pub(crate) backlog: bool,
    /// It stopped itself, and its supervisor will start it again.
    pub(crate) supervised: bool,
    pub(crate) id: ProcessId,
    /// How often the process was started before; of the one that runs now or ran last.
    pub(crate) incarnation: u32,
    /// Steps since the last boot, the boot included.
    pub(crate) steps: u32,
    /// How long each step takes, and until when the last one does.
    pub(crate) lag: Span,
    pub(crate) busy_until: Instant,
    pub(crate) clock: Clock,
    pub(crate) process: Option<P>,
    /// What the process has drawn itself: how often, and its draws.
    pub(crate) luck: (u32, Draws),
    pub(crate) timers: Timers<P::Timer>,
    pub(crate) journal: Journal<P::Record>,
    pub(crate) record_next: RecordNumber,
    /// What arrived while it stood still or was busy, in order.
    pub(crate) waiting: VecDeque<Due<P>>,
    /// Operations asked of this incarnation and not answered.
    pub(crate) open_ops: u32,
    /// How many draws of each sort it has had.
    pub(crate) syncs: u32,
    pub(crate) writes: u32,
    pub(crate) fired: u32,
    pub(crate) crashes: u32,
    pub(crate) rots: u32,
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
            backlog: false,
            supervised: false,
            clock: Clock::new(),
            timers: Timers::new(),
            journal: Journal::new(),
            record_next: RecordNumber(1),
            waiting: VecDeque::new(),
            lag: Span::ZERO,
            busy_until: Instant::ZERO,
            steps: 0,
            open_ops: 0,
            luck: (0, Draws::of(Link { from: id, to: id })),
            syncs: 0,
            writes: 0,
            fired: 0,
            crashes: 0,
            rots: 0,
        }
    }

    /// Makes it the host of `id` that never ran, and keeps the memory.
    pub(crate) fn reset(&mut self, id: ProcessId) {
        let mut fresh = Self::new(id);
        self.journal.reset();
        self.waiting.clear();
        self.timers.clear();
        self.timers.token_next = 0;
        std::mem::swap(&mut fresh.journal, &mut self.journal);
        std::mem::swap(&mut fresh.waiting, &mut self.waiting);
        std::mem::swap(&mut fresh.timers, &mut self.timers);
        *self = fresh;
    }

    /// Whether it is up and has no time for another input now.
    #[inline]
    pub(crate) fn is_busy(&self, now: Instant) -> bool {
        self.busy_until > now || self.backlog
    }

    /// The record written last.
    pub(crate) fn record_last(&self) -> RecordNumber {
        RecordNumber(self.record_next.0 - 1)
    }
}

/// The timers of a process.
///
/// Setting a timer anew to a later time leaves its entry in the agenda where it is; when that comes
/// up, it is put off. So a timer that is reset with every message costs nothing, and a timer has
/// one entry in the agenda, seldom two.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    set: Vec<Timer<T>>,
    token_next: u32,
}

#[derive(Clone, Debug)]
struct Timer<T> {
    name: T,
    /// When it is due by the local clock, if it was not cancelled.
    due: Option<Instant>,
    /// When the agenda comes back to it.
    scheduled: Instant,
    /// Tells its entry in the agenda from earlier ones.
    token: u32,
    /// It was already found to be late.
    late: bool,
}

/// What is to be done about a timer that the agenda brought up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ring<T> {
    /// Nothing: it was cancelled or set anew.
    Stale,
    /// It is due later by the local clock.
    PutOff(Instant),
    /// It is due now. Says whether its lateness is still to be drawn.
    Due(T, bool),
}

impl<T: Copy + Eq> Timers<T> {
    const fn new() -> Self {
        Self { set: Vec::new(), token_next: 0 }
    }

    pub(crate) fn clear(&mut self) {
        // Tokens go on, so that entries left in the agenda stay stale.
        self.set.clear();
    }

    /// Sets `name` to the local time `due`. Says when and under which token the agenda must come
    /// back, if it does not do so early enough already.
    #[inline]
    pub(crate) fn set(&mut self, name: T, due: Instant, clock: &Clock) -> Option<(Instant, u32)> {
        let at = clock.world_at(due);
        let token = self.token_next;
        if let Some(timer) = self.set.iter_mut().find(|timer| timer.name == name) {
            (timer.due, timer.late) = (Some(due), false);
            if timer.scheduled <= at {
                return None;
            }
            (timer.scheduled, timer.token) = (at, token);
        } else {
            self.set.push(Timer { name, due: Some(due), scheduled: at, token, late: false });
        }
        self.token_next += 1;
        Some((at, token))
    }

    pub(crate) fn cancel(&mut self, name: T) {
        if let Some(timer) = self.set.iter_mut().find(|timer| timer.name == name) {
            timer.due = None;
        }
    }

    /// The agenda comes to the entry `token`.
    #[inline]
    pub(crate) fn ring(&mut self, token: u32, local: Instant) -> Ring<T> {
        let Some(place) = self.set.iter().position(|timer| timer.token == token) else {
            return Ring::Stale;
        };
        let timer = &self.set[place];
        match timer.due {
            None => {
                self.set.swap_remove(place);
                Ring::Stale
            }
            Some(due) if due > local => Ring::PutOff(due),
            Some(_) => Ring::Due(timer.name, !timer.late),
        }
    }

    /// The agenda will come back to `token` at `at`.
    pub(crate) fn put_off(&mut self, token: u32, at: Instant, late: bool) {
        if let Some(timer) = self.set.iter_mut().find(|timer| timer.token == token) {
            timer.scheduled = at;
            timer.late |= late;
        }
    }

    /// `name` fires: it is no longer set.
    #[inline]
    pub(crate) fn fire(&mut self, token: u32) {
        self.set.retain(|timer| timer.token != token);
    }

    /// The clock changed its rate or goes on after standing still: every timer is scheduled anew.
    pub(crate) fn reschedule<P: Process>(
        &mut self,
        host: u32,
        clock: &Clock,
        agenda: &mut Agenda<Due<P>>,
    ) {
        self.set.retain(|timer| timer.due.is_some());
        for timer in &mut self.set {
            let Some(due) = timer.due else { continue };
            // One that was found to be late stays late.
            let at = clock.world_at(due);
            timer.scheduled = if timer.late { at.max(timer.scheduled) } else { at };
            timer.token = self.token_next;
            self.token_next += 1;
            agenda.push(timer.scheduled, Due::Timer { host, token: timer.token });
        }
    }
}
