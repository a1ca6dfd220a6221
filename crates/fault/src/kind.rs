//! The 64 numbered kinds of fault, and how often each fired.
//!
//! The numbers are stable: reports, documents and tests name a fault by its id. docs/faults.md
//! describes each of them, and lists those that fire in a default sweep.

use std::fmt;

macro_rules! kinds {
    ($($id:ident $text:literal,)*) => {
        /// One of the 64 kinds of fault.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is described by its `about` text")]
        pub enum Kind { $($id,)* }

        impl Kind {
            /// Every kind, in the order of the list.
            pub const ALL: [Self; 64] = [$(Self::$id,)*];

            /// Returns its number, such as `N1`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// Returns a short description.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$id => $text,)* }
            }
        }
    };
}

kinds! {
    N1 "message lost",
    N2 "message delayed",
    N3 "messages reordered",
    N4 "message duplicated",
    N5 "two-sided split",
    N6 "one process isolated",
    N7 "one-way cut",
    N8 "bridge: two halves that share one process",
    N9 "majorities ring",
    N10 "cut or crash aimed at a role",
    N11 "link clogged, then released",
    N12 "swizzle: clogs released in another order",
    N13 "one pair slow",
    N14 "bandwidth cap",
    N15 "connection reset",
    N16 "connect refused",
    N17 "short reads and writes",
    N18 "bytes corrupted on the wire",
    P1 "crash and restart",
    P2 "pause, the clock runs on",
    P3 "orderly stop and start",
    P4 "several crash at once",
    P5 "crash at a named point",
    P6 "crash again during recovery",
    P7 "slow process",
    P8 "back with an empty disk",
    P9 "message of a dead incarnation arrives",
    P10 "suspend, the clock stops too",
    C1 "wall clock offset",
    C2 "wall clock steps",
    C3 "clock drift",
    C4 "clock strobe",
    C5 "timer fires late",
    C6 "each process its own clock",
    D1 "unsynced writes lost at a crash",
    D2 "torn write",
    D3 "unsynced writes kept out of order",
    D4 "durable record rots",
    D5 "write stored damaged",
    D6 "misdirected read or write",
    D7 "write acknowledged, then gone",
    D8 "write error",
    D9 "sync fails, the data is gone",
    D10 "disk full",
    D11 "slow or stalled disk",
    D12 "directory not synced",
    D13 "file truncated",
    K1 "reply lost, request retried",
    K2 "client dies with an operation open",
    K3 "client paused while it holds a lease",
    K4 "more clients than are admitted",
    K5 "bursts and idle phases",
    K6 "client bound to one server",
    R1 "member changed under load",
    R2 "mixed versions",
    R3 "rollback",
    R4 "start on an older release's data",
    R5 "snapshot to a laggard under faults",
    R6 "learner or standby",
    B1 "memory limit",
    B2 "descriptors used up",
    B3 "bounded queue overflows",
    B4 "frame from the wrong cluster",
    B5 "knobs drawn at random",
}

impl Kind {
    /// Returns the kind of a cut between `left` and `right` servers of `all`, in one direction or
    /// both.
    #[must_use]
    pub const fn of_cut(left: usize, right: usize, both: bool, all: usize) -> Self {
        match (left, right) {
            _ if !both => Self::N7,
            (1, others) | (others, 1) if others + 1 == all => Self::N6,
            (l, r) if l > 0 && r > 0 && l + r + 1 == all => Self::N8,
            _ => Self::N5,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// How often each kind of fault fired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hits([u64; 64]);

impl Hits {
    /// Returns the counts with none so far.
    #[must_use]
    pub const fn none() -> Self {
        Self([0; 64])
    }

    /// Counts one more hit of `kind`.
    #[inline]
    pub fn hit(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// Returns how often `kind` fired.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// Returns the kinds that fired at least once, as a set of bits in the order of [`Kind::ALL`].
    #[must_use]
    pub fn seen(&self) -> u64 {
        (0..64).filter(|&bit| self.0[bit] > 0).fold(0, |seen, bit| seen | 1 << bit)
    }

    /// Returns the sum of all counts.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Default for Hits {
    fn default() -> Self {
        Self::none()
    }
}
