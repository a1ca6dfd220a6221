//! The reference: what the entries that were applied make of the state, told again from the papers.
//!
//! Model: the first claim that a slot was applied says which entry is in it (that all others say
//! the same is a rule of its own). The reference applies it: sessions in order and once (RAFT-D
//! section
//! 6.3), expiry by logical time, epochs (PML section 5.3), guarded operations (PML section 5.6),
//! members. It shares the store with the code under test and nothing else. States of replicas are
//! held against it slot by slot, and configurations are read from it.

use smallvec::SmallVec;
use squall_paxos::log::{
    Asked, Change, Command, Content, Entry, Guard, LogTime, Member, Operation, SessionId, Settings,
    Slot,
};
use squall_paxos::{Ballot, ProcessSet, QuorumRule, Quorums};
use squall_process::{Instant, ProcessId, Span};

use crate::history::carry_out;
use crate::store::Store;

/// The members that govern a range of slots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Configuration {
    /// The slot of the entry that made them the members; 0 for the founders.
    pub(super) version: Slot,
    pub(super) voters: Vec<Member>,
    /// Those that are being added, and the member that each replaces.
    pub(super) learners: Vec<(Member, Option<ProcessId>)>,
    pub(super) quorums: Quorums,
}

impl Configuration {
    /// Returns the set of those of `members` that vote.
    pub(super) fn positions(&self, members: &[Member]) -> ProcessSet {
        let voters = self.voters.iter().enumerate();
        voters.filter(|(_, voter)| members.contains(voter)).map(|(place, _)| place).collect()
    }

    fn is_member(&self, process: ProcessId) -> bool {
        self.voters.iter().any(|voter| voter.process == process)
            || self.learners.iter().any(|(learner, _)| learner.process == process)
    }

    /// Returns the members that `change`, chosen in `slot`, makes of these; none if it does not
    /// fit.
    fn changed(&self, change: Change, slot: Slot) -> Option<Self> {
        let mut next = self.clone();
        next.version = slot;
        match change {
            Change::Add(process) => next.add(process, None, slot)?,
            Change::Replace { old, new } => {
                self.voters.iter().find(|voter| voter.process == old)?;
                next.add(new, Some(old), slot)?;
            }
            Change::Promote(process) => {
                let place = next.learners.iter().position(|(new, _)| new.process == process)?;
                let (member, replaces) = next.learners.remove(place);
                next.voters.retain(|voter| Some(voter.process) != replaces);
                next.voters.push(member);
            }
            Change::Remove(process) => {
                self.is_member(process).then_some(())?;
                next.voters.retain(|voter| voter.process != process);
                next.learners.retain(|(learner, _)| learner.process != process);
            }
        }
        let rule: QuorumRule = self.quorums.rule().clone();
        next.quorums = Quorums::new(rule, next.voters.len()).ok()?;
        Some(next)
    }

    fn add(&mut self, process: ProcessId, replaces: Option<ProcessId>, slot: Slot) -> Option<()> {
        let fits = process.is_server() && !self.is_member(process);
        fits.then(|| self.learners.push((Member { process, since: slot }, replaces)))
    }
}

/// A session, as entries make it.
#[derive(Clone, Debug)]
struct Session {
    id: SessionId,
    client: ProcessId,
    heard: LogTime,
    /// The number of its last operation that was applied.
    applied: u64,
}

/// What a replica must have after one slot.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) store: Store,
    /// Of each open session its name, its client, and the number of its last operation.
    pub(super) sessions: SmallVec<[(SessionId, ProcessId, u64); 4]>,
    pub(super) epoch: u64,
    pub(super) master: Option<Ballot>,
    /// The version of the members.
    pub(super) members: Slot,
    /// When this slot was first applied anywhere.
    pub(super) at: Instant,
    /// The event that shows it.
    pub(super) event: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Reference {
    silence: Span,
    sessions_max: usize,
    members_fixed: bool,
    configurations: Vec<Configuration>,
    sessions: SmallVec<[Session; 8]>,
    sessions_last: u64,
    time: LogTime,
    /// By slot, from 0.
    states: Vec<State>,
}

impl Reference {
    /// Returns the reference before the first entry.
    pub(super) fn new(settings: &Settings) -> Self {
        let founders = settings.founders();
        let founded = Configuration {
            version: Slot::ZERO,
            voters: founders.voters().to_vec(),
            learners: Vec::new(),
            quorums: founders.quorums().clone(),
        };
        let agreement = settings.agreement();
        let empty = State {
            store: Store::default(),
            sessions: SmallVec::new(),
            epoch: 0,
            master: None,
            members: Slot::ZERO,
            at: Instant::ZERO,
            event: 0,
        };
        Self {
            silence: agreement.session_silence,
            sessions_max: agreement.sessions_max,
            members_fixed: agreement.members_fixed,
            configurations: vec![founded],
            sessions: SmallVec::new(),
            sessions_last: 0,
            time: LogTime::default(),
            states: vec![empty],
        }
    }

