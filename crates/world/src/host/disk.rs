//! The disk of a host: an append-only journal behind a cache.
//!
//! What can fail here: records that no sync covered are lost at a crash, any legal subset of them
//! (D1, D3), and the last one kept may be torn (D2); a durable record rots and is handed over as
//! rotten at the next boot (D4); the disk refuses a write (D8, D10); a sync fails and loses the
//! records that it covered, and a later one succeeds without restoring them (D9); syncs are slow or
//! stall (D11). What cannot: a record returns changed without notice, under another number, or
//! twice; syncs of one disk overtake one another. The model is a log file with a checksum and a
//! number on each record, and a mark on disk of how far it was synced, so that a torn tail and rot
//! can be told apart.

use squall_fault::KeptRecords;
use squall_process::{Disk, Instant, RecordNumber, Span, Stored};
use squall_trace::Survival;

/// The disk of one host.
#[derive(Clone, Debug)]
pub(crate) struct Journal<R> {
    /// The records on the disk, in increasing order of numbers.
    stored: Vec<Stored<R>>,
    /// The records that are written and not synced, in increasing order of numbers.
    cached: Vec<(RecordNumber, R)>,
    /// What must be trimmed: records below the first number, once the second is durable.
    trim: Option<(RecordNumber, RecordNumber)>,
    /// Whether an empty disk replaced an earlier one.
    replaced: bool,
    /// Whether every write is refused.
    pub(crate) full: bool,
    /// Whether no sync completes.
    pub(crate) stalled: bool,
    /// Every sync takes this much longer.
    pub(crate) slow: Span,
    /// When the last requested sync completes.
    pub(crate) busy_until: Instant,
    /// The number of the next record.
    pub(crate) record_next: RecordNumber,
    /// The number of its draws of each kind.
    pub(crate) syncs: u32,
    pub(crate) writes: u32,
    pub(crate) rots: u32,
}

impl<R: Clone> Journal<R> {
    pub(crate) const fn new() -> Self {
        Self {
            stored: Vec::new(),
            cached: Vec::new(),
            trim: None,
            replaced: false,
            full: false,
            stalled: false,
            slow: Span::ZERO,
            busy_until: Instant::ZERO,
            record_next: RecordNumber(1),
            syncs: 0,
            writes: 0,
            rots: 0,
        }
    }

    /// Makes it a new disk, and keeps the allocated memory.
    pub(crate) fn reset(&mut self) {
        self.stored.clear();
        self.cached.clear();
        self.trim = None;
        self.replaced = false;
        self.repair();
        self.busy_until = Instant::ZERO;
        self.record_next = RecordNumber(1);
        (self.syncs, self.writes, self.rots) = (0, 0, 0);
    }

    /// Returns the record written last.
    pub(crate) const fn record_last(&self) -> RecordNumber {
        RecordNumber(self.record_next.0 - 1)
    }

    /// Ends `full`, `slow` and `stalls`.
    pub(crate) fn repair(&mut self) {
        self.full = false;
        self.stalled = false;
        self.slow = Span::ZERO;
    }

    /// Replaces it by an empty disk.
    pub(crate) fn replace(&mut self) {
        self.stored.clear();
        self.cached.clear();
        self.trim = None;
        self.replaced = true;
    }

    /// Returns the disk that the process finds at boot.
    pub(crate) fn image(&self) -> Disk<R> {
        Disk { records: self.stored.clone(), replaced: self.replaced }
    }

    pub(crate) fn write(&mut self, number: RecordNumber, record: R) {
        self.cached.push((number, record));
    }

    /// Lets the records below `before` go as soon as all records written so far, up to `last`, are
    /// durable. What replaces them is among these.
    pub(crate) fn trim(&mut self, before: RecordNumber, last: RecordNumber) {
        self.trim = Some((before, last));
    }

