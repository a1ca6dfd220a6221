//! The master: the volatile part of the server that leads the log (CHUBBY sections 2.2 and 2.5 to
//! 2.9).
//!
//! Model: a master lives from the moment its server begins to lead until it leads no more, and
//! nothing of it outlives that: leases, handles, who caches what, and events are not replicated.
//! It goes through nine [stages](Stage). It answers from the database while it holds the master
//! lease and not otherwise. What changes the database it proposes to the log, under its epoch; in a
//! later epoch such a proposal does nothing.

mod caching;
mod calls;
mod changes;
mod handles;
mod leases;
mod lessee;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use squall_paxos::Ballot;
use squall_paxos::log::LogTime;
use squall_process::{Context, Instant, OpId, ProcessId, Span};

use crate::database::{Command, Database, Owner, SessionId};
use crate::marks;
use crate::message::{Message, Notice};
use crate::participant::{Claim, Participant, Timer};
use crate::{Path, Settings};

use caching::Caching;
use changes::Pending;
use lessee::Lessee;
pub use stage::Stage;

/// What a master sees and uses in one step.
pub(crate) struct Desk<'a, 'c> {
    pub(crate) context: &'a mut Context<'c, Participant>,
    pub(crate) settings: &'a Settings,
    pub(crate) database: &'a Database,
    /// The logical time of the last entry that was applied.
    pub(crate) at: LogTime,
    /// The epoch of the database, if it is that of this server.
    pub(crate) epoch: Option<u64>,
    /// The master lease holds at this moment.
    pub(crate) leased: bool,
}

impl Desk<'_, '_> {
    pub(crate) fn now(&self) -> Instant {
        self.context.now()
    }
}

/// A master.
#[derive(Clone, Debug)]
pub(crate) struct Master {
    ballot: Ballot,
    epoch: u64,
    stage: Stage,
    lessees: BTreeMap<SessionId, Lessee>,
    caching: Caching,
    /// The handles that are open on each node.
    open: BTreeMap<Path, BTreeSet<Owner>>,
    /// Changes that wait for invalidations.
    pending: Vec<Pending>,
    /// Changes that are proposed to the log.
    under_way: BTreeMap<OpId, Pending>,
    /// For the log, in this order.
    proposals: Vec<Proposal>,
    next: u64,
}

/// A command on its way to the log.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) op: OpId,
    pub(crate) epoch: u64,
    pub(crate) command: Command,
}

impl Master {
    /// A server begins to lead under `ballot`. Its proposals are numbered from `next`, which no
    /// other master of this process uses.
    pub(crate) fn new(ballot: Ballot, next: u64) -> Self {
        Self {
            ballot,
            epoch: 0,
            stage: Stage::Epoch,
            lessees: BTreeMap::new(),
            caching: Caching::default(),
            open: BTreeMap::new(),
            pending: Vec::new(),
            under_way: BTreeMap::new(),
            proposals: Vec::new(),
            next,
        }
    }

    pub(crate) const fn ballot(&self) -> Ballot {
        self.ballot
    }

