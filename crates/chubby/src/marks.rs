//! Situations worth reaching: a run notes by name that it got there.

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// All of them.
        pub const MARKS: &[&str] = &[$($name),*];
    };
}

marks! {
    /// A server became master.
    MASTER_BEGINS = "a master begins";
    /// A server is master no more.
    MASTER_ENDS = "a master ends";
    /// A request came while the master lease did not hold.
    NO_MASTER_LEASE = "a request without a master lease";
    /// A client named an earlier epoch.
    OLD_EPOCH = "a client with an old epoch";
    /// An answer to a KeepAlive was repeated.
    ANSWER_REPEATED = "an answer to a KeepAlive is repeated";
    /// An answer to a call was repeated.
    CALL_REPEATED = "an answer to a call is repeated";
    /// A call was answered by what an earlier master did.
    CALL_REMEMBERED = "a call is answered from the database after a fail-over";
    /// A lease was over at the master.
    LEASE_OVER = "a lease is over";
    /// A master was paused, or had no master lease, when a session was to expire.
    EXPIRY_PUT_OFF = "the expiry of a session is put off";
    /// A session expired.
    SESSION_EXPIRED = "a session expires at the master";
    /// A cache was invalidated.
    INVALIDATION = "a cache is invalidated";
    /// A handle of an earlier epoch was taken up.
    HANDLE_RECREATED = "a handle is taken up again";
    /// A session lost events.
    EVENTS_LOST = "a session loses events";
    /// A client was in jeopardy.
    JEOPARDY = "a client is in jeopardy";
    /// A client became safe again.
    SAFE = "a client is safe again";
    /// A session expired at the client.
    EXPIRED = "a session expires at the client";
    /// A client learned of a fail-over.
    FAILED_OVER = "a client learns of a fail-over";
    /// A read was answered from the cache.
    CACHE_HIT = "a read is answered from the cache";
    /// What was told "to cache" was not cached, since an invalidation overtook it.
    OVERTAKEN = "an invalidation overtakes what may be cached";
}
