//! What is fixed for a cluster, and what each server may be tuned by.
//!
//! Model: one value, shared by all participants. [`Agreement`] is part of what replicas agree on
//! and must be the same everywhere; [`Limits`] and [`Timing`] are safe at any value that
//! [`Settings::new`] lets pass, so all of them may be drawn at random.

use std::fmt;

use squall_process::{ProcessId, Span};

use crate::log::{Change, Members, MembersError};
use crate::{ClusterId, QuorumRule};

/// What replicas must agree on, since entries are applied by it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Agreement {
    /// A session that was silent for longer than this, in logical time, expires.
    pub session_silence: Span,
    /// The number of sessions. One more evicts the one that was silent longest.
    pub sessions_max: usize,
    /// The members never change: every change is refused.
    pub members_fixed: bool,
}

impl Default for Agreement {
    fn default() -> Self {
        Self { session_silence: Span::from_secs(30), sessions_max: 1_024, members_fixed: false }
    }
}

/// How much a server takes on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// The number of slots that a leader may be ahead of what it applied.
    pub window_slots: u64,
    /// The bytes of commands in those slots.
    pub window_bytes: usize,
    /// The number of commands in a batch.
    pub batch_commands: usize,
    /// The bytes of commands in a batch. A larger command travels alone.
    pub batch_bytes: usize,
    /// The bytes of commands that wait for a place in the window. Beyond them the leader answers
    /// that it is busy.
    pub queue_bytes: usize,
    /// The bytes of one operation.
    pub command_bytes: usize,
    /// A snapshot is taken after this many entries.
    pub snapshot_every: u64,
    /// The number of parts of a snapshot written between two syncs.
    pub parts_per_write: usize,
    /// The number of entries in an answer to a server that catches up.
    pub entries_per_answer: usize,
    /// The number of reads that wait at one server.
    pub reads_max: usize,
    /// States are compared after this many entries.
    pub check_every: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window_slots: 16,
            window_bytes: 1 << 20,
            batch_commands: 64,
            batch_bytes: 1 << 16,
            queue_bytes: 1 << 22,
            command_bytes: 1 << 16,
            snapshot_every: 1_000,
            parts_per_write: 4,
            entries_per_answer: 64,
            reads_max: 1_024,
            check_every: 500,
        }
    }
}

/// How long everything waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Timing {
    /// The shortest round of the election. It grows while answers come late.
    pub heartbeat_min: Span,
    /// The longest round of the election.
    pub heartbeat_max: Span,
    /// A leader repeats what was not answered for this long.
    pub resend: Span,
    /// A server that catches up turns to another source after this long without progress.
    pub catch_up: Span,
    /// A command waits this long for others to share its batch while the window has room.
    pub linger: Span,
    /// The shortest wait of a client for one server; it doubles with each.
    pub request_min: Span,
    /// The longest wait of a client for one server.
    pub request_max: Span,
    /// When a client gives up on an operation.
    pub give_up: Option<Span>,
}

impl Default for Timing {
    /// Fit for a network whose delays are 1 to 10 ms.
    fn default() -> Self {
        Self {
            heartbeat_min: Span::from_millis(50),
            heartbeat_max: Span::from_millis(1_000),
            resend: Span::from_millis(60),
            catch_up: Span::from_millis(60),
            linger: Span::ZERO,
            request_min: Span::from_millis(150),
            request_max: Span::from_millis(2_000),
            give_up: None,
        }
    }
}

/// The terms of a master lease (PMMC section 4.4; RAFT-D section 6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LeaseTerms {
    /// How long an acceptor refuses other leaders, by its own clock.
    pub length: Span,
    /// The largest error of any clock's rate, in thousandths: with 10, a clock shows between 990
    /// and 1,010 ms in each second.
    pub rate_error_per_mille: u64,
    /// Taken off the leader's part, for what a step takes.
    pub margin: Span,
}

impl LeaseTerms {
    /// Returns how long a leader may believe in the lease, by its own clock, from when it sent the
    /// round that a quorum answered: `length * (1 - r) / (1 + r) - margin`.
    #[must_use]
    pub fn believed(&self) -> Span {
        let slow = 1_000 - self.rate_error_per_mille.min(999);
        let fast = 1_000 + self.rate_error_per_mille;
        self.length.scaled(slow, fast) - self.margin
    }
}

