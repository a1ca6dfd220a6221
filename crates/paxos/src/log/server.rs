//! A server: an acceptor, a replica, and a leader if it is elected, under one name and on one disk.
//!
//! Model: the roles know nothing of one another. The server opens envelopes, hands each message to
//! the role that it is for, and carries what one role found out to the others.
//!
//! Its identity is kept on its disk: the disk was drawn a number when it was first used, and the
//! entry that adds the server names that number. A server whose disk is empty though it ran before,
//! or is not its own, has no identity: it receives the log, and votes when it is added anew.
//!
//! Its disk: a refused write is a request that was lost. After a failed sync the server stops and
//! starts again from what is really there.

use std::collections::VecDeque;
use std::sync::Arc;

use squall_process::{Context, Disk, Input, Instant, ProcessId, RecordNumber};

use crate::identity::incarnation_of;
use crate::log::acceptor::Acceptor;
use crate::log::catch_up::{CatchUp, stranger};
use crate::log::election::{Election, Standing};
use crate::log::leader::Leader;
use crate::log::message::{Body, Message};
use crate::log::outbox::{Journal, Outbox, Seat};
use crate::log::participant::{Claim, Participant, Timer};
use crate::log::reader::Asker;
use crate::log::record::{Fact, Record, Recovered};
use crate::log::replica::{Kept, Outcome, Replica};
use crate::log::snapshot::Snapshot;
use crate::log::state::Replicated;
use crate::log::{DiskId, Entry, Member, Pvalue, Settings, Slot, StateMachine, marks};
use crate::{Ballot, ClusterId, ProcessSet};

/// A server of a cluster.
#[derive(Clone, Debug)]
pub struct Server<S: StateMachine> {
    settings: Arc<Settings>,
    incarnation: u32,
    halted: bool,
    own: VecDeque<Body<S>>,
    journal: Journal,
    roles: Roles<S>,
}

/// What a server consists of, apart from what it is set up with.
#[derive(Clone, Debug)]
pub(crate) struct Roles<S: StateMachine> {
    /// Which member this is; none if it is not one.
    pub(crate) since: Option<Slot>,
    pub(crate) disk: DiskId,
    /// The last record that was read at boot, or the identity that was written then, until it is
    /// known to be durable.
    read: Option<RecordNumber>,
    /// The record of the identity, until it is known to be durable.
    identity: Option<RecordNumber>,
    lost: bool,
    diverged: bool,
    /// The last commit notice, for slots whose votes are not durable yet.
    pub(crate) commit: Option<(Ballot, Slot)>,
    pub(crate) acceptor: Acceptor<S>,
    pub(crate) replica: Replica<S>,
    pub(crate) leader: Leader<S>,
    pub(crate) election: Election,
    pub(crate) asker: Asker<S>,
    pub(crate) catch_up: CatchUp<S>,
}

