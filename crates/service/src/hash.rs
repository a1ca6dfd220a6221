//! A hash of commands and of states, by which judges compare them: the same on every machine,
//! forever, and cheap. It is not meant for tables, and does not resist attacks.

use std::hash::{Hash, Hasher};

/// Returns the hash of `value`.
#[must_use]
pub fn hash_of(value: &impl Hash) -> u64 {
    let mut mix = Mix(0);
    value.hash(&mut mix);
    mix.finish()
}

/// Multiplies and rotates, word by word.
struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        // The remaining bytes and their number, so that zeros at the end count.
        let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.add(last ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.add(word as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_differ_have_hashes_that_differ() {
        let of = |bytes: &[u8]| {
            let mut mix = Mix(0);
            mix.write(bytes);
            mix.finish()
        };
        let mut seen: Vec<u64> =
            (0..40).flat_map(|length| [of(&vec![0; length]), of(&vec![1; length])]).collect();
        seen.sort_unstable();
        seen.dedup();
        // There is only one string of no bytes.
        assert_eq!(seen.len(), 2 * 40 - 1);
    }
}
