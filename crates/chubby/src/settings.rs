//! What is fixed for a cell: its name, its log, and all assumptions about time in one place.
//!
//! Model: one value, shared by servers and clients. [`Timing::rate_error_per_mille`] is the one
//! assumption that safety rests on: no clock's rate is wrong by more. The spans may be anything
//! that [`Settings::new`] lets pass.

use std::fmt;
use std::sync::Arc;

use squall_paxos::log::{self, LeaseTerms, Limits};
use squall_process::{ProcessId, Span};

use crate::seal::Key;

/// How long everything lasts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Timing {
    /// How far a lease of a session is extended (CHUBBY section 2.8: 12 s).
    pub lease: Span,
    /// How far a master with many sessions extends it at most (CHUBBY section 3: 60 s).
    pub lease_max: Span,
    /// The number of sessions up to which `lease` is not lengthened.
    pub lease_sessions: usize,
    /// How long a client waits for a master after its lease is over (CHUBBY section 2.8: 45 s).
    pub grace: Span,
    /// How long a master waits after the end of a lease before the session expires, so that
    /// messages which are waiting at a master that was paused are read first.
    pub patience: Span,
    /// How long after a fail-over ephemeral files that no client has open are kept.
    pub ephemeral_grace: Span,
    /// The largest error of any clock's rate, in thousandths.
    pub rate_error_per_mille: u64,
    /// A client repeats a KeepAlive that was not answered for this long.
    pub keep_alive_resend: Span,
    /// A client repeats a call that was not answered for this long.
    pub call_resend: Span,
}

impl Default for Timing {
    /// The values of the paper.
    fn default() -> Self {
        Self {
            lease: Span::from_secs(12),
            lease_max: Span::from_secs(60),
            lease_sessions: 10_000,
            grace: Span::from_secs(45),
            patience: Span::from_millis(500),
            ephemeral_grace: Span::from_secs(60),
            rate_error_per_mille: 10,
            keep_alive_resend: Span::from_secs(2),
            call_resend: Span::from_millis(500),
        }
    }
}

impl Timing {
    /// Returns all spans in proportion, for a cell whose leases last `lease`.
    #[must_use]
    pub fn scaled_to(lease: Span) -> Self {
        let standard = Self::default();
        let (numerator, denominator) = (lease.as_nanos(), standard.lease.as_nanos());
        let scaled = |span: Span| span.scaled(numerator, denominator);
        Self {
            lease,
            lease_max: scaled(standard.lease_max),
            grace: scaled(standard.grace),
            patience: scaled(standard.patience),
            ephemeral_grace: scaled(standard.ephemeral_grace),
            keep_alive_resend: scaled(standard.keep_alive_resend),
            call_resend: scaled(standard.call_resend).max(Span::from_millis(60)),
            ..standard
        }
    }

    /// Returns how long a client may rely on `span` of the master, by its own clock, from when it
    /// sent what the master counted `span` from: `span * (1 - r) / (1 + r)`.
    #[must_use]
    pub fn relied_on(&self, span: Span) -> Span {
        let rate = self.rate_error_per_mille;
        span.scaled(1_000 - rate.min(999), 1_000 + rate)
    }

    /// Returns how far the lease of a session is extended by a master with `sessions` sessions.
    #[must_use]
    pub fn extension(&self, sessions: usize) -> Span {
        let (sessions, few) = (sessions as u64, self.lease_sessions.max(1) as u64);
        let lengthened = self.lease.scaled(sessions.max(few), few);
        lengthened.min(self.lease_max).max(self.lease)
    }

    /// Returns with how much of a lease of `extension` left a master answers a KeepAlive that it
    /// held back. The client then still relies on half of what it was promised, whichever of the
    /// two clocks is fast.
    #[must_use]
    pub fn answered_with(&self, extension: Span) -> Span {
        extension - self.relied_on(self.relied_on(extension)).scaled(1, 2)
    }
}

/// What is fixed for a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    cell: Arc<str>,
    log: Arc<log::Settings>,
    timing: Timing,
    key: Key,
    handles_max: usize,
}

/// Why settings are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// The log has no master lease, which a master's answers rest on.
    NoMasterLease,
    /// The log takes no command as large as a file may be.
    CommandBytes,
    /// The name of the cell is no component of a path.
    Cell,
    /// A span is zero, so time would stand still.
    NoSpan(&'static str),
    /// The longest lease is shorter than the usual one.
    Lease,
    /// The rate error is 1,000 thousandths or more.
    Rate,
}

impl Settings {
    /// The number of handles that a session has open at most.
    pub const HANDLES_MAX: usize = 10_000;

    /// Returns the settings of the cell `cell` on `log`.
    ///
    /// # Errors
    ///
    /// If the log has no master lease or takes no command of the size of a file, or the timing
    /// leaves no lease.
    pub fn new(
        cell: &str,
        log: log::Settings,
        timing: Timing,
        key: Key,
    ) -> Result<Self, SettingsError> {
        let name = crate::Path::root().join(cell).map_err(|_| SettingsError::Cell)?;
        if name.depth() != 1 {
            return Err(SettingsError::Cell);
        }
        if log.lease().is_none() {
            return Err(SettingsError::NoMasterLease);
        }
        if log.limits().command_bytes < Self::COMMAND_BYTES {
            return Err(SettingsError::CommandBytes);
        }
        let spans = [
            ("lease", timing.lease),
            ("patience", timing.patience),
            ("keep_alive_resend", timing.keep_alive_resend),
            ("call_resend", timing.call_resend),
        ];
        if let Some((name, _)) = spans.iter().find(|(_, span)| span.is_zero()) {
            return Err(SettingsError::NoSpan(name));
        }
        if timing.lease_max < timing.lease {
            return Err(SettingsError::Lease);
        }
        if timing.rate_error_per_mille >= 1_000 {
            return Err(SettingsError::Rate);
        }
        let handles_max = Self::HANDLES_MAX;
        Ok(Self { cell: Arc::from(cell), log: Arc::new(log), timing, key, handles_max })
    }

