//! Judges of consensus: what every replicated log must keep, whatever the protocol.
//!
//! They know nothing of Raft or Paxos. They read what a process claims through [`ReadClaims`], and
//! what is on its disk through [`ReadRecords`]. The rules of a system provide a reader with these
//! traits, so that claims and records may be defined elsewhere. A process may hold several logs,
//! distinguished by a [`LogId`]. [`Quorums`] decides which processes can commit. A system with a
//! reader can use these judges as its panel:
//!
//! | judge | question | reads |
//! | --- | --- | --- |
//! | [`ElectionSafety`] | does each term have one leader? | claims |
//! | [`LogMatching`] | do logs agree where an entry of one term is in both? | disks |
//! | [`LeaderCompleteness`] | does a leader have all that earlier terms committed? | both |
//! | [`AppliedIsDurable`] | was an applied entry on enough disks before? | both |
//! | [`StateMachineSafety`] | do all apply the same commands in the same order? | claims |
//! | [`StateEquality`] | are states equal after the same commands? | claims |
//!
//! The names are those of Ongaro's dissertation (2014), section 3.6. The properties hold for Paxos
//! as well: a term is whatever orders the leaders of a protocol, for instance a ballot. Claims are
//! not trusted: the judges that read disks catch a process that lies to all others.
//!
//! Not judged here: whether any entry is ever committed ([`Answered`](crate::Answered)), and what
//! clients see (a judge of histories).

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

/// Reads the logs of a system for the judges. It is a value, usually of zero size, that the rules
/// of the system choose. The claims and records themselves do not know it.
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

/// Reads what a process claims about its logs.
pub trait ReadClaims<P: Process>: Reader {
    /// Returns what `claim` says about a replicated log, or `None` if it is about something else.
    fn statement(&self, claim: &P::Claim) -> Option<Statement<Self::Term>>;

    /// Returns the log that `claim` is about.
    #[inline]
    fn log(&self, _claim: &P::Claim) -> LogId {
        LogId::ONLY
    }
}

/// What a process claims about its replica.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Statement<T> {
    /// It is the leader of this term from now on, and its log is the authoritative one.
    Leads(T),
    /// It applied a command to its state machine.
    Applied {
        /// The position of the command in the log, from 1.
        index: u64,
        /// The command, as a hash.
        command: u64,
        /// The state after it, as a hash.
        state: u64,
        /// The term of the process. The command was committed in this term or an earlier one.
        term: T,
    },
    /// It took over a state that some process made by applying all commands up to `index`, from its
    /// own snapshot or another one.
    Restored {
        /// The last command that the state includes; 0 for none.
        index: u64,
        /// The state, as a hash.
        state: u64,
    },
}

/// Reads the records on the disks.
pub trait ReadRecords<P: Process>: Reader {
    /// Returns the record that the writer of `record` had written before it, if `record` names it.
    /// A record whose predecessor was lost in a crash is void: its writer does not count it at boot
    /// either.
    #[inline]
    fn after(&self, _record: &P::Record) -> Option<RecordNumber> {
        None
    }

    /// Calls `each` with every change that `record` makes, and the log that it changes. The changes
    /// take effect together.
    fn changes(&self, record: &P::Record, each: &mut dyn FnMut(LogId, LogChange<Self::Term>));
}

/// Decides which sets of processes are quorums, under the configuration in force.
pub trait Quorums<P: Process> {
    /// Sees everything that the judge sees, in the same order, which may include changes of the
    /// configuration.
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

/// The effect of a durable record on a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogChange<T> {
    /// This entry becomes the last of the log; what was at its position and behind it is gone.
    Entry {
        /// Its position, from 1.
        index: u64,
        /// The term under which it was accepted.
        term: T,
        /// The command, as a hash.
        command: u64,
    },
    /// Entries from this position on are gone.
    Truncated {
        /// The first entry that is gone.
        from: u64,
    },
    /// All entries of the log count as accepted under this term, as in protocols that keep one
    /// ballot for the whole log.
    Accepted(T),
    /// Entries below this position are gone, because a snapshot includes them.
    Compacted {
        /// The first entry that is kept.
        before: u64,
    },
    /// A snapshot replaces the whole log.
    Restored {
        /// The last command that it includes.
        index: u64,
    },
}
