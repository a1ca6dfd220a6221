//! A stream of chance for whoever makes a script: what a generated run contains is drawn from one
//! of these.

use rand_chacha::ChaCha8Rng;
use rand_core::Rng;
use squall_process::Span;

use crate::Chance;
use crate::choices::generator;

/// A named stream of chance. Streams of other seeds or names are independent of it.
#[derive(Clone, Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream `name` of `seed`.
    #[must_use]
    pub fn new(seed: u64, name: u32) -> Self {
        let mut generator = generator(seed);
        // The highest streams: the luck of a world uses the others.
        generator.set_stream(u64::MAX - u64::from(name));
        Self(generator)
    }

    /// Any number.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, each as likely as the next up to one part in 2^64. Panics if `bound`
    /// is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "there is no number below 0");
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        (wide >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.bits(),
        }
    }

    /// A span from `low` to `high`, both included, in whole multiples of `grain` above `low`.
    pub fn span(&mut self, low: Span, high: Span, grain: Span) -> Span {
        let grains = (high - low).as_nanos() / grain.as_nanos().max(1);
        low + grain * self.below(grains.saturating_add(1))
    }

    /// A span between `low` and `high` whose order of magnitude is drawn evenly, rounded to two
    /// significant digits. `low` must be above zero.
    pub fn magnitude(&mut self, low: Span, high: Span) -> Span {
        let (low, high) = (low.as_nanos().max(1), high.as_nanos().max(1));
        let doublings = u64::from((high / low).max(1).ilog2());
        let base = low << self.below(doublings + 1);
        let nanos = self.between(base, base.saturating_mul(2).min(high));
        let unit = 10_u64.pow(nanos.ilog10().saturating_sub(1));
        Span::from_nanos((nanos / unit * unit).max(low))
    }

    /// Whether something of this chance happens.
    pub fn happens(&mut self, chance: Chance) -> bool {
        self.below(1_000_000) < u64::from(chance.millionths())
    }

    /// Whether a fair coin shows heads.
    pub fn coin(&mut self) -> bool {
        self.0.next_u32() & 1 == 1
    }

    /// One of `items`, which may not be empty.
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
