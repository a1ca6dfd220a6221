//! The profile of a system: what it is, apart from its code.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::Knob;

/// The profile of a system: what it is, apart from its code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name in scripts and on the command line: one lower-case word.
    pub name: &'static str,
    /// A description in one line.
    pub about: &'static str,
    /// An operation, as an example for help and error messages: `propose apple`.
    pub example: &'static str,
    /// The numbers of servers and clients.
    pub sizes: Sizes,
    /// Its settings.
    pub knobs: &'static [Knob],
    /// The roles that processes claim, as faults name them: `leader` for `@leader`.
    pub roles: &'static [&'static str],
    /// The situations that some run should reach.
    pub marks: &'static [&'static str],
    /// Whether its processes talk by sessions. Then runs have the faults of sessions (N15, N16),
    /// and clients that stop and start (P3).
    pub has_sessions: bool,
}

impl Profile {
    /// Returns the profile of a system without knobs, roles, marks and sessions, in the default
    /// sizes.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, example: &'static str) -> Self {
        let (sizes, has_sessions) = (Sizes::DEFAULT, false);
        Self { name, about, example, sizes, knobs: &[], roles: &[], marks: &[], has_sessions }
    }
}

/// The numbers of servers and clients of a system, in generated runs and in general.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// The servers of a generated run.
    pub servers: RangeInclusive<u32>,
    /// The largest number of servers in a script.
    pub servers_max: u32,
    /// The clients of a generated run.
    pub clients: RangeInclusive<u32>,
    /// The operations of a generated run.
    pub ops: RangeInclusive<u32>,
}

impl Sizes {
    /// A few servers and clients, so that a sweep runs many seeds in a second.
    pub const DEFAULT: Self = Self { servers: 3..=5, servers_max: 100, clients: 1..=3, ops: 1..=8 };
}

impl Default for Sizes {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a claim says about the process that makes it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Reading {
    /// The role that the process takes on, if any. Faults can aim at it.
    pub role: Option<&'static str>,
    /// The phase of the protocol that the process enters, if any. The report of a sweep counts cuts
    /// by these phases, and by the marks that processes reach.
    pub phase: Option<&'static str>,
}

/// Why a system cannot be run with the sizes and knobs of a script, in one sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(Cow<'static, str>);

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Self {
        Self(Cow::Borrowed(reason))
    }
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self(Cow::Owned(reason))
    }
}
