//! Members and their changes (requirements M17, M18, M22, M24).
//!
//! Model: a configuration is chosen in a slot and governs all slots after it, until the next one.
//! A leader proposes nothing after a change before the change is applied; then it runs phase 1
//! again, with its ballot, among the members that the change made. Votes are tagged with the
//! configuration under which they were asked for, and a slot is chosen by votes of its own
//! configuration alone. So the instances of one configuration are sealed by the change that ends
//! it, as by a stop-sign (OmniPaxos), and any set of members may follow any other.
//!
//! A member is a name and the slot of the entry that added it, so an identity is never used again,
//! while a name may be. The entry that adds a member names the disk that it was added with: a
//! server whose disk was lost has another one, and is not that member any more.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use squall_process::ProcessId;

use crate::log::Slot;
use crate::{ProcessSet, QuorumError, QuorumRule, Quorums};

/// The identity of a disk: drawn at random when the disk is first used, and kept on it. 0 for the
/// first disks of the members that a cluster is founded with.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct DiskId(pub u64);

/// An identity that is never used twice: a name and the slot of the entry that added it.
///
/// Prints as `n3` for a founder and as `n3@17` for a server that slot 17 added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The server.
    pub process: ProcessId,
    /// The slot of the entry that added it; 0 for a founder.
    pub since: Slot,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.since {
            Slot::ZERO => self.process.fmt(f),
            Slot(slot) => write!(f, "{}@{slot}", self.process),
        }
    }
}

/// A server that is being added: it receives the log and has no vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Learner {
    /// Its identity.
    pub member: Member,
    /// The disk that it was added with.
    pub disk: DiskId,
    /// The member that it takes the place of.
    pub replaces: Option<ProcessId>,
}

/// The members that govern a range of slots.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Members {
    /// The slot of the entry that made them the members; 0 for the founders.
    version: Slot,
    voters: Vec<Member>,
    learners: Vec<Learner>,
    /// The disk that each voter was added with, by position.
    disks: Vec<DiskId>,
    quorums: Quorums,
}

/// A change of the members. Prints and parses as `add n4`, `promote n4`, `remove n2`, `replace n2
/// n4`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Adds a server without a vote; the leader promotes it when it has caught up.
    Add(ProcessId),
    /// Gives a server that was added a vote, and takes that of the one that it replaces.
    Promote(ProcessId),
    /// Removes a server.
    Remove(ProcessId),
    /// Adds a server that takes the place of another when it is promoted.
    Replace {
        /// The server that leaves.
        old: ProcessId,
        /// The server that comes.
        new: ProcessId,
    },
}

/// Why a set of members or a change of it is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum MembersError {
    /// The quorum rule does not fit the number of members, or is not safe.
    Quorums(QuorumError),
    /// A client cannot be a member.
    Client(ProcessId),
    /// The server is a member already, or is listed twice.
    Twice(ProcessId),
    /// The server is not a member.
    Unknown(ProcessId),
    /// The server has no vote to give or take: it is not being added.
    NotLearner(ProcessId),
    /// The last member cannot be removed.
    Last,
    /// The members of this cluster never change.
    Fixed,
}

impl Members {
    /// Returns the founders of a cluster.
    ///
    /// # Errors
    ///
    /// If there are none, more than 64, one is listed twice or is a client, or the rule does not
    /// fit them or is not safe.
    pub fn founders(processes: &[ProcessId], rule: QuorumRule) -> Result<Self, MembersError> {
        let quorums = Quorums::new(rule, processes.len()).map_err(MembersError::Quorums)?;
        for (index, process) in processes.iter().enumerate() {
            if process.is_client() {
                return Err(MembersError::Client(*process));
            }
            if processes[..index].contains(process) {
                return Err(MembersError::Twice(*process));
            }
        }
        let member = |process: &ProcessId| Member { process: *process, since: Slot::ZERO };
        let voters = processes.iter().map(member).collect();
        let disks = vec![DiskId::default(); processes.len()];
        Ok(Self { version: Slot::ZERO, voters, learners: Vec::new(), disks, quorums })
    }

    /// Returns the slot of the entry that made them the members: they govern from the next slot.
    #[must_use]
    pub const fn version(&self) -> Slot {
        self.version
    }

    /// Returns the members with a vote, by position.
    #[must_use]
    pub fn voters(&self) -> &[Member] {
        &self.voters
    }

    /// Returns the servers that are being added.
    #[must_use]
    pub fn learners(&self) -> &[Learner] {
        &self.learners
    }

    /// Returns the quorums of the voters.
    #[must_use]
    pub const fn quorums(&self) -> &Quorums {
        &self.quorums
    }

    /// Returns the position of `member` among the voters. A former life of a voter has none.
    #[must_use]
    pub fn position(&self, member: Member) -> Option<usize> {
        self.voters.iter().position(|voter| *voter == member)
    }

    /// Returns the voter called `process`.
    #[must_use]
    pub fn voter(&self, process: ProcessId) -> Option<Member> {
        self.voters.iter().copied().find(|voter| voter.process == process)
    }