/// What is fixed for a cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    cluster: ClusterId,
    founders: Members,
    servers: Vec<ProcessId>,
    agreement: Agreement,
    limits: Limits,
    timing: Timing,
    lease: Option<LeaseTerms>,
    priorities: Vec<(ProcessId, u32)>,
}

/// Why settings are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// The founders are no safe set of members.
    Members(MembersError),
    /// A limit is 0, so nothing would move.
    NoLimit(&'static str),
    /// A delay is zero, so time would stand still.
    NoDelay(&'static str),
    /// A longest delay is shorter than the shortest.
    Range(&'static str),
    /// The rate error of clocks is 1,000 thousandths or more.
    Rate,
    /// The leader's part of a lease is empty.
    LeaseTooShort,
}

impl Settings {
    /// Returns the settings of a cluster that `founders` found, with everything else by default.
    ///
    /// # Errors
    ///
    /// If the founders are no safe set of members.
    pub fn new(
        cluster: ClusterId,
        founders: &[ProcessId],
        rule: QuorumRule,
    ) -> Result<Self, SettingsError> {
        let members = Members::founders(founders, rule).map_err(SettingsError::Members)?;
        Ok(Self {
            cluster,
            founders: members,
            servers: founders.to_vec(),
            agreement: Agreement::default(),
            limits: Limits::default(),
            timing: Timing::default(),
            lease: None,
            priorities: Vec::new(),
        })
    }

    /// Returns the plain cluster: servers n1 to n`servers` and majorities.
    ///
    /// # Errors
    ///
    /// If there are no servers, or more than 64.
    pub fn majority(servers: u32) -> Result<Self, SettingsError> {
        let founders: Vec<ProcessId> = (1..=servers).map(ProcessId::server).collect();
        Self::new(ClusterId(1), &founders, QuorumRule::Majority)
    }

    /// Names the servers that clients turn to and that can be added: founders and others.
    #[must_use]
    pub fn with_servers(mut self, servers: Vec<ProcessId>) -> Self {
        if !servers.is_empty() {
            self.servers = servers;
        }
        self
    }

    /// Sets what replicas agree on.
    ///
    /// # Errors
    ///
    /// If there may be no session.
    pub fn with_agreement(mut self, agreement: Agreement) -> Result<Self, SettingsError> {
        if agreement.sessions_max == 0 {
            return Err(SettingsError::NoLimit("sessions_max"));
        }
        self.agreement = agreement;
        Ok(self)
    }

    /// Sets the limits.
    ///
    /// # Errors
    ///
    /// If one of them is 0.
    pub fn with_limits(mut self, limits: Limits) -> Result<Self, SettingsError> {
        let all = [
            ("window_slots", limits.window_slots == 0),
            ("window_bytes", limits.window_bytes == 0),
            ("batch_commands", limits.batch_commands == 0),
            ("batch_bytes", limits.batch_bytes == 0),
            ("queue_bytes", limits.queue_bytes == 0),
            ("command_bytes", limits.command_bytes == 0),
            ("snapshot_every", limits.snapshot_every == 0),
            ("parts_per_write", limits.parts_per_write == 0),
            ("entries_per_answer", limits.entries_per_answer == 0),
            ("reads_max", limits.reads_max == 0),
            ("check_every", limits.check_every == 0),
        ];
        if let Some((name, _)) = all.iter().find(|(_, zero)| *zero) {
            return Err(SettingsError::NoLimit(name));
        }
        self.limits = limits;
        Ok(self)
    }

    /// Sets the delays.
    ///
    /// # Errors
    ///
    /// If one is zero, or a longest delay is shorter than the shortest.
    pub fn with_timing(mut self, timing: Timing) -> Result<Self, SettingsError> {
        let all = [
            ("heartbeat_min", timing.heartbeat_min),
            ("resend", timing.resend),
            ("catch_up", timing.catch_up),
            ("request_min", timing.request_min),
            ("give_up", timing.give_up.unwrap_or(Span::MAX)),
        ];
        if let Some((name, _)) = all.iter().find(|(_, delay)| delay.is_zero()) {
            return Err(SettingsError::NoDelay(name));
        }
        if timing.heartbeat_max < timing.heartbeat_min {
            return Err(SettingsError::Range("heartbeat_max"));
        }
        if timing.request_max < timing.request_min {
            return Err(SettingsError::Range("request_max"));
        }
        self.timing = timing;
        Ok(self)
    }

    /// Lets leaders hold leases by these terms.
    ///
    /// # Errors
    ///
    /// If the rate error leaves nothing for the leader.
    pub fn with_lease(mut self, terms: LeaseTerms) -> Result<Self, SettingsError> {
        if terms.rate_error_per_mille >= 1_000 {
            return Err(SettingsError::Rate);
        }
        if terms.believed().is_zero() {
            return Err(SettingsError::LeaseTooShort);
        }
        self.lease = Some(terms);
        Ok(self)
    }

    /// Gives servers priorities: leadership is handed to a member with a higher one. The others
    /// have 0.
    #[must_use]
    pub fn with_priorities(mut self, priorities: Vec<(ProcessId, u32)>) -> Self {
        self.priorities = priorities;
        self
    }

    /// Returns which cluster this is.
    #[must_use]
    pub const fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// Returns the members that the cluster is founded with.
    #[must_use]
    pub const fn founders(&self) -> &Members {
        &self.founders
    }

    /// Returns the servers that clients turn to.
    #[must_use]
    pub fn servers(&self) -> &[ProcessId] {
        &self.servers
    }

    /// Returns whether the server that `change` adds, if it adds one, is one of the servers.
    pub(crate) fn knows(&self, change: Change) -> bool {
        match change {
            Change::Add(process) | Change::Replace { new: process, .. } => {
                process.is_client() || self.servers.contains(&process)
            }
            Change::Promote(_) | Change::Remove(_) => true,
        }
    }

    /// Returns what replicas agree on.
    #[must_use]
    pub const fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// Returns the limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the delays.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Returns the terms of leases; none if there are no leases.
    #[must_use]
    pub const fn lease(&self) -> Option<LeaseTerms> {
        self.lease
    }

    /// Returns the priority of `process`.
    #[must_use]
    pub fn priority(&self, process: ProcessId) -> u32 {
        let named = self.priorities.iter().find(|(named, _)| *named == process);
        named.map_or(0, |(_, priority)| *priority)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(error) => error.fmt(f),
            Self::NoLimit(name) => write!(f, "{name} must be at least 1"),
            Self::NoDelay(name) => write!(f, "{name} must be longer than nothing"),
            Self::Range(name) => write!(f, "{name} is shorter than the shortest delay"),
            Self::Rate => f.write_str("a clock's rate error must be below 1000 thousandths"),
            Self::LeaseTooShort => f.write_str("the rate error and margin leave no lease"),
        }
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_believes_in_less_than_acceptors_grant() {
        let terms = LeaseTerms {
            length: Span::from_millis(200),
            rate_error_per_mille: 250,
            margin: Span::from_millis(2),
        };
        assert_eq!(terms.believed(), Span::from_millis(118));
        let settings = Settings::majority(3).unwrap();
        assert!(settings.clone().with_lease(terms).is_ok());
        let none = LeaseTerms { margin: Span::from_millis(120), ..terms };
        assert_eq!(settings.clone().with_lease(none), Err(SettingsError::LeaseTooShort));
        let wild = LeaseTerms { rate_error_per_mille: 1_000, ..terms };
        assert_eq!(settings.with_lease(wild), Err(SettingsError::Rate));
    }

    #[test]
    fn settings_that_stand_still_are_refused() {
        let settings = Settings::majority(3).unwrap();
        let limits = Limits { window_slots: 0, ..Limits::default() };
        let error = settings.clone().with_limits(limits).unwrap_err();
        assert_eq!(error, SettingsError::NoLimit("window_slots"));
        let timing = Timing { resend: Span::ZERO, ..Timing::default() };
        let error = settings.clone().with_timing(timing).unwrap_err();
        assert_eq!(error, SettingsError::NoDelay("resend"));
        let timing = Timing { heartbeat_max: Span::from_nanos(1), ..Timing::default() };
        let error = settings.with_timing(timing).unwrap_err();
        assert_eq!(error, SettingsError::Range("heartbeat_max"));
        assert!(matches!(Settings::majority(0), Err(SettingsError::Members(_))));
    }
}