impl<S: StateMachine> Server<S> {
    /// Returns a server that was not started yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        let roles = Roles::new(&settings, 0);
        Self {
            settings,
            incarnation: 0,
            halted: false,
            own: VecDeque::new(),
            journal: Journal::new(),
            roles,
        }
    }

    /// Returns the replicated state.
    #[must_use]
    pub const fn state(&self) -> &Replicated<S> {
        self.roles.replica.state()
    }

    /// Returns the last slot that was applied.
    #[must_use]
    pub const fn applied(&self) -> Slot {
        self.roles.replica.applied()
    }

    /// Returns a digest of the replicated state.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.roles.replica.state().digest()
    }

    /// Returns which member this is; none if it is not one.
    #[must_use]
    pub const fn since(&self) -> Option<Slot> {
        self.roles.since
    }

    /// Returns the highest ballot that its acceptor promised, durably.
    #[must_use]
    pub const fn promised(&self) -> Option<Ballot> {
        self.roles.acceptor.promised()
    }

    /// Returns the vote of its acceptor in `slot`, durably.
    #[must_use]
    pub fn vote(&self, slot: Slot) -> Option<&Pvalue<S>> {
        self.roles.acceptor.vote(slot)
    }

    /// Returns the ballot under which it leads.
    #[must_use]
    pub fn leads(&self) -> Option<Ballot> {
        self.roles.leader.ballot().filter(|_| self.roles.leader.is_leading())
    }

    /// Returns whether it leads, knows all that was decided before it began to, and the members are
    /// not about to change. Its epoch is then that of the state.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.roles.leader.is_settled(self.roles.replica.applied())
    }

    /// Returns until when it believes in its master lease, by its own clock. While it does and is
    /// [settled](Self::is_settled), no other server leads, and its state is the latest.
    #[must_use]
    pub const fn lease_until(&self) -> Option<Instant> {
        self.roles.leader.rounds.lease.until()
    }

    /// Returns the server that leads, as far as this one knows.
    #[must_use]
    pub fn leader(&self) -> Option<ProcessId> {
        self.roles.election.leader().map(Ballot::proposer)
    }

    /// Returns the number of further members that may fail, as far as this server can see: a
    /// member that did not answer in the last round of the election counts as failed (M24). None if
    /// the members cannot choose now.
    #[must_use]
    pub fn tolerance(&self) -> Option<usize> {
        let members = self.roles.replica.members();
        let heard = |member: &Member| {
            self.roles.election.heard().iter().any(|pong| pong.from == *member)
                || Some(member.since) == self.roles.since
        };
        let failed: ProcessSet = members
            .voters()
            .iter()
            .enumerate()
            .filter(|(_, member)| !heard(member))
            .map(|(position, _)| position)
            .collect();
        members.tolerance(failed)
    }

    /// Takes one input.
    pub(crate) fn step(
        &mut self,
        input: Input<Participant<S>>,
        context: &mut Context<'_, Participant<S>>,
    ) {
        if self.halted {
            return;
        }
        if let Input::Boot { incarnation, .. } = &input {
            self.incarnation = incarnation_of(*incarnation);
            self.roles = Roles::new(&self.settings, self.incarnation);
        }
        let seat = Seat {
            settings: &self.settings,
            incarnation: self.incarnation,
            since: self.roles.since,
            own: &mut self.own,
            journal: &mut self.journal,
        };
        let outbox = &mut Outbox::new(context, seat);
        let roles = &mut self.roles;
        match input {
            Input::Boot { disk, .. } => roles.on_boot(&disk, self.incarnation, outbox),
            Input::Message { from, message } => {
                if is_for(&message, self.settings.cluster(), outbox) {
                    let caller = stranger(from, message.from_since);
                    roles.on_message(caller, message.body, outbox);
                }
            }
            Input::Timer(timer) => roles.on_timer(timer, outbox),
            Input::Synced { through } => roles.on_synced(through, outbox),
            Input::SyncFailed { .. } => {
                outbox.reach(marks::SYNC_FAILED);
                outbox.halt("a sync failed: records that it covered are gone");
                self.halted = true;
                return;
            }
            Input::WriteFailed { number, .. } if roles.identity == Some(number) => {
                outbox.halt("the disk refuses the identity of the server");
                self.halted = true;
                return;
            }
            Input::WriteFailed { number, .. } => {
                roles.acceptor.on_write_failed(number, outbox);
                roles.replica.on_write_failed(number, outbox);
            }
            Input::Op { id, op } => roles.on_op(id, op, outbox),
            // Servers speak by datagrams alone.
            Input::Session { .. } => {}
        }
        loop {
            while let Some(body) = outbox.take_own() {
                let myself = stranger(outbox.me(), outbox.since());
                roles.on_message(myself, body, outbox);
            }
            roles.go_on(outbox);
            if outbox.is_quiet() {
                break;
            }
        }
        if roles.diverged {
            self.halted = true;
            outbox.halt("this replica has another state than the leader");
        }
        outbox.close();
    }
}

/// Whether a message is meant for this server in this life as a member.
fn is_for<S: StateMachine>(
    message: &Message<S>,
    cluster: ClusterId,
    outbox: &mut Outbox<'_, '_, S>,
) -> bool {
    if message.cluster != cluster || message.to != outbox.me() {
        return false;
    }
    let to_a_member = matches!(
        message.body,
        Body::Prepare(_) | Body::Accept { .. } | Body::Confirm(_) | Body::TakeOver { .. }
    );
    let other_life = to_a_member && outbox.since() != Some(message.to_since);
    if other_life {
        outbox.reach(marks::FORMER_TENANT);
    }
    !other_life
}

impl<S: StateMachine> Roles<S> {
    fn new(settings: &Settings, incarnation: u32) -> Self {
        Self {
            since: None,
            disk: DiskId::default(),
            read: None,
            identity: None,
            lost: false,
            diverged: false,
            commit: None,
            acceptor: Acceptor::new(),
            replica: Replica::new(settings.founders().clone()),
            leader: Leader::new(incarnation),
            election: Election::new(incarnation, settings.timing().heartbeat_min),
            asker: Asker::new(incarnation),
            catch_up: CatchUp::new(),
        }
    }

