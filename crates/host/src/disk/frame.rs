//! Frames: how a record stands in a segment.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | CRC32C of all that follows, of the identity of the disk, of the segment and of the offset |
//! | 4 | length of the payload |
//! | 1 | kind: 1 record, 2 mark, 3 trim |
//! | 8 | number of the record |
//! | 8 | number of the record before it: a number in between was a refused write |
//! | 8 | last record that was known to be durable when this frame was written |
//! | … | payload |
//!
//! Numbers are little-endian. The checksum covers the place, so that a frame is valid where it was
//! written and nowhere else: neither in a record that contains a copy of it, nor in a block that
//! was part of another file.

/// Bytes in front of the payload.
pub(crate) const HEADER: usize = 4 + 4 + 1 + 8 + 8 + 8;

/// Where a frame stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The identity of the disk.
    pub(crate) disk: u64,
    /// The number of the segment.
    pub(crate) segment: u64,
    /// The offset in the segment.
    pub(crate) offset: u64,
}

/// What a frame is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It carries a record.
    Record,
    /// It says what is durable.
    Mark,
    /// Records below its number are no longer needed.
    Trim,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Record => 1,
            Self::Mark => 2,
            Self::Trim => 3,
        }
    }

    const fn of(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Record),
            2 => Some(Self::Mark),
            3 => Some(Self::Trim),
            _ => None,
        }
    }
}

/// A frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    /// The number of the record, or the first record to keep for a trim.
    pub(crate) number: u64,
    /// The last record before it.
    pub(crate) previous: u64,
    /// The last record that was known to be durable.
    pub(crate) durable: u64,
    pub(crate) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Returns how many bytes it takes up.
    pub(crate) const fn length(&self) -> usize {
        HEADER + self.payload.len()
    }

    /// Appends it to `bytes`. Panics if the payload is longer than 4 GiB, which the journal
    /// refuses.
    pub(crate) fn encode(&self, place: Place, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        let length = u32::try_from(self.payload.len()).expect("the journal refuses longer records");
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.push(self.kind.code());
        for number in [self.number, self.previous, self.durable] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(self.payload);
        let checksum = checksum(place, &bytes[start + 4..]);
        bytes[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Returns the frame at the beginning of `bytes`, which stand at `place`, if it is whole.
    pub(crate) fn decode(place: Place, bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let length = u32_at(header, 4) as usize;
        let kind = Kind::of(header[8])?;
        let payload = rest.get(..length)?;
        if checksum(place, &bytes[4..HEADER + length]) != u32_at(header, 0) {
            return None;
        }
        Some(Self {
            kind,
            number: u64_at(header, 9),
            previous: u64_at(header, 17),
            durable: u64_at(header, 25),
            payload,
        })
    }
}

/// Returns the checksum of `bytes` at `place`.
pub(crate) fn checksum(place: Place, bytes: &[u8]) -> u32 {
    let mut seed = [0; 24];
    seed[..8].copy_from_slice(&place.disk.to_le_bytes());
    seed[8..16].copy_from_slice(&place.segment.to_le_bytes());
    seed[16..].copy_from_slice(&place.offset.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&seed), bytes)
}

/// Returns the number in the four bytes at `offset`. Panics if there are fewer.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
}

/// Returns the number in the eight bytes at `offset`. Panics if there are fewer.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes[offset..offset + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place = Place { disk: 7, segment: 3, offset: 100 };

    fn encoded(payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        Frame { kind: Kind::Record, number: 5, previous: 4, durable: 2, payload }
            .encode(PLACE, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn a_frame_is_read_as_it_was_written(text in "[a-z]{0,64}") {
            let payload = text.as_bytes();
            let bytes = encoded(payload);
            let frame = Frame::decode(PLACE, &bytes).expect("it is whole");
            prop_assert_eq!(frame.payload, payload);
            prop_assert_eq!((frame.number, frame.previous, frame.durable), (5, 4, 2));
        }

        #[test]
        fn a_frame_with_a_flipped_bit_is_refused(bit in 0_usize..8 * (HEADER + 9)) {
            let mut bytes = encoded(b"nine byte");
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Frame::decode(PLACE, &bytes), None);
        }

        #[test]
        fn a_frame_that_is_cut_short_is_refused(length in 0_usize..HEADER + 9) {
            let bytes = encoded(b"nine byte");
            prop_assert_eq!(Frame::decode(PLACE, &bytes[..length]), None);
        }
    }

    #[test]
    fn a_frame_is_valid_where_it_was_written_and_nowhere_else() {
        let bytes = encoded(b"x");
        for place in [
            Place { disk: 8, ..PLACE },
            Place { segment: 4, ..PLACE },
            Place { offset: 101, ..PLACE },
        ] {
            assert_eq!(Frame::decode(place, &bytes), None);
        }
        assert_eq!(Frame::decode(PLACE, &[0; 64]), None, "zeros are no frame");
    }
}
