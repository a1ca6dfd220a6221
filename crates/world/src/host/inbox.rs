//! The inbox of a host: the inputs that wait for a process that stands still (P2, P10) or is busy
//! (P7).

use std::collections::VecDeque;

use squall_process::{Instant, Process, Span};

use crate::due::Due;

/// The inputs that wait for a process, and the time until which it is busy.
///
/// Most processes never stand still and take no time for a step: their inbox takes no memory.
#[derive(Clone, Debug)]
pub(crate) struct Inbox<P: Process>(Option<Box<Contents<P>>>);

#[derive(Clone, Debug)]
struct Contents<P: Process> {
    /// The inputs that arrived while the process stood still or was busy, in order.
    waiting: VecDeque<Due<P>>,
    /// How long each step takes, and until when the last one does.
    lag: Span,
    busy_until: Instant,
}

impl<P: Process> Inbox<P> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Makes it the inbox of a process that has never run, and keeps the allocated memory.
    pub(crate) fn reset(&mut self) {
        if let Some(contents) = &mut self.0 {
            contents.waiting.clear();
            contents.lag = Span::ZERO;
            contents.busy_until = Instant::ZERO;
        }
    }

    /// Makes the process free at `now`.
    pub(crate) fn set_free(&mut self, now: Instant) {
        if let Some(contents) = &mut self.0 {
            contents.busy_until = now;
        }
    }

    /// Makes each step take `lag`.
    pub(crate) fn set_lag(&mut self, lag: Span) {
        if !lag.is_zero() || self.0.is_some() {
            self.contents().lag = lag;
        }
    }

    /// Records the beginning of a step.
    #[inline]
    pub(crate) fn begin_step(&mut self, now: Instant) {
        if let Some(contents) = &mut self.0
            && !contents.lag.is_zero()
        {
            contents.busy_until = now + contents.lag;
        }
    }

    /// Returns whether the process, which is up, has no time for another input now.
    #[inline]
    pub(crate) fn is_busy(&self, now: Instant) -> bool {
        self.0
            .as_ref()
            .is_some_and(|contents| contents.busy_until > now || !contents.waiting.is_empty())
    }

    /// Returns whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|contents| contents.waiting.is_empty())
    }

    /// Returns the time until which the process is busy.
    pub(crate) fn busy_until(&self) -> Instant {
        self.0.as_ref().map_or(Instant::ZERO, |contents| contents.busy_until)
    }

    /// Adds `due` after all waiting inputs.
    pub(crate) fn push(&mut self, due: Due<P>) {
        self.contents().waiting.push_back(due);
    }

    /// Takes the input that has waited longest.
    pub(crate) fn pop(&mut self) -> Option<Due<P>> {
        self.0.as_mut()?.waiting.pop_front()
    }

    /// Takes all waiting inputs, in order.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Due<P>> + '_ {
        self.0.iter_mut().flat_map(|contents| contents.waiting.drain(..))
    }

    fn contents(&mut self) -> &mut Contents<P> {
        self.0.get_or_insert_with(|| {
            let (lag, busy_until) = (Span::ZERO, Instant::ZERO);
            Box::new(Contents { waiting: VecDeque::new(), lag, busy_until })
        })
    }
}
