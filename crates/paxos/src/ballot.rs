//! Ballots and votes: the numbers that order the attempts, and what was proposed under one of them.
//!
//! Model: a ballot is a round and the proposer that owns it, ordered by round and then by proposer
//! (PMMC section 2, "Ballots"). Only the owner ever starts it, and never twice, restarts included:
//! the round is on the owner's disk before the first message that names it.
//!
//! Limits: rounds are 32 bits and start at 1. There is no ballot above the last round; a proposer
//! that gets there stops proposing.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use squall_process::ProcessId;

/// One attempt to get a value chosen. Prints as `2.n1`: round 2 of proposer n1.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    round: NonZeroU32,
    proposer: ProcessId,
}

impl Ballot {
    /// Round `round` of `proposer`; none if `round` is 0.
    #[must_use]
    pub const fn new(round: u32, proposer: ProcessId) -> Option<Self> {
        match NonZeroU32::new(round) {
            Some(round) => Some(Self { round, proposer }),
            None => None,
        }
    }

    /// The first ballot of `proposer` in a round later than `round`; none if `round` is the last.
    #[must_use]
    pub fn after(round: u32, proposer: ProcessId) -> Option<Self> {
        Self::new(round.checked_add(1)?, proposer)
    }

    /// Its round, from 1.
    #[must_use]
    pub const fn round(self) -> u32 {
        self.round.get()
    }

    /// Its one owner.
    #[must_use]
    pub const fn proposer(self) -> ProcessId {
        self.proposer
    }
}

impl Ballot {
    /// As one number that orders as the ballot does: ballots are compared with every message.
    #[inline]
    fn number(self) -> u64 {
        // The name with its kind in the highest bit, as names are ordered.
        u64::from(self.round.get()) << 32 | u64::from(self.proposer.code().rotate_right(1))
    }
}

impl Ord for Ballot {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for Ballot {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Ballot {
    /// As one word: nearly every message and record has one.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.round.get()) << 32 | u64::from(self.proposer.code()));
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.round, self.proposer)
    }
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no ballot: expected a round from 1, a dot and a name, such as `2.n1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseBallotError;

impl fmt::Display for ParseBallotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a round from 1, a dot and a name, such as 2.n1")
    }
}

impl std::error::Error for ParseBallotError {}

impl FromStr for Ballot {
    type Err = ParseBallotError;

    fn from_str(text: &str) -> Result<Self, ParseBallotError> {
        let (digits, name) = text.split_once('.').ok_or(ParseBallotError)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let round = digits.parse().ok().filter(|_| plain);
        let proposer = name.parse().map_err(|_| ParseBallotError)?;
        round.and_then(|round| Self::new(round, proposer)).ok_or(ParseBallotError)
    }
}

/// A value under a ballot: what a proposer proposes and an acceptor accepts (a "pvalue" in PMMC).
/// Prints as `2.n1=apple`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Vote<V> {
    /// The ballot.
    pub ballot: Ballot,
    /// The one value that was proposed under it.
    pub value: V,
}

impl<V: fmt::Display> fmt::Display for Vote<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.ballot, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ballots_order_by_round_and_then_by_proposer() {
        let texts = ["1.n1", "1.n2", "2.n1", "2.n3", "10.n1"];
        let ballots: Vec<Ballot> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(ballots.is_sorted());
        for (ballot, text) in ballots.iter().zip(texts) {
            assert_eq!(ballot.to_string(), text);
        }
    }

    #[test]
    fn there_is_no_ballot_after_the_last_round() {
        let n1 = ProcessId::server(1);
        assert_eq!(Ballot::after(0, n1), Ballot::new(1, n1));
        assert_eq!(Ballot::after(u32::MAX, n1), None);
        assert_eq!(Ballot::new(0, n1), None);
    }

    #[test]
    fn what_is_not_a_ballot_is_refused() {
        for text in ["", "1", "n1", "0.n1", "01.n1", "+1.n1", "1.x1", "4294967296.n1"] {
            assert_eq!(text.parse::<Ballot>(), Err(ParseBallotError), "{text}");
        }
    }

    #[test]
    fn no_ballot_takes_no_room() {
        assert_eq!(size_of::<Option<Ballot>>(), 8);
    }
}
