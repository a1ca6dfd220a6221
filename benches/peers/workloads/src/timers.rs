//! The timers of one process, for runners whose peer offers sleep and no named timers.

use squall_process::Instant;

/// A short list, as the contract of a process promises.
#[derive(Clone, Debug)]
pub struct Timers<T> {
    set: Vec<(T, Instant)>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { set: Vec::new() }
    }
}

impl<T: Copy + Eq> Timers<T> {
    /// Sets `timer` to fire at `deadline`, and no longer at an earlier setting's.
    pub fn set(&mut self, timer: T, deadline: Instant) {
        self.cancel(timer);
        self.set.push((timer, deadline));
    }

    /// Forgets `timer`.
    pub fn cancel(&mut self, timer: T) {
        self.set.retain(|(other, _)| *other != timer);
    }

    /// When the next one is due.
    #[must_use]
    pub fn earliest(&self) -> Option<Instant> {
        self.set.iter().map(|(_, deadline)| *deadline).min()
    }

    /// Takes the one that is due next. Panics if none is set.
    pub fn fire(&mut self) -> T {
        let deadlines = self.set.iter().enumerate();
        let earliest = deadlines.min_by_key(|(_, (_, deadline))| *deadline);
        let (position, _) = earliest.expect("a timer is set");
        self.set.remove(position).0
    }
}
