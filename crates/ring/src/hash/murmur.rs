//! MurmurHash64A (Austin Appleby, public domain): the 64-bit Murmur2 that libstdc++ and Envoy use.

use super::word64;

const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;

#[inline]
pub(super) fn hash_64a(bytes: &[u8], seed: u64) -> u64 {
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    let mut words = bytes.chunks_exact(8);
    for word in words.by_ref() {
        let word = word64(word).wrapping_mul(FACTOR);
        state = (state ^ (word ^ (word >> 47)).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        state = (state ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR);
    }
    state = (state ^ (state >> 47)).wrapping_mul(FACTOR);
    state ^ (state >> 47)
}
