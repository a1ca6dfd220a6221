//! Segments: the files of a journal.
//!
//! A segment begins with a header: the number of the segment, the first record that it may hold,
//! the first record that is still needed, and the last record that was known to be durable. **From
//! its first record on, a segment and those after it define the journal**: what an earlier segment
//! holds of these records does not count. So nothing is ever cut off or overwritten; a disk that
//! is opened goes on in a new segment.

use super::frame::{Place, checksum, u32_at, u64_at};

/// Bytes of a header.
pub(crate) const HEADER: usize = 4 + 8 + 8 + 8 + 8;

/// What comes after the number in the name of a segment.
const SUFFIX: &str = ".journal";

/// The beginning of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    /// Its number: 1 for the first, one more for each.
    pub(crate) segment: u64,
    /// The first record that it may hold.
    pub(crate) first: u64,
    /// The first record that is still needed.
    pub(crate) keep: u64,
    /// The last record that was known to be durable.
    pub(crate) durable: u64,
}

impl Header {
    /// Returns its bytes on the disk `disk`.
    pub(crate) fn encode(&self, disk: u64) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        for (place, number) in
            [self.segment, self.first, self.keep, self.durable].iter().enumerate()
        {
            bytes[4 + 8 * place..12 + 8 * place].copy_from_slice(&number.to_le_bytes());
        }
        let checksum = checksum(self.place(disk), &bytes[4..]);
        bytes[..4].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Returns the header in `bytes` of the segment `segment`, if it is whole.
    pub(crate) fn decode(disk: u64, segment: u64, bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        let [found, first, keep, durable] = [4, 12, 20, 28].map(|offset| u64_at(bytes, offset));
        let header = Self { segment: found, first, keep, durable };
        let is_whole = checksum(header.place(disk), &bytes[4..]) == u32_at(bytes, 0);
        (is_whole && found == segment).then_some(header)
    }

    const fn place(&self, disk: u64) -> Place {
        Place { disk, segment: self.segment, offset: 0 }
    }
}

/// Returns the name of the file of the segment `segment`.
pub(crate) fn name(segment: u64) -> String {
    format!("{segment:016}{SUFFIX}")
}

/// Returns the number of the segment whose file is called `name`, if it is one.
pub(crate) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let is_number = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
