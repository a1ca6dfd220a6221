//! A server's journal: what was written, what is durable, and what waits for that.
//!
//! Model: each record names the one that was written before it, and a *base* is a record of all
//! there is, by which everything before it can go. Where a crash took some of the records that no
//! sync had covered, what was written after them is void, at every later boot too, since nobody
//! writes another record that hangs on it. Nobody can have relied on what is void: whatever rests
//! on a record is held until that record is durable.
//!
//! A record that a sync had covered and that is rotten now is another matter: others may rely on
//! it. Then, and when the whole disk was replaced, nothing can be recovered.
//!
//! One sync is under way at a time; what is written meanwhile goes with the next. A base that could
//! still be refused makes nothing superfluous, so what is before it goes when it is durable.
//!
//! Left to the server: to end this life when a sync fails or a write is refused.

use std::collections::VecDeque;

use squall_process::{Context, Disk, Process, RecordNumber, Stored};

/// What a server knows of its own disk. `H` is what waits for it.
#[derive(Debug)]
pub struct Journal<H> {
    /// The last record that counts.
    last: RecordNumber,
    /// The last record that must become durable.
    needed: RecordNumber,
    /// The last record that is durable.
    durable: RecordNumber,
    is_syncing: bool,
    /// The last base, until it is durable.
    base: Option<RecordNumber>,
    /// What waits, and for which record: oldest first.
    held: VecDeque<(RecordNumber, H)>,
}

/// A record of a journal.
pub trait Chained {
    /// Returns the record that was written before it, or `None` for a base. A record whose
    /// predecessor a crash took away is void.
    fn after(&self) -> Option<RecordNumber>;
}

/// What a disk gave back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept<R> {
    /// The records that hang together, from the last base on.
    pub records: Vec<R>,
    /// Whether records were void or torn.
    pub has_dropped: bool,
}

impl<H> Journal<H> {
    /// The journal of a server that never wrote anything.
    #[must_use]
    pub const fn new() -> Self {
        Self::after(RecordNumber(0))
    }

    const fn after(last: RecordNumber) -> Self {
        let held = VecDeque::new();
        Self { last, needed: last, durable: last, is_syncing: false, base: None, held }
    }

    /// Reads `disk`. Nothing if it lost what others may rely on.
    #[must_use]
    pub fn open<R: Chained>(disk: Disk<R>) -> Option<(Self, Kept<R>)> {
        if disk.replaced {
            return None;
        }
        let is_base = |stored: &Stored<R>| match stored {
            Stored::Intact { record, .. } => record.after().is_none(),
            Stored::Torn { .. } | Stored::Rotten { .. } => false,
        };
        let first = disk.records.iter().rposition(is_base).unwrap_or(0);
        let mut last = RecordNumber(0);
        let mut kept = Kept { records: Vec::new(), has_dropped: false };
        for stored in disk.records.into_iter().skip(first) {
            match stored {
                Stored::Rotten { .. } => return None,
                Stored::Intact { number, record }
                    if record.after().is_none_or(|after| after == last) =>
                {
                    kept.records.push(record);
                    last = number;
                }
                Stored::Intact { .. } | Stored::Torn { .. } => kept.has_dropped = true,
            }
        }
        Some((Self::after(last), kept))
    }

    /// The last record that counts: the one that the next must name.
    #[must_use]
    pub const fn last(&self) -> RecordNumber {
        self.last
    }

    /// Writes `record`, which names [`last`](Self::last).
    pub fn write<P: Process>(&mut self, record: P::Record, context: &mut Context<'_, P>) {
        self.last = context.write(record);
    }

    /// Writes all there is to know.
    pub fn write_base<P: Process>(&mut self, base: P::Record, context: &mut Context<'_, P>) {
        self.write(base, context);
        self.base = Some(self.last);
    }

    /// What is held from now on waits for all that was written by now.
    pub const fn must_sync(&mut self) {
        self.needed = self.last;
    }

    /// Holds `what` until all is durable that must be.
    pub fn hold(&mut self, what: H) {
        self.held.push_back((self.needed, what));
    }

    /// What waits, oldest first.
    pub fn held(&self) -> impl Iterator<Item = &H> {
        self.held.iter().map(|(_, what)| what)
    }

    /// The next thing that need not wait any longer.
    pub fn release(&mut self) -> Option<H> {
        let ready = self.held.pop_front_if(|(needed, _)| *needed <= self.durable);
        ready.map(|(_, what)| what)
    }

    /// Asks for a sync if somebody waits for one and none is under way: once a step and after all
    /// its writes, so that a write that is refused is told before the sync is over.
    pub fn sync<P: Process>(&mut self, context: &mut Context<'_, P>) {
        if !self.is_syncing && self.durable < self.needed && !self.held.is_empty() {
            self.is_syncing = true;
            context.sync();
        }
    }

    /// Records are durable up to `through`.
    pub fn on_synced<P: Process>(&mut self, through: RecordNumber, context: &mut Context<'_, P>) {
        self.durable = self.durable.max(through);
        self.is_syncing = false;
        if let Some(base) = self.base.take_if(|base| *base <= through) {
            context.trim(base);
        }
    }
}

impl<H> Default for Journal<H> {
    fn default() -> Self {
        Self::new()
    }
}
