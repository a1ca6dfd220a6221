//! How often a run still shows a signature that no run before it showed: the estimate of Good and
//! Turing (I. J. Good, The population frequencies of species, Biometrika 1953).
//!
//! If N1 of N runs had a signature that no other run had, the chance that the next run has a new
//! one is about N1/N. Signatures are counted in a table of bounded size, by distinct sampling (P.
//! B. Gibbons, Distinct sampling for highly-accurate answers, VLDB 2001): when the table is full,
//! it keeps only the signatures whose hash ends in one more zero bit, and each stands for twice as
//! many. The selection depends only on the signatures, not on their order.

/// The largest number of signatures that are counted.
const COUNTED_MAX: usize = 1 << 14;

/// The places of the table: a power of two, twice as many.
const PLACES: usize = COUNTED_MAX * 2;

/// The number of runs with each signature.
#[derive(Clone, Debug)]
pub struct Newness {
    runs: u64,
    /// A signature is counted if its hash ends in this many zero bits.
    zeros: u32,
    counted: usize,
    /// A signature and its runs; 0 runs for an empty place. Open addressing, with linear probing.
    places: Vec<(u64, u64)>,
}

impl Default for Newness {
    fn default() -> Self {
        Self { runs: 0, zeros: 0, counted: 0, places: vec![(0, 0); PLACES] }
    }
}

/// Equality ignores the places of signatures in the table.
impl PartialEq for Newness {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |newness: &Self| {
            let mut counted: Vec<_> = newness.counted().collect();
            counted.sort_unstable();
            counted
        };
        (self.runs, self.zeros) == (other.runs, other.zeros) && sorted(self) == sorted(other)
    }
}

impl Eq for Newness {}

/// Returns a hash of which every bit depends on every bit of `signature`, one to one (the finaliser
/// of Murmur3, by A. Appleby).
fn mixed(signature: u64) -> u64 {
    let mut hash = signature ^ (signature >> 33);
    hash = hash.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}

impl Newness {
    /// Adds a run with this signature.
    pub fn add(&mut self, signature: u64) {
        self.runs += 1;
        let hash = mixed(signature);
        if hash.trailing_zeros() < self.zeros {
            return;
        }
        self.count(hash, 1);
        while self.counted > COUNTED_MAX {
            self.thin_out();
        }
    }

    fn count(&mut self, hash: u64, runs: u64) {
        // The low bits decide which signatures are counted, so the high bits choose the place.
        let mut place = (hash >> 40) as usize % PLACES;
        while self.places[place].1 > 0 && self.places[place].0 != hash {
            place = (place + 1) % PLACES;
        }
        let (_, known) = self.places[place];
        self.counted += usize::from(known == 0);
        self.places[place] = (hash, known + runs);
    }

    /// Drops half of the counted signatures, chosen by their hashes.
    fn thin_out(&mut self) {
        self.zeros += 1;
        self.counted = 0;
        let before = std::mem::replace(&mut self.places, vec![(0, 0); PLACES]);
        for (hash, runs) in before {
            if runs > 0 && hash.trailing_zeros() >= self.zeros {
                self.count(hash, runs);
            }
        }
    }

    fn counted(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.places.iter().copied().filter(|(_, runs)| *runs > 0)
    }

    /// Returns the number of runs.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Returns the number N such that one signature in N is counted; 1 until the table was full.
    #[must_use]
    pub fn counted_one_in(&self) -> u64 {
        1 << self.zeros
    }

    /// Returns the number of different signatures: exact, or an estimate if not all are counted.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        (self.counted as u64) << self.zeros
    }

    /// Returns the number of runs with a signature that no other run had: exact, or an estimate if
    /// not all are counted.
    #[must_use]
    pub fn once(&self) -> u64 {
        (self.counted().filter(|(_, runs)| *runs == 1).count() as u64) << self.zeros
    }

    /// Returns the estimated chance that the next run has a new signature, in millionths; `None`
    /// without runs.
    #[must_use]
    pub fn millionths(&self) -> Option<u64> {
        let millionths = u128::from(self.once()) * 1_000_000;
        let rate = millionths.checked_div(u128::from(self.runs))?;
        Some(u64::try_from(rate).unwrap_or(u64::MAX).min(1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newness(signatures: impl IntoIterator<Item = u64>) -> Newness {
        let mut newness = Newness::default();
        signatures.into_iter().for_each(|signature| newness.add(signature));
        newness
    }

    /// By hand: of eight runs, two have a signature of their own.
    #[test]
    fn a_quarter_of_the_runs_was_new() {
        let newness = newness([7, 7, 7, 0, 0, 5, 9, 7]);
        assert_eq!((newness.runs(), newness.distinct(), newness.once()), (8, 4, 2));
        assert_eq!(newness.millionths(), Some(250_000));
        assert_eq!(newness.counted_one_in(), 1);
    }

    #[test]
    fn without_runs_nothing_is_known() {
        assert_eq!(Newness::default().millionths(), None);
    }

    #[test]
    fn runs_that_are_all_alike_are_nothing_new() {
        assert_eq!(newness([3; 1_000]).millionths(), Some(0));
    }

    /// 200,000 signatures do not fit. Half of them are seen once and half twice, so a third of the
    /// runs was new, and the estimate agrees within a few hundredths.
    #[test]
    fn a_full_table_still_estimates() {
        let newness = newness((0..200_000).chain(0..100_000));
        assert_eq!(newness.counted_one_in(), 16);
        assert!(newness.counted <= COUNTED_MAX && newness.places.len() == PLACES);
        assert!(newness.distinct().abs_diff(200_000) < 6_000, "{}", newness.distinct());
        let rate = newness.millionths().unwrap();
        assert!(rate.abs_diff(333_333) < 15_000, "{rate}");
    }

    #[test]
    fn the_order_of_runs_is_no_matter() {
        let forth = newness((0..40_000).chain(0..9));
        let back = newness((0..9).chain((0..40_000).rev()));
        assert_eq!(forth, back);
        assert_ne!(forth, newness(0..40_009));
    }
}
