//! The only place that reads a clock: how long a sweep took, and whether its time is up. No run
//! ever sees it.

use std::time::{Duration, Instant};

/// Measures the time since it was started.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Returns a stopwatch that starts now.
    #[expect(clippy::disallowed_methods, reason = "people wait by this clock; no run sees it")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since it was started.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
