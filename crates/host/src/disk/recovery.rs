//! What the segments of a journal say after a crash.
//!
//! Model: frames carry the number of the record before them, so a record that is missing is
//! noticed, and a write that was refused is not taken for one. Every frame says which record was
//! known to be durable when it was written. A missing record up to the highest of these was
//! acknowledged and is rotten. A missing record beyond it was never acknowledged; it and all that
//! follows in its segment may be dropped.

use std::collections::BTreeMap;

use super::frame::{Frame, Kind, Place};
use super::segment::{self, Header};

/// A journal after a crash.
#[derive(Debug, Default)]
pub(crate) struct Recovered<'a> {
    /// By number: what is there, or `None` for what is rotten.
    pub(crate) records: BTreeMap<u64, Option<&'a [u8]>>,
    /// The last record, or the one before the first.
    pub(crate) last: u64,
    /// The last record that is known to be durable.
    pub(crate) durable: u64,
    /// The first record that is still needed.
    pub(crate) keep: u64,
    /// The record whose write a crash cut short.
    pub(crate) torn: Option<u64>,
    /// A number that no record has had yet.
    pub(crate) next: u64,
    /// The segments, with the first record of each.
    pub(crate) segments: Vec<Part>,
}

/// A segment and its first record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) segment: u64,
    pub(crate) first: u64,
}

/// A segment as it was read.
struct Scanned<'a> {
    segment: u64,
    header: Option<Header>,
    /// Whole frames, in order.
    frames: Vec<Frame<'a>>,
    /// How many of the frames stand before the first damage.
    intact: usize,
    /// Whether bytes that are neither zero nor part of a whole frame follow the header.
    is_damaged: bool,
}

impl<'a> Recovered<'a> {
    /// Reads the segments of the disk `disk`, which are given by rising number.
    pub(crate) fn read(disk: u64, segments: &'a [(u64, Vec<u8>)]) -> Self {
        let scanned: Vec<_> =
            segments.iter().map(|(segment, bytes)| scan(disk, *segment, bytes)).collect();
        let mut recovered = Self { keep: 1, ..Self::default() };
        for scanned in &scanned {
            let claims = scanned.frames.iter().map(|frame| frame.durable);
            let claims = claims.chain(scanned.header.map(|header| header.durable));
            recovered.durable = claims.max().unwrap_or(0).max(recovered.durable);
            let numbers = scanned.frames.iter().filter(|frame| frame.kind == Kind::Record);
            let highest = numbers.map(|frame| frame.number).max().unwrap_or(0);
            recovered.next = recovered.next.max(highest + 1);
        }
        for (place, scanned) in scanned.iter().enumerate() {
            recovered.walk(scanned, place + 1 == segments.len());
        }
        recovered.lose_up_to(recovered.durable);
        recovered.records = recovered.records.split_off(&recovered.keep);
        recovered.last = recovered.last.max(recovered.keep - 1);
        let beyond = recovered.last.max(recovered.torn.unwrap_or(0)) + 1;
        recovered.next = recovered.next.max(beyond);
        recovered
    }

    /// Takes in a segment.
    fn walk(&mut self, scanned: &Scanned<'a>, is_newest: bool) {
        let Some(first) = scanned.first() else {
            // Nothing in it was ever durable: it was being made when the machine stopped.
            return;
        };
        if self.segments.is_empty() {
            self.last = first - 1;
        }
        self.segments.push(Part { segment: scanned.segment, first });
        drop(self.records.split_off(&first));
        self.last = self.last.min(first - 1);
        if let Some(header) = scanned.header {
            self.keep = self.keep.max(header.keep);
        }
        if !self.reaches(first - 1) {
            return;
        }
        for (place, frame) in scanned.frames.iter().enumerate() {
            if !self.reaches(frame.previous) {
                self.tear(is_newest);
                return;
            }
            match frame.kind {
                Kind::Record => {
                    self.records.insert(frame.number, Some(frame.payload));
                    self.last = frame.number;
                }
                // What made the older records superfluous was written before it: it counts only
                // where all of that is there.
                Kind::Trim if place < scanned.intact => self.keep = self.keep.max(frame.number),
                Kind::Trim | Kind::Mark => {}
            }
        }
        if scanned.is_damaged && scanned.intact == scanned.frames.len() {
            self.tear(is_newest);
        }
    }

    /// Goes on behind the record `previous`. Returns false if a record up to it is missing that
    /// was never acknowledged.
    fn reaches(&mut self, previous: u64) -> bool {
        self.lose_up_to(previous.min(self.durable));
        self.last >= previous
    }

    /// Enters the records up to `number` that are not there as rotten.
    fn lose_up_to(&mut self, number: u64) {
        while self.last < number {
            self.last += 1;
            self.records.insert(self.last, None);
        }
    }

    /// Notes that the record behind the last one was cut short.
    fn tear(&mut self, is_newest: bool) {
        if is_newest && self.last >= self.durable {
            self.torn = Some(self.last + 1);
        }
    }
}

impl Scanned<'_> {
    /// Returns the first record that it may hold, unless it never counted.
    fn first(&self) -> Option<u64> {
        if let Some(header) = self.header {
            return Some(header.first);
        }
        // A segment whose header is damaged counts if it says itself that it was synced once.
        let first = self.frames.first()?.previous + 1;
        self.frames.iter().any(|frame| frame.durable >= first).then_some(first)
    }
}

/// Finds the whole frames of a segment. Behind damage it looks for the next one byte by byte.
fn scan(disk: u64, segment: u64, bytes: &[u8]) -> Scanned<'_> {
    let header = Header::decode(disk, segment, bytes);
    let mut scanned = Scanned { segment, header, frames: Vec::new(), intact: 0, is_damaged: false };
    let (mut offset, mut is_whole) = (segment::HEADER, true);
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        let place = Place { disk, segment, offset: offset as u64 };
        if let Some(frame) = Frame::decode(place, rest) {
            scanned.frames.push(frame);
            scanned.intact += usize::from(is_whole);
            offset += frame.length();
        } else {
            scanned.is_damaged |= rest[0] != 0;
            is_whole = false;
            offset += 1;
        }
    }
    scanned
}
