//! Situations that some run should reach.

/// A server is silent forever, because its disk lost records that other servers rely on.
pub(super) const MUTE: &str = "silent after a harmed disk";
/// A session broke because a message did not arrive.
pub(super) const BROKEN: &str = "session broke";
/// A lagging server learned of a later configuration.
pub(super) const HANDOVER: &str = "state handed over to a server that was behind";
/// A call arrived while the log was sealed and the next configuration had not begun.
pub(super) const SEALED: &str = "call refused by a sealed log";
/// A server took its state from a snapshot.
pub(super) const RESTORED: &str = "state restored from a snapshot";
/// A leader let the servers drop entries that all of them had.
pub(super) const TRIMMED: &str = "a log was trimmed";
/// A stop-sign was decided.
pub(super) const RECONFIGURED: &str = "stop-sign decided";

/// The preferred server leads.
pub(super) const PREFERRED: &str = "the server of high priority leads";
/// A server took the lead because a client asked for it.
pub(super) const SUMMONED: &str = "a server was asked to take the lead";
/// Several entries arrived at once.
pub(super) const BATCHED: &str = "entries were accepted in a batch";
/// A server leads by quorums that are not majorities.
pub(super) const FLEXIBLE: &str = "a leader under flexible quorums";

/// Every mark.
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