    /// Returns the server called `process` if it is being added.
    #[must_use]
    pub fn learner(&self, process: ProcessId) -> Option<Learner> {
        self.learners.iter().copied().find(|learner| learner.member.process == process)
    }

    /// Returns the member that `process` is with `disk`; none if it was added with another disk.
    #[must_use]
    pub fn member_with_disk(&self, process: ProcessId, disk: DiskId) -> Option<Member> {
        let voters = self.voters.iter().copied().zip(self.disks.iter().copied());
        let learners = self.learners.iter().map(|learner| (learner.member, learner.disk));
        voters
            .chain(learners)
            .find(|(member, added)| member.process == process && *added == disk)
            .map(|(member, _)| member)
    }

    /// Returns voters and learners.
    pub fn all(&self) -> impl Iterator<Item = Member> {
        self.voters.iter().copied().chain(self.learners.iter().map(|learner| learner.member))
    }

    /// Returns the number of further voters that may fail while those outside `failed` can still
    /// choose, for the worst choice of failures (M24). None if they cannot choose now.
    #[must_use]
    pub fn tolerance(&self, failed: ProcessSet) -> Option<usize> {
        let live: Vec<usize> =
            (0..self.voters.len()).filter(|position| !failed.contains(*position)).collect();
        let enough = |set: ProcessSet| self.quorums.is_phase1(set) && self.quorums.is_phase2(set);
        if !enough(live.iter().copied().collect()) {
            return None;
        }
        (1..=live.len()).find(|count| !every_rest(&live, *count, &enough)).map(|count| count - 1)
    }

    /// Returns the members that `change`, chosen in `slot`, makes of these.
    ///
    /// # Errors
    ///
    /// If it speaks of a server that it does not fit, or leaves members without safe quorums.
    pub fn changed(&self, change: Change, disk: DiskId, slot: Slot) -> Result<Self, MembersError> {
        let mut next = self.clone();
        next.version = slot;
        match change {
            Change::Add(process) => next.add(process, disk, None)?,
            Change::Replace { old, new } => {
                self.voter(old).ok_or(MembersError::Unknown(old))?;
                next.add(new, disk, Some(old))?;
            }
            Change::Promote(process) => next.promote(process)?,
            Change::Remove(process) => {
                if self.all().all(|member| member.process != process) {
                    return Err(MembersError::Unknown(process));
                }
                next.drop_voter(process);
                next.learners.retain(|learner| learner.member.process != process);
            }
        }
        if next.voters.is_empty() {
            return Err(MembersError::Last);
        }
        let rule = self.quorums.rule().clone();
        next.quorums = Quorums::new(rule, next.voters.len()).map_err(MembersError::Quorums)?;
        Ok(next)
    }

    fn add(
        &mut self,
        process: ProcessId,
        disk: DiskId,
        replaces: Option<ProcessId>,
    ) -> Result<(), MembersError> {
        if process.is_client() {
            return Err(MembersError::Client(process));
        }
        if self.all().any(|member| member.process == process) {
            return Err(MembersError::Twice(process));
        }
        let member = Member { process, since: self.version };
        self.learners.push(Learner { member, disk, replaces });
        Ok(())
    }

    fn promote(&mut self, process: ProcessId) -> Result<(), MembersError> {
        let learner = self.learner(process).ok_or(MembersError::NotLearner(process))?;
        self.learners.retain(|other| *other != learner);
        if let Some(old) = learner.replaces {
            self.drop_voter(old);
        }
        self.voters.push(learner.member);
        self.disks.push(learner.disk);
        Ok(())
    }

    fn drop_voter(&mut self, process: ProcessId) {
        if let Some(position) = self.voters.iter().position(|voter| voter.process == process) {
            self.voters.remove(position);
            self.disks.remove(position);
        }
    }
}

/// Whether the rest is enough whichever `count` of `live` are left out.
fn every_rest(live: &[usize], count: usize, enough: &dyn Fn(ProcessSet) -> bool) -> bool {
    if count == 0 {
        return enough(live.iter().copied().collect());
    }
    (0..live.len()).all(|out| {
        let rest: Vec<usize> =
            live.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, p)| *p).collect();
        every_rest(&rest, count - 1, enough)
    })
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, voter) in self.voters.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{voter}")?;
        }
        self.learners.iter().try_for_each(|learner| write!(f, " +{}", learner.member))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(process) => write!(f, "add {process}"),
            Self::Promote(process) => write!(f, "promote {process}"),
            Self::Remove(process) => write!(f, "remove {process}"),
            Self::Replace { old, new } => write!(f, "replace {old} {new}"),
        }
    }
}

/// A text that is no change of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseChangeError;

impl fmt::Display for ParseChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected add n4, promote n4, remove n2 or replace n2 n4")
    }
}

impl std::error::Error for ParseChangeError {}

