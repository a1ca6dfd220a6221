//! The journal: an append-only sequence of numbered records in segments.

use std::io;

use super::frame::{self, Frame, Kind, Place};
use super::recovery::Part;
use super::segment::{self, Header};
use super::{File, Folder, JournalError};

/// How a journal is tuned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalSettings {
    /// A segment that is as long as this, in bytes, is followed by a new one.
    pub segment_length: u64,
    /// The longest record, in bytes.
    pub record_length_max: usize,
}

impl Default for JournalSettings {
    /// Segments of 16 MiB, records of at most 4 MiB.
    fn default() -> Self {
        Self { segment_length: 16 << 20, record_length_max: 4 << 20 }
    }
}

/// The journal of one process, open for writing.
///
/// A record is durable when a [`sync`](Self::sync) that began after its write has returned. After
/// a failed sync every call fails: the disk must be opened again.
#[derive(Debug)]
pub struct Journal<F: Folder> {
    folder: F,
    settings: JournalSettings,
    /// The identity of the disk, for checksums.
    disk: u64,
    /// The segments that are on the disk, the oldest first, the one that is written last.
    segments: Vec<Part>,
    active: F::File,
    /// Where the next frame goes.
    offset: u64,
    /// Segments that are full and not synced yet.
    full: Vec<F::File>,
    /// Whether names were created or removed since the last sync of the folder.
    names_changed: bool,
    /// The last record that was written.
    last: u64,
    /// The number of the next record.
    next: u64,
    durable: u64,
    /// The first record to keep, now and after the next sync.
    keep: u64,
    keep_next: u64,
    is_poisoned: bool,
    buffer: Vec<u8>,
}

/// From where a journal goes on.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    /// The segments that are on the disk.
    pub(crate) segments: Vec<Part>,
    /// The last record.
    pub(crate) last: u64,
    /// The number of the next record.
    pub(crate) next: u64,
    /// The last record that is known to be durable.
    pub(crate) durable: u64,
    /// The first record that is still needed.
    pub(crate) keep: u64,
}

impl Position {
    /// The position of a journal without records.
    pub(crate) const START: Self =
        Self { segments: Vec::new(), last: 0, next: 1, durable: 0, keep: 1 };
}

impl<F: Folder> Journal<F> {
    /// Begins a new segment at `position`, which holds `records` again: those that are readable
    /// and not known to be durable. All of it is durable when this returns.
    ///
    /// The header is written when the records are durable: from then on they count instead of the
    /// ones in earlier segments.
    pub(crate) fn begin(
        folder: F,
        settings: JournalSettings,
        disk: u64,
        position: Position,
        records: &[(u64, &[u8])],
    ) -> io::Result<Self> {
        let Position { mut segments, last, next, durable, keep } = position;
        let segment = segments.last().map_or(1, |part| part.segment + 1);
        let active = folder.create(&segment::name(segment))?;
        // Records that are given up need no copy: they count as durable.
        let durable = durable.max(keep - 1);
        segments.push(Part { segment, first: durable + 1 });
        let mut journal = Self {
            folder,
            settings,
            disk,
            segments,
            active,
            offset: segment::HEADER as u64,
            full: Vec::new(),
            names_changed: true,
            last: durable,
            next,
            durable,
            keep,
            keep_next: keep,
            is_poisoned: false,
            buffer: Vec::new(),
        };
        for &(number, payload) in records {
            journal.append(Kind::Record, number, payload)?;
            journal.last = number;
        }
        if !records.is_empty() {
            journal.active.sync()?;
        }
        let header = journal.header(Part { segment, first: durable + 1 });
        journal.active.write_at(0, &header)?;
        journal.sync_files()?;
        debug_assert_eq!(journal.last, last.max(durable), "the records lead to the last one");
        journal.durable = journal.last;
        journal.mark();
        journal.remove_superfluous();
        Ok(journal)
    }