    /// Completes a sync of everything up to `through`. Returns the records that become durable.
    pub(crate) fn synced(
        &mut self,
        through: RecordNumber,
        mut durable: impl FnMut(RecordNumber, &R),
    ) {
        // Usually it covers all of them.
        let is_covered = |(number, _): &(RecordNumber, R)| *number <= through;
        let covered = match self.cached.last() {
            Some(last) if is_covered(last) => self.cached.len(),
            _ => self.cached.partition_point(is_covered),
        };
        for (number, record) in self.cached.drain(..covered) {
            durable(number, &record);
            self.stored.push(Stored::Intact { number, record });
        }
        if let Some((before, _)) = self.trim.take_if(|(_, last)| *last <= through) {
            self.stored.retain(|stored| number_of(stored) >= before);
        }
    }

    /// Fails a sync of everything up to `through`, which loses the records that it covered.
    pub(crate) fn sync_failed(&mut self, through: RecordNumber) {
        self.cached.retain(|(number, _)| *number > through);
        self.trim = None;
    }

    /// Returns the number of unsynced records.
    pub(crate) fn unsynced(&self) -> usize {
        self.cached.len()
    }

    /// Crashes. Of the unsynced records, those stay for which `keeps` returns `true` for their
    /// place (from 0) and number. With `torn`, the last of them is cut short. Returns the intact
    /// records that become durable.
    pub(crate) fn crash(
        &mut self,
        mut keeps: impl FnMut(usize, RecordNumber) -> bool,
        torn: bool,
        mut durable: impl FnMut(RecordNumber, &R),
    ) -> Survival {
        let unsynced = self.cached.len() as u32;
        self.trim = None;
        let (mut kept, mut lost, mut reordered) = (0, false, false);
        let first_kept = self.stored.len();
        for (place, (number, record)) in self.cached.drain(..).enumerate() {
            if keeps(place, number) {
                kept += 1;
                reordered |= lost;
                self.stored.push(Stored::Intact { number, record });
            } else {
                lost = true;
            }
        }
        let torn = torn && kept > 0;
        if torn && let Some(last) = self.stored.last_mut() {
            *last = Stored::Torn { number: number_of(last) };
        }
        for stored in &self.stored[first_kept..] {
            if let Stored::Intact { number, record } = stored {
                durable(*number, record);
            }
        }
        Survival { unsynced, kept, torn, reordered }
    }

    /// Returns the unsynced records for which `keeps` returns `true`. It is called once for each,
    /// in order.
    pub(crate) fn some_unsynced(&self, mut keeps: impl FnMut() -> bool) -> KeptRecords {
        let numbers = self.cached.iter().map(|(number, _)| *number);
        let kept: Vec<RecordNumber> = numbers.filter(|_| keeps()).collect();
        let first = self.cached.iter().zip(&kept).take_while(|((a, _), b)| a == *b).count();
        if first == kept.len() {
            KeptRecords::First(first as u32)
        } else {
            KeptRecords::These(kept)
        }
    }

    /// Returns the number of records that could rot.
    pub(crate) fn intact(&self) -> usize {
        self.stored.iter().filter(|stored| matches!(stored, Stored::Intact { .. })).count()
    }

    /// Returns the `nth` intact record (from 0).
    pub(crate) fn intact_nth(&self, nth: usize) -> Option<RecordNumber> {
        let mut intact = self.stored.iter().filter(|s| matches!(s, Stored::Intact { .. }));
        intact.nth(nth).map(number_of)
    }

    /// Makes the record `number` rot, if it exists.
    pub(crate) fn rot_record(&mut self, number: RecordNumber) -> bool {
        let mut intact = self
            .stored
            .iter_mut()
            .filter(|stored| matches!(stored, Stored::Intact { number: n, .. } if *n == number));
        intact.next().map(rot).is_some()
    }
}

fn rot<R>(stored: &mut Stored<R>) {
    *stored = Stored::Rotten { number: number_of(stored) };
}