impl FromStr for Change {
    type Err = ParseChangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = |word: &str| word.parse::<ProcessId>().map_err(|_| ParseChangeError);
        match text.split(' ').collect::<Vec<_>>().as_slice() {
            ["add", process] => name(process).map(Self::Add),
            ["promote", process] => name(process).map(Self::Promote),
            ["remove", process] => name(process).map(Self::Remove),
            ["replace", old, new] => Ok(Self::Replace { old: name(old)?, new: name(new)? }),
            _ => Err(ParseChangeError),
        }
    }
}

impl fmt::Display for MembersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quorums(error) => error.fmt(f),
            Self::Client(process) => write!(f, "{process} is a client"),
            Self::Twice(process) => write!(f, "{process} is a member already"),
            Self::Unknown(process) => write!(f, "{process} is not a member"),
            Self::NotLearner(process) => write!(f, "{process} is not being added"),
            Self::Last => f.write_str("the last member cannot be removed"),
            Self::Fixed => f.write_str("the members never change"),
        }
    }
}

impl std::error::Error for MembersError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u32) -> ProcessId {
        ProcessId::server(number)
    }

    fn founders(count: u32) -> Members {
        let processes: Vec<ProcessId> = (1..=count).map(n).collect();
        Members::founders(&processes, QuorumRule::Majority).unwrap()
    }

    fn changed(members: &Members, text: &str, slot: u64) -> Result<Members, MembersError> {
        members.changed(text.parse().unwrap(), DiskId(slot), Slot(slot))
    }

    #[test]
    fn founders_without_safe_quorums_are_refused() {
        let none = MembersError::Quorums(QuorumError::Acceptors { count: 0 });
        assert_eq!(Members::founders(&[], QuorumRule::Majority), Err(none));
        let twice = Members::founders(&[n(1), n(2), n(1)], QuorumRule::Majority);
        assert_eq!(twice, Err(MembersError::Twice(n(1))));
        let client = ProcessId::client(1);
        let error = Members::founders(&[n(1), client], QuorumRule::Majority);
        assert_eq!(error, Err(MembersError::Client(client)));
        let apart = QuorumRule::Counted { phase1: 1, phase2: 2 };
        let error = Members::founders(&[n(1), n(2), n(3)], apart).unwrap_err();
        assert!(matches!(error, MembersError::Quorums(QuorumError::Disjoint { .. })));
    }

    #[test]
    fn a_name_comes_back_as_another_member() {
        let members = changed(&founders(3), "remove n3", 10).unwrap();
        let members = changed(&members, "add n3", 17).unwrap();
        assert_eq!(members.to_string(), "n1 n2 +n3@17");
        let members = changed(&members, "promote n3", 20).unwrap();
        assert_eq!(members.to_string(), "n1 n2 n3@17");
        assert_eq!(members.position(Member { process: n(3), since: Slot::ZERO }), None);
        assert_eq!(members.version(), Slot(20));
    }

    #[test]
    fn a_replacement_takes_the_place_when_it_is_promoted() {
        let members = changed(&founders(3), "replace n2 n4", 5).unwrap();
        assert_eq!(members.to_string(), "n1 n2 n3 +n4@5");
        let members = changed(&members, "promote n4", 9).unwrap();
        assert_eq!(members.to_string(), "n1 n3 n4@5");
    }

    #[test]
    fn changes_that_fit_nobody_say_why() {
        let members = founders(1);
        assert_eq!(changed(&members, "remove n2", 1), Err(MembersError::Unknown(n(2))));
        assert_eq!(changed(&members, "remove n1", 1), Err(MembersError::Last));
        assert_eq!(changed(&members, "add n1", 1), Err(MembersError::Twice(n(1))));
        assert_eq!(changed(&members, "promote n2", 1), Err(MembersError::NotLearner(n(2))));
        assert_eq!(changed(&members, "replace n2 n3", 1), Err(MembersError::Unknown(n(2))));
        let counted = QuorumRule::Counted { phase1: 2, phase2: 2 };
        let members = Members::founders(&[n(1), n(2), n(3)], counted).unwrap();
        let members = changed(&members, "add n4", 1).unwrap();
        let error = changed(&members, "promote n4", 2).unwrap_err();
        assert!(matches!(error, MembersError::Quorums(QuorumError::Disjoint { .. })));
    }

    #[test]
    fn tolerance_counts_down_as_voters_fail() {
        let members = founders(5);
        let failed = |count: usize| ProcessSet::first(count);
        let left: Vec<_> = (0..=3).map(|count| members.tolerance(failed(count))).collect();
        assert_eq!(left, [Some(2), Some(1), Some(0), None]);
        assert_eq!(founders(1).tolerance(failed(0)), Some(0));
    }

    #[test]
    fn changes_print_as_they_parse() {
        for text in ["add n4", "promote n4", "remove n2", "replace n2 n4"] {
            assert_eq!(text.parse::<Change>().unwrap().to_string(), text);
        }
        for text in ["", "add", "add x", "remove n1 n2", "replace n1"] {
            assert_eq!(text.parse::<Change>(), Err(ParseChangeError), "{text}");
        }
    }
}
