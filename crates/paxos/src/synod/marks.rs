//! The interesting situations that some run of a sweep should reach, by name.

/// A nack told a proposer that a higher ballot exists.
pub const PREEMPTED: &str = "proposer preempted";
/// A proposer in back-off saw its rival at work and waited longer.
pub const GAVE_WAY: &str = "proposer gave way to a living rival";
/// Phase 1 told of a vote, so the proposer proposes that value.
pub const ADOPTED: &str = "value adopted from a promise";
/// Two promises told of different values, and the one of the higher ballot counts.
pub const ADOPTED_HIGHEST: &str = "value of the highest ballot adopted among several";
/// A promise was asked for again and given again.
pub const PROMISE_REPEATED: &str = "duplicate prepare re-acknowledged";
/// An acceptance was asked for again and told again.
pub const ACCEPTED_REPEATED: &str = "duplicate accept re-acknowledged";
/// A request came while an earlier one waited for its sync.
pub const WAITED_BEHIND_SYNC: &str = "request waited behind a sync";
/// A request came again while its own record waited for its sync.
pub const REPEATED_DURING_SYNC: &str = "duplicate request while its sync was under way";
/// An answer came to what an earlier incarnation had asked.
pub const DEAD_INCARNATION: &str = "message of a dead incarnation ignored";
/// An acceptor came back with a promise, and keeps it.
pub const PROMISE_KEPT: &str = "promise kept across a restart";
/// An acceptor came back with a vote, and reports it.
pub const VOTE_KEPT: &str = "vote kept across a restart";
/// A record cut short was dropped at boot.
pub const TORN_DROPPED: &str = "torn record dropped at boot";
/// What others rely on is gone from the disk, so the acceptor no longer answers.
pub const ACCEPTOR_MUTE: &str = "acceptor mute after losing its disk or a record";
/// An acceptor is mute and the proposer beside it still has its rounds.
pub const PROPOSER_OUTLIVED: &str = "proposer kept its rounds beside a mute acceptor";
/// The disk refused a promise or a vote, so it was not made.
pub const VOTE_REFUSED: &str = "write refused to an acceptor";
/// The disk refused a round, so the ballot was not used.
pub const ROUND_REFUSED: &str = "write refused to a proposer";
/// A sync failed, so the process stopped.
pub const SYNC_FAILED: &str = "halted after a failed sync";
/// A learner that had to ask was told.
pub const LATE_LEARNER: &str = "late learner caught up";
/// A learner that asked in vain had a value that it had accepted proposed again.
pub const ROUND_FORCED: &str = "learner forced a round";
/// A proposer was told of the choice before its own ballot got through.
pub const PROPOSER_TOLD: &str = "proposer told of the choice of another";
/// A proposer stood in for the distinguished learner.
pub const STOOD_IN: &str = "proposer stood in for the distinguished learner";
/// Phase 1 proved that nothing had been chosen when the question was asked.
pub const NOTHING_CHOSEN: &str = "question answered with nothing";
/// A client heard nothing and turned to the next server.
pub const NEXT_SERVER: &str = "client turned to the next server";
/// A client stopped trying.
pub const GAVE_UP: &str = "client gave up";

/// All of them.
pub const MARKS: &[&str] = &[
    PREEMPTED,
    GAVE_WAY,
    ADOPTED,
    ADOPTED_HIGHEST,
    PROMISE_REPEATED,
    ACCEPTED_REPEATED,
    WAITED_BEHIND_SYNC,
    REPEATED_DURING_SYNC,
    DEAD_INCARNATION,
    PROMISE_KEPT,
    VOTE_KEPT,
    TORN_DROPPED,
    ACCEPTOR_MUTE,
    PROPOSER_OUTLIVED,
    VOTE_REFUSED,
    ROUND_REFUSED,
    SYNC_FAILED,
    LATE_LEARNER,
    ROUND_FORCED,
    PROPOSER_TOLD,
    STOOD_IN,
    NOTHING_CHOSEN,
    NEXT_SERVER,
    GAVE_UP,
];