    /// Reads the disk. What was read may sit in a cache only, so one sync comes before anything is
    /// said of it; nor is anything said before the identity of a new disk is durable.
    fn on_boot(
        &mut self,
        disk: &Disk<Record<S>>,
        incarnation: u32,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let cluster = outbox.settings().cluster();
        let recovered = Recovered::read(disk, cluster, outbox.me(), incarnation);
        if recovered.torn {
            outbox.reach(marks::TORN_DROPPED);
        }
        if recovered.lost || !recovered.damaged.is_empty() {
            outbox.claim(Claim::Faulty);
        }
        if !recovered.damaged.is_empty() {
            outbox.reach(marks::VOTE_DAMAGED);
        }
        if let Some(last) = recovered.last {
            outbox.sync_read(last);
        }
        let known = recovered.disk.filter(|_| !recovered.lost);
        match known {
            Some(disk) => {
                self.disk = disk;
                self.since = recovered.since;
            }
            None => self.first_use(recovered.is_unused && !recovered.lost, outbox),
        }
        outbox.set_since(self.since);
        self.lost = recovered.lost;
        if !self.lost {
            let compacted = recovered.compacted;
            self.acceptor.recover(
                recovered.promised,
                recovered.votes,
                recovered.damaged,
                compacted,
            );
        }
        if let Some(promised) = recovered.promised {
            self.election.on_ballot(promised);
        }
        if let Some((_, snapshot)) = recovered.snapshot
            && let Ok(state) = Snapshot::restore(&snapshot.pieces, cluster)
        {
            self.replica.recover(snapshot, state, outbox);
            self.take_identity(outbox);
        }
        self.read = self.identity.or(recovered.last.map(|last| last.number));
        self.begin_round(outbox);
    }

    /// The disk has no identity: it is that of a founder that never ran, or it gets one of its own.
    fn first_use(&mut self, fresh: bool, outbox: &mut Outbox<'_, '_, S>) {
        let founder = outbox.settings().founders().voter(outbox.me());
        self.since = founder.filter(|_| fresh).map(|member| member.since);
        if self.since.is_none() {
            outbox.reach(marks::DISK_LOST);
            self.disk = DiskId(outbox.random().max(1));
        }
        self.write_identity(outbox);
    }

    fn write_identity(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        let fact = Fact::Identity { disk: self.disk, since: self.since };
        self.identity = Some(outbox.write(fact));
    }

    /// Returns the disk, once its identity is on it.
    pub(crate) fn durable_disk(&self) -> Option<DiskId> {
        self.identity.is_none().then_some(self.disk)
    }

    pub(crate) fn kept(&self) -> Kept {
        Kept { promised: self.acceptor.floor(), disk: self.disk, since: self.since }
    }

