//! Situations worth reaching: a run notes by name that it got there.

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// All of them.
        pub const MARKS: &[&str] = &[$($name),*];
    };
}

marks! {
    /// An acceptor refused another leader because of a lease.
    LEASE_REFUSES = "a lease refuses another leader";
    /// An acceptor acts as if it had granted a lease just before it was restarted.
    GRANT_AFTER_RESTART = "a lease is honoured after a restart";
    /// A leader believes in a lease.
    LEASE_HELD = "a lease is held";
    /// A lease read was answered without a round.
    LEASE_READ = "a lease read without a round";
    /// An acceptor with a damaged vote did not promise.
    DAMAGED_SILENT = "a damaged vote keeps an acceptor from promising";
    /// A promise was given again.
    PROMISE_REPEATED = "a promise is repeated";
    /// An acceptor promised a ballot that is leading already.
    PROMISED_LATE = "a promise to a leader that leads already";
    /// An acceptance was told again.
    ACCEPTED_REPEATED = "an acceptance is repeated";
    /// An acceptor refused a vote under a configuration that was replaced.
    STALE_CONFIGURATION = "a vote under a former configuration is refused";
    /// The disk refused a promise or a vote.
    VOTE_REFUSED = "the disk refuses a promise or a vote";
    /// Sessions expired.
    SESSION_EXPIRED = "a session expires";
    /// A snapshot became durable.
    SNAPSHOT_TAKEN = "a snapshot is durable";
    /// The disk refused part of a snapshot.
    SNAPSHOT_DISCARDED = "a snapshot is discarded";
    /// A snapshot of another replica was taken up.
    SNAPSHOT_INSTALLED = "a snapshot is installed";
    /// Another snapshot came while one was being received.
    SNAPSHOT_SUPERSEDED = "a snapshot is superseded during transfer";
    /// A received snapshot was not what it claims to be.
    SNAPSHOT_REFUSED = "a snapshot is refused";
    /// A replica that is behind turned to another source.
    SOURCE_CHANGED = "another source is asked for entries";
    /// A server did not take over because a neighbour follows a good leader.
    NEIGHBOUR_CONTENT = "a neighbour is content with its leader";
    /// A server did not take over because it has just heard of another leader.
    LEADER_IS_NEW = "a new leader has a round to prove itself";
    /// A server took over.
    TOOK_OVER = "a server takes over";
    /// Answers of the election came late.
    ANSWERS_LATE = "answers of the election come late";
    /// A leader left, because it was removed.
    LEADER_REMOVED = "a leader is removed";
    /// A new leader proposed a reported value again.
    PROPOSED_AGAIN = "a reported value is proposed again";
    /// A new leader filled a hole.
    HOLE_FILLED = "a hole is filled";
    /// Commands wait for the window.
    WINDOW_FULL = "commands wait for the window";
    /// Several commands share a slot.
    BATCHED = "commands share a slot";
    /// An answer to another round than the open one came.
    OTHER_ROUND = "an answer to another round of confirmation";
    /// A read was dropped when leadership ended.
    READ_DROPPED = "a read is dropped with leadership";
    /// A read was answered by a replica that does not lead.
    FOLLOWER_READ = "a follower answers a read";
    /// A stale read was answered at once.
    STALE_READ = "a stale read is answered at once";
    /// A leader handed on.
    TRANSFERRED = "leadership is handed on";
    /// A server became a member.
    IDENTITY_TAKEN = "a server becomes a member";
    /// A server lost its disk, or what it cannot do without.
    DISK_LOST = "a server has lost its disk";
    /// A torn record was dropped.
    TORN_DROPPED = "a torn record is dropped";
    /// A damaged vote was found at boot.
    VOTE_DAMAGED = "a vote is damaged";
    /// A sync failed.
    SYNC_FAILED = "a sync fails";
    /// A replica found that it differs from the leader.
    DIVERGED = "replicas diverge";
    /// A message for a former life of this member was dropped.
    FORMER_TENANT = "a message for a former life of a member";
    /// A request was passed on to the leader.
    PASSED_ON = "a request is passed on";
    /// The client turned to another server.
    NEXT_SERVER = "a client turns to another server";
    /// The client gave up.
    GAVE_UP = "a client gives up";
    /// The client's session was gone.
    SESSION_LOST = "a client finds its session expired";
    /// The client opened a new session after a silence.
    SESSION_RENEWED = "a client opens a new session after a silence";
}
