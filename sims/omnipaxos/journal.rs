//! The server's journal: what was written, what is durable, and what waits for that.
//!
//! Everything that the library gives out, and every claim to lead, waits until all that was written
//! before is durable. That is more patient than need be for heartbeats, and it has a good side: a
//! server whose disk stands still falls silent, and another leads.
//!
//! One sync is under way at a time; what is written meanwhile goes with the next.

use std::collections::VecDeque;

use squall_process::{Context, Disk, RecordNumber, Stored};

use super::cabinet::Drawer;
use super::process::Participant;
use super::record::{Beginning, Change, Configuration, Record, Write};
use super::term::Term;

/// What a server knows of its own disk.
#[derive(Debug)]
pub(super) struct Journal<H> {
    /// The last record that counts.
    last: RecordNumber,
    /// The last record that is durable.
    durable: RecordNumber,
    is_syncing: bool,
    /// The last record that makes the earlier ones superfluous, until it is durable: a record that
    /// could still be refused makes nothing superfluous.
    begun: Option<RecordNumber>,
    /// What waits, and for which record.
    held: VecDeque<(RecordNumber, H)>,
}

/// What a disk gives back.
pub(super) enum Found {
    /// Acknowledged records were lost, or the whole disk.
    Harmed,
    /// Nothing: this server has never taken part.
    Nothing,
    /// What the records add up to.
    Kept(Box<Beginning>),
}

impl<H> Journal<H> {
    pub(super) const fn new() -> Self {
        let (last, durable) = (RecordNumber(0), RecordNumber(0));
        Self { last, durable, is_syncing: false, begun: None, held: VecDeque::new() }
    }

    /// Reads `disk`, whose server begins with `first` if it has nothing else.
    pub(super) fn open(&mut self, disk: Disk<Record>, first: Option<Configuration>) -> Found {
        if disk.replaced || disk.has_rot() {
            return Found::Harmed;
        }
        let mut found = first
            .map(|configuration| Box::new(Beginning { configuration, drawer: Drawer::default() }));
        for stored in disk.records {
            // A torn record was never relied on.
            let Stored::Intact { number, record } = stored else { continue };
            match (record, &mut found) {
                (Record::Begin(begin), _) => found = Some(begin),
                (Record::Write(write), Some(found)) if write.after == self.last => {
                    let Beginning { configuration, drawer } = &mut **found;
                    for change in &write.changes {
                        drawer.carry_out(change, &configuration.origin);
                    }
                }
                // The record before was lost by a crash, so nobody was told of this one either.
                (Record::Write(_), _) => continue,
            }
            self.last = number;
        }
        self.durable = self.last;
        found.map_or(Found::Nothing, Found::Kept)
    }

    /// Writes down a change of the library's storage.
    pub(super) fn write(
        &mut self,
        (base, accepted): (u64, Term),
        changes: Vec<Change>,
        context: &mut Context<'_, Participant>,
    ) {
        let write = Write { after: self.last, base, accepted, changes };
        self.last = context.write(Record::Write(write));
    }

    /// Writes down all that there is to know; what was written before is given up later.
    pub(super) fn begin(&mut self, begin: Beginning, context: &mut Context<'_, Participant>) {
        self.last = context.write(Record::Begin(Box::new(begin)));
        self.begun = Some(self.last);
    }

    /// Asks for what was written to be made durable, once a step and after all its writes: whether
    /// one of them is refused is told before the sync is over.
    pub(super) fn sync(&mut self, context: &mut Context<'_, Participant>) {
        if !self.is_syncing && self.durable < self.last {
            self.is_syncing = true;
            context.sync();
        }
    }

    /// Records are durable up to `through`.
    pub(super) fn on_synced(
        &mut self,
        through: RecordNumber,
        context: &mut Context<'_, Participant>,
    ) {
        self.durable = through;
        self.is_syncing = false;
        if let Some(begun) = self.begun.take_if(|begun| *begun <= through) {
            context.trim(begun);
        }
    }

    /// Holds `what` until all that is written by now is durable.
    pub(super) fn hold(&mut self, what: H) {
        self.held.push_back((self.last, what));
    }

    /// The next thing that need not wait any longer.
    pub(super) fn release(&mut self) -> Option<H> {
        let (after, _) = self.held.front()?;
        if *after > self.durable {
            return None;
        }
        self.held.pop_front().map(|(_, what)| what)
    }
}
