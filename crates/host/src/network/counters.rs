//! What a network counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted while a host runs.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub(crate) sent: Counter,
    pub(crate) received: Counter,
    pub(crate) lost_overflow: Counter,
    pub(crate) lost_unreachable: Counter,
    pub(crate) lost_too_long: Counter,
    pub(crate) dialled: Counter,
    pub(crate) dials_failed: Counter,
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) broken: Counter,
}

impl Counting {
    pub(crate) fn read(&self) -> Counters {
        Counters {
            sent: self.sent.read(),
            received: self.received.read(),
            lost_overflow: self.lost_overflow.read(),
            lost_unreachable: self.lost_unreachable.read(),
            lost_too_long: self.lost_too_long.read(),
            dialled: self.dialled.read(),
            dials_failed: self.dials_failed.read(),
            accepted: self.accepted.read(),
            refused: self.refused.read(),
            broken: self.broken.read(),
        }
    }
}

/// What a network has counted since it started.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Messages handed to the network.
    pub sent: u64,
    /// Messages brought to the process.
    pub received: u64,
    /// Messages lost because a queue was full or its connection gone.
    pub lost_overflow: u64,
    /// Messages lost because the receiver has no address and is not connected.
    pub lost_unreachable: u64,
    /// Messages lost because they are longer than a frame.
    pub lost_too_long: u64,
    /// Connections that were dialled and taken.
    pub dialled: u64,
    /// Attempts to dial that failed.
    pub dials_failed: u64,
    /// Connections of other processes that were accepted.
    pub accepted: u64,
    /// Connections of other processes that were refused.
    pub refused: u64,
    /// Connections that broke after they were taken.
    pub broken: u64,
}
