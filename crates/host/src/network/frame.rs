//! Frames: how messages stand in a connection.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | length of the payload |
//! | 4 | CRC32C of the key of the connection, the number of the frame, its kind and its payload |
//! | 1 | kind |
//! | … | payload |
//!
//! Numbers are little-endian. The checksum covers the key and the number, so that a frame is valid
//! in its connection, at its place, and nowhere else. It finds accidents, not forgeries: against
//! those there is TLS.

use std::fmt;

/// Bytes in front of the payload.
pub const HEADER: usize = 4 + 4 + 1;

/// What a frame is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A message of the process.
    Message,
    /// Nothing but a sign of life.
    Ping,
    /// The sender closes the session.
    Close,
    /// What a listener says first.
    Greeting,
    /// What a dialer answers.
    Hello,
    /// Whether the listener takes the connection.
    Welcome,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Message, Self::Ping, Self::Close, Self::Greeting, Self::Hello, Self::Welcome];

    const fn code(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Ping => 2,
            Self::Close => 3,
            Self::Greeting => 16,
            Self::Hello => 17,
            Self::Welcome => 18,
        }
    }

    fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A frame as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// What it is for.
    pub kind: Kind,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// Why bytes are no frame. The connection that they came on is of no more use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FrameError {
    /// The payload is longer than the limit.
    TooLong {
        /// Its length in bytes.
        length: u32,
        /// The limit in bytes.
        length_max: usize,
    },
    /// The checksum is wrong: damage, or a frame of another connection or another place.
    Checksum,
    /// The kind is unknown.
    Kind {
        /// What stands there.
        code: u8,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length, length_max } => {
                write!(f, "a frame of {length} bytes is longer than {length_max} bytes")
            }
            Self::Checksum => f.write_str("the checksum of a frame is wrong"),
            Self::Kind { code } => write!(f, "a frame has the unknown kind {code}"),
        }
    }
}

impl std::error::Error for FrameError {}

/// Writes the frames of one direction of a connection.
#[derive(Clone, Debug)]
pub struct Encoder {
    key: u64,
    number: u64,
}

impl Encoder {
    /// Returns an encoder for a connection with this key.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self { key, number: 0 }
    }

    /// Appends the next frame to `bytes`. Panics if the payload is longer than 4 GiB, which the
    /// queue refuses.
    pub fn encode(&mut self, kind: Kind, payload: &[u8], bytes: &mut Vec<u8>) {
        let length = u32::try_from(payload.len()).expect("the queue refuses longer payloads");
        bytes.extend_from_slice(&length.to_le_bytes());
        let checksum = checksum(self.key, self.number, kind.code(), payload);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.push(kind.code());
        bytes.extend_from_slice(payload);
        self.number += 1;
    }
}

/// Reads the frames of one direction of a connection, from bytes that arrive in any pieces. It
/// holds at most one frame and one piece, and makes room for bytes that have arrived alone.
#[derive(Clone, Debug)]
pub struct Decoder {
    key: u64,
    number: u64,
    length_max: usize,
    bytes: Vec<u8>,
    /// Where the next frame begins.
    start: usize,
}

impl Decoder {
    /// Returns a decoder for a connection with this key, whose frames carry at most `length_max`
    /// bytes.
    #[must_use]
    pub const fn new(key: u64, length_max: usize) -> Self {
        Self { key, number: 0, length_max, bytes: Vec::new(), start: 0 }
    }

    /// Takes in a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// Returns whether a part of a frame has arrived.
    #[must_use]
    pub fn is_amid_frame(&self) -> bool {
        self.start < self.bytes.len()
    }

    /// Returns the next frame, if it is whole.
    ///
    /// # Errors
    ///
    /// If what has arrived is the beginning of no frame.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some((header, rest)) = self.bytes[self.start..].split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [l0, l1, l2, l3, c0, c1, c2, c3, code] = *header;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let length_max = self.length_max;
        if usize::try_from(length).map_or(true, |length| length > length_max) {
            return Err(FrameError::TooLong { length, length_max });
        }
        let kind = Kind::of(code).ok_or(FrameError::Kind { code })?;
        let Some(payload) = rest.get(..length as usize) else {
            return Ok(None);
        };
        if checksum(self.key, self.number, code, payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err(FrameError::Checksum);
        }
        let frame = Frame { kind, payload: payload.to_vec() };
        self.start += HEADER + length as usize;
        self.number += 1;
        Ok(Some(frame))
    }

    /// Gives the rest of the connection another key, under which frames are counted anew.
    pub(crate) fn rekey(&mut self, key: u64, length_max: usize) {
        (self.key, self.number, self.length_max) = (key, 0, length_max);
    }
}

fn checksum(key: u64, number: u64, code: u8, payload: &[u8]) -> u32 {
    let mut place = [0; 17];
    place[..8].copy_from_slice(&key.to_le_bytes());
    place[8..16].copy_from_slice(&number.to_le_bytes());
    place[16] = code;
    crc32c::crc32c_append(crc32c::crc32c(&place), payload)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: u64 = 42;

    fn frames(payloads: &[&[u8]]) -> Vec<u8> {
        let (mut encoder, mut bytes) = (Encoder::new(KEY), Vec::new());
        for payload in payloads {
            encoder.encode(Kind::Message, payload, &mut bytes);
        }
        bytes
    }

    proptest! {
        #[test]
        fn frames_are_read_from_pieces_of_any_length(
            texts in prop::collection::vec("[a-z]{0,40}", 1..6),
            piece in 1_usize..64,
        ) {
            let payloads: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let mut decoder = Decoder::new(KEY, 64);
            let mut read = Vec::new();
            for piece in frames(&payloads).chunks(piece) {
                decoder.feed(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    read.push(frame.payload);
                }
            }
            prop_assert_eq!(read, payloads);
            prop_assert!(!decoder.is_amid_frame());
        }

        #[test]
        fn a_flipped_bit_is_noticed_or_the_frame_never_ends(bit in 0_usize..8 * (HEADER + 4)) {
            let mut bytes = frames(&[b"four"]);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut decoder = Decoder::new(KEY, 64);
            decoder.feed(&bytes);
            prop_assert!(!matches!(decoder.next_frame(), Ok(Some(_))));
        }
    }

    #[test]
    fn a_frame_is_valid_in_its_connection_at_its_place_and_nowhere_else() {
        let bytes = frames(&[b"first", b"second"]);
        let read = |key, bytes: &[u8]| {
            let mut decoder = Decoder::new(key, 64);
            decoder.feed(bytes);
            decoder.next_frame().map(|frame| frame.map(|frame| frame.payload))
        };
        assert_eq!(read(KEY, &bytes), Ok(Some(b"first".to_vec())));
        assert_eq!(read(KEY + 1, &bytes), Err(FrameError::Checksum));
        assert_eq!(read(KEY, &bytes[HEADER + 5..]), Err(FrameError::Checksum), "one was left out");
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_its_bytes_arrive() {
        let mut decoder = Decoder::new(KEY, 64);
        decoder.feed(&[0xFF; HEADER]);
        let refused = decoder.next_frame().unwrap_err();
        assert_eq!(refused.to_string(), "a frame of 4294967295 bytes is longer than 64 bytes");
        let mut decoder = Decoder::new(KEY, 64);
        decoder.feed(&[0; HEADER]);
        assert_eq!(decoder.next_frame(), Err(FrameError::Kind { code: 0 }));
    }
}
