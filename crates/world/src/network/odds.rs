//! The odds of a message: conditions, prepared for a decision by one draw.

use squall_fault::{Conditions, Delay, Hits, Kind, Tail};
use squall_process::Span;
use squall_trace::{Fate, Link};

use crate::choices::{Choices, Family, Rare};

/// Conditions, prepared for a decision by one draw of 32 bits. The range of the draw is divided
/// into lost, twice, much later, and the rest, which is stretched over the usual delays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Odds {
    lost_below: u64,
    twice_below: u64,
    tail_below: u64,
    /// Nanoseconds in a whole draw's rest, times 2^32 over the size of the rest.
    scale: u128,
    pub(crate) floor: u64,
    /// The number of delays above the minimum, in nanoseconds.
    width: u64,
    /// The mean of an exponential delay, or none.
    mean: Option<u64>,
    tail: Tail,
    pub(crate) in_order: bool,
    pub(crate) queue: Option<u32>,
    /// Whether a message needs a draw at all.
    pub(crate) is_random: bool,
}

impl Odds {
    pub(crate) fn of(conditions: &Conditions) -> Self {
        let lost_below = conditions.loss.share();
        let twice_below = (lost_below + conditions.duplicate.share()).min(1 << 32);
        let tail_below = (twice_below + conditions.tail.chance.share()).min(1 << 32);
        let (floor, width, mean) = match conditions.delay {
            Delay::Uniform(range) => {
                (range.low().as_nanos(), (range.high() - range.low()).as_nanos(), None)
            }
            Delay::Exponential { floor, mean } => (floor.as_nanos(), 0, Some(mean.as_nanos())),
        };
        let rest = u128::from(((1 << 32) - tail_below).max(1));
        let scale =
            if mean.is_some() { 1 << 32 } else { u128::from(width) + u128::from(width > 0) };
        Self {
            lost_below,
            twice_below,
            tail_below,
            scale: (scale << 32) / rest,
            floor,
            width,
            mean,
            tail: conditions.tail,
            in_order: conditions.in_order,
            queue: conditions.queue,
            is_random: tail_below > 0 || width > 0 || mean.is_some(),
        }
    }

    /// Returns the fate of a message by one draw.
    #[inline]
    pub(crate) fn decide(
        &self,
        draw: u64,
        link: Link,
        number: u32,
        choices: &mut Choices,
        hits: &mut Hits,
    ) -> Fate {
        if draw >= self.tail_below {
            hits.hit(Kind::N2);
            return Fate::Takes(self.delay(draw - self.tail_below));
        }
        if draw < self.lost_below {
            return Fate::Lost;
        }
        let mut rare = choices.rare(Family::Message, link, number);
        let first = self.delay_again(&mut rare);
        if draw < self.twice_below {
            hits.hit(Kind::N4);
            return Fate::Twice(first, self.delay_again(&mut rare));
        }
        hits.hit(Kind::N2);
        Fate::Takes(first + rare.span(self.tail.high))
    }

    /// Returns the usual delay for a draw, counted from the start of the rest of the range.
    #[inline]
    fn delay(&self, draw: u64) -> Span {
        let scaled = ((u128::from(draw) * self.scale) >> 32) as u64;
        let above = match self.mean {
            None => scaled,
            Some(mean) => exponential(scaled as u32, mean),
        };
        Span::from_nanos(self.floor.saturating_add(above))
    }

    /// Returns a delay from a separate draw.
    fn delay_again(&self, rare: &mut Rare<'_>) -> Span {
        let above = match self.mean {
            None => rare.below(self.width.saturating_add(1)),
            Some(mean) => exponential(rare.word(), mean),
        };
        Span::from_nanos(self.floor.saturating_add(above))
    }
}

/// Returns `-ln(u)` times `mean`, where `u` is `draw + 1` over 2^32, computed with integers only,
/// so that it is the same on every machine.
///
/// The logarithm to base 2 is taken bit by bit: squaring doubles it, and each overflow past 2 is
/// one bit of it (Knuth, The Art of Computer Programming, 1.2.2, exercise 25 and the text before
/// it). 24 bits are enough for nanoseconds of means up to about 16 ms, and for a relative error
/// below 2^-24 above.
fn exponential(draw: u32, mean: u64) -> u64 {
    const BITS: u32 = 24;
    /// ln 2, times 2^32.
    const LN_2: u128 = 2_977_044_472;
    let u = u64::from(draw) + 1;
    let whole = u.ilog2();
    // The mantissa, from 1 up to but not including 2, as a number of 31 bits after the point.
    let mut mantissa = (u << (32 - whole)) >> 1;
    let mut fraction = 0;
    for _ in 0..BITS {
        mantissa = (mantissa * mantissa) >> 31;
        fraction <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    let log2 = u64::from(whole) << BITS | fraction;
    let below = (32 << BITS) - log2;
    ((u128::from(below) * LN_2 * u128::from(mean)) >> (BITS + 32)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_delays_have_the_mean_and_the_median_that_they_should() {
        let mean = 20_000_000;
        let draws = (0..4_096_u32).map(|i| exponential(i << 20 | 1 << 19, mean));
        let mut draws: Vec<_> = draws.collect();
        draws.sort_unstable();
        let average = draws.iter().sum::<u64>() / draws.len() as u64;
        assert!(average.abs_diff(mean) < mean / 1_000, "{average}");
        // The median of an exponential distribution is ln 2 times its mean.
        assert!(draws[2_048].abs_diff(13_862_943) < 20_000, "{}", draws[2_048]);
        assert_eq!(exponential(u32::MAX, mean), 0);
    }
}
