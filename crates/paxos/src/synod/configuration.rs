//! The settings that are fixed for the life of a cluster: the acceptors, the quorums, the path to
//! learners, and the waits.
//!
//! Model: one configuration, shared by all participants. The cluster id identifies all of it: a
//! cluster with other settings has another id, so a message need not carry a second number.
//! Limits: a configuration does not change while the cell lives.

use std::fmt;
use std::str::FromStr;

use squall_process::{ProcessId, Span};

use crate::{ClusterId, ProcessSet, QuorumError, QuorumRule, Quorums};

/// How a learner hears that a value was chosen (PMS section 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LearnerPath {
    /// Acceptors tell every learner, who counts for itself. The fewest delays, the most messages.
    Everyone,
    /// Acceptors tell this one learner, who counts and relays. An acceptance that is asked for
    /// again goes to its proposer as well, so the cell outlives the distinguished learner.
    Distinguished(ProcessId),
    /// Acceptors tell the proposer, who counts and announces (the commander of PMMC).
    Announced,
}

/// The waits of all participants. Every value is safe, so all of them may be drawn at random.
///
/// Every wait is itself random, between half of the value here and the whole.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Tuning {
    /// A proposer asks those acceptors again that have not answered for this long, or up to half
    /// less.
    pub resend_delay: Span,
    /// The shortest back-off of a proposer that was preempted. The first one is this long.
    pub backoff_min: Span,
    /// The longest back-off.
    pub backoff_max: Span,
    /// What a back-off grows to at each preemption, in percent of the one before: 200 doubles it.
    pub backoff_growth_percent: u32,
    /// What is taken off the back-off each time when phase 1 succeeds.
    pub backoff_relief: Span,
    /// How long a learner waits before it asks another for the first time; it doubles with each
    /// time.
    pub ask_delay_min: Span,
    /// The longest wait between two questions of a learner.
    pub ask_delay_max: Span,
    /// The number of unanswered questions after which a server that has accepted a value proposes
    /// it again.
    pub asks_before_round: u32,
    /// How long a client waits for a server before it turns to the next; it doubles with each
    /// time.
    pub request_delay_min: Span,
    /// The longest wait of a client for one server.
    pub request_delay_max: Span,
    /// When a client stops trying and says that it does not know; none: it never stops.
    pub give_up: Option<Span>,
}

impl Default for Tuning {
    /// Fit for a network whose delays are 1 to 10 ms.
    fn default() -> Self {
        Self {
            resend_delay: Span::from_millis(40),
            backoff_min: Span::from_millis(40),
            backoff_max: Span::from_millis(2_000),
            backoff_growth_percent: 200,
            backoff_relief: Span::from_millis(10),
            ask_delay_min: Span::from_millis(200),
            ask_delay_max: Span::from_millis(2_000),
            asks_before_round: 2,
            request_delay_min: Span::from_millis(150),
            request_delay_max: Span::from_millis(2_000),
            give_up: None,
        }
    }
}

/// What is fixed for the life of a cell. Shared by all its participants.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Configuration {
    cluster: ClusterId,
    acceptors: Vec<ProcessId>,
    quorums: Quorums,
    path: LearnerPath,
    tuning: Tuning,
}

/// Why a configuration is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigurationError {
    /// The quorum rule does not fit the acceptors, or is not safe.
    Quorums(QuorumError),
    /// A client cannot be an acceptor.
    Client {
        /// Which.
        process: ProcessId,
    },
    /// One server is listed twice.
    Twice {
        /// Which.
        process: ProcessId,
    },
    /// The distinguished learner is none of the servers.
    Distinguished {
        /// Who was named.
        process: ProcessId,
    },
    /// A delay is zero, so time would stand still.
    NoDelay,
    /// A longest delay is shorter than the shortest.
    Range,
    /// A back-off that would shrink at a preemption: less than 100 percent.
    Shrinking,
}

impl Configuration {
    /// Returns a cell of these acceptors.
    ///
    /// # Errors
    ///
    /// Returns an error if the quorums are not safe, the list names a process twice or a client, or
    /// a delay is zero.
    pub fn new(
        cluster: ClusterId,
        acceptors: Vec<ProcessId>,
        rule: QuorumRule,
        path: LearnerPath,
        tuning: Tuning,
    ) -> Result<Self, ConfigurationError> {
        let quorums = Quorums::new(rule, acceptors.len()).map_err(ConfigurationError::Quorums)?;
        for (position, process) in acceptors.iter().copied().enumerate() {
            if process.is_client() {
                return Err(ConfigurationError::Client { process });
            }
            if acceptors[..position].contains(&process) {
                return Err(ConfigurationError::Twice { process });
            }
        }
        if let LearnerPath::Distinguished(process) = path
            && !acceptors.contains(&process)
        {
            return Err(ConfigurationError::Distinguished { process });
        }
        tuning.check()?;
        Ok(Self { cluster, acceptors, quorums, path, tuning })
    }

    /// Returns the plain cell: servers n1 to n`servers`, majorities, the proposer announces.
    ///
    /// # Errors
    ///
    /// If there are no servers, or more than 64.
    pub fn majority(servers: u32) -> Result<Self, ConfigurationError> {
        Self::new(
            ClusterId(1),
            (1..=servers).map(ProcessId::server).collect(),
            QuorumRule::Majority,
            LearnerPath::Announced,
            Tuning::default(),
        )
    }

    /// Returns which cell this is.
    #[must_use]
    pub const fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// Returns the acceptors, by position. Every server is a learner too.
    #[must_use]
    pub fn acceptors(&self) -> &[ProcessId] {
        &self.acceptors
    }

