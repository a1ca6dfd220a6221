//! A set of acceptors as one machine word.
//!
//! Model: an acceptor is known by its position in the configuration's list, from 0. Limit: 64 of
//! them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of acceptors, by position in the configuration. Prints positions from 1: `{1,3}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ProcessSet(u64);

impl ProcessSet {
    /// The set of none.
    pub const EMPTY: Self = Self(0);
    /// The most acceptors that a set can tell apart.
    pub const POSITIONS_MAX: usize = 64;

    /// The set whose members are the bits of `bits`, the lowest for position 0.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its members as bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The first `count` positions; all if there are no more.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= Self::POSITIONS_MAX { Self(u64::MAX) } else { Self((1 << count) - 1) }
    }

    /// Adds `position`. Returns whether it was not in the set yet. Panics if it is 64 or more.
    pub fn insert(&mut self, position: usize) -> bool {
        assert!(position < Self::POSITIONS_MAX, "a set holds positions below 64");
        let before = self.0;
        self.0 |= 1 << position;
        self.0 != before
    }

    /// Whether `position` is in.
    #[must_use]
    pub const fn contains(self, position: usize) -> bool {
        position < Self::POSITIONS_MAX && self.0 >> position & 1 == 1
    }

    /// How many are in.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn shared_with(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `other` are in.
    #[must_use]
    pub const fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Its positions, rising.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let position = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (position < Self::POSITIONS_MAX).then_some(position)
        })
    }
}

impl FromIterator<usize> for ProcessSet {
    fn from_iter<I: IntoIterator<Item = usize>>(positions: I) -> Self {
        let mut set = Self::EMPTY;
        for position in positions {
            set.insert(position);
        }
        set
    }
}

impl fmt::Display for ProcessSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, position) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", position + 1)?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for ProcessSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_counts_once() {
        let mut set = ProcessSet::EMPTY;
        assert!(set.insert(0) && set.insert(63) && !set.insert(63));
        assert_eq!((set.len(), set.to_string()), (2, "{1,64}".to_owned()));
        assert!(set.contains(63) && !set.contains(1) && !set.contains(64));
        assert_eq!(set.iter().collect::<ProcessSet>(), set);
        assert_eq!(ProcessSet::first(64).len(), 64);
        assert_eq!(ProcessSet::EMPTY.iter().count(), 0);
    }
}
