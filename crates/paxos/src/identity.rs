//! Which cluster and which life of a process a message or a record belongs to.

use serde::{Deserialize, Serialize};

/// Which cell a message or a record belongs to.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct ClusterId(pub u32);

/// Returns the incarnation as messages and records carry it: its halves, folded, so that a small
/// number stays as it is and a random one stays random. Incarnations are told apart and never
/// compared for order.
pub(crate) const fn incarnation_of(incarnation: u64) -> u32 {
    (incarnation ^ (incarnation >> 32)) as u32
}