    /// The bytes of the largest command: a file, its name and its numbers.
    pub const COMMAND_BYTES: usize = (256 << 10) + 4_096;

    /// Returns the plain cell `local` of the servers n1 to n`servers`, whose leases last `lease`
    /// and whose master leases last a fifth of that.
    ///
    /// # Errors
    ///
    /// If there are no servers or more than 64, or the lease is too short for a master lease.
    pub fn majority(servers: u32, lease: Span) -> Result<Self, SettingsError> {
        let timing = Timing::scaled_to(lease);
        let limits = Limits { command_bytes: Self::COMMAND_BYTES, ..Limits::default() };
        let terms = LeaseTerms {
            length: lease.scaled(1, 5),
            rate_error_per_mille: timing.rate_error_per_mille,
            margin: Span::from_millis(1),
        };
        let log = log::Settings::majority(servers).and_then(|log| log.with_limits(limits));
        let log = log.and_then(|log| log.with_lease(terms));
        let log = log.map_err(|_| SettingsError::NoMasterLease)?;
        Self::new("local", log, timing, Key::new(0x5eed, 0xce11))
    }

    /// Sets the number of handles that a session has open at most.
    #[must_use]
    pub const fn with_handles_max(mut self, handles_max: usize) -> Self {
        self.handles_max = handles_max;
        self
    }

    /// Returns the name of the cell.
    #[must_use]
    pub const fn cell(&self) -> &Arc<str> {
        &self.cell
    }

    /// Returns the settings of the log.
    #[must_use]
    pub const fn log(&self) -> &Arc<log::Settings> {
        &self.log
    }

    /// Returns the servers.
    #[must_use]
    pub fn servers(&self) -> &[ProcessId] {
        self.log.servers()
    }

    /// Returns how long everything lasts.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Returns the key of the check digits.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// Returns the number of handles that a session has open at most.
    #[must_use]
    pub const fn handles_max(&self) -> usize {
        self.handles_max
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMasterLease => f.write_str("the log of a cell needs a master lease"),
            Self::CommandBytes => f.write_str("the log takes no command of the size of a file"),
            Self::Cell => f.write_str("the name of a cell is one component of a path"),
            Self::NoSpan(name) => write!(f, "{name} must be longer than nothing"),
            Self::Lease => f.write_str("lease_max is shorter than lease"),
            Self::Rate => f.write_str("a clock's rate error must be below 1000 thousandths"),
        }
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_relies_on_less_than_it_is_promised() {
        let timing = Timing { rate_error_per_mille: 250, ..Timing::scaled_to(Span::from_secs(1)) };
        assert_eq!(timing.relied_on(Span::from_millis(100)), Span::from_millis(60));
        // The master answers after 0.18 s of its clock, at most 0.3 s of the client's, which relies
        // on 0.6 s.
        assert_eq!(timing.answered_with(timing.lease), Span::from_millis(820));
    }

    #[test]
    fn leases_grow_with_the_number_of_sessions() {
        let timing = Timing { lease_sessions: 10, ..Timing::default() };
        assert_eq!(timing.extension(5), Span::from_secs(12));
        assert_eq!(timing.extension(20), Span::from_secs(24));
        assert_eq!(timing.extension(1_000), Span::from_secs(60));
    }

    #[test]
    fn settings_that_promise_nothing_are_refused() {
        let key = Key::new(1, 2);
        let log = || log::Settings::majority(3).unwrap();
        let new = |log, timing| Settings::new("local", log, timing, key).unwrap_err();
        assert_eq!(new(log(), Timing::default()), SettingsError::NoMasterLease);
        let terms =
            LeaseTerms { length: Span::from_secs(1), rate_error_per_mille: 10, margin: Span::ZERO };
        let leased = || log().with_lease(terms).unwrap();
        assert_eq!(new(leased(), Timing::default()), SettingsError::CommandBytes);
        let limits = Limits { command_bytes: Settings::COMMAND_BYTES, ..Limits::default() };
        let large = || leased().with_limits(limits.clone()).unwrap();
        let timing = Timing { lease: Span::ZERO, ..Timing::default() };
        assert_eq!(new(large(), timing), SettingsError::NoSpan("lease"));
        let timing = Timing { lease_max: Span::from_secs(1), ..Timing::default() };
        assert_eq!(new(large(), timing), SettingsError::Lease);
        let timing = Timing { rate_error_per_mille: 1_000, ..Timing::default() };
        assert_eq!(new(large(), timing), SettingsError::Rate);
        for cell in ["", "a/b", ".."] {
            let error = Settings::new(cell, large(), Timing::default(), key).unwrap_err();
            assert_eq!(error, SettingsError::Cell, "{cell}");
        }
        assert!(Settings::majority(3, Span::from_millis(500)).is_ok());
    }
}
