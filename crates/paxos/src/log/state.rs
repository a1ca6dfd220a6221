//! What is replicated: the state machine, and what the log itself keeps beside it.
//!
//! Model: a function of the entries alone. Everything here is in every snapshot and in every
//! digest, so replicas that differ in a session or in a member are as much noticed as those that
//! differ in the state machine.

use serde::{Deserialize, Serialize};
use squall_process::Span;

use crate::Ballot;
use crate::log::digest::digest_of;
use crate::log::message::{Answer, Reply};
use crate::log::sessions::{Sessions, Verdict};
use crate::log::{
    Agreement, Asked, Caller, Command, Content, Entry, Guard, Guarded, LogTime, Members,
    MembersError, Operation, Serializable, Slot, StateMachine,
};

/// The state that all replicas have after the same slot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "S: Serializable")]
pub struct Replicated<S: StateMachine> {
    /// The state machine. It travels in parts, beside the rest.
    #[serde(skip)]
    pub machine: S,
    /// The members that govern the next slot.
    pub members: Members,
    /// The sessions of clients.
    pub sessions: Sessions<S>,
    /// The epoch: how often a leader began to lead.
    pub epoch: u64,
    /// The ballot of the leader that began it.
    pub master: Option<Ballot>,
    /// The logical time.
    pub at: LogTime,
    /// The last comparison of states, and the digest before it.
    pub compared: (Slot, u64),
}

/// What an entry did, beside changing the state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Applied {
    /// The members are others now.
    pub(crate) members_changed: bool,
    /// The entry named another digest than this replica had at the same slot.
    pub(crate) diverged: bool,
    /// Sessions expired.
    pub(crate) expired: bool,
}

impl<S: StateMachine> Replicated<S> {
    /// Returns the state before the first entry.
    pub(crate) fn new(members: Members) -> Self {
        Self {
            machine: S::default(),
            members,
            sessions: Sessions::default(),
            epoch: 0,
            master: None,
            at: LogTime(Span::ZERO),
            compared: (Slot::ZERO, 0),
        }
    }

    /// Returns a digest of all of it.
    pub(crate) fn digest(&self) -> u64 {
        let beside = (&self.members, &self.sessions, self.epoch, self.master, self.at);
        digest_of(&(self.machine.digest(), beside, self.compared))
    }

    /// Applies `entry` of `slot`. Answers go to `tell`.
    pub(crate) fn apply(
        &mut self,
        slot: Slot,
        entry: &Entry<S>,
        agreement: &Agreement,
        tell: &mut dyn FnMut(Caller, Answer<S>),
    ) -> Applied {
        self.at = self.at.max(entry.at);
        let expired = self.sessions.expire(self.at, agreement);
        let mut applied = Applied { members_changed: false, diverged: false, expired };
        match &entry.content {
            Content::Noop => {}
            Content::Batch(commands) => {
                for command in commands {
                    self.command(command, agreement, tell);
                }
            }
            Content::Change { change, disk, asked } => {
                let changed = |state: &mut Self| {
                    if agreement.members_fixed {
                        return Reply::NotChanged(MembersError::Fixed);
                    }
                    match state.members.changed(*change, *disk, slot) {
                        Ok(members) => {
                            state.members = members;
                            Reply::Changed
                        }
                        Err(error) => Reply::NotChanged(error),
                    }
                };
                match asked {
                    Some(asked) => self.once(asked, tell, changed),
                    None => {
                        changed(self);
                    }
                }
                applied.members_changed = self.members.version() == slot;
            }
            Content::Lead(ballot) => {
                self.epoch += 1;
                self.master = Some(*ballot);
            }
            Content::Check { slot: compared, digest } => {
                applied.diverged = self.compared.0 == *compared && self.compared.1 != *digest;
                let digest = self.digest();
                self.compared = (slot, digest);
            }
        }
        applied
    }

    fn command(
        &mut self,
        command: &Command<S>,
        agreement: &Agreement,
        tell: &mut dyn FnMut(Caller, Answer<S>),
    ) {
        match command {
            Command::Register(caller) => {
                let session = self.sessions.register(caller.client, self.at, agreement);
                tell(*caller, Answer::Registered(session));
            }
            Command::Read { caller, query } => {
                tell(*caller, Answer::Done(Reply::One(self.machine.query(query))));
            }
            Command::Own { caller, operation } => {
                tell(*caller, Answer::Done(self.operate(operation)));
            }
            Command::Apply { asked, operation } => {
                self.once(asked, tell, |state| state.operate(operation));
            }
        }
    }

    /// Does something exactly once for the session that asked.
    fn once(
        &mut self,
        asked: &Asked,
        tell: &mut dyn FnMut(Caller, Answer<S>),
        action: impl FnOnce(&mut Self) -> Reply<S>,
    ) {
        let answer = match self.sessions.judge(asked, self.at) {
            Verdict::Apply => {
                let reply = action(self);
                self.sessions.record(asked, reply.clone());
                Answer::Done(reply)
            }
            Verdict::Repeated(reply) => Answer::Done(reply),
            Verdict::Acknowledged => return,
            Verdict::OutOfOrder => Answer::OutOfOrder,
            Verdict::Unknown => Answer::NoSession,
        };
        tell(asked.caller, answer);
    }

    fn operate(&mut self, operation: &Operation<S>) -> Reply<S> {
        match operation {
            Operation::One(command) => Reply::One(self.machine.apply(command, self.at)),
            Operation::Guarded(guarded) => self.guarded(guarded),
        }
    }

    /// A guarded multi-operation (PML section 5.6). A guard that fails is a read at this slot.
    fn guarded(&mut self, guarded: &Guarded<S>) -> Reply<S> {
        let held = guarded.guards.iter().all(|guard| match guard {
            Guard::Answers { query, reply } => self.machine.query(query) == *reply,
            Guard::Epoch(epoch) => self.epoch == *epoch,
        });
        let commands = if held { &guarded.then } else { &guarded.otherwise };
        let replies = commands.iter().map(|command| self.machine.apply(command, self.at)).collect();
        Reply::Guarded { held, replies }
    }
}
