//! Chance: a stream of random numbers, seeded once by the operating system.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use squall_process::{Randomness, Span};

/// The chance of one process.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha12Rng);

impl Chance {
    /// Returns chance that the operating system has seeded.
    ///
    /// # Errors
    ///
    /// If the operating system has no randomness to give.
    pub fn of_system() -> std::io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self(ChaCha12Rng::from_seed(seed)))
    }

    /// Returns chance that is the same for the same seed, for tests and simulations of the host.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// Returns any number, each equally likely.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a span between half of `span` and all of it.
    pub(crate) fn jittered(&mut self, span: Span) -> Span {
        let half = span.scaled(1, 2);
        half + Span::from_nanos(self.below((span - half).as_nanos().saturating_add(1)))
    }

    /// Returns chance of its own for another task.
    pub(crate) fn fork(&mut self) -> Self {
        Self::seeded(self.number())
    }
}

impl Randomness for Chance {
    fn below(&mut self, bound: u64) -> u64 {
        // The numbers above the last whole multiple of `bound` would favour the small ones.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.number();
            if number < limit {
                return number % bound;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hosts_have_different_chance_and_one_seed_has_one() {
        let [mut one, mut other] = [(); 2].map(|()| Chance::of_system().unwrap());
        assert_ne!(one.number(), other.number());
        assert_eq!(Chance::seeded(7).number(), Chance::seeded(7).number());
    }

    #[test]
    fn every_number_below_a_bound_comes_and_none_above() {
        let mut chance = Chance::seeded(1);
        let mut seen = [0_u32; 3];
        for _ in 0..300 {
            seen[chance.below(3) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| count > 60), "{seen:?}");
        let span = Span::from_millis(100);
        assert!((0..100).all(|_| chance.jittered(span) >= span.scaled(1, 2)));
    }
}
