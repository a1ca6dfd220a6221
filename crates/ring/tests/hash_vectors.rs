//! The hashes give the published values. If one of these fails, every placement in the world moves.

use squall_ring::KeyHash;

fn xxh64(bytes: &[u8], seed: u64) -> u64 {
    KeyHash::Xxh64 { seed }.hash(bytes)
}

/// Values of ClickHouse (`00803_xxhash.sql`).
#[test]
fn xxh64_of_words() {
    assert_eq!(xxh64(b"", 0), 0xef46_db37_51d8_e999);
    assert_eq!(xxh64(b"ABC", 0), 0xe66a_e735_4fcf_ee98);
    assert_eq!(xxh64(b"xxhash", 0), 0x32dd_3895_2c4b_c720);
    assert_eq!(xxh64(b"foo", 0), 3_728_699_739_546_630_719);
    assert_eq!(xxh64(&[0; 1], 0), xxh64(&[0], 0));
    assert_eq!(xxh64(&1_u8.to_le_bytes(), 0), 9_962_287_286_179_718_960);
}

/// The self-test of xxHash: a pseudorandom buffer, with and without a seed, lengths that take every
/// path through the function.
#[test]
fn xxh64_of_the_sanity_buffer() {
    const PRIME_32: u64 = 2_654_435_761;
    let mut word = PRIME_32;
    let buffer: Vec<u8> = std::iter::repeat_with(|| {
        let byte = (word >> 56) as u8;
        word = word.wrapping_mul(11_400_714_785_074_694_797);
        byte
    })
    .take(222)
    .collect();
    let expected = [
        (0, 0, 0xef46_db37_51d8_e999),
        (0, PRIME_32, 0xac75_fda2_929b_17ef),
        (1, 0, 0xe934_a84a_db05_2768),
        (1, PRIME_32, 0x5014_6076_43a9_b4c3),
        (4, 0, 0x9136_a0dc_a574_57ee),
        (14, 0, 0x8282_dcc4_994e_35c8),
        (14, PRIME_32, 0xc3bd_6bf6_3deb_6df0),
        (222, 0, 0xb641_ae8c_b691_c174),
        (222, PRIME_32, 0x20cb_8ab7_ae10_c14a),
    ];
    for (length, seed, hash) in expected {
        assert_eq!(xxh64(&buffer[..length], seed), hash, "length {length}, seed {seed}");
    }
}

/// Aumasson and Bernstein, appendix A, and the reference implementation's `vectors.h`.
#[test]
fn siphash_2_4_of_the_counting_bytes() {
    let bytes: Vec<u8> = (0..15).collect();
    let hash = KeyHash::SipHash24 { key: [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908] };
    assert_eq!(hash.hash(&bytes), 0xa129_ca61_49be_45e5);
    assert_eq!(hash.hash(b""), 0x726f_db47_dd0e_0e31);
    assert_eq!(hash.hash(&bytes[..8]), 0x93f5_f579_9a93_2462);
}
