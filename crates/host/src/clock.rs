//! The clocks of a process.

use std::time::{Duration, SystemTime};

use squall_process::{Clocks, Instant, Span, WallTime};

use crate::runtime::{Moment, now};

/// A monotonic clock that shows zero when the host starts, and the wall clock of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    zero: Moment,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { zero: now() }
    }

    /// Returns what the clocks show.
    pub(crate) fn read(&self) -> Clocks {
        Clocks { monotonic: self.monotonic(), wall: wall() }
    }

    pub(crate) fn monotonic(&self) -> Instant {
        Instant::from_nanos(nanos(now().saturating_duration_since(self.zero)))
    }

    /// Returns the moment at which the monotonic clock shows `at`; one far away where there is
    /// none.
    pub(crate) fn moment(&self, at: Instant) -> Moment {
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        self.zero + Duration::from_nanos(at.as_nanos()).min(year)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns what the wall clock shows.
#[expect(clippy::disallowed_methods, reason = "a host is where time comes from")]
fn wall() -> WallTime {
    let since = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    WallTime::from_nanos(match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    })
}

/// Returns `span` as the standard library has it.
pub(crate) const fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}
