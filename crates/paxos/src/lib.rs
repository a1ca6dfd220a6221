//! Single-decree Paxos, the Synod.

mod acceptor;
mod ballot;
mod client;
mod configuration;
mod learner;
pub mod marks;
mod message;
mod participant;
mod post;
mod process_set;
mod proposer;
mod quorum;
mod record;
mod server;
mod value;
mod waiting;

pub use ballot::{Ballot, ParseBallotError, Vote};
pub use client::Client;
pub use configuration::{
    ClusterId, Configuration, ConfigurationError, LearnerPath, ParseLearnerPathError, Tuning,
};
pub use marks::MARKS;
pub use message::{Body, Message};
pub use participant::{Claim, Op, ParseOpError, Participant, Reply, Timer};
pub use process_set::ProcessSet;
pub use quorum::{ParseQuorumRuleError, QuorumError, QuorumRule, Quorums};
pub use record::{Entry, Record};
pub use server::Server;
pub use value::{ParseValueError, Proposable, Value};