fn number_of<R>(stored: &Stored<R>) -> RecordNumber {
    match stored {
        Stored::Intact { number, .. } | Stored::Torn { number } | Stored::Rotten { number } => {
            *number
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(records: &[&'static str]) -> Journal<&'static str> {
        let mut journal = Journal::new();
        for (place, record) in records.iter().enumerate() {
            journal.write(RecordNumber(place as u64 + 1), *record);
        }
        journal
    }

    fn text(journal: &Journal<&'static str>) -> String {
        let stored = journal.image().records.into_iter().map(|stored| match stored {
            Stored::Intact { record, .. } => record.to_owned(),
            Stored::Torn { number } => format!("{number} torn"),
            Stored::Rotten { number } => format!("{number} rotten"),
        });
        stored.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_sync_covers_what_was_written_before_it_and_nothing_later() {
        let mut journal = written(&["a", "b", "c"]);
        let mut durable = String::new();
        journal.synced(RecordNumber(2), |_, record| durable += record);
        assert_eq!(durable, "ab");
        assert_eq!((text(&journal).as_str(), journal.unsynced()), ("a, b", 1));
    }

    #[test]
    fn a_crash_keeps_any_subset_and_tears_the_last_of_it() {
        let mut journal = written(&["a", "b", "c", "d"]);
        journal.synced(RecordNumber(1), |_, _| {});
        let mut durable = String::new();
        let survival = journal.crash(|place, _| place != 0, true, |_, record| durable += record);
        let expected = Survival { unsynced: 3, kept: 2, torn: true, reordered: true };
        assert_eq!(survival, expected);
        assert_eq!((text(&journal).as_str(), durable.as_str()), ("a, c, r4 torn", "c"));
    }

    #[test]
    fn after_a_failed_sync_the_records_are_gone_and_a_later_sync_does_not_bring_them_back() {
        let mut journal = written(&["a", "b"]);
        journal.sync_failed(RecordNumber(2));
        journal.write(RecordNumber(3), "c");
        journal.synced(RecordNumber(3), |_, _| {});
        assert_eq!(text(&journal), "c");
    }

    #[test]
    fn rot_is_found_at_boot_and_a_replaced_disk_says_so() {
        let mut journal = written(&["a", "b"]);
        journal.synced(RecordNumber(2), |_, _| {});
        assert!(journal.rot_record(RecordNumber(1)) && !journal.rot_record(RecordNumber(7)));
        assert_eq!(text(&journal), "r1 rotten, b");
        journal.replace();
        assert!(journal.image().replaced && journal.image().records.is_empty());
    }

    #[test]
    fn trimmed_records_go_with_the_next_sync() {
        let mut journal = written(&["a", "b", "c"]);
        journal.synced(RecordNumber(2), |_, _| {});
        journal.trim(RecordNumber(3), RecordNumber(3));
        journal.synced(RecordNumber(2), |_, _| {});
        assert_eq!(text(&journal), "a, b", "what takes their place is not durable yet");
        journal.synced(RecordNumber(3), |_, _| {});
        assert_eq!(text(&journal), "c");
    }

    #[test]
    fn a_trim_is_forgotten_with_what_was_to_take_the_place_of_the_trimmed() {
        for lose in [
            |journal: &mut Journal<&'static str>| journal.sync_failed(RecordNumber(3)),
            |journal: &mut Journal<&'static str>| {
                journal.crash(|_, _| false, false, |_, _| {});
            },
        ] {
            let mut journal = written(&["a", "b", "snapshot"]);
            journal.synced(RecordNumber(2), |_, _| {});
            journal.trim(RecordNumber(3), RecordNumber(3));
            lose(&mut journal);
            journal.write(RecordNumber(4), "d");
            journal.synced(RecordNumber(4), |_, _| {});
            assert_eq!(text(&journal), "a, b, d");
        }
    }
}
