//! How much a cell takes. Quotas from the first day on (CHUBBY section 4.5): without them one
//! client fills the store of all.

use squall_process::Span;

/// The limits of a cell: part of the replicated state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// The bytes of one file.
    pub contents_bytes: usize,
    /// The bytes of all files together.
    pub bytes: usize,
    /// The number of nodes.
    pub nodes: usize,
    /// The number of sessions.
    pub sessions: usize,
    /// The number of those who wait for one lock.
    pub waiters: usize,
    /// The longest lock-delay. A longer one is cut to this (CHUBBY section 2.4: one minute).
    pub lock_delay: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            contents_bytes: 256 << 10,
            bytes: 256 << 20,
            nodes: 100_000,
            sessions: 100_000,
            waiters: 10_000,
            lock_delay: Span::from_secs(60),
        }
    }
}
