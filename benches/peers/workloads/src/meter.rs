//! Counts, times and checks a measurement.
//!
//! Shared by everything that runs in a world. The counters are atomic only so that futures that
//! must be `Send` can hold them; each has one writer, so they are loaded and stored and never
//! locked.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

use squall_process::{Instant, ProcessId};

use crate::Goal;

/// No process learns this value.
const NOTHING: u64 = u64::MAX;

/// What was done in the worlds so far.
#[derive(Debug)]
pub struct Meter {
    goal: Goal,
    deliveries: AtomicU64,
    sends: AtomicU64,
    now_nanos: AtomicU64,
    learned: Vec<AtomicU64>,
    learned_count: AtomicU64,
    seed: AtomicU64,
    totals: Mutex<Totals>,
}

/// What was done in all worlds that were closed.
#[derive(Clone, Copy, Default, Debug)]
pub struct Totals {
    /// Worlds.
    pub runs: u64,
    /// Messages handed to a process.
    pub deliveries: u64,
    /// Messages that processes sent.
    pub sends: u64,
    /// Simulated time.
    pub simulated_nanos: u64,
    /// Real time. Where learning is the goal, from the opening of the first world to the end of the
    /// last one, set-up and all; where deliveries are, from [`Meter::begin`] to the last delivery,
    /// so that the set-up of a large world is left out.
    pub elapsed: Duration,
    started: Option<Stopwatch>,
}

impl Meter {
    /// A meter for worlds of `processes` that run until `goal`.
    #[must_use]
    pub fn new(processes: u32, goal: Goal) -> Self {
        let learners = match goal {
            Goal::Deliveries(_) => 0,
            Goal::AllLearned => processes,
        };
        Self {
            goal,
            deliveries: AtomicU64::new(0),
            sends: AtomicU64::new(0),
            now_nanos: AtomicU64::new(0),
            learned: (0..learners).map(|_| AtomicU64::new(NOTHING)).collect(),
            learned_count: AtomicU64::new(0),
            seed: AtomicU64::new(0),
            totals: Mutex::new(Totals::default()),
        }
    }

    /// The world of `seed` is about to be built.
    pub fn open(&self, seed: u64) {
        self.seed.store(seed, Relaxed);
        for counter in [&self.deliveries, &self.sends, &self.now_nanos] {
            counter.store(0, Relaxed);
        }
        self.learned_count.store(0, Relaxed);
        for learned in &self.learned {
            learned.store(NOTHING, Relaxed);
        }
        if self.goal == Goal::AllLearned {
            self.begin();
        }
    }

    /// Starts the clock. Called when the world is built, its processes have booted, and deliveries
    /// are about to begin, from outside the simulation: inside, some peers replace the real time
    /// with their own.
    #[expect(clippy::disallowed_methods, reason = "measuring real time is its task")]
    pub fn begin(&self) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.started.get_or_insert_with(Stopwatch::now);
    }

    /// Whether anything was delivered in this world.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.deliveries.load(Relaxed) > 0
    }

    /// The world's clock shows `now`.
    #[inline]
    pub fn at(&self, now: Instant) {
        self.now_nanos.store(now.as_nanos(), Relaxed);
    }

    /// A process sends a message.
    #[inline]
    pub fn sent(&self) {
        self.sends.store(self.sends.load(Relaxed) + 1, Relaxed);
    }

    /// A message reaches a process.
    #[inline]
    pub fn delivered(&self) {
        self.deliveries.store(self.deliveries.load(Relaxed) + 1, Relaxed);
    }

    /// Process `id` says that it has learned `value`. Panics if another was learned before: the
    /// protocol or the simulator is broken.
    pub fn learned(&self, id: ProcessId, value: u64) {
        let seed = self.seed.load(Relaxed);
        for learned in &self.learned {
            let other = learned.load(Relaxed);
            assert!(
                other == NOTHING || other == value,
                "seed {seed}: {id} learned {value}, another learned {other}"
            );
        }
        let index = usize::try_from(id.number() - 1).expect("a process number fits");
        let Some(own) = self.learned.get(index) else {
            return;
        };
        if own.swap(value, Relaxed) == NOTHING {
            let count = self.learned_count.load(Relaxed) + 1;
            self.learned_count.store(count, Relaxed);
        }
    }

    /// Whether the world has reached its goal.
    #[inline]
    #[must_use]
    pub fn done(&self) -> bool {
        match self.goal {
            Goal::Deliveries(count) => self.deliveries.load(Relaxed) >= count,
            Goal::AllLearned => self.learned_count.load(Relaxed) == self.learned.len() as u64,
        }
    }

    /// The world has stopped. Panics if it is not done.
    pub fn close(&self) {
        let seed = self.seed.load(Relaxed);
        let deliveries = self.deliveries.load(Relaxed);
        assert!(self.done(), "seed {seed}: stopped after {deliveries} deliveries, before the goal");
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.runs += 1;
        totals.deliveries += deliveries;
        totals.sends += self.sends.load(Relaxed);
        totals.simulated_nanos += self.now_nanos.load(Relaxed);
        if self.goal != Goal::AllLearned {
            totals.elapsed = totals.stop();
        }
    }

    /// What was done, after the last world.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = *self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        if self.goal == Goal::AllLearned {
            totals.elapsed = totals.stop();
        }
        totals
    }
}

impl Totals {
    fn stop(&self) -> Duration {
        self.started.expect("a runner says when deliveries begin").elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learners() -> Meter {
        let meter = Meter::new(2, Goal::AllLearned);
        meter.open(7);
        meter.learned(ProcessId::server(1), 3);
        meter
    }

    #[test]
    fn a_world_is_done_when_each_process_has_learned() {
        let meter = learners();
        meter.learned(ProcessId::server(1), 3);
        assert!(!meter.done());
        meter.learned(ProcessId::server(2), 3);
        assert!(meter.done());
        meter.close();
        assert_eq!(meter.totals().runs, 1);
    }

    #[test]
    #[should_panic(expected = "seed 7: n2 learned 4, another learned 3")]
    fn two_values_are_one_too_many() {
        learners().learned(ProcessId::server(2), 4);
    }

    #[test]
    #[should_panic(expected = "seed 7: stopped after 0 deliveries, before the goal")]
    fn a_world_that_stops_early_is_not_counted() {
        learners().close();
    }
}
