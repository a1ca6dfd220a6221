//! The logs on disks: the result of the durable records of each process.

use smallvec::SmallVec;
use squall_process::{Process, ProcessId, RecordNumber};

use super::{LogChange, LogId, ReadRecords, Term};

/// The durable logs of each process.
#[derive(Clone, Debug)]
pub(super) struct DurableLogs<T>(Vec<Disk<T>>);

/// The logs on the disk of one process.
#[derive(Clone, Debug)]
struct Disk<T> {
    process: ProcessId,
    /// The last record that counted.
    last: RecordNumber,
    logs: Vec<DurableLog<T>>,
}

/// One durable log.
#[derive(Clone, Debug)]
pub(super) struct DurableLog<T> {
    id: LogId,
    /// The position of the first entry.
    first: u64,
    entries: Vec<DurableEntry<T>>,
}

/// An entry on a disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurableEntry<T> {
    pub(super) term: T,
    pub(super) command: u64,
    /// The event that made it durable.
    pub(super) event: u64,
}

/// A record that became durable.
#[derive(Debug)]
pub(super) struct Entered<'a, R> {
    /// The process.
    pub(super) process: ProcessId,
    /// Its number.
    pub(super) number: RecordNumber,
    /// The record.
    pub(super) record: &'a R,
    /// The event that made it durable.
    pub(super) event: u64,
}

/// A log with new entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    pub(super) log: LogId,
    /// The lowest position of a new entry.
    pub(super) from: u64,
}

/// The logs that one record changed, nearly always one.
pub(super) type Changes = SmallVec<[Changed; 1]>;

impl<T> Default for DurableLogs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Term> DurableLogs<T> {
    /// Returns the log `id` of `process`, if it has made any record durable.
    pub(super) fn of(&self, process: ProcessId, id: LogId) -> Option<&DurableLog<T>> {
        let disk = self.0.iter().find(|disk| disk.process == process)?;
        disk.logs.iter().find(|log| log.id == id)
    }

    /// Enters a durable record. Returns the logs with new entries, each once.
    pub(super) fn enter<P: Process>(
        &mut self,
        reader: &impl ReadRecords<P, Term = T>,
        entered: &Entered<'_, P::Record>,
    ) -> Changes {
        let mut changes = Changes::new();
        let process = entered.process;
        let place = match self.0.iter().position(|disk| disk.process == process) {
            Some(place) => place,
            None => {
                self.0.push(Disk { process, last: RecordNumber(0), logs: Vec::new() });
                self.0.len() - 1
            }
        };
        let disk = &mut self.0[place];
        if entered.number <= disk.last {
            // Numbers begin again: an empty disk replaced the old one.
            disk.logs.clear();
            disk.last = RecordNumber(0);
        }
        if reader.after(entered.record).is_some_and(|after| after != disk.last) {
            return changes;
        }
        disk.last = entered.number;
        reader.changes(entered.record, &mut |id, change| {
            if let Some(place) = disk.log(id).change(change, entered.event) {
                match changes.iter_mut().find(|changed| changed.log == id) {
                    Some(changed) => changed.from = changed.from.min(place),
                    None => changes.push(Changed { log: id, from: place }),
                }
            }
        });
        changes
    }
}

impl<T> Disk<T> {
    fn log(&mut self, id: LogId) -> &mut DurableLog<T> {
        let place = match self.logs.iter().position(|log| log.id == id) {
            Some(place) => place,
            None => {
                self.logs.push(DurableLog { id, first: 1, entries: Vec::new() });
                self.logs.len() - 1
            }
        };
        &mut self.logs[place]
    }
}

impl<T: Term> DurableLog<T> {
    /// Carries out `change`. Returns the position from which entries are new.
    fn change(&mut self, change: LogChange<T>, event: u64) -> Option<u64> {
        match change {
            LogChange::Entry { index, term, command } => {
                if index < self.first || index > self.end() {
                    self.restart(index);
                }
                self.entries.truncate((index - self.first) as usize);
                self.entries.push(DurableEntry { term, command, event });
                Some(index)
            }
            LogChange::Truncated { from } => {
                self.entries.truncate(from.saturating_sub(self.first) as usize);
                None
            }
            LogChange::Accepted(term) => {
                for entry in &mut self.entries {
                    *entry = DurableEntry { term, event, ..*entry };
                }
                Some(self.first)
            }
            LogChange::Compacted { before } if before >= self.end() => {
                self.restart(before);
                None
            }
            LogChange::Compacted { before } => {
                let gone = before.saturating_sub(self.first);
                self.entries.drain(..gone as usize);
                self.first += gone;
                None
            }
            LogChange::Restored { index } => {
                self.restart(index + 1);
                None
            }
        }
    }

    fn restart(&mut self, first: u64) {
        self.first = first;
        self.entries.clear();
    }

    /// Returns the position of the first entry.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Returns the position behind the last entry.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Returns the entry at `index`, if there is one.
    pub(super) fn entry(&self, index: u64) -> Option<&DurableEntry<T>> {
        self.entries.get(index.checked_sub(self.first)? as usize)
    }

    /// Returns the entries from `index` on, with their positions.
    pub(super) fn from(&self, index: u64) -> impl Iterator<Item = (u64, &DurableEntry<T>)> {
        let skipped = index.saturating_sub(self.first) as usize;
        self.entries
            .iter()
            .enumerate()
            .skip(skipped)
            .map(|(place, entry)| (self.first + place as u64, entry))
    }
}
