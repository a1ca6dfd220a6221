//! The keystream of a seed: ChaCha8, with the seed as the key. All luck consists of its words.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Words of one ChaCha call.
pub(crate) const WORDS: usize = 64;

/// The keystream of a seed, and a place in it.
#[derive(Clone, Debug)]
pub(crate) struct Keystream(ChaCha8Rng);

impl Keystream {
    /// Returns the keystream of `seed`, at its start.
    pub(crate) fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(b"squall 1");
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Goes to a word of a stream.
    pub(crate) fn go_to(&mut self, stream: u64, word: u128) {
        // At the start of a block no words are made. In the middle of one, `set_stream` would make
        // words that are never used.
        self.0.set_word_pos(0);
        self.0.set_stream(stream);
        self.0.set_word_pos(word);
    }

    /// Fills `words` with the next words.
    pub(crate) fn fill(&mut self, words: &mut [u32; WORDS]) {
        let mut bytes = [0; WORDS * 4];
        self.0.fill_bytes(&mut bytes);
        for (word, four) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*four);
        }
    }

    /// Returns the next word.
    #[inline]
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Returns the next two words as one.
    #[inline]
    pub(crate) fn two_words(&mut self) -> u64 {
        self.0.next_u64()
    }
}
