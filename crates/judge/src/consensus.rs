//! Judges of consensus: what every replicated log must keep, whatever the protocol.
//!
//! They know nothing of Raft or Paxos. What a process says of itself they read through
//! [`ConsensusClaim`], what is on its disk through [`ConsensusRecord`]; a system whose claims and
//! records can be read so has these judges for its panel:
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
//! Not judged here: whether anything is ever committed (that is [`Answered`](crate::Answered)), and
//! what clients see (that is a judge of histories).

mod completeness;
mod durable;
mod election;
mod equality;
mod logs;
mod matching;
mod safety;
#[cfg(test)]
mod stage;

use std::fmt::{Debug, Display};

use squall_process::RecordNumber;

pub use completeness::LeaderCompleteness;
pub use durable::AppliedIsDurable;
pub use election::ElectionSafety;
pub use equality::StateEquality;
pub use matching::LogMatching;
pub use safety::StateMachineSafety;

/// What orders the leaders of a protocol: a term of Raft, a ballot of Paxos.
pub trait Term: Copy + Ord + Debug + Display {}

impl<T: Copy + Ord + Debug + Display> Term for T {}

/// A claim that may be about a replicated log.
pub trait ConsensusClaim {
    /// What orders leaders.
    type Term: Term;

    /// What it says of a replicated log, if it is about one.
    fn statement(&self) -> Option<Statement<Self::Term>>;
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

/// A record that may change a replicated log.
pub trait ConsensusRecord {
    /// What orders leaders.
    type Term: Term;

    /// The record that its writer had written last, where the record says so. A record whose
    /// predecessor a crash took away is void: its writer does not count it at boot either.
    fn after(&self) -> Option<RecordNumber> {
        None
    }

    /// What it does to the log, change by change. They take effect together.
    fn changes(&self, each: &mut dyn FnMut(LogChange<Self::Term>));
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
