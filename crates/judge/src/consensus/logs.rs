//! The logs as they are on disks: what the durable records of each process add up to.

use squall_process::{ProcessId, RecordNumber};

use super::{ConsensusRecord, LogChange, Term};

/// The durable log of each process.
#[derive(Clone, Debug)]
pub(super) struct DurableLogs<T>(Vec<DurableLog<T>>);

/// The durable log of one process.
#[derive(Clone, Debug)]
pub(super) struct DurableLog<T> {
    process: ProcessId,
    /// The last record that counted.
    last: RecordNumber,
    /// The place of the first entry.
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

impl<T> Default for DurableLogs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Term> DurableLogs<T> {
    /// The log of `process`, if it has made anything durable.
    pub(super) fn of(&self, process: ProcessId) -> Option<&DurableLog<T>> {
        self.0.iter().find(|log| log.process == process)
    }

    /// `process` has made `record` durable, as `event` shows. Says which log changed, and the
    /// lowest place at which it did.
    pub(super) fn enter<R: ConsensusRecord<Term = T>>(
        &mut self,
        process: ProcessId,
        number: RecordNumber,
        record: &R,
        event: u64,
    ) -> Option<(&DurableLog<T>, u64)> {
        let place = match self.0.iter().position(|log| log.process == process) {
            Some(place) => place,
            None => {
                self.0.push(DurableLog::empty(process));
                self.0.len() - 1
            }
        };
        let log = &mut self.0[place];
        let lowest = log.enter(number, record, event)?;
        Some((log, lowest))
    }
}

impl<T: Term> DurableLog<T> {
    const fn empty(process: ProcessId) -> Self {
        Self { process, last: RecordNumber(0), first: 1, entries: Vec::new() }
    }

    fn enter<R: ConsensusRecord<Term = T>>(
        &mut self,
        number: RecordNumber,
        record: &R,
        event: u64,
    ) -> Option<u64> {
        if number <= self.last {
            // Numbers begin again: an empty disk took the place of the old one.
            *self = Self::empty(self.process);
        }
        if record.after().is_some_and(|after| after != self.last) {
            return None;
        }
        self.last = number;
        let mut lowest = None;
        record.changes(&mut |change| {
            if let Some(place) = self.change(change, event) {
                lowest = Some(lowest.map_or(place, |lowest: u64| lowest.min(place)));
            }
        });
        lowest
    }

    /// Carries out `change`, and says from which place on entries are new.
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

    /// The place of the first entry.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The place behind the last entry.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The entry at `index`, if it is there.
    pub(super) fn entry(&self, index: u64) -> Option<&DurableEntry<T>> {
        self.entries.get(index.checked_sub(self.first)? as usize)
    }

    /// The entries from `index` on, with their places.
    pub(super) fn from(&self, index: u64) -> impl Iterator<Item = (u64, &DurableEntry<T>)> {
        let skipped = index.saturating_sub(self.first) as usize;
        self.entries
            .iter()
            .enumerate()
            .skip(skipped)
            .map(|(place, entry)| (self.first + place as u64, entry))
    }
}
