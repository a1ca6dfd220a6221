//! The time line of a run: the clock of the world, and the events that observers see.

use squall_process::{Instant, Process, ProcessId, RecordNumber};
use squall_trace::{Event, EventKind, Observer};

/// The clock of the world and the count of events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    pub(crate) now: Instant,
    pub(crate) events: u64,
    pub(crate) steps: u64,
}

impl Timeline {
    /// Shows the next event to `watch`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "where an event is made, its kind is known")]
    pub(crate) fn tell<P: Process, O: Observer<P>>(
        &mut self,
        watch: &mut O,
        what: EventKind<'_, P>,
    ) {
        self.events += 1;
        watch.event(&Event { number: self.events, at: self.now, what });
    }

    /// Shows `watch` that a record is permanently on its disk. Not inlined, because it is called in
    /// loops.
    #[inline(never)]
    pub(crate) fn tell_durable<P: Process, O: Observer<P>>(
        &mut self,
        watch: &mut O,
        process: ProcessId,
        number: RecordNumber,
        record: &P::Record,
    ) {
        self.tell(watch, EventKind::Durable { process, number, record });
    }
}
