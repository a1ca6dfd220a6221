//! Judges of consensus: what every replicated log must keep, whatever the protocol.
//!
//! They know nothing of Raft or Paxos. What a process says of itself they read through
//! [`ReadClaims`], what is on its disk through [`ReadRecords`]: traits of a reader that the rules
//! of a system provide, so that claims and records may be defined elsewhere. A process may hold
//! several logs, told apart by a [`LogId`]. Which processes can commit is asked of [`Quorums`]. A
//! system that has a reader has these judges for its panel:
//!
//! | judge | question | reads |
//! | --- | --- | --- |
//! | [`ElectionSafety`] | does each term have one leader? | claims |
//! | [`LogMatching`] | do logs agree where an entry of one term is in both? | disks |
//! | [`LeaderCompleteness`] | does a leader have all that earlier terms committed? | both |
//! | [`AppliedIsDurable`] | was what is applied on enough disks before? | both |
//! | [`StateMachineSafety`] | does everybody apply the same commands in the same order? | claims |
//! | [`StateEquality`] | are states equal where the same commands were applied? | claims |
//!
//! The names are those of Ongaro's dissertation (2014), section 3.6, and the properties hold of
//! Paxos as well: a term is whatever orders the leaders of a protocol, a ballot for instance. A
//! claim is a claim: a process that lies to all is caught by the judges that read disks.
//!
//! Not judged here: whether anything is ever committed (that is [`Answered`](crate::Answered)),
//! and what clients see (that is a judge of histories).

mod completeness;
mod durable;
mod election;
mod equality;
mod logs;
mod matching;
mod safety;
#[cfg(test)]
pub(crate) mod stage;

use std::fmt::{Debug, Display};

use squall_process::{Process, ProcessId, RecordNumber};

use crate::Seen;

pub use completeness::LeaderCompleteness;
pub use durable::AppliedIsDurable;
pub use election::ElectionSafety;
pub use equality::StateEquality;
pub use matching::LogMatching;
pub use safety::StateMachineSafety;

/// What orders the leaders of a protocol: a term of Raft, a ballot of Paxos.
pub trait Term: Copy + Ord + Debug + Display {}

impl<T: Copy + Ord + Debug + Display> Term for T {}

/// Reads the logs of a system for the judges: a value, usually of zero size, that the system's
/// rules choose. The claims and records themselves know nothing of it.
pub trait Reader {
    /// What orders leaders.
    type Term: Term;
}

/// One of the logs that a process holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LogId(pub u32);

impl LogId {
    /// The log of a system in which each process holds one.
    pub const ONLY: Self = Self(0);
}

/// Reads what a process says of its logs.
pub trait ReadClaims<P: Process>: Reader {
    /// Returns what `claim` says of a replicated log, or `None` if it is about something else.
    fn statement(&self, claim: &P::Claim) -> Option<Statement<Self::Term>>;

    /// Returns the log that `claim` is about.
    #[inline]
    fn log(&self, _claim: &P::Claim) -> LogId {
        LogId::ONLY
    }
}

/// What a process says of its replica.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Statement<T> {
    /// It is the leader of this term, from now on, and its log is the one that counts.
    Leads(T),
    /// It applied a command to its state machine.
    Applied {
        /// The place of the command in the log, from 1.
        index: u64,
        /// The command, as a hash.
        command: u64,
        /// The state after it, as a hash.
        state: u64,
        /// The term that the process was in: the command was committed in this one or an earlier.
        term: T,
    },
    /// It took over a state that somebody made by applying all commands up to `index`: from a
    /// snapshot of its own or of another.
    Restored {
        /// The last command that the state has in it; 0 for none.
        index: u64,
        /// The state, as a hash.
        state: u64,
    },
}

/// Reads what is on the disks.
pub trait ReadRecords<P: Process>: Reader {
    /// Returns the record that the writer of `record` had written before it, if the record says
    /// so. A record whose predecessor a crash took away is void: its writer does not count it at
    /// boot either.
    #[inline]
    fn after(&self, _record: &P::Record) -> Option<RecordNumber> {
        None
    }

    /// Calls `each` with every change that `record` makes, and the log that it changes. The
    /// changes take effect together.
    fn changes(&self, record: &P::Record, each: &mut dyn FnMut(LogId, LogChange<Self::Term>));
}

/// Decides which sets of processes are quorums, under the configuration in force.
pub trait Quorums<P: Process> {
    /// Sees everything that the judge sees, in the same order: a change of configuration may be
    /// among it.
    #[inline]
    fn see(&mut self, _seen: &Seen<'_, P>) {}

    /// Returns whether `holders` can commit the entry at `index` of `log`.
    fn is_quorum(&self, log: LogId, index: u64, holders: &[ProcessId]) -> bool;
}

/// Any set of at least this many processes is a quorum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtLeast(pub usize);

impl<P: Process> Quorums<P> for AtLeast {
    #[inline]
    fn is_quorum(&self, _: LogId, _: u64, holders: &[ProcessId]) -> bool {
        holders.len() >= self.0
    }
}

/// What a durable record does to a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogChange<T> {
    /// This entry is the last of the log; what was at its place and behind it is gone.
    Entry {
        /// Its place, from 1.
        index: u64,
        /// The term under which it was accepted.
        term: T,
        /// The command, as a hash.
        command: u64,
    },
    /// Entries from this place on are gone.
    Truncated {
        /// The first that is gone.
        from: u64,
    },
    /// All that is in the log counts as accepted under this term, as in protocols that keep one
    /// ballot for the whole log.
    Accepted(T),
    /// Entries below this place are gone, since a snapshot has them.
    Compacted {
        /// The first that is kept.
        before: u64,
    },
    /// A snapshot takes the place of the whole log.
    Restored {
        /// The last command that it has in it.
        index: u64,
    },
}
