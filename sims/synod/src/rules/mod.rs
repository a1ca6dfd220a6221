//! The rules of a Synod. Each file has one judge, which answers one question.

mod agreement;
mod ballots;
mod choice;
mod integrity;
mod learned;
mod ledger;
mod patience;
mod progress;
mod promises;
mod questions;
mod validity;

pub use agreement::Agreement;
pub use ballots::Ballots;
pub use choice::OneChoice;
pub use integrity::Integrity;
pub use learned::LearnedIsChosen;
pub use patience::Patience;
pub use progress::EveryoneLearns;
pub use promises::Promises;
pub use questions::Questions;
pub use validity::Validity;

use squall_paxos::{Participant, Value};

/// The processes that these judges watch: all that use the messages and claims of a Synod.
pub trait Speaks:
    squall_process::Process<
        Op = squall_paxos::Op<Value>,
        Reply = squall_paxos::Reply<Value>,
        Claim = squall_paxos::Claim<Value>,
        Record = squall_paxos::Record<Value>,
    >
{
}

impl<P> Speaks for P where
    P: squall_process::Process<
            Op = <Participant<Value> as squall_process::Process>::Op,
            Reply = <Participant<Value> as squall_process::Process>::Reply,
            Claim = <Participant<Value> as squall_process::Process>::Claim,
            Record = <Participant<Value> as squall_process::Process>::Record,
        >
{
}

/// Two ballots have durable votes, and nothing is chosen yet.
const RIVAL_VOTES: &str = "two ballots accepted before a choice";
/// A value is chosen under a second ballot.
const CHOSEN_AGAIN: &str = "chosen under a second ballot";
/// A value is chosen while its proposer is down.
const CHOSEN_WITHOUT_PROPOSER: &str = "chosen while its proposer is down";
/// A server crashes with a record that is written but not synced.
const CRASH_BEFORE_SYNC: &str = "server crashed between write and sync";
/// A server learns again in a later incarnation.
const LEARNED_AGAIN: &str = "learned again after a restart";
/// A vote is in the minority for good, because another value is chosen.
const VOTE_IN_VAIN: &str = "vote for a value that was not chosen";

/// The marks that only an observer of all processes can decide.
pub(super) const MARKS: [&str; 6] = [
    RIVAL_VOTES,
    CHOSEN_AGAIN,
    CHOSEN_WITHOUT_PROPOSER,
    CRASH_BEFORE_SYNC,
    LEARNED_AGAIN,
    VOTE_IN_VAIN,
];
