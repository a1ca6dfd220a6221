//! The leader's clock of logical time (RAFT-D section 6.3).

use squall_process::Instant;

use crate::log::LogTime;

/// Logical time: moves with the leader's own clock, from the latest time that any entry carries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// The own clock when the logical time was last taken.
    pub(crate) read: Instant,
    /// The logical time then.
    pub(crate) at: LogTime,
}

impl Clock {
    /// An entry carries this time.
    pub(crate) fn follow(&mut self, at: LogTime) {
        self.at = self.at.max(at);
    }

    /// Returns the logical time now.
    pub(crate) fn tick(&mut self, now: Instant) -> LogTime {
        self.at = self.at.plus(now.since(self.read));
        self.read = now;
        self.at
    }
}
