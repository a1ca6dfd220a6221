//! Sets of slots, which stand for open operations. An open operation has a slot, a small number;
//! when it returns, the next operation may use the slot.

use std::fmt::Debug;
use std::ops::{BitAnd, BitOr, BitXor, Not};

/// A set of slots below [`SlotSet::WIDTH`], as bits.
pub(crate) trait SlotSet:
    Copy
    + Eq
    + Debug
    + Not<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
{
    /// How many slots there are.
    const WIDTH: u32;
    /// No slot.
    const EMPTY: Self;

    /// Returns the set of one slot.
    fn one(slot: u32) -> Self;

    /// Returns the lowest slot, or [`SlotSet::WIDTH`] if there is none.
    fn lowest(self) -> u32;

    /// Returns a number that depends on every slot.
    fn mix(self) -> u64;

    /// Returns whether the set is empty.
    #[inline]
    fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// Returns whether `slot` is in the set.
    #[inline]
    fn has(self, slot: u32) -> bool {
        !(self & Self::one(slot)).is_empty()
    }

    /// Returns the slots in the set, from the lowest.
    #[inline]
    fn iter(self) -> Slots<Self> {
        Slots(self)
    }
}

/// The slots of a set, from the lowest.
pub(crate) struct Slots<B>(B);

impl<B: SlotSet> Iterator for Slots<B> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.0.is_empty() {
            return None;
        }
        let slot = self.0.lowest();
        self.0 = self.0 & !B::one(slot);
        Some(slot)
    }
}

/// An odd number without a pattern: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads `word` over 64 bits.
#[inline]
pub(crate) fn spread(word: u64) -> u64 {
    let product = word.wrapping_mul(SPREAD);
    product ^ (product >> 32)
}

impl SlotSet for u64 {
    const WIDTH: u32 = 64;
    const EMPTY: Self = 0;

    #[inline]
    fn one(slot: u32) -> Self {
        1 << slot
    }

    #[inline]
    fn lowest(self) -> u32 {
        self.trailing_zeros()
    }

    #[inline]
    fn mix(self) -> u64 {
        spread(self)
    }
}

impl SlotSet for u128 {
    const WIDTH: u32 = 128;
    const EMPTY: Self = 0;

    #[inline]
    fn one(slot: u32) -> Self {
        1 << slot
    }

    #[inline]
    fn lowest(self) -> u32 {
        self.trailing_zeros()
    }

    #[inline]
    fn mix(self) -> u64 {
        spread(spread(self as u64) ^ (self >> 64) as u64)
    }
}

/// A set of as many slots as `N` words have bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wide<const N: usize>([u64; N]);

impl<const N: usize> Wide<N> {
    #[inline]
    fn zip(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        for (word, other) in words.iter_mut().zip(other.0) {
            *word = join(*word, other);
        }
        Self(words)
    }
}

impl<const N: usize> Not for Wide<N> {
    type Output = Self;

    #[inline]
    fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

impl<const N: usize> BitAnd for Wide<N> {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        self.zip(other, |one, two| one & two)
    }
}

impl<const N: usize> BitOr for Wide<N> {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.zip(other, |one, two| one | two)
    }
}

impl<const N: usize> BitXor for Wide<N> {
    type Output = Self;

    #[inline]
    fn bitxor(self, other: Self) -> Self {
        self.zip(other, |one, two| one ^ two)
    }
}

impl<const N: usize> SlotSet for Wide<N> {
    const WIDTH: u32 = 64 * N as u32;
    const EMPTY: Self = Self([0; N]);

    #[inline]
    fn one(slot: u32) -> Self {
        let mut words = [0; N];
        words[slot as usize / 64] = 1 << (slot % 64);
        Self(words)
    }

    #[inline]
    fn lowest(self) -> u32 {
        let place = self.0.iter().position(|word| *word != 0);
        place.map_or(Self::WIDTH, |place| place as u32 * 64 + self.0[place].trailing_zeros())
    }

    #[inline]
    fn mix(self) -> u64 {
        self.0.iter().fold(0, |hash, word| spread(hash ^ word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_set_is_a_set<B: SlotSet>() {
        let slots = [0, 5, B::WIDTH / 2, B::WIDTH - 1];
        let set = slots.iter().fold(B::EMPTY, |set, slot| set | B::one(*slot));
        assert_eq!(set.iter().collect::<Vec<_>>(), slots);
        assert!(set.has(5) && !set.has(6));
        assert_eq!((set & !B::one(0)).lowest(), 5);
        assert_eq!(B::EMPTY.lowest(), B::WIDTH);
        let same = set;
        assert!((set ^ same).is_empty() && !set.is_empty());
        assert_ne!(set.mix(), (set & !B::one(B::WIDTH - 1)).mix());
    }

    #[test]
    fn sets_of_every_width_are_sets() {
        a_set_is_a_set::<u64>();
        a_set_is_a_set::<u128>();
        a_set_is_a_set::<Wide<4>>();
        a_set_is_a_set::<Wide<16>>();
    }
}
