//! What looks after a sweep from outside: it ends the sweep, knows which seeds are under way, and
//! hears of each finding at once.

use crate::finding::Finding;

/// Oversees a sweep, from every thread of it. A closure that says when to stop is an overseer.
pub trait Overseer: Sync {
    /// Whether the sweep is to end. Asked before each seed.
    fn is_over(&self) -> bool;

    /// The thread `thread`, counted from 0, begins to run `seed`.
    fn begins(&self, _thread: usize, _seed: u64) {}

    /// The thread `thread` has run its last seed.
    fn ends(&self, _thread: usize) {}

    /// A finding with a fingerprint of its own. A later seed may have a smaller script for it.
    fn found(&self, _finding: &Finding) {}
}

impl<F: Fn() -> bool + Sync> Overseer for F {
    fn is_over(&self) -> bool {
        self()
    }
}
