//! What happened in a run.
//!
//! A run is a sequence of [`Event`]s. An event borrows the values that it describes: making one
//! costs nothing, and it is rendered only if an observer reads it. Every reader is an [`Observer`]:
//! the [`Digest`], which every run has; the judges; a [`Lines`] recorder that keeps the text.
//!
//! This crate knows the contract of a process, faults as values, and nothing of the simulator.

mod any_event;
mod digest;
mod event;
mod lines;
mod text;

pub use any_event::AnyEvent;
pub use digest::Digest;
pub use event::{DropReason, Event, EventKind, SessionAction, Survival};
pub use lines::{Details, FateKind, Line, LineKind, Lines};
pub use squall_fault::{Fate, Link};

/// Watches a run.
pub trait Observer<P: squall_process::Process> {
    /// Sees the next event. Events come in order, each once.
    fn event(&mut self, event: &Event<'_, P>);
}

/// Watches nothing.
impl<P: squall_process::Process> Observer<P> for () {
    #[inline]
    fn event(&mut self, _: &Event<'_, P>) {}
}

/// Two observers of the same run, the first one first.
impl<P: squall_process::Process, A: Observer<P>, B: Observer<P>> Observer<P> for (A, B) {
    #[inline]
    fn event(&mut self, event: &Event<'_, P>) {
        self.0.event(event);
        self.1.event(event);
    }
}

/// An observer that is kept elsewhere. The engine is compiled once for each type of observer, so
/// one that need not be fast should be passed as a `&mut dyn Observer`.
impl<P: squall_process::Process, A: Observer<P> + ?Sized> Observer<P> for &mut A {
    #[inline]
    fn event(&mut self, event: &Event<'_, P>) {
        (**self).event(event);
    }
}

/// An observer that may be absent.
impl<P: squall_process::Process, A: Observer<P>> Observer<P> for Option<A> {
    #[inline]
    fn event(&mut self, event: &Event<'_, P>) {
        if let Some(observer) = self {
            observer.event(event);
        }
    }
}
