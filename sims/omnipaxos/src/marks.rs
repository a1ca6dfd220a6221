//! Situations that some run should reach.

/// A server is silent for ever, since its disk lost what others rely on.
pub(super) const MUTE: &str = "silent after a harmed disk";
/// A session broke, since a message did not come.
pub(super) const BROKEN: &str = "session broke";
/// A server that was behind was told of a later configuration.
pub(super) const HANDOVER: &str = "state handed over to a server that was behind";
/// A call came while the log was sealed and the next configuration not begun.
pub(super) const SEALED: &str = "call refused by a sealed log";
/// A server took its state from a snapshot.
pub(super) const RESTORED: &str = "state restored from a snapshot";
/// A leader had the servers give up entries that all of them had.
pub(super) const TRIMMED: &str = "a log was trimmed";
/// A stop-sign was decided.
pub(super) const RECONFIGURED: &str = "stop-sign decided";

/// A server leads that should if it can.
pub(super) const PREFERRED: &str = "the server of high priority leads";
/// A server took the lead since a client wanted it to.
pub(super) const SUMMONED: &str = "a server was asked to take the lead";
/// Entries came several at a time.
pub(super) const BATCHED: &str = "entries were accepted in a batch";
/// A server leads by quorums that are no majorities.
pub(super) const FLEXIBLE: &str = "a leader under flexible quorums";

/// All of them.
pub(super) const ALL: [&str; 11] = [
    MUTE,
    BROKEN,
    HANDOVER,
    SEALED,
    RESTORED,
    TRIMMED,
    RECONFIGURED,
    PREFERRED,
    SUMMONED,
    BATCHED,
    FLEXIBLE,
];