    pub(crate) const fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) const fn next_op(&self) -> u64 {
        self.next
    }

    pub(crate) fn take_proposals(&mut self) -> Vec<Proposal> {
        std::mem::take(&mut self.proposals)
    }

    /// Goes on to the next stages, as far as they are complete.
    pub(crate) fn advance(&mut self, desk: &mut Desk<'_, '_>) {
        loop {
            let next = match self.stage {
                Stage::Epoch => {
                    let Some(epoch) = desk.epoch else { return };
                    self.epoch = epoch;
                    Stage::Location
                }
                Stage::Location if desk.leased => Stage::Rebuild,
                Stage::Rebuild => {
                    self.rebuild(desk);
                    Stage::KeepAlives
                }
                Stage::KeepAlives => Stage::FailOverEvent,
                Stage::FailOverEvent => {
                    let sessions: Vec<SessionId> = self.lessees.keys().copied().collect();
                    for session in sessions {
                        self.notify(session, Notice::FailedOver, desk);
                    }
                    Stage::Acknowledgements
                }
                Stage::Acknowledgements if self.lessees.values().all(|one| one.aware) => {
                    Stage::AllCalls
                }
                Stage::AllCalls => {
                    self.arm_wake(desk);
                    let after = desk.settings.timing().ephemeral_grace;
                    desk.context.set_timer(Timer::Ephemerals, after);
                    Stage::Handles
                }
                Stage::Location | Stage::Acknowledgements | Stage::Handles | Stage::Ephemerals => {
                    return;
                }
            };
            self.enter(next, desk);
        }
    }

    fn enter(&mut self, stage: Stage, desk: &mut Desk<'_, '_>) {
        self.stage = stage;
        desk.context.claim(Claim::Stage { epoch: self.epoch, stage });
    }

    /// Stage 3: sessions as the database has them, with the longest leases that may be out there.
    fn rebuild(&mut self, desk: &mut Desk<'_, '_>) {
        let lease_end = desk.now() + desk.settings.timing().lease_max;
        for (session, client) in desk.database.sessions() {
            self.lessees.insert(session, Lessee::inherited(client, lease_end));
        }
        let sessions: Vec<SessionId> = self.lessees.keys().copied().collect();
        for session in sessions {
            self.arm_lease(session, desk);
        }
    }

    /// Stage 9: ephemeral nodes that no client has open.
    pub(crate) fn on_ephemerals(&mut self, desk: &mut Desk<'_, '_>) {
        if self.stage == Stage::Handles {
            self.enter(Stage::Ephemerals, desk);
            let nodes: Vec<Path> = desk.database.ephemerals().map(|node| node.path).collect();
            for path in nodes {
                self.remove_if_unused(&path, desk);
            }
        }
    }

    /// A message that is not of the log.
    pub(crate) fn on_message(
        &mut self,
        from: ProcessId,
        message: Message,
        desk: &mut Desk<'_, '_>,
    ) {
        if self.stage < Stage::Location {
            return;
        }
        let me = desk.context.id();
        match message {
            Message::Locate => desk.context.send(from, Message::Master(Some(me))),
            // Whatever is answered below is answered from the database.
            _ if !desk.leased => desk.context.reach(marks::NO_MASTER_LEASE),
            Message::OpenSession { nonce, sent } if self.stage.answers_calls() => {
                self.on_open_session(from, nonce, sent, desk);
            }
            Message::KeepAlive { session, epoch, number, sent }
                if self.stage.answers_keep_alives()
                    && self.is_known(from, session, epoch, desk) =>
            {
                self.on_keep_alive(session, number, sent, desk);
            }
            Message::Call { session, epoch, number, guard, call }
                if self.stage.answers_calls() && self.is_known(from, session, epoch, desk) =>
            {
                self.on_call(session, number, guard, call, desk);
            }
            Message::CloseSession(session) if self.stage.answers_calls() => {
                self.on_close_session(from, session, desk);
            }
            _ => {}
        }
    }

    /// Whether `session` is one of ours, of this client, and knows our epoch. Tells it otherwise.
    fn is_known(
        &self,
        from: ProcessId,
        session: SessionId,
        epoch: u64,
        desk: &mut Desk<'_, '_>,
    ) -> bool {
        let Some(lessee) = self.lessees.get(&session).filter(|one| one.client == from) else {
            // Our state is the latest: the session is not there, unless it is being opened.
            desk.context.send(from, Message::NoSession(session));
            return false;
        };
        if epoch < self.epoch {
            desk.context.reach(marks::OLD_EPOCH);
            desk.context.send(from, Message::NewEpoch { session, epoch: self.epoch });
        }
        epoch == self.epoch && !lessee.ending
    }

    /// Sets the timer that ends the first lock-delay.
    fn arm_wake(&self, desk: &mut Desk<'_, '_>) {
        if let Some((until, _)) = desk.database.first_delay() {
            let after = until.0 - desk.at.0;
            desk.context.set_timer(Timer::Wake, after.max(Span::from_nanos(1)));
        }
    }
}
