//! What a runtime needs to step a process.
//!
//! Model: [`Surroundings`] are what a step takes from its runtime. A [`Driver`] steps processes and
//! gathers their effects in one list, which is reused from step to step. A runtime has one driver
//! for all its processes. [`Solo`] is a runtime for one process, for unit tests and small hosts.

use std::fmt;
use std::vec::Drain;

use crate::{
    Clocks, Context, Effect, Input, Instant, Process, ProcessId, Randomness, RecordNumber,
};

/// What a runtime gives a process for one step.
pub struct Surroundings<'a> {
    /// The name of the process.
    pub id: ProcessId,
    /// The values of its clocks.
    pub clocks: Clocks,
    /// Its source of chance.
    pub randomness: &'a mut dyn Randomness,
    /// The number of its next record, 1 at first. Each write increments it, and the runtime keeps
    /// it across the lives of the process.
    pub record_next: &'a mut RecordNumber,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("id", &self.id)
            .field("clocks", &self.clocks)
            .field("record_next", &self.record_next)
            .finish_non_exhaustive()
    }
}

/// Steps processes and gathers their effects.
#[derive(Clone, Debug)]
pub struct Driver<P: Process> {
    effects: Vec<Effect<P>>,
}

impl<P: Process> Default for Driver<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Process> Driver<P> {
    /// Returns a driver without effects, and without an allocation.
    #[must_use]
    pub const fn new() -> Self {
        Self { effects: Vec::new() }
    }

    /// Hands `input` to `process` and keeps its effects until they are taken.
    #[inline]
    pub fn step(&mut self, process: &mut P, input: Input<P>, surroundings: Surroundings<'_>) {
        let Surroundings { id, clocks, randomness, record_next } = surroundings;
        let effects = &mut self.effects;
        process.step(input, &mut Context::new(id, clocks, randomness, record_next, effects));
    }

    /// Returns whether no effect waits to be carried out.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// Takes the effects, in the order in which they were left.
    #[inline]
    pub fn drain(&mut self) -> Drain<'_, Effect<P>> {
        self.effects.drain(..)
    }

    /// Drops the effects but keeps the allocated memory.
    pub fn clear(&mut self) {
        self.effects.clear();
    }
}

/// One process with all that its steps need: a runtime for unit tests and small hosts.
#[derive(Clone, Debug)]
pub struct Solo<P: Process, R> {
    /// The process. It can be replaced by a new value, as a restart does.
    pub process: P,
    /// Its name.
    pub id: ProcessId,
    /// The number of its next record.
    pub record_next: RecordNumber,
    /// The values of its clocks. They stand still unless they are set.
    pub clocks: Clocks,
    /// Its source of chance.
    pub randomness: R,
    driver: Driver<P>,
}

impl<P: Process, R: Randomness> Solo<P, R> {
    /// Returns a process that never ran, with its clocks at zero.
    #[must_use]
    pub fn new(id: ProcessId, process: P, randomness: R) -> Self {
        let (record_next, clocks) = (RecordNumber(1), Clocks::default());
        Self { process, id, record_next, clocks, randomness, driver: Driver::new() }
    }

    /// Hands over one input. Returns the effects.
    pub fn step(&mut self, input: Input<P>) -> Drain<'_, Effect<P>> {
        let Self { process, id, record_next, clocks, randomness, driver } = self;
        driver.clear();
        let surroundings = Surroundings { id: *id, clocks: *clocks, randomness, record_next };
        driver.step(process, input, surroundings);
        driver.drain()
    }

    /// Moves the monotonic clock to `now`. Panics if the clock is already later.
    pub fn set_monotonic(&mut self, now: Instant) {
        assert!(now >= self.clocks.monotonic, "a monotonic clock never goes back");
        self.clocks.monotonic = now;
    }
}
