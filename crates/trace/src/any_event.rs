//! Events without the types of their process.

use squall_process::{Instant, Process};

use crate::{Event, EventKind, Line};

/// An [`Event`] of any process.
pub trait AnyEvent {
    /// Returns its place in the run, from 1.
    fn number(&self) -> u64;

    /// Returns its time, by the clock of the world.
    fn at(&self) -> Instant;

    /// Returns whether a fault of the script is carried out.
    fn is_fault(&self) -> bool;

    /// Returns its line in a trace. Returns `None` for an event without a line, a state after a
    /// step.
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
