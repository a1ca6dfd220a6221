//! Ballots as terms, which order the leaders of the library across configurations.

use std::fmt;

use omnipaxos::ballot_leader_election::Ballot;

/// A ballot of a configuration: `2/3.n1` is round 3 of n1 in configuration 2.
///
/// The library never compares ballots of two configurations, because each has its own instance. The
/// judges do, and a later configuration comes later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Term {
    /// The configuration.
    pub config: u32,
    /// The round.
    pub round: u32,
    /// The priority of its owner.
    pub priority: u32,
    /// The number of its owner.
    pub owner: u64,
}

impl From<Ballot> for Term {
    fn from(ballot: Ballot) -> Self {
        let Ballot { config_id: config, n: round, priority, pid: owner } = ballot;
        Self { config, round, priority, owner }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { owner: 0, .. } => f.write_str("none"),
            Self { config, round, priority: 0, owner } => write!(f, "{config}/{round}.n{owner}"),
            Self { config, round, priority, owner } => {
                write!(f, "{config}/{round}+{priority}.n{owner}")
            }
        }
    }
}
