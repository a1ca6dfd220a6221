//! Quorum systems: which sets of acceptors are enough for phase 1, and which for phase 2.
//!
//! Model: safety asks one thing alone, that every phase-1 quorum meets every phase-2 quorum (Howard
//! et al., Flexible Paxos). Two phase-2 quorums need not meet. [`Quorums`] exists only if that
//! holds.
//!
//! Limits: at most 64 acceptors; who they are never changes. A joint system is one of two
//! majorities, as used while a cell moves from one set of acceptors to another; the move itself is
//! not part of a single decree.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ProcessSet;

/// The rule by which quorums are told, before it was checked against a number of acceptors.
///
/// Prints and parses as `majority`, `counted 4 2`, `grid 2x3`, `weighted 3 1 1 1 1`, `joint 1,2,3
/// 3,4,5`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum QuorumRule {
    /// More than half of the acceptors, in both phases.
    Majority,
    /// Any `phase1` acceptors, and any `phase2` acceptors.
    Counted {
        /// How many promises make a quorum.
        phase1: usize,
        /// How many acceptances make a quorum.
        phase2: usize,
    },
    /// Acceptors stand in rows, the first `columns` of them in the first row. A full row is a
    /// quorum of phase 1, a full column one of phase 2.
    Grid {
        /// How many rows.
        rows: usize,
        /// How many columns.
        columns: usize,
    },
    /// More than half of the weight, in both phases.
    Weighted(Vec<u32>),
    /// A majority of each of two sets at once, in both phases.
    Joint(ProcessSet, ProcessSet),
}

/// A quorum system for a fixed number of acceptors, in which every phase-1 quorum meets every
/// phase-2 quorum.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Quorums {
    rule: QuorumRule,
    acceptors: usize,
}

/// What comes from elsewhere and may be no quorum system.
#[derive(Deserialize)]
struct Unchecked {
    rule: QuorumRule,
    acceptors: usize,
}

impl TryFrom<Unchecked> for Quorums {
    type Error = QuorumError;

    fn try_from(unchecked: Unchecked) -> Result<Self, QuorumError> {
        Self::new(unchecked.rule, unchecked.acceptors)
    }
}

/// Why a rule gives no quorum system.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum QuorumError {
    /// There must be 1 to 64 acceptors.
    Acceptors {
        /// How many there are.
        count: usize,
    },
    /// A phase-1 quorum and a phase-2 quorum without a common member: both could decide alone.
    Disjoint {
        /// The quorum of phase 1.
        phase1: ProcessSet,
        /// The quorum of phase 2.
        phase2: ProcessSet,
    },
    /// A phase asks for no acceptor at all, or for more than there are.
    Size {
        /// How many it asks for.
        size: usize,
    },
    /// The rule speaks of another number of acceptors than there are.
    Shape {
        /// How many it speaks of.
        speaks_of: usize,
    },
    /// All weights are zero.
    Weightless,
    /// One of the two joint sets is empty, or names a position without a process.
    Members {
        /// That set.
        set: ProcessSet,
    },
}

impl Quorums {
    /// The quorums that `rule` gives among `acceptors` acceptors.
    ///
    /// # Errors
    ///
    /// If the rule does not fit that number, or a phase-1 quorum would miss a phase-2 quorum.
    pub fn new(rule: QuorumRule, acceptors: usize) -> Result<Self, QuorumError> {
        if acceptors == 0 || acceptors > ProcessSet::POSITIONS_MAX {
            return Err(QuorumError::Acceptors { count: acceptors });
        }
        let all = ProcessSet::first(acceptors);
        match &rule {
            QuorumRule::Majority => {}
            QuorumRule::Counted { phase1, phase2 } => check_counts(*phase1, *phase2, acceptors)?,
            QuorumRule::Grid { rows, columns } => {
                let speaks_of = rows.saturating_mul(*columns);
                if speaks_of != acceptors {
                    return Err(QuorumError::Shape { speaks_of });
                }
            }
            QuorumRule::Weighted(weights) => {
                let speaks_of = weights.len();
                if speaks_of != acceptors {
                    return Err(QuorumError::Shape { speaks_of });
                }
                if weights.iter().all(|weight| *weight == 0) {
                    return Err(QuorumError::Weightless);
                }
            }
            QuorumRule::Joint(first, second) => {
                for set in [*first, *second] {
                    if set.is_empty() || !all.holds(set) {
                        return Err(QuorumError::Members { set });
                    }
                }
            }
        }
        Ok(Self { rule, acceptors })
    }

    /// The rule that it follows.
    #[must_use]
    pub const fn rule(&self) -> &QuorumRule {
        &self.rule
    }

    /// Among how many acceptors.
    #[must_use]
    pub const fn acceptors(&self) -> usize {
        self.acceptors
    }

