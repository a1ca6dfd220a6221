//! XXH64, written from the xxHash specification (section "XXH64 algorithm description").

use super::word64;

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME_5: u64 = 0x27d4_eb2f_1656_67c5;

/// Keys are short, as a rule: those under a stripe are hashed in place, longer ones by a call.
#[inline]
pub(super) fn hash(bytes: &[u8], seed: u64) -> u64 {
    if bytes.len() >= 32 {
        return hash_long(bytes, seed);
    }
    finish(seed.wrapping_add(PRIME_5).wrapping_add(bytes.len() as u64), bytes)
}

#[inline(never)]
fn hash_long(bytes: &[u8], seed: u64) -> u64 {
    let (state, rest) = stripes(bytes, seed);
    finish(state.wrapping_add(bytes.len() as u64), rest)
}

/// Steps 1 to 3: four accumulators over whole 32-byte stripes; returns what is left over.
#[inline]
fn stripes(bytes: &[u8], seed: u64) -> (u64, &[u8]) {
    let mut lanes = [
        seed.wrapping_add(PRIME_1).wrapping_add(PRIME_2),
        seed.wrapping_add(PRIME_2),
        seed,
        seed.wrapping_sub(PRIME_1),
    ];
    let mut stripes = bytes.chunks_exact(32);
    for stripe in stripes.by_ref() {
        for (lane, word) in lanes.iter_mut().zip(stripe.chunks_exact(8)) {
            *lane = round(*lane, word64(word));
        }
    }
    let mut state = lanes[0]
        .rotate_left(1)
        .wrapping_add(lanes[1].rotate_left(7))
        .wrapping_add(lanes[2].rotate_left(12))
        .wrapping_add(lanes[3].rotate_left(18));
    for lane in lanes {
        state = (state ^ round(0, lane)).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
    }
    (state, stripes.remainder())
}

/// Steps 5 and 6: the last 31 bytes at most, then the avalanche.
#[inline]
fn finish(mut state: u64, mut rest: &[u8]) -> u64 {
    while rest.len() >= 8 {
        state ^= round(0, word64(rest));
        state = state.rotate_left(27).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
        rest = &rest[8..];
    }
    if rest.len() >= 4 {
        let mut half = [0; 4];
        half.copy_from_slice(&rest[..4]);
        state ^= u64::from(u32::from_le_bytes(half)).wrapping_mul(PRIME_1);
        state = state.rotate_left(23).wrapping_mul(PRIME_2).wrapping_add(PRIME_3);
        rest = &rest[4..];
    }
    for &byte in rest {
        state ^= u64::from(byte).wrapping_mul(PRIME_5);
        state = state.rotate_left(11).wrapping_mul(PRIME_1);
    }
    state ^= state >> 33;
    state = state.wrapping_mul(PRIME_2);
    state ^= state >> 29;
    state = state.wrapping_mul(PRIME_3);
    state ^ (state >> 32)
}

#[inline]
fn round(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
}
