//! The journal of a server: what was written, what is durable, and what waits for that.
//!
//! Model: each record names the one that was written before it. A *base* is a record of the
//! complete state, which makes all earlier records unnecessary. If a crash took some of the records
//! that no sync had covered, the records written after them are void, at every later boot too,
//! because no later record depends on them. No process can have relied on a void record: everything
//! that depends on a record is held until that record is durable.
//!
//! A record that a sync had covered and that is rotten now is different, because other processes
//! may rely on it. In that case, and if the whole disk was replaced, nothing can be recovered.
//!
//! One sync is under way at a time; records written meanwhile wait for the next one. A base may
//! still be refused, so the records before it are dropped only when it is durable.
//!
//! The server itself must end this incarnation when a sync fails or a write is refused.

use std::collections::VecDeque;

use squall_process::{Context, Disk, Process, RecordNumber, Stored};

/// What a server knows about its own disk. `H` is the type of what waits for it.
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
    /// What waits, oldest first, with the record that each waits for.
    held: VecDeque<(RecordNumber, H)>,
}

/// A record of a journal.
pub trait Chained {
    /// Returns the record that was written before this one, or `None` for a base. A record whose
    /// predecessor was lost in a crash is void.
    fn after(&self) -> Option<RecordNumber>;
}

/// What a disk returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept<R> {
    /// The records that form a chain, from the last base on.
    pub records: Vec<R>,
    /// Whether records were void or torn.
    pub has_dropped: bool,
}

impl<H> Journal<H> {
    /// Returns the journal of a server that has never written.
    #[must_use]
    pub const fn new() -> Self {
        Self::after(RecordNumber(0))
    }

    const fn after(last: RecordNumber) -> Self {
        let held = VecDeque::new();
        Self { last, needed: last, durable: last, is_syncing: false, base: None, held }
    }

    /// Reads `disk`. Returns `None` if it lost records that other processes may rely on.
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

    /// Returns the last record that counts: the one that the next must name.
    #[must_use]
    pub const fn last(&self) -> RecordNumber {
        self.last
    }

    /// Writes `record`, which names [`last`](Self::last).
    pub fn write<P: Process>(&mut self, record: P::Record, context: &mut Context<'_, P>) {
        self.last = context.write(record);
    }

    /// Writes a base, the complete state.
    pub fn write_base<P: Process>(&mut self, base: P::Record, context: &mut Context<'_, P>) {
        self.write(base, context);
        self.base = Some(self.last);
    }

    /// Makes everything that is held from now on wait for all records written so far.
    pub const fn must_sync(&mut self) {
        self.needed = self.last;
    }

    /// Holds `what` until all records that it waits for are durable.
    pub fn hold(&mut self, what: H) {
        self.held.push_back((self.needed, what));
    }

    /// Returns what waits, oldest first.
    pub fn held(&self) -> impl Iterator<Item = &H> {
        self.held.iter().map(|(_, what)| what)
    }

    /// Returns the next thing that no longer has to wait.
    pub fn release(&mut self) -> Option<H> {
        let ready = self.held.pop_front_if(|(needed, _)| *needed <= self.durable);
        ready.map(|(_, what)| what)
    }

    /// Requests a sync if something waits for one and none is under way. Call it once in a step,
    /// after all writes, so that a refused write is reported before the end of the sync.
    pub fn sync<P: Process>(&mut self, context: &mut Context<'_, P>) {
        if !self.is_syncing && self.durable < self.needed && !self.held.is_empty() {
            self.is_syncing = true;
            context.sync();
        }
    }

    /// Records that everything up to `through` is durable.
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