    /// Whether promises of all in `set` complete phase 1.
    #[must_use]
    pub fn is_phase1(&self, set: ProcessSet) -> bool {
        match &self.rule {
            QuorumRule::Counted { phase1, .. } => set.len() >= *phase1,
            QuorumRule::Grid { rows, columns } => (0..*rows).any(|row| {
                let bits = ProcessSet::first(*columns).bits() << (row * columns);
                set.holds(ProcessSet::from_bits(bits))
            }),
            _ => self.is_majority(set),
        }
    }

    /// Whether a value is chosen once all in `set` have accepted it under one ballot.
    #[must_use]
    pub fn is_phase2(&self, set: ProcessSet) -> bool {
        match &self.rule {
            QuorumRule::Counted { phase2, .. } => set.len() >= *phase2,
            QuorumRule::Grid { rows, columns } => (0..*columns)
                .any(|column| (0..*rows).all(|row| set.contains(row * columns + column))),
            _ => self.is_majority(set),
        }
    }

    /// The rules whose phases ask for the same.
    fn is_majority(&self, set: ProcessSet) -> bool {
        match &self.rule {
            QuorumRule::Weighted(weights) => {
                let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
                let held = set.iter().filter_map(|position| weights.get(position));
                held.map(|weight| u64::from(*weight)).sum::<u64>() * 2 > total
            }
            QuorumRule::Joint(first, second) => {
                [first, second].iter().all(|part| set.shared_with(**part).len() * 2 > part.len())
            }
            _ => set.len() * 2 > self.acceptors,
        }
    }
}

impl fmt::Display for Quorums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(f)
    }
}

fn check_counts(phase1: usize, phase2: usize, acceptors: usize) -> Result<(), QuorumError> {
    for size in [phase1, phase2] {
        if size == 0 || size > acceptors {
            return Err(QuorumError::Size { size });
        }
    }
    if phase1 + phase2 <= acceptors {
        let others = ProcessSet::first(phase2).bits() << phase1;
        return Err(QuorumError::Disjoint {
            phase1: ProcessSet::first(phase1),
            phase2: ProcessSet::from_bits(others),
        });
    }
    Ok(())
}

impl fmt::Display for QuorumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acceptors { count } => write!(f, "there must be 1 to 64 acceptors, not {count}"),
            Self::Disjoint { phase1, phase2 } => {
                write!(f, "phase 1 needs only {phase1}, phase 2 only {phase2}: none in common")
            }
            Self::Size { size } => write!(f, "no quorum can have {size} members here"),
            Self::Shape { speaks_of } => write!(f, "the rule is one for {speaks_of} acceptors"),
            Self::Weightless => f.write_str("all weights are zero"),
            Self::Members { set } => write!(f, "{set} is not a set of acceptors here"),
        }
    }
}

impl std::error::Error for QuorumError {}

impl fmt::Display for QuorumRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Majority => f.write_str("majority"),
            Self::Counted { phase1, phase2 } => write!(f, "counted {phase1} {phase2}"),
            Self::Grid { rows, columns } => write!(f, "grid {rows}x{columns}"),
            Self::Weighted(weights) => {
                f.write_str("weighted")?;
                weights.iter().try_for_each(|weight| write!(f, " {weight}"))
            }
            Self::Joint(first, second) => {
                f.write_str("joint")?;
                for set in [first, second] {
                    for (index, position) in set.iter().enumerate() {
                        let comma = if index == 0 { ' ' } else { ',' };
                        write!(f, "{comma}{}", position + 1)?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// A text that is no quorum rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseQuorumRuleError;

impl fmt::Display for ParseQuorumRuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected majority, counted 4 2, grid 2x3, weighted 3 1 1 1 1 or joint 1,2,3 3,4,5",
        )
    }
}

impl std::error::Error for ParseQuorumRuleError {}

impl FromStr for QuorumRule {
    type Err = ParseQuorumRuleError;

    fn from_str(text: &str) -> Result<Self, ParseQuorumRuleError> {
        let words: Vec<&str> = text.split(' ').collect();
        let rule = match words.as_slice() {
            ["majority"] => Some(Self::Majority),
            ["counted", phase1, phase2] => parse_counted(phase1, phase2),
            ["grid", shape] => parse_grid(shape),
            ["weighted", weights @ ..] if !weights.is_empty() => parse_weighted(weights),
            ["joint", first, second] => parse_joint(first, second),
            _ => None,
        };
        rule.ok_or(ParseQuorumRuleError)
    }
}

fn parse_counted(phase1: &str, phase2: &str) -> Option<QuorumRule> {
    let (phase1, phase2) = (phase1.parse().ok()?, phase2.parse().ok()?);
    Some(QuorumRule::Counted { phase1, phase2 })
}

fn parse_grid(shape: &str) -> Option<QuorumRule> {
    let (rows, columns) = shape.split_once('x')?;
    let (rows, columns) = (rows.parse().ok()?, columns.parse().ok()?);
    Some(QuorumRule::Grid { rows, columns })
}

