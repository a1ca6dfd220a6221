//! Bytes that arrive on a connection of a host are frames, or the connection is refused. Where the
//! pieces are cut makes no difference, and what was read encodes to the bytes that it was read
//! from.

#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_host::network::frame::{Decoder, Encoder, Frame, FrameError};

const KEY: u64 = 42;
const LENGTH_MAX: usize = 1 << 16;

/// Reads all frames from these pieces.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<FrameError>) {
    let (mut decoder, mut frames) = (Decoder::new(KEY, LENGTH_MAX), Vec::new());
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, bytes)) = bytes.split_first() else { return };
    let (frames, error) = read(std::iter::once(bytes));
    let cut = read(bytes.chunks(usize::from(piece).max(1)));
    assert_eq!(cut, (frames.clone(), error), "pieces make a difference");
    let (mut encoder, mut again) = (Encoder::new(KEY), Vec::new());
    for frame in &frames {
        encoder.encode(frame.kind, &frame.payload, &mut again);
    }
    assert!(bytes.starts_with(&again), "a frame has two encodings");
});
