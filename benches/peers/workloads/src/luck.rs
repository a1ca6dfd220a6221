//! A small generator for runners whose peer offers processes no chance of its own.

use squall_process::Randomness;

/// SplitMix64: one addition and three mixing steps a number.
#[derive(Clone, Debug)]
pub struct Luck(u64);

impl Luck {
    /// The luck of process or purpose number `stream` in the world of `seed`.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut luck = Self(seed ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93));
        luck.draw();
        luck
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Randomness for Luck {
    fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.draw()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of 128 bits has 64")
    }
}