    /// Writes `payload` and returns the number of the record. Numbers rise by one with each call
    /// that does not fail with [`JournalError::Poisoned`], also where the write is refused.
    ///
    /// # Errors
    ///
    /// If the record is too long, no space is left, or the file system refuses it. The record does
    /// not exist then.
    pub fn write(&mut self, payload: &[u8]) -> Result<u64, JournalError> {
        if self.is_poisoned {
            return Err(JournalError::Poisoned);
        }
        let number = self.next;
        self.next += 1;
        let (length, length_max) = (payload.len(), self.settings.record_length_max);
        if length > length_max {
            return Err(JournalError::TooLong { length, length_max });
        }
        let written = self.rotate().and_then(|()| self.append(Kind::Record, number, payload));
        match written {
            Ok(()) => {
                self.last = number;
                Ok(number)
            }
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// Gives the next record its number and refuses it, as a record that cannot be written.
    pub(crate) fn skip(&mut self) -> Result<u64, JournalError> {
        self.next += 1;
        Err(JournalError::Refused(io::ErrorKind::InvalidData.into()))
    }

    /// Makes all records written so far durable, and returns the number of the last one.
    ///
    /// # Errors
    ///
    /// If the device reports an error. Nothing is known of the records that were written since the
    /// last sync, and every later call fails.
    pub fn sync(&mut self) -> Result<u64, JournalError> {
        if self.is_poisoned {
            return Err(JournalError::Poisoned);
        }
        if let Err(error) = self.sync_files() {
            self.is_poisoned = true;
            return Err(JournalError::SyncFailed(error));
        }
        let is_new = self.durable < self.last;
        self.durable = self.last;
        self.keep = self.keep_next;
        if is_new {
            self.mark();
        }
        self.remove_superfluous();
        Ok(self.next - 1)
    }

    /// Gives up the records below `before`. They are gone after the next [`sync`](Self::sync), as
    /// far as they stand in segments without a record that is kept.
    ///
    /// # Errors
    ///
    /// If the request cannot be written. The records are kept then.
    pub fn trim(&mut self, before: u64) -> Result<(), JournalError> {
        if self.is_poisoned {
            return Err(JournalError::Poisoned);
        }
        let before = before.min(self.next);
        if before <= self.keep_next {
            return Ok(());
        }
        match self.append(Kind::Trim, before, &[]) {
            Ok(()) => {
                self.keep_next = before;
                Ok(())
            }
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// Returns the number that the next record will have.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Returns how many segments are on the disk.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    fn sync_files(&mut self) -> io::Result<()> {
        // A record counts only behind all records before it, so older segments come first.
        for file in &mut self.full {
            file.sync()?;
        }
        self.full.clear();
        self.active.sync()?;
        if self.names_changed {
            self.folder.sync()?;
            self.names_changed = false;
        }
        Ok(())
    }

    /// Turns to a new segment if the active one is full.
    fn rotate(&mut self) -> io::Result<()> {
        if self.offset < self.settings.segment_length {
            return Ok(());
        }
        let part = Part { segment: self.active_segment() + 1, first: self.last + 1 };
        let name = segment::name(part.segment);
        let mut file = self.folder.create(&name)?;
        self.names_changed = true;
        if let Err(error) = file.write_at(0, &self.header(part)) {
            self.folder.remove(&name)?;
            return Err(error);
        }
        self.full.push(std::mem::replace(&mut self.active, file));
        self.segments.push(part);
        self.offset = segment::HEADER as u64;
        Ok(())
    }

    /// Returns the header of the segment `part`.
    fn header(&self, part: Part) -> [u8; segment::HEADER] {
        let Part { segment, first } = part;
        Header { segment, first, keep: self.keep, durable: self.durable }.encode(self.disk)
    }

    fn append(&mut self, kind: Kind, number: u64, payload: &[u8]) -> io::Result<()> {
        let frame = Frame { kind, number, previous: self.last, durable: self.durable, payload };
        let place = Place { disk: self.disk, segment: self.active_segment(), offset: self.offset };
        self.buffer.clear();
        frame.encode(place, &mut self.buffer);
        self.active.write_at(self.offset, &self.buffer)?;
        self.offset += frame.length() as u64;
        Ok(())
    }

    /// Notes what is durable, for a boot that finds damage. Whether the note can be written does
    /// not matter.
    fn mark(&mut self) {
        let _ = self.append(Kind::Mark, self.durable, &[]);
    }

    /// Takes back what a refused write may have left, and returns why it was refused.
    fn refuse(&mut self, error: io::Error) -> JournalError {
        // Where even this fails, the record might be found at the next boot.
        if self.active.write_at(self.offset, &[0; frame::HEADER]).is_err() {
            self.is_poisoned = true;
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full,
            _ => JournalError::Refused(error),
        }
    }

    /// Removes the segments whose records are given up, or stand in a later segment too. A segment
    /// that cannot be removed is tried again later.
    fn remove_superfluous(&mut self) {
        while let [oldest, next, ..] = self.segments[..] {
            let is_superfluous = next.first <= self.keep || next.first <= oldest.first;
            if !is_superfluous || self.folder.remove(&segment::name(oldest.segment)).is_err() {
                return;
            }
            self.segments.remove(0);
            self.names_changed = true;
        }
    }

    /// Returns the folder.
    pub(crate) const fn folder(&self) -> &F {
        &self.folder
    }

    fn active_segment(&self) -> u64 {
        self.segments.last().expect("a segment is active").segment
    }
}
