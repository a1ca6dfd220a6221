//! Paxos, as processes without input or output of their own: [`synod`] agrees on one value, once;
//! [`log`] agrees on a sequence of commands and applies them to a state machine.
//!
//! The two halves share what is in this folder: ballots ([`Ballot`]), quorums ([`Quorums`]), sets
//! of acceptors ([`ProcessSet`]), and the identity of a cluster and of a life
//! ([`ClusterId`]).

mod ballot;
mod identity;
pub mod log;
mod process_set;
mod quorum;
pub mod synod;

pub use ballot::{Ballot, ParseBallotError, Vote};
pub use identity::ClusterId;
pub use process_set::ProcessSet;
pub use quorum::{ParseQuorumRuleError, QuorumError, QuorumRule, Quorums};
pub use synod::{
    Body, Claim, Client, Configuration, ConfigurationError, Entry, LearnerPath, MARKS, Message, Op,
    ParseLearnerPathError, ParseOpError, ParseValueError, Participant, Proposable, Record, Reply,
    Server, Timer, Tuning, Value, marks,
};