fn parse_weighted(weights: &[&str]) -> Option<QuorumRule> {
    let weights: Option<Vec<u32>> = weights.iter().map(|weight| weight.parse().ok()).collect();
    weights.map(QuorumRule::Weighted)
}

fn parse_joint(first: &str, second: &str) -> Option<QuorumRule> {
    let set = |text: &str| -> Option<ProcessSet> {
        text.split(',')
            .map(|name| match name.parse::<usize>() {
                Ok(number @ 1..=ProcessSet::POSITIONS_MAX) => Some(number - 1),
                _ => None,
            })
            .collect()
    };
    Some(QuorumRule::Joint(set(first)?, set(second)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at every pair of sets for a phase-1 quorum that misses a phase-2 quorum.
    fn disjoint_pair(quorums: &Quorums) -> Option<(ProcessSet, ProcessSet)> {
        let all = 1_u64 << quorums.acceptors();
        let sets = || (0..all).map(ProcessSet::from_bits);
        sets().filter(|first| quorums.is_phase1(*first)).find_map(|first| {
            sets()
                .filter(|second| quorums.is_phase2(*second))
                .find(|second| first.shared_with(*second).is_empty())
                .map(|second| (first, second))
        })
    }

    /// Every rule for `count` acceptors, valid or not.
    fn rules(count: usize) -> Vec<QuorumRule> {
        let mut rules = vec![QuorumRule::Majority];
        for phase1 in 0..=count + 1 {
            for phase2 in 0..=count + 1 {
                rules.push(QuorumRule::Counted { phase1, phase2 });
                rules.push(QuorumRule::Grid { rows: phase1, columns: phase2 });
            }
        }
        for code in 0..3_u32.pow(u32::try_from(count).unwrap()) {
            let digits = (0..u32::try_from(count).unwrap()).map(|at| code / 3_u32.pow(at) % 3);
            rules.push(QuorumRule::Weighted(digits.collect()));
        }
        for first in 0..1_u64 << count {
            for second in 0..1_u64 << count {
                let (first, second) = (ProcessSet::from_bits(first), ProcessSet::from_bits(second));
                rules.push(QuorumRule::Joint(first, second));
            }
        }
        rules
    }

    #[test]
    fn every_phase_1_quorum_meets_every_phase_2_quorum() {
        for count in 1..=5 {
            for rule in rules(count) {
                let Ok(quorums) = Quorums::new(rule, count) else {
                    continue;
                };
                assert_eq!(disjoint_pair(&quorums), None, "{quorums} of {count}");
                let all = ProcessSet::first(count);
                assert!(quorums.is_phase1(all) && quorums.is_phase2(all), "{quorums} of {count}");
            }
        }
    }

    #[test]
    fn what_is_refused_would_have_been_unsafe_or_stuck() {
        let mut refused = 0;
        for count in 1..=4 {
            for rule in rules(count) {
                let Err(error) = Quorums::new(rule.clone(), count) else {
                    continue;
                };
                refused += 1;
                let unchecked = Quorums { rule, acceptors: count };
                match error {
                    QuorumError::Disjoint { phase1, phase2 } => {
                        assert!(unchecked.is_phase1(phase1) && unchecked.is_phase2(phase2));
                        assert!(phase1.shared_with(phase2).is_empty());
                        assert!(disjoint_pair(&unchecked).is_some());
                    }
                    QuorumError::Shape { speaks_of } => assert_ne!(speaks_of, count),
                    QuorumError::Acceptors { .. } => unreachable!("the count is right"),
                    QuorumError::Size { .. }
                    | QuorumError::Weightless
                    | QuorumError::Members { .. } => {
                        let all = ProcessSet::first(count);
                        let stuck = !unchecked.is_phase1(all) || !unchecked.is_phase2(all);
                        let foreign = matches!(error, QuorumError::Members { .. });
                        assert!(stuck || foreign || disjoint_pair(&unchecked).is_some());
                    }
                }
            }
        }
        assert!(refused > 100);
    }

    #[test]
    fn sixty_four_acceptors_are_the_most() {
        assert!(Quorums::new(QuorumRule::Majority, 64).is_ok());
        assert!(Quorums::new(QuorumRule::Grid { rows: 1, columns: 64 }, 64).is_ok());
        for count in [0, 65] {
            let error = QuorumError::Acceptors { count };
            assert_eq!(Quorums::new(QuorumRule::Majority, count), Err(error));
        }
    }

    #[test]
    fn rules_print_as_they_parse() {
        for text in
            ["majority", "counted 4 2", "grid 2x3", "weighted 3 1 1 1 1", "joint 1,2,3 3,4,5"]
        {
            assert_eq!(text.parse::<QuorumRule>().unwrap().to_string(), text);
        }
        for text in ["", "half", "counted 4", "grid 2", "weighted", "joint 0,1 1", "joint 1 65"] {
            assert_eq!(text.parse::<QuorumRule>(), Err(ParseQuorumRuleError), "{text}");
        }
    }
}