    /// Returns the place of `process` in the list of acceptors, from 0.
    #[must_use]
    pub fn position(&self, process: ProcessId) -> Option<usize> {
        // Nearly always the servers are n1, n2, … in order.
        let guess = (process.number() as usize).wrapping_sub(1);
        if self.acceptors.get(guess) == Some(&process) {
            return Some(guess);
        }
        self.acceptors.iter().position(|other| *other == process)
    }

    /// Returns what is enough for each phase.
    #[must_use]
    pub const fn quorums(&self) -> &Quorums {
        &self.quorums
    }

    /// Returns how learners hear.
    #[must_use]
    pub const fn path(&self) -> LearnerPath {
        self.path
    }

    /// Returns the waits of all participants.
    #[must_use]
    pub const fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Returns the acceptors outside `done`.
    pub(crate) fn acceptors_outside(&self, done: ProcessSet) -> impl Iterator<Item = ProcessId> {
        let all = self.acceptors.iter().copied().enumerate();
        all.filter_map(move |(position, process)| (!done.contains(position)).then_some(process))
    }
}

impl Tuning {
    fn check(&self) -> Result<(), ConfigurationError> {
        let ranges = [
            (self.backoff_min, self.backoff_max),
            (self.ask_delay_min, self.ask_delay_max),
            (self.request_delay_min, self.request_delay_max),
        ];
        // Half of a delay must be something, too.
        let short = Span::from_nanos(2);
        if self.resend_delay < short || ranges.iter().any(|(low, _)| *low < short) {
            return Err(ConfigurationError::NoDelay);
        }
        if ranges.iter().any(|(low, high)| low > high) {
            return Err(ConfigurationError::Range);
        }
        if self.backoff_growth_percent < 100 {
            return Err(ConfigurationError::Shrinking);
        }
        Ok(())
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quorums(error) => error.fmt(f),
            Self::Client { process } => write!(f, "{process} is a client, not an acceptor"),
            Self::Twice { process } => write!(f, "{process} is listed twice"),
            Self::Distinguished { process } => {
                write!(f, "the distinguished learner {process} is none of the servers")
            }
            Self::NoDelay => f.write_str("a delay is zero"),
            Self::Range => f.write_str("a longest delay is shorter than the shortest"),
            Self::Shrinking => f.write_str("the back-off grows to less than 100 percent"),
        }
    }
}

impl std::error::Error for ConfigurationError {}

impl fmt::Display for LearnerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Distinguished(process) => write!(f, "distinguished {process}"),
            Self::Announced => f.write_str("announced"),
        }
    }
}

/// A text that is no learner path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLearnerPathError;

impl fmt::Display for ParseLearnerPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected everyone, distinguished n1 or announced")
    }
}

impl std::error::Error for ParseLearnerPathError {}

impl FromStr for LearnerPath {
    type Err = ParseLearnerPathError;

    fn from_str(text: &str) -> Result<Self, ParseLearnerPathError> {
        match text.split_once(' ') {
            None if text == "everyone" => Ok(Self::Everyone),
            None if text == "announced" => Ok(Self::Announced),
            Some(("distinguished", name)) => {
                let process = name.parse().map_err(|_| ParseLearnerPathError)?;
                Ok(Self::Distinguished(process))
            }
            _ => Err(ParseLearnerPathError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(
        acceptors: &[u32],
        path: LearnerPath,
        tuning: Tuning,
    ) -> Result<(), ConfigurationError> {
        let acceptors = acceptors.iter().copied().map(ProcessId::server).collect();
        Configuration::new(ClusterId(1), acceptors, QuorumRule::Majority, path, tuning).map(|_| ())
    }

    #[test]
    fn positions_follow_the_list() {
        let acceptors: Vec<ProcessId> = [3, 1, 2].map(ProcessId::server).into();
        let configuration = Configuration::new(
            ClusterId(1),
            acceptors.clone(),
            QuorumRule::Majority,
            LearnerPath::Everyone,
            Tuning::default(),
        )
        .unwrap();
        for (position, process) in acceptors.into_iter().enumerate() {
            assert_eq!(configuration.position(process), Some(position));
        }
        assert_eq!(configuration.position(ProcessId::server(4)), None);
        assert_eq!(configuration.position(ProcessId::client(1)), None);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        use ConfigurationError as E;
        let (announced, tuning) = (LearnerPath::Announced, Tuning::default());
        let n4 = ProcessId::server(4);
        assert_eq!(with(&[1, 2, 3], announced, tuning.clone()), Ok(()));
        let twice = E::Twice { process: ProcessId::server(1) };
        assert_eq!(with(&[1, 2, 1], announced, tuning.clone()), Err(twice));
        let far = LearnerPath::Distinguished(n4);
        assert_eq!(with(&[1], far, tuning.clone()), Err(E::Distinguished { process: n4 }));
        let still = Tuning { resend_delay: Span::ZERO, ..tuning.clone() };
        assert_eq!(with(&[1], announced, still), Err(E::NoDelay));
        let crossed = Tuning { ask_delay_max: Span::from_millis(1), ..tuning.clone() };
        assert_eq!(with(&[1], announced, crossed), Err(E::Range));
        let shrinking = Tuning { backoff_growth_percent: 99, ..tuning };
        assert_eq!(with(&[1], announced, shrinking), Err(E::Shrinking));
    }

    #[test]
    fn paths_print_as_they_parse() {
        for text in ["everyone", "distinguished n2", "announced"] {
            assert_eq!(text.parse::<LearnerPath>().unwrap().to_string(), text);
        }
        assert_eq!("distinguished".parse::<LearnerPath>(), Err(ParseLearnerPathError));
    }
}