    /// Returns the last slot that was applied anywhere.
    pub(super) fn applied(&self) -> Slot {
        Slot(self.states.len() as u64 - 1)
    }

    /// Returns what a replica must have after `slot`; none if no claim went so far.
    pub(super) fn state(&self, slot: Slot) -> Option<&State> {
        self.states.get(usize::try_from(slot.0).ok()?)
    }

    /// Returns the states after `slot` and all later ones, and their slots.
    pub(super) fn states_from(&self, slot: Slot) -> impl Iterator<Item = (Slot, &State)> {
        let first = usize::try_from(slot.0).unwrap_or(usize::MAX);
        let states = self.states.iter().enumerate().skip(first);
        states.map(|(place, state)| (Slot(place as u64), state))
    }

    /// Returns the last slot that was applied somewhere by `at`.
    pub(super) fn applied_by(&self, at: Instant) -> Slot {
        let count = self.states.partition_point(|state| state.at <= at);
        Slot(count.saturating_sub(1) as u64)
    }

    /// Returns the configuration that governs `slot`; none if it is not known yet.
    pub(super) fn governing(&self, slot: Slot) -> Option<&Configuration> {
        if slot > self.applied().next() {
            return None;
        }
        self.configurations.iter().rev().find(|configuration| configuration.version < slot)
    }

    /// Returns the configuration of this version.
    pub(super) fn configuration(&self, version: Slot) -> Option<&Configuration> {
        self.configurations.iter().find(|configuration| configuration.version == version)
    }

    /// Some server claims that it applied `entry` in `slot`. Does nothing unless it is the next.
    pub(super) fn apply(&mut self, slot: Slot, entry: &Entry<Store>, at: Instant, event: u64) {
        if slot != self.applied().next() {
            return;
        }
        let Some(before) = self.states.last() else { return };
        let mut state = State { at, event, ..before.clone() };
        self.time = self.time.max(entry.at);
        let (time, silence) = (self.time, self.silence);
        self.sessions.retain(|session| time <= session.heard.plus(silence));
        match &entry.content {
            Content::Noop | Content::Check { .. } => {}
            Content::Batch(commands) => {
                for command in commands {
                    self.command(command, &mut state);
                }
            }
            Content::Change { change, asked, .. } => {
                if asked.is_none_or(|asked| self.is_next(&asked)) && !self.members_fixed {
                    let newest = self.configurations.last();
                    let changed = newest.and_then(|members| members.changed(*change, slot));
                    self.configurations.extend(changed);
                }
            }
            Content::Lead(ballot) => {
                state.epoch += 1;
                state.master = Some(*ballot);
            }
        }
        let sessions = self.sessions.iter();
        state.sessions = sessions.map(|open| (open.id, open.client, open.applied)).collect();
        state.members = self.configurations.last().map_or(Slot::ZERO, |members| members.version);
        self.states.push(state);
    }

    fn command(&mut self, command: &Command<Store>, state: &mut State) {
        match command {
            Command::Read { .. } => {}
            Command::Own { operation, .. } => operate(state, operation),
            Command::Register(caller) => self.register(caller.client),
            Command::Apply { asked, operation } => {
                if self.is_next(asked) {
                    operate(state, operation);
                }
            }
        }
    }

    /// Opens a session. The one that was silent longest makes room.
    fn register(&mut self, client: ProcessId) {
        while self.sessions.len() >= self.sessions_max {
            let silent = self.sessions.iter().min_by_key(|open| (open.heard, open.id));
            let Some(silent) = silent.map(|open| open.id) else { break };
            self.sessions.retain(|open| open.id != silent);
        }
        self.sessions_last += 1;
        let id = SessionId(self.sessions_last);
        self.sessions.push(Session { id, client, heard: self.time, applied: 0 });
    }

    /// Whether what was asked is the next operation of an open session, which is then used up.
    fn is_next(&mut self, asked: &Asked) -> bool {
        let client = asked.caller.client;
        let mut open = self.sessions.iter_mut();
        let Some(session) = open.find(|open| (open.id, open.client) == (asked.session, client))
        else {
            return false;
        };
        session.heard = self.time;
        let is_next = asked.sequence == session.applied + 1;
        session.applied += u64::from(is_next);
        is_next
    }
}

/// Carries `operation` out on `state`.
fn operate(state: &mut State, operation: &Operation<Store>) {
    if let Operation::Guarded(guarded) = operation
        && guarded.guards.contains(&Guard::Epoch(state.epoch))
    {
        // The other guards decide.
        let mut rest = guarded.clone();
        rest.guards.retain(|guard| *guard != Guard::Epoch(state.epoch));
        carry_out(&mut state.store, &Operation::Guarded(rest));
        return;
    }
    carry_out(&mut state.store, operation);
}
