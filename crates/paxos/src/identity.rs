//! Which cluster and which life of a process a message or a record belongs to.

/// Which cell a message or a record belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct ClusterId(pub u32);

/// The incarnation as messages and records carry it. Beyond 32 bits they stop telling incarnations
/// apart; safety rests on ballots alone.
pub(crate) fn incarnation_of(incarnation: u64) -> u32 {
    u32::try_from(incarnation).unwrap_or(u32::MAX)
}
