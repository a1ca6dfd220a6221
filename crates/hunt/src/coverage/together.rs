//! Kinds of fault that fired in the same run: pairs with the number of runs, triples as seen or
//! not.
//!
//! Up to 64 runs are entered at a time, transposed: each kind has one word, with a bit for each run
//! in which it fired. The runs that two kinds have in common are then one `and`. A triple is looked
//! for only until it was seen once.

use squall_world::Kind;

const KINDS: usize = 64;

/// Pairs and triples of kinds of fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Together {
    /// For each kind, in how many runs it fired.
    fired: Vec<u64>,
    /// For each pair, first kind first, in how many runs both fired. Only filled where the second
    /// kind comes later in the list.
    pairs: Vec<u64>,
    /// For each pair, the third kinds, later in the list, that fired with both in some run.
    triples: Vec<u64>,
}

impl Default for Together {
    fn default() -> Self {
        Self {
            fired: vec![0; KINDS],
            pairs: vec![0; KINDS * KINDS],
            triples: vec![0; KINDS * KINDS],
        }
    }
}

/// A number out of a possible number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// The number seen.
    pub seen: u64,
    /// The number possible.
    pub possible: u64,
}

/// Returns the bits above `bit`.
const fn above(bit: usize) -> u64 {
    if bit == 63 { 0 } else { u64::MAX << (bit + 1) }
}

/// Returns the places of the bits of `set`, in increasing order.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize);
        set &= set.wrapping_sub(1);
        bit
    })
}

impl Together {
    /// Adds up to 64 runs: for each, the kinds that fired, as bits in the order of [`Kind::ALL`].
    ///
    /// # Panics
    ///
    /// Panics if there are more than 64 runs.
    pub fn add(&mut self, runs: &[u64]) {
        assert!(runs.len() <= 64, "a word has a bit for each run");
        let mut by_kind = [0_u64; KINDS];
        for (run, kinds) in runs.iter().enumerate() {
            bits(*kinds).for_each(|kind| by_kind[kind] |= 1 << run);
        }
        let fired = runs.iter().fold(0, |all, kinds| all | kinds);
        for one in bits(fired) {
            self.fired[one] += u64::from(by_kind[one].count_ones());
            for other in bits(fired & above(one)) {
                let both = by_kind[one] & by_kind[other];
                if both == 0 {
                    continue;
                }
                let pair = one * KINDS + other;
                self.pairs[pair] += u64::from(both.count_ones());
                for third in bits(fired & above(other) & !self.triples[pair]) {
                    self.triples[pair] |= u64::from(both & by_kind[third] != 0) << third;
                }
            }
        }
    }

    /// Returns the kinds that fired at all.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let all = Kind::ALL.into_iter().zip(&self.fired);
        all.filter(|(_, runs)| **runs > 0).map(|(kind, _)| kind).collect()
    }

    /// Returns every pair of kinds that fired at all, and the number of runs in which both did.
    pub fn pairs(&self) -> impl Iterator<Item = ([Kind; 2], u64)> + '_ {
        let kinds = self.kinds();
        let count = kinds.len();
        let places =
            (0..count).flat_map(move |one| (one + 1..count).map(move |other| (one, other)));
        places.map(move |(one, other)| {
            let pair = [kinds[one], kinds[other]];
            (pair, self.pairs[pair[0] as usize * KINDS + pair[1] as usize])
        })
    }

    /// Returns how many pairs of the kinds that fired at all were seen.
    #[must_use]
    pub fn pair_share(&self) -> Share {
        let seen = self.pairs().filter(|(_, runs)| *runs > 0).count() as u64;
        Share { seen, possible: self.pairs().count() as u64 }
    }

    /// Returns the triples of kinds that fired at all, but never all three in one run.
    pub fn unseen_triples(&self) -> impl Iterator<Item = [Kind; 3]> + '_ {
        let kinds = self.kinds();
        self.pairs().flat_map(move |([one, other], _)| {
            let known = self.triples[one as usize * KINDS + other as usize];
            let later = kinds.clone().into_iter().filter(move |third| *third > other);
            later
                .filter(move |third| known & (1 << *third as usize) == 0)
                .map(move |third| [one, other, third])
        })
    }

    /// Returns how many triples of the kinds that fired at all were seen.
    #[must_use]
    pub fn triple_share(&self) -> Share {
        let count = self.kinds().len() as u64;
        let possible = count * count.saturating_sub(1) * count.saturating_sub(2) / 6;
        Share { seen: self.triples.iter().map(|set| u64::from(set.count_ones())).sum(), possible }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(kinds: &[Kind]) -> u64 {
        kinds.iter().fold(0, |set, kind| set | 1 << *kind as usize)
    }

    /// By hand: four kinds fire; of their six pairs four are seen, of their four triples one.
    #[test]
    fn pairs_and_triples_are_counted_by_runs() {
        use Kind::{B5, D1, N1, N2};
        let mut together = Together::default();
        together.add(&[set(&[N1, N2, D1]), set(&[N1, N2]), 0, set(&[B5])]);
        together.add(&[set(&[N2, D1]), set(&[N1, B5])]);
        assert_eq!(together.kinds(), [N1, N2, D1, B5]);
        let pairs: Vec<_> = together.pairs().collect();
        let counted = [
            ([N1, N2], 2),
            ([N1, D1], 1),
            ([N1, B5], 1),
            ([N2, D1], 2),
            ([N2, B5], 0),
            ([D1, B5], 0),
        ];
        assert_eq!(pairs, counted);
        assert_eq!(together.pair_share(), Share { seen: 4, possible: 6 });
        assert_eq!(together.triple_share(), Share { seen: 1, possible: 4 });
        let unseen: Vec<_> = together.unseen_triples().collect();
        assert_eq!(unseen, [[N1, N2, B5], [N1, D1, B5], [N2, D1, B5]]);
    }

    /// Three kinds that only occur in pairs are not a triple.
    #[test]
    fn three_pairs_are_no_triple() {
        use Kind::{B4, B5, N1};
        let mut together = Together::default();
        together.add(&[set(&[N1, B4]), set(&[N1, B5]), set(&[B4, B5])]);
        assert_eq!(together.pair_share(), Share { seen: 3, possible: 3 });
        assert_eq!(together.triple_share(), Share { seen: 0, possible: 1 });
    }

    #[test]
    fn nothing_is_possible_before_anything_fired() {
        let together = Together::default();
        assert_eq!(together.pair_share(), Share { seen: 0, possible: 0 });
        assert_eq!(together.triple_share(), Share { seen: 0, possible: 0 });
    }

    /// The result does not depend on how the runs are divided into parts.
    #[test]
    fn parts_add_up() {
        let runs: Vec<u64> = (1..=64_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let (mut whole, mut parts) = (Together::default(), Together::default());
        whole.add(&runs);
        runs.chunks(7).for_each(|part| parts.add(part));
        assert_eq!(whole, parts);
    }
}
