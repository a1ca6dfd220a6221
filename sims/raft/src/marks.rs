//! The situations that some run should reach.

/// A leader lost its role without having been stopped.
pub(super) const UNSEATED: &str = "a leader was unseated";
/// An entry replaced another one.
pub(super) const CONFLICT: &str = "an entry took the place of another";
/// Records were torn, or depended on lost records.
pub(super) const DROPPED: &str = "records of an unfinished write were dropped";
/// A server does not take part, because its disk lost records that other servers may rely on.
pub(super) const MUTE: &str = "a server with a lost disk stays out";
/// A sync failed or a write was refused.
pub(super) const DISK_FAILED: &str = "a server stopped since its disk failed";
/// A server installed a snapshot of another server.
pub(super) const INSTALLED: &str = "a laggard took over a snapshot";
/// A server made a snapshot and cut its log.
pub(super) const COMPACTED: &str = "a log was compacted";
/// A read was answered after a round.
pub(super) const READ_BY_INDEX: &str = "a read by a round";
/// A read was answered by lease.
pub(super) const READ_BY_LEASE: &str = "a read by lease";
/// A server that does not lead answered a read.
pub(super) const READ_ELSEWHERE: &str = "a read at a server that does not lead";
/// A vote was refused because a leader may hold a lease.
pub(super) const KEPT_PROMISE: &str = "a vote was withheld for a lease";
/// A call arrived again after it was done.
pub(super) const AGAIN: &str = "a call came again after it was done";
/// The library refused a proposal.
pub(super) const BACKLOG: &str = "a proposal was dropped";
/// A change of members began.
pub(super) const JOINT: &str = "members became joint";
/// A change of members ended.
pub(super) const LEFT: &str = "a joint configuration was left";
/// The server itself ended a change of members.
pub(super) const LEFT_BY_SERVER: &str = "a server asked to leave a joint configuration";
/// A new member begins as a learner.
pub(super) const LEARNS: &str = "a new member became a learner";
/// A learner has all committed entries, and becomes a voter.
pub(super) const PROMOTED: &str = "a learner became a voter";
/// A leader let another server lead.
pub(super) const HANDED_OVER: &str = "a leader handed over";
/// The preferred server refused to vote for another one.
pub(super) const OUTRANKED: &str = "a candidate of lower priority was refused";
/// A leader is no longer a member.
pub(super) const RETIRED: &str = "a leader that was removed retired";

/// Every mark.
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
