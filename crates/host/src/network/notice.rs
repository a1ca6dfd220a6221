//! What an operator may want to know of a network, as values.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use squall_process::ProcessId;

use super::{Lane, Purpose, Refusal, locked};

/// At most this many addresses are remembered as refused.
const REMEMBERED_MAX: usize = 1_024;

/// Something that happened to a network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A connection to a peer was made.
    Connected {
        /// The peer.
        peer: ProcessId,
        /// Which of its connections.
        lane: Lane,
    },
    /// A connection to a peer broke.
    Disconnected {
        /// The peer.
        peer: ProcessId,
        /// Which of its connections.
        lane: Lane,
        /// Why.
        why: String,
    },
    /// A peer refuses this process.
    RefusedBy {
        /// The peer.
        peer: ProcessId,
        /// Why.
        why: Refusal,
    },
    /// A connection from elsewhere was refused. Reported once for each address and reason; the
    /// counters have the rest.
    Refused {
        /// Where it came from.
        address: SocketAddr,
        /// Why.
        why: Refusal,
    },
    /// A process said what cannot be decoded, and its connection was closed.
    Nonsense {
        /// Who.
        peer: ProcessId,
        /// On which connection.
        purpose: Purpose,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { peer, lane } => write!(f, "connected to {peer} ({lane})"),
            Self::Disconnected { peer, lane, why } => {
                write!(f, "disconnected from {peer} ({lane}): {why}")
            }
            Self::RefusedBy { peer, why } => write!(f, "{peer} refuses this process: {why}"),
            Self::Refused { address, why } => write!(f, "refused {address}: {why}"),
            Self::Nonsense { peer, .. } => {
                write!(f, "closed a connection of {peer}: it said what cannot be decoded")
            }
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Urgent => "urgent",
            Self::Bulk => "bulk",
        })
    }
}

/// What is told of the network, as it happens.
pub(crate) type Watcher = Arc<dyn Fn(Notice) + Send + Sync>;

/// Tells what happens to a network.
pub(crate) struct Notices {
    watcher: Option<Watcher>,
    refused: Mutex<BTreeMap<(IpAddr, Refusal), ()>>,
    refused_by: Mutex<BTreeMap<ProcessId, Refusal>>,
}

impl Notices {
    pub(crate) fn new(watcher: Option<Watcher>) -> Self {
        Self { watcher, refused: Mutex::default(), refused_by: Mutex::default() }
    }

    pub(super) fn tell(&self, notice: Notice) {
        if let Some(watcher) = &self.watcher {
            watcher(notice);
        }
    }

    /// Tells of a refusal the first time that the address is refused for this reason.
    pub(super) fn refused(&self, address: SocketAddr, why: Refusal) {
        let mut refused = locked(&self.refused);
        if refused.len() < REMEMBERED_MAX && refused.insert((address.ip(), why), ()).is_none() {
            drop(refused);
            self.tell(Notice::Refused { address, why });
        }
    }

    /// Tells that `peer` refuses this process, when the reason is a new one.
    pub(super) fn refused_by(&self, peer: ProcessId, why: Refusal) {
        if locked(&self.refused_by).insert(peer, why) != Some(why) {
            self.tell(Notice::RefusedBy { peer, why });
        }
    }

    /// Forgets that `peer` refused this process.
    pub(super) fn taken_by(&self, peer: ProcessId) {
        locked(&self.refused_by).remove(&peer);
    }
}
