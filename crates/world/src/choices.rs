//! placeholder
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// The generator of all luck of `seed`.
pub(crate) fn generator(seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(b"squall 1");
    ChaCha8Rng::from_seed(key)
}
