//! The timers of a host.

use squall_process::{Instant, Process};

use super::clock::Clock;
use crate::agenda::Agenda;
use crate::due::Due;

/// The timers of a process.
///
/// Setting a timer anew to a later time leaves its entry in the agenda where it is; when that comes
/// up, it is put off. So a timer that is reset with every message costs nothing, and a timer has
/// one entry in the agenda, seldom two.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    set: Vec<Timer<T>>,
    token_next: u32,
    /// How many of them were due since the start of the run.
    pub(crate) fired: u32,
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
    pub(crate) const fn new() -> Self {
        Self { set: Vec::new(), token_next: 0, fired: 0 }
    }

    /// Makes them those of a process that never ran, and keeps the memory.
    pub(crate) fn reset(&mut self) {
        self.set.clear();
        self.token_next = 0;
        self.fired = 0;
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
