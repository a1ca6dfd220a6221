//! An event without the types of its process.

use squall_process::{Instant, Process};

use crate::{Event, EventKind, Line};

/// An [`Event`] of any process.
pub trait AnyEvent {
    /// Returns its place in the run, from 1.
    fn number(&self) -> u64;

    /// Returns when it was, by the clock of the world.
    fn at(&self) -> Instant;

    /// Whether a fault of the script is carried out.
    fn is_fault(&self) -> bool;

    /// Returns its line in a trace, unless it is none: a state after a step.
    fn line(&self) -> Option<Line>;
}

impl<P: Process> AnyEvent for Event<'_, P> {
    fn number(&self) -> u64 {
        self.number
    }

    fn at(&self) -> Instant {
        self.at
    }

    fn is_fault(&self) -> bool {
        matches!(self.what, EventKind::Fault(_))
    }

    fn line(&self) -> Option<Line> {
        Line::of(self)
    }
}
