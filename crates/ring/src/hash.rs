//! The hash of a key: named, seeded, frozen.
//!
//! Model: a placement is a function of 64-bit key hashes. Which function makes them is a value
//! ([`KeyHash`]) that travels inside every view, so that two machines cannot disagree in silence,
//! and there is no per-process random default. The output of every function here is fixed forever
//! by its published vectors (`tests/hash_vectors.rs`); bytes are read little-endian on every
//! platform, lengths enter as `u64`, so neither endianness nor word size shows.
//!
//! Limits: none of these is a cryptographic hash. Where keys come from an adversary, choose
//! [`KeyHash::SipHash24`] with a secret key.

mod murmur;
mod siphash;
mod xxh64;

use serde::{Deserialize, Serialize};

/// A named, seeded hash function from bytes to 64 bits. Its output never changes between releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyHash {
    /// XXH64 by Yann Collet (xxHash specification 0.1.1). Envoy's default.
    Xxh64 {
        /// The seed; two rings with different seeds place independently.
        seed: u64,
    },
    /// SipHash-2-4 (Aumasson and Bernstein, 2012): safe against chosen keys if `key` is secret.
    SipHash24 {
        /// The 128-bit key as two words, the lower first.
        key: [u64; 2],
    },
    /// MurmurHash64A (Austin Appleby), which Envoy calls `MURMUR_HASH_2`.
    Murmur64A {
        /// The seed; Envoy and libstdc++ use `0xc70f6907`.
        seed: u64,
    },
}

impl Default for KeyHash {
    fn default() -> Self {
        KeyHash::Xxh64 { seed: 0 }
    }
}

impl KeyHash {
    /// The 64-bit hash of `bytes`.
    #[must_use]
    #[inline]
    pub fn hash(&self, bytes: &[u8]) -> u64 {
        match *self {
            KeyHash::Xxh64 { seed } => xxh64::hash(bytes, seed),
            KeyHash::SipHash24 { key } => siphash::hash_2_4(bytes, key),
            KeyHash::Murmur64A { seed } => murmur::hash_64a(bytes, seed),
        }
    }

    /// The same function with the next seed: an independent hash of the same bytes.
    pub(crate) fn reseeded(self) -> KeyHash {
        match self {
            KeyHash::Xxh64 { seed } => KeyHash::Xxh64 { seed: seed.wrapping_add(1) },
            KeyHash::SipHash24 { key: [low, high] } => {
                KeyHash::SipHash24 { key: [low.wrapping_add(1), high] }
            }
            KeyHash::Murmur64A { seed } => KeyHash::Murmur64A { seed: seed.wrapping_add(1) },
        }
    }
}

/// The odd constant nearest to 2^64 divided by the golden ratio (Knuth, volume 3, section 6.4).
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 16): a bijection
/// under which every input bit reaches every output bit.
#[inline]
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Maps a hash onto `0..count` in proportion: monotone, so neighbours in hash stay neighbours.
#[inline]
pub(crate) fn scale(hash: u64, count: usize) -> usize {
    ((u128::from(hash) * count as u128) >> 64) as usize
}

/// The first eight bytes as a little-endian word. The caller has checked that they are there.
#[inline]
fn word64(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(word)
}
