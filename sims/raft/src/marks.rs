//! The situations that some run should reach.

/// A leader was the leader no more, without having been stopped.
pub(super) const UNSEATED: &str = "a leader was unseated";
/// An entry took the place of another.
pub(super) const CONFLICT: &str = "an entry took the place of another";
/// Records were torn, or hung on records that were lost.
pub(super) const DROPPED: &str = "records of an unfinished write were dropped";
/// A server takes no part, since its disk lost what others may rely on.
pub(super) const MUTE: &str = "a server with a lost disk stays out";
/// A sync failed or a write was refused.
pub(super) const DISK_FAILED: &str = "a server stopped since its disk failed";
/// A server took over a snapshot of another.
pub(super) const INSTALLED: &str = "a laggard took over a snapshot";
/// A server made a snapshot and cut its log.
pub(super) const COMPACTED: &str = "a log was compacted";
/// A read was answered after a round.
pub(super) const READ_BY_INDEX: &str = "a read by a round";
/// A read was answered by lease.
pub(super) const READ_BY_LEASE: &str = "a read by lease";
/// A server that is no leader answered a read.
pub(super) const READ_ELSEWHERE: &str = "a read at a server that does not lead";
/// A vote was not given, since a leader may hold a lease.
pub(super) const KEPT_PROMISE: &str = "a vote was withheld for a lease";
/// A call came again that was done before.
pub(super) const AGAIN: &str = "a call came again after it was done";
/// The library took no more proposals.
pub(super) const BACKLOG: &str = "a proposal was dropped";
/// A change of members began.
pub(super) const JOINT: &str = "members became joint";
/// A change of members ended.
pub(super) const LEFT: &str = "a joint configuration was left";
/// The server itself saw to the end of a change of members.
pub(super) const LEFT_BY_SERVER: &str = "a server asked to leave a joint configuration";
/// A new member listens first.
pub(super) const LEARNS: &str = "a new member became a learner";
/// A learner has what it takes, and votes from now on.
pub(super) const PROMOTED: &str = "a learner became a voter";
/// A leader let another server lead.
pub(super) const HANDED_OVER: &str = "a leader handed over";
/// The server that should lead, if it can, did not vote for another.
pub(super) const OUTRANKED: &str = "a candidate of lower priority was refused";
/// A leader is no member any more.
pub(super) const RETIRED: &str = "a leader that was removed retired";

/// All of them.
pub(super) static ALL: [&str; 21] = [
    UNSEATED,
    CONFLICT,
    DROPPED,
    MUTE,
    DISK_FAILED,
    INSTALLED,
    COMPACTED,
    READ_BY_INDEX,
    READ_BY_LEASE,
    READ_ELSEWHERE,
    KEPT_PROMISE,
    AGAIN,
    BACKLOG,
    JOINT,
    LEFT,
    LEFT_BY_SERVER,
    LEARNS,
    PROMOTED,
    HANDED_OVER,
    OUTRANKED,
    RETIRED,
];
