//! The ledger: the choice, computed only from the durable votes of the acceptors and not from
//! claims.

use std::sync::Arc;

use smallvec::SmallVec;
use squall_paxos::{Configuration, ProcessSet, Value, Vote};
use squall_process::ProcessId;

/// The durable votes of a cluster, ballot by ballot, and what follows from them.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    configuration: Arc<Configuration>,
    /// In increasing order of ballots. Two proposers that duel forever begin thousands of ballots.
    votes: SmallVec<[Votes; 4]>,
    /// The index of the vote that was entered last. The next vote is often for the same value.
    latest: usize,
    chosen: Option<Choice>,
}

/// The durable votes for one value under one ballot.
#[derive(Clone, Debug)]
struct Votes {
    vote: Vote<Value>,
    voters: ProcessSet,
    is_chosen: bool,
}

/// The first vote that a phase-2 quorum had made durable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) vote: Vote<Value>,
    /// The event that completed the quorum.
    pub(super) event: u64,
}

/// What a durable vote changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    /// No choice.
    None,
    /// The first choice.
    Chosen,
    /// A choice under another ballot than the first.
    ChosenAgain,
}

impl Ledger {
    pub(super) fn new(configuration: &Arc<Configuration>) -> Self {
        let configuration = Arc::clone(configuration);
        Self { configuration, votes: SmallVec::new(), latest: 0, chosen: None }
    }

    /// Enters the vote `vote` of `acceptor`, which the event `event` shows to be durable.
    pub(super) fn enter(&mut self, acceptor: ProcessId, vote: Vote<Value>, event: u64) -> Change {
        let Some(position) = self.configuration.position(acceptor) else { return Change::None };
        if self.votes.get(self.latest).is_none_or(|votes| votes.vote != vote) {
            self.latest = self.open(vote);
        }
        let votes = &mut self.votes[self.latest];
        votes.voters.insert(position);
        if votes.is_chosen || !self.configuration.quorums().is_phase2(votes.voters) {
            return Change::None;
        }
        votes.is_chosen = true;
        if self.chosen.is_some() {
            return Change::ChosenAgain;
        }
        self.chosen = Some(Choice { vote, event });
        Change::Chosen
    }

    /// Returns the index of the votes for `vote`. There are none yet for the first one.
    #[inline(never)]
    fn open(&mut self, vote: Vote<Value>) -> usize {
        let ballot = self.votes.partition_point(|votes| votes.vote.ballot < vote.ballot);
        let others = self.votes[ballot..].iter().map(|votes| votes.vote);
        let differs = |other: &Vote<Value>| other.ballot == vote.ballot && *other != vote;
        let place = ballot + others.take_while(differs).count();
        if self.votes.get(place).is_none_or(|votes| votes.vote != vote) {
            let votes = Votes { vote, voters: ProcessSet::EMPTY, is_chosen: false };
            self.votes.insert(place, votes);
        }
        place
    }

    /// Returns the first choice.
    pub(super) fn chosen(&self) -> Option<Choice> {
        self.chosen
    }

    /// Returns whether `value` was chosen under some ballot.
    pub(super) fn is_chosen(&self, value: Value) -> bool {
        self.votes.iter().any(|votes| votes.is_chosen && votes.vote.value == value)
    }

    /// Returns the number of ballots with votes.
    pub(super) fn ballots(&self) -> usize {
        self.votes.len()
    }

    /// Returns whether any vote is for another value than `value`.
    pub(super) fn has_votes_against(&self, value: Value) -> bool {
        self.votes.iter().any(|votes| votes.vote.value != value)
    }
}
