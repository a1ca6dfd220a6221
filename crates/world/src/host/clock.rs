//! The clocks of a host (C1, C2, C3, C6, P10).
//!
//! The monotonic clock runs at its own rate, never goes back, and stands still only while the host
//! is suspended. The wall clock shows the monotonic clock plus an offset that can step forwards or
//! backwards. All values are integer nanoseconds, so a clock shows the same on every machine.

use squall_process::{Instant, WallTime};

/// The time of every correct wall clock at the start of a run: 2025-01-01 00:00 UTC.
const WALL_START: i64 = 1_735_689_600_000_000_000;

const MILLION: i128 = 1_000_000;

/// The clocks of one host.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// A moment of world time at which the monotonic clock showed `anchor_local`.
    anchor_world: u64,
    anchor_local: u64,
    /// How much faster it runs, in millionths; above -1,000,000.
    drift_ppm: i32,
    /// What the wall clock shows when the monotonic clock shows zero.
    wall_start: i64,
    stopped: bool,
}

impl Clock {
    pub(crate) const fn new() -> Self {
        Self {
            anchor_world: 0,
            anchor_local: 0,
            drift_ppm: 0,
            wall_start: WALL_START,
            stopped: false,
        }
    }

    /// Returns the time of the monotonic clock when the world's clock shows `now`.
    #[inline]
    pub(crate) fn monotonic(&self, now: Instant) -> Instant {
        let passed = now.as_nanos().saturating_sub(self.anchor_world);
        if self.stopped {
            return Instant::from_nanos(self.anchor_local);
        }
        if self.drift_ppm == 0 {
            return Instant::from_nanos(self.anchor_local.saturating_add(passed));
        }
        let rate = MILLION + i128::from(self.drift_ppm);
        let local = i128::from(self.anchor_local) + i128::from(passed) * rate / MILLION;
        Instant::from_nanos(u64::try_from(local).unwrap_or(u64::MAX))
    }

    /// Returns the time of the wall clock when the monotonic clock shows `local`.
    #[inline]
    pub(crate) fn wall_at(&self, local: Instant) -> WallTime {
        let monotonic = i64::try_from(local.as_nanos()).unwrap_or(i64::MAX);
        WallTime::from_nanos(self.wall_start.saturating_add(monotonic))
    }

    /// Returns the first moment of world time at which the monotonic clock shows `local` or more.
    /// Meaningless while the clock stands.
    #[inline]
    pub(crate) fn world_at(&self, local: Instant) -> Instant {
        let ahead = local.as_nanos().saturating_sub(self.anchor_local);
        if self.drift_ppm == 0 {
            return Instant::from_nanos(self.anchor_world.saturating_add(ahead));
        }
        let rate = MILLION + i128::from(self.drift_ppm);
        let world = i128::from(self.anchor_world) + (i128::from(ahead) * MILLION + rate - 1) / rate;
        Instant::from_nanos(u64::try_from(world).unwrap_or(u64::MAX))
    }

    fn anchor(&mut self, now: Instant) {
        self.anchor_local = self.monotonic(now).as_nanos();
        self.anchor_world = now.as_nanos();
    }

    /// Makes the clock run fast by `ppm` millionths from now on.
    pub(crate) fn set_drift(&mut self, now: Instant, ppm: i32) {
        self.anchor(now);
        self.drift_ppm = ppm.max(-999_999);
    }

    /// Steps the wall clock.
    pub(crate) fn step_wall(&mut self, nanos: i64) {
        self.wall_start = self.wall_start.saturating_add(nanos);
    }

    /// Stops the monotonic clock, or lets it continue.
    pub(crate) fn set_stopped(&mut self, now: Instant, stopped: bool) {
        self.anchor(now);
        self.stopped = stopped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn a_fast_clock_reaches_an_instant_early_and_never_too_early() {
        let mut clock = Clock::new();
        clock.set_drift(ms(100), 1_000);
        assert_eq!(clock.monotonic(ms(1_100)), ms(1_101));
        for local in (100_000_000..100_900_000).step_by(977).map(Instant::from_nanos) {
            let world = clock.world_at(local);
            assert!(clock.monotonic(world) >= local, "{local} would fire early");
            let before = Instant::from_nanos(world.as_nanos() - 1);
            assert!(world == ms(100) || clock.monotonic(before) < local, "{local} fires late");
        }
    }

    #[test]
    fn a_clock_never_goes_back_when_its_rate_changes() {
        let mut clock = Clock::new();
        clock.set_drift(ms(0), 500_000);
        let shown = clock.monotonic(ms(10));
        clock.set_drift(ms(10), -500_000);
        assert_eq!(clock.monotonic(ms(10)), shown);
        assert_eq!(clock.monotonic(ms(12)), ms(16));
    }

    #[test]
    fn a_suspended_clock_stands_and_a_stepped_wall_clock_leaves_the_other_alone() {
        let mut clock = Clock::new();
        clock.set_stopped(ms(10), true);
        assert_eq!(clock.monotonic(ms(500)), ms(10));
        clock.set_stopped(ms(500), false);
        assert_eq!(clock.monotonic(ms(501)), ms(11));
        let wall = clock.wall_at(ms(11));
        clock.step_wall(-5_000_000);
        assert_eq!(clock.wall_at(ms(11)).as_nanos(), wall.as_nanos() - 5_000_000);
        assert_eq!(clock.monotonic(ms(501)), ms(11));
    }
}