    fn on_synced(&mut self, through: RecordNumber, outbox: &mut Outbox<'_, '_, S>) {
        outbox.on_synced(through);
        self.identity.take_if(|identity| *identity <= through);
        if self.read.take_if(|last| *last <= through).is_some() && !self.lost {
            self.acceptor.begin(outbox.now(), outbox);
        }
        self.acceptor.on_synced(through, &self.replica, outbox);
        if let Some((slot, first)) = self.replica.on_synced(through, self.kept(), outbox) {
            self.acceptor.compact(slot);
            if !self.acceptor.is_damaged() {
                let oldest = self.acceptor.oldest_record();
                outbox.trim(oldest.map_or(first, |oldest| oldest.min(first)));
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, outbox: &mut Outbox<'_, '_, S>) {
        match timer {
            Timer::Heartbeat => self.on_heartbeat(outbox),
            Timer::Resend => {
                self.leader.on_resend(&self.replica, outbox);
                self.leader.rounds.repeat(&self.replica, outbox);
            }
            Timer::Linger => self.leader.on_linger(),
            Timer::Lease if self.leader.rounds.is_unanswered() => {}
            Timer::Lease => self.begin_confirmation(outbox),
            Timer::CatchUp => self.catch_up.on_timer(&self.replica, outbox),
            // Those of a client.
            Timer::Request | Timer::GiveUp => {}
        }
    }

    fn begin_confirmation(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        if let Some(ballot) = self.leader.ballot()
            && self.leader.is_settled(self.replica.applied())
        {
            self.leader.rounds.begin(ballot, &self.replica, outbox);
        }
    }

    /// The end of a round of the election, and the beginning of the next.
    fn on_heartbeat(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        let standing = Standing { leads: self.leader.ballot(), may_lead: self.may_lead(outbox) };
        let elected = self.election.on_timer(self.replica.members(), standing, outbox);
        if let Some(ballot) = elected {
            self.leader.begin(ballot, &self.replica, outbox);
        }
        self.hand_to_higher_priority(outbox);
        self.begin_round(outbox);
    }

    pub(crate) fn may_lead(&self, outbox: &Outbox<'_, '_, S>) -> bool {
        let myself = self.replica.members().voter(outbox.me());
        let is_it = myself.is_some_and(|member| Some(member.since) == self.since);
        is_it && self.acceptor.is_ready() && !self.acceptor.is_damaged()
    }

    fn begin_round(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        self.election.begin(self.replica.members(), self.replica.applied(), outbox);
    }

    fn hand_to_higher_priority(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        if !self.leader.is_settled(self.replica.applied()) || !self.election.is_content() {
            return;
        }
        let settings = outbox.settings();
        let mine = settings.priority(outbox.me());
        let applied = self.replica.applied();
        let members = self.replica.members();
        let better = self.election.pongs().iter().filter(|pong| {
            pong.content
                && members.position(pong.from).is_some()
                && settings.priority(pong.from.process) > mine
                && pong.chosen.plus(settings.limits().window_slots) >= applied
        });
        let best = better.max_by_key(|pong| (settings.priority(pong.from.process), pong.from));
        if let Some(to) = best.map(|pong| pong.from) {
            self.transfer(to, outbox);
        }
    }

    /// Hands leadership to `to`: the lease goes first (M15).
    pub(crate) fn transfer(&mut self, to: Member, outbox: &mut Outbox<'_, '_, S>) {
        let Some(ballot) = self.leader.ballot() else {
            return;
        };
        outbox.reach(marks::TRANSFERRED);
        self.leader.stop(outbox);
        for member in self.replica.members().voters() {
            outbox.send(*member, Body::Release { ballot });
        }
        outbox.send(to, Body::TakeOver { ballot });
    }

    pub(crate) fn learn(
        &mut self,
        slot: Slot,
        entry: Arc<Entry<S>>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        if slot != self.replica.applied().next() {
            return;
        }
        let answers = self.leader.ballot().is_some().then(|| self.leader.own.take(slot));
        match self.replica.learn(slot, entry, answers, outbox) {
            Outcome::Applied => {}
            Outcome::MembersChanged => self.take_identity(outbox),
            Outcome::Diverged => {
                outbox.reach(marks::DIVERGED);
                self.diverged = true;
            }
        }
    }

    /// Learns what another server says is chosen.
    pub(crate) fn learn_from_another(
        &mut self,
        slot: Slot,
        entry: Arc<Entry<S>>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        if slot == self.replica.applied().next() {
            self.leader.on_chosen_elsewhere(slot, &entry, outbox);
        }
        self.learn(slot, entry, outbox);
    }

    /// The members are others: perhaps this server was added, with the disk that it has.
    pub(crate) fn take_identity(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        let member = self.replica.members().member_with_disk(outbox.me(), self.disk);
        if let Some(member) = member
            && self.since != Some(member.since)
        {
            outbox.reach(marks::IDENTITY_TAKEN);
            outbox.claim(Claim::Joined(member));
            self.since = Some(member.since);
            outbox.set_since(self.since);
            self.write_identity(outbox);
            if self.lost {
                // Nothing that this member promised is lost: it was never asked.
                self.lost = false;
                self.acceptor.begin(outbox.now(), outbox);
            }
        }
    }

    /// Carries on with what became possible.
    fn go_on(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        if self.leader.ballot() < self.election.leader() && self.leader.ballot().is_some() {
            self.leader.stop(outbox);
        }
        while let Some((slot, entry)) = self.leader.take_decided(self.replica.applied()) {
            self.learn(slot, entry, outbox);
        }
        self.leader.own.skip(self.replica.applied(), outbox);
        if let Some((ballot, chosen)) = self.commit {
            while self.replica.applied() < chosen
                && let Some(vote) = self.acceptor.vote(self.replica.applied().next())
                && vote.ballot == ballot
            {
                let (slot, entry) = (self.replica.applied().next(), Arc::clone(&vote.entry));
                self.learn_from_another(slot, entry, outbox);
            }
            self.commit.take_if(|(_, chosen)| *chosen <= self.replica.applied());
        }
        self.leader.go_on(&self.replica, outbox);
        if self.leader.rounds.is_due() || self.leader.rounds.is_spent() {
            self.begin_confirmation(outbox);
        }
        if self.leader.wants_lease(self.replica.applied(), outbox) {
            self.begin_confirmation(outbox);
        }
        self.asker.go_on(&self.replica, outbox);
        self.replica.write_on(self.kept(), outbox);
    }
}
