//! Check digits that clients cannot compute (CHUBBY section 2.3): a keyed hash of what is sealed.
//!
//! Model: the servers of a cell, and the resources that check its sequencers without a session,
//! share a [`Key`]. The hash is SipHash-2-4 of 64 bits: a client that has not the key guesses right
//! once in 2^64 attempts.

use std::hash::{Hash, Hasher};

/// The key of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    first: u64,
    second: u64,
}

impl Key {
    /// Returns the key of these 128 bits.
    #[must_use]
    pub const fn new(first: u64, second: u64) -> Self {
        Self { first, second }
    }

    /// Returns the check digits of `value`.
    pub(crate) fn seal<T: Hash + ?Sized>(self, value: &T) -> u64 {
        let mut hasher = Sip::new(self);
        value.hash(&mut hasher);
        hasher.finish()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012), over bytes in an order that no machine changes.
struct Sip {
    state: [u64; 4],
    tail: u64,
    length: u64,
}

impl Sip {
    const fn new(Key { first, second }: Key) -> Self {
        let state = [
            first ^ 0x736f_6d65_7073_6575,
            second ^ 0x646f_7261_6e64_6f6d,
            first ^ 0x6c79_6765_6e65_7261,
            second ^ 0x7465_6462_7974_6573,
        ];
        Self { state, tail: 0, length: 0 }
    }

    const fn round([mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
        a = a.wrapping_add(b);
        b = b.rotate_left(13) ^ a;
        a = a.rotate_left(32);
        c = c.wrapping_add(d);
        d = d.rotate_left(16) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(21) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        [a, b, c, d]
    }

    const fn compress(mut state: [u64; 4], word: u64) -> [u64; 4] {
        state[3] ^= word;
        state = Self::round(Self::round(state));
        state[0] ^= word;
        state
    }
}

impl Hasher for Sip {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.tail |= u64::from(*byte) << (8 * (self.length % 8));
            self.length += 1;
            if self.length.is_multiple_of(8) {
                self.state = Self::compress(self.state, self.tail);
                self.tail = 0;
            }
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        let last = self.tail | (self.length << 56);
        let mut state = Self::compress(self.state, last);
        state[2] ^= 0xff;
        for _ in 0..4 {
            state = Self::round(state);
        }
        state[0] ^ state[1] ^ state[2] ^ state[3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_paper() {
        // Appendix A of the paper: the key and the message count up from 0.
        let key = Key::new(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let mut sip = Sip::new(key);
        sip.write(&(0..15).collect::<Vec<u8>>());
        assert_eq!(sip.finish(), 0xa129_ca61_49be_45e5);
    }

    #[test]
    fn another_key_has_other_digits() {
        assert_ne!(Key::new(1, 2).seal("a"), Key::new(1, 3).seal("a"));
        assert_ne!(Key::new(1, 2).seal("a"), Key::new(1, 2).seal("b"));
    }
}
