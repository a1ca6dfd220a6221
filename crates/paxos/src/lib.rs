//! Single-decree Paxos, the Synod.

mod ballot;
mod process_set;
mod quorum;
mod value;

pub use ballot::{Ballot, ParseBallotError, Vote};
pub use process_set::ProcessSet;
pub use quorum::{ParseQuorumRuleError, QuorumError, QuorumRule, Quorums};
pub use value::{ParseValueError, Proposable, Value};
