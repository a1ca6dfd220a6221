//! A stream of chance, from which the contents of a generated script are drawn.
//!
//! A stream comes from a seed, or from bytes. In bytes, a draw takes as many of them as its bound
//! needs (none, if there is nothing to choose), the low ones first, reduced to the bound. Past the
//! end, all draws are zero. A fuzzer that changes a byte therefore changes a draw, and one that
//! inserts or cuts bytes moves the later draws. A seeded stream that is noted ([`Draw::noted`])
//! yields the bytes of the same draws.

use squall_process::Span;

use crate::Chance;
use crate::keystream::Keystream;

/// A stream of chance. Streams with different seeds or names are independent.
#[derive(Clone, Debug)]
pub struct Draw(Source);

/// The source of draws.
#[derive(Clone, Debug)]
enum Source {
    Seeded(Keystream),
    /// A seeded stream of which each draw is noted as bytes.
    Noted(Keystream, Vec<u8>),
    /// The bytes that are left, the next one last.
    Bytes(Vec<u8>),
}

/// Returns how many bytes a number up to `most` needs.
fn width(most: u64) -> usize {
    (64 - most.leading_zeros() as usize).div_ceil(8)
}

#[cold]
fn note(notes: &mut Vec<u8>, most: u64, value: u64) {
    notes.extend_from_slice(&value.to_le_bytes()[..width(most)]);
}

/// Takes the next number up to `most` from bytes.
#[cold]
fn take(bytes: &mut Vec<u8>, most: u64) -> u64 {
    let mut value = [0; 8];
    for byte in &mut value[..width(most)] {
        *byte = bytes.pop().unwrap_or(0);
    }
    let value = u64::from_le_bytes(value);
    most.checked_add(1).map_or(value, |bound| value % bound)
}

/// Returns a number below `bound` from 64 bits: their share of it.
#[inline]
fn share(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

impl Draw {
    /// Returns the stream `name` of `seed`.
    #[must_use]
    pub fn new(seed: u64, name: u32) -> Self {
        let mut keystream = Keystream::new(seed);
        // The highest streams: the luck of a world uses the others.
        keystream.go_to(u64::MAX - u64::from(name), 0);
        Self(Source::Seeded(keystream))
    }

    /// Returns the stream that `bytes` encode.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Source::Bytes(bytes.iter().rev().copied().collect()))
    }

    /// Returns the same stream, which notes all draws from now on; see [`notes`](Self::notes).
    #[must_use]
    pub fn noted(self) -> Self {
        match self.0 {
            Source::Seeded(keystream) => Self(Source::Noted(keystream, Vec::new())),
            Source::Noted(..) | Source::Bytes(_) => self,
        }
    }

    /// Returns the bytes from which [`from_bytes`](Self::from_bytes) makes the draws since the
    /// stream is noted. For a stream of bytes, returns the remaining ones. Empty if the stream is
    /// not noted.
    #[must_use]
    pub fn notes(self) -> Vec<u8> {
        match self.0 {
            Source::Seeded(_) => Vec::new(),
            Source::Noted(_, notes) => notes,
            Source::Bytes(rest) => rest.into_iter().rev().collect(),
        }
    }

    /// Returns a number up to `most`: `drawn` from a keystream, or from bytes.
    #[inline]
    fn up_to(&mut self, most: u64, drawn: impl FnOnce(&mut Keystream) -> u64) -> u64 {
        match &mut self.0 {
            Source::Seeded(keystream) => drawn(keystream),
            Source::Noted(keystream, notes) => {
                let number = drawn(keystream);
                note(notes, most, number);
                number
            }
            Source::Bytes(bytes) => take(bytes, most),
        }
    }

    /// Returns any number.
    pub fn bits(&mut self) -> u64 {
        self.up_to(u64::MAX, Keystream::two_words)
    }

    /// Returns a number below `bound`, with equal chances up to one part in 2^64. Panics if `bound`
    /// is 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "there is no number below 0");
        self.up_to(bound - 1, |keystream| share(keystream.two_words(), bound))
    }

    /// Returns a number from `low` to `high`, inclusive.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.bits(),
        }
    }

    /// Returns a span from `low` to `high`, inclusive, in whole multiples of `grain` above `low`.
    pub fn span(&mut self, low: Span, high: Span, grain: Span) -> Span {
        let grains = (high - low).as_nanos() / grain.as_nanos().max(1);
        low + grain * self.below(grains.saturating_add(1))
    }

    /// Returns a span between `low` and `high` whose order of magnitude is drawn evenly, rounded to
    /// two significant digits. `low` must be above zero.
    pub fn magnitude(&mut self, low: Span, high: Span) -> Span {
        let (low, high) = (low.as_nanos().max(1), high.as_nanos().max(1));
        let doublings = u64::from((high / low).max(1).ilog2());
        let base = low << self.below(doublings + 1);
        let nanos = self.between(base, base.saturating_mul(2).min(high));
        let unit = 10_u64.pow(nanos.ilog10().saturating_sub(1));
        Span::from_nanos((nanos / unit * unit).max(low))
    }

    /// Returns `true` with this chance.
    pub fn happens(&mut self, chance: Chance) -> bool {
        self.below(1_000_000) < u64::from(chance.millionths())
    }

    /// Returns `true` with a chance of one half.
    pub fn coin(&mut self) -> bool {
        self.up_to(1, |keystream| u64::from(keystream.word() & 1)) == 1
    }

    /// Returns one of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns some draws of each kind.
    fn some(draw: &mut Draw) -> Vec<u64> {
        let mut drawn = vec![draw.bits(), draw.below(1), draw.below(7), draw.below(256)];
        drawn.extend([draw.below(257), draw.between(3, 70_000), draw.between(0, u64::MAX)]);
        drawn.extend((0..9).map(|_| u64::from(draw.coin())));
        let span = draw.magnitude(Span::from_millis(1), Span::from_secs(4));
        drawn.push(span.as_nanos());
        let mut order = [1, 2, 3, 4, 5];
        draw.shuffle(&mut order);
        drawn.extend(order);
        drawn
    }

    #[test]
    fn a_noted_stream_draws_as_before_and_so_do_its_notes() {
        for seed in 0..100 {
            let drawn = some(&mut Draw::new(seed, 1));
            let mut noted = Draw::new(seed, 1).noted();
            assert_eq!(some(&mut noted), drawn);
            let notes = noted.notes();
            let mut again = Draw::from_bytes(&notes);
            assert_eq!(some(&mut again), drawn);
            assert!(again.notes().is_empty(), "every byte is a draw");
        }
    }

    #[test]
    fn a_draw_is_as_long_as_its_bound_needs() {
        let mut draw = Draw::from_bytes(&[5, 255, 1, 2, 3]);
        assert_eq!(draw.below(1), 0, "nothing to choose, nothing taken");
        assert_eq!(draw.below(10), 5);
        assert_eq!(draw.below(10), 255 % 10);
        assert_eq!(draw.below(1_000), 513);
        assert!(draw.coin());
        assert_eq!((draw.bits(), draw.below(9), draw.coin()), (0, 0, false), "past the end: zeros");
    }
}
