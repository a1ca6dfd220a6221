//! The leader: proposes, counts, and decides in order (PMMC section 2.3, commanders and leaders;
//! PMS section 3; requirements M1 to M5).
//!
//! Model: a leader has one ballot. It runs phase 1 once for all open slots ([`Scout`]), proposes
//! again what was reported, fills holes with no-ops, places its own first entry after them, and
//! then commands of clients in batches, while it is not further ahead of what it applied than the
//! window allows. A slot is decided when a phase-2 quorum of its configuration accepted it *and*
//! all slots before it are decided.
//!
//! After a change of members it proposes nothing until the change is applied. Then it runs phase 1
//! again, with the same ballot, under the configuration that the change made: before the first
//! `accept` in a slot the leader holds promises, for its ballot and that slot, from a phase-1
//! quorum of the configuration of that slot. What was reported in slots after the change belonged
//! to the former configuration and is dropped; it cannot have been chosen.
//!
//! Differences from PMMC: no process for each slot, since slots share the ballot and the quorum;
//! decided in order, where PMMC decides slots one by one, because the entry of a slot fixes who
//! decides the next.

use std::collections::VecDeque;
use std::sync::Arc;

use squall_process::{OpId, Outcome, ProcessId};

use crate::log::clock::Clock;
use crate::log::message::{Answer, Body, Pvalue, Report};
use crate::log::outbox::Outbox;
use crate::log::own::Own;
use crate::log::packer::pack;
use crate::log::participant::{Claim, Timer};
use crate::log::reader::Rounds;
use crate::log::replica::Replica;
use crate::log::scout::Scout;
use crate::log::slots::Slots;
use crate::log::{
    Asked, Change, Command, Content, DiskId, Entry, Member, Slot, StateMachine, marks,
};
use crate::{Ballot, ProcessSet};

#[derive(Clone, Debug)]
pub(crate) struct Leader<S: StateMachine> {
    stage: Stage<S>,
    /// The first slot without a proposal of this ballot.
    next: Slot,
    /// Proposed under this ballot and not decided.
    open: Slots<Open<S>>,
    open_bytes: usize,
    /// Nothing is proposed after this slot until it is applied: it may change the members.
    barrier: Option<Slot>,
    /// The slot of the own first entry.
    first: Option<Slot>,
    queue: VecDeque<Command<S>>,
    queue_bytes: usize,
    change: Option<Wanted>,
    /// What the others were told last to be decided.
    announced: Slot,
    /// A comparison of states was proposed after this slot.
    compared: Slot,
    linger: Linger,
    clock: Clock,
    pub(crate) rounds: Rounds<S>,
    pub(crate) own: Own,
}

#[derive(Clone, Debug)]
enum Stage<S: StateMachine> {
    Idle,
    Phase1(Scout<S>),
    Phase2(Ballot),
}

/// A proposal under way (the commander of PMMC).
#[derive(Clone, Debug)]
struct Open<S: StateMachine> {
    vote: Pvalue<S>,
    bytes: usize,
    accepted: ProcessSet,
    chosen: bool,
}

/// A change of members that waits to be proposed.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    change: Change,
    /// The disk of the server to be added, once it is known.
    disk: Option<DiskId>,
    asked: Option<Asked>,
}

/// Whether the commands that wait for others to share their batch have waited long enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Linger {
    /// None waits.
    Idle,
    /// The timer is set.
    Waits,
    /// They have.
    Over,
}

impl<S: StateMachine> Leader<S> {
    pub(crate) fn new(incarnation: u32) -> Self {
        Self {
            stage: Stage::Idle,
            next: Slot(1),
            open: Slots::starting_at(Slot(1)),
            open_bytes: 0,
            barrier: None,
            first: None,
            queue: VecDeque::new(),
            queue_bytes: 0,
            change: None,
            announced: Slot::ZERO,
            compared: Slot::ZERO,
            linger: Linger::Idle,
            clock: Clock::default(),
            rounds: Rounds::new(incarnation),
            own: Own::default(),
        }
    }

    /// The ballot that it leads, or tries to.
    pub(crate) const fn ballot(&self) -> Option<Ballot> {
        match &self.stage {
            Stage::Idle => None,
            Stage::Phase1(scout) => Some(scout.ballot),
            Stage::Phase2(ballot) => Some(*ballot),
        }
    }

    /// Whether it leads.
    pub(crate) const fn is_leading(&self) -> bool {
        matches!(self.stage, Stage::Phase2(_))
    }

    /// Whether its first entry is applied, so that it knows all that was decided before (M16), and
    /// the members are not about to change.
    pub(crate) fn is_settled(&self, applied: Slot) -> bool {
        let known = self.first.is_some_and(|first| first <= applied);
        self.is_leading() && self.barrier.is_none() && known
    }

    /// Begins with `ballot`.
    pub(crate) fn begin(
        &mut self,
        ballot: Ballot,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        self.stop(outbox);
        self.first = None;
        self.clock = Clock { read: outbox.now(), at: replica.state().at };
        self.compared = replica.applied();
        self.scout(ballot, replica, outbox);
        outbox.set_timer(Timer::Resend, outbox.settings().timing().resend);
    }

    fn scout(&mut self, ballot: Ballot, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        self.barrier = None;
        self.open = Slots::starting_at(replica.applied().next());
        self.open_bytes = 0;
        self.rounds.put_back(outbox);
        let from = replica.applied().next();
        self.stage = Stage::Phase1(Scout::begin(ballot, replica.members(), from, outbox));
    }

    /// Leads no more. Clients whose commands were not proposed are sent elsewhere; of the others
    /// it is not known what became of them.
    pub(crate) fn stop(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        if matches!(self.stage, Stage::Idle) {
            return;
        }
        self.stage = Stage::Idle;
        self.linger = Linger::Idle;
        self.barrier = None;
        self.change = None;
        self.open.clear();
        self.open_bytes = 0;
        self.queue_bytes = 0;
        for command in self.queue.drain(..) {
            let caller = match &command {
                Command::Own { caller, .. } => {
                    outbox.complete(OpId(caller.number), Outcome::Refused);
                    continue;
                }
                Command::Register(caller) | Command::Read { caller, .. } => *caller,
                Command::Apply { asked, .. } => asked.caller,
            };
            outbox.answer(caller, Answer::NotLeader(None));
        }
        self.own.stop(outbox);
        self.rounds.stop(outbox);
        outbox.cancel_timer(Timer::Resend);
        outbox.cancel_timer(Timer::Linger);
    }

    /// Takes in a command, if there is room.
    pub(crate) fn submit(&mut self, command: Command<S>, outbox: &Outbox<'_, '_, S>) -> bool {
        let size = command.size();
        let limit = outbox.settings().limits().queue_bytes;
        if self.queue_bytes > 0 && self.queue_bytes + size > limit {
            return false;
        }
        self.queue_bytes += size;
        self.queue.push_back(command);
        true
    }

    /// Takes in a change of members, if none waits. A server that is to be added is asked for its
    /// disk first.
    pub(crate) fn submit_change(
        &mut self,
        change: Change,
        asked: Asked,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> bool {
        if let Some(waiting) = &self.change {
            let again = waiting.asked.is_some_and(|other| {
                other.session == asked.session && other.sequence == asked.sequence
            });
            if !again {
                return false;
            }
        }
        let added = match change {
            Change::Add(process) | Change::Replace { new: process, .. } => Some(process),
            Change::Promote(_) | Change::Remove(_) => None,
        };
        let unknown = added.filter(|added| {
            added.is_server()
                && !outbox.settings().agreement().members_fixed
                && replica.members().all().all(|member| member.process != *added)
        });
        let disk = if unknown.is_some() { None } else { Some(DiskId::default()) };
        self.change = Some(Wanted { change, disk, asked: Some(asked) });
        if let Some(process) = unknown {
            outbox.send_process(process, Body::WhichDisk);
        }
        true
    }

    /// The server to be added has told its disk.
    pub(crate) fn on_disk(&mut self, from: ProcessId, disk: DiskId) {
        if let Some(wanted) = &mut self.change
            && wanted.disk.is_none()
            && matches!(wanted.change, Change::Add(process) | Change::Replace { new: process, .. }
                if process == from)
        {
            wanted.disk = Some(disk);
        }
    }

    /// A server that is being added has applied nearly all: give it a vote.
    pub(crate) fn on_progress(
        &mut self,
        from: Member,
        applied: Slot,
        replica: &Replica<S>,
        outbox: &Outbox<'_, '_, S>,
    ) {
        let learner = replica.members().learner(from.process);
        let caught_up = applied.plus(outbox.settings().limits().window_slots) >= replica.applied();
        if self.is_leading()
            && self.change.is_none()
            && self.barrier.is_none()
            && caught_up
            && learner.is_some_and(|learner| learner.member == from)
        {
            let change = Change::Promote(from.process);
            self.change = Some(Wanted { change, disk: Some(DiskId::default()), asked: None });
        }
    }

    /// Whether it waits for promises for `ballot` under `config`.
    pub(crate) fn scouts(&self, ballot: Ballot, config: Slot) -> bool {
        matches!(&self.stage, Stage::Phase1(scout)
            if scout.ballot == ballot && scout.config == config)
    }

    /// Whether a round should begin for the sake of the lease.
    pub(crate) fn wants_lease(&self, applied: Slot, outbox: &Outbox<'_, '_, S>) -> bool {
        outbox.settings().lease().is_some()
            && self.is_settled(applied)
            && !self.rounds.is_open()
            && !self.rounds.lease.holds(outbox.now())
    }

    /// Phase 1b. Returns entries that are known to be chosen.
    pub(crate) fn on_promise(
        &mut self,
        from: Member,
        compacted: Slot,
        reports: Vec<Report<S>>,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Vec<(Slot, Arc<Entry<S>>)> {
        match &mut self.stage {
            Stage::Phase1(scout) => {
                scout.on_promise(from, compacted, reports, replica.members(), outbox)
            }
            Stage::Idle | Stage::Phase2(_) => Vec::new(),
        }
    }

    /// Phase 2b. Counts distinct acceptors of the configuration of the slot.
    pub(crate) fn on_accepted(
        &mut self,
        from: Member,
        slot: Slot,
        ballot: Ballot,
        config: Slot,
        replica: &Replica<S>,
    ) {
        if !matches!(self.stage, Stage::Phase2(leads) if leads == ballot) {
            return;
        }
        let Some(position) = replica.members().position(from) else {
            return;
        };
        if let Some(open) = self.open.get_mut(slot)
            && open.vote.config == config
            && open.accepted.insert(position)
        {
            open.chosen |= replica.members().quorums().is_phase2(open.accepted);
        }
    }

    /// Returns the entry of the next slot, if it is decided.
    pub(crate) fn take_decided(&mut self, applied: Slot) -> Option<(Slot, Arc<Entry<S>>)> {
        let slot = applied.next();
        self.open.get(slot).filter(|open| open.chosen)?;
        let open = self.open.remove(slot)?;
        self.open.give_up_through(slot);
        self.open_bytes -= open.bytes;
        Some((slot, open.vote.entry))
    }

    /// Another server says that `entry` is chosen in `slot`, the next to be applied. If this leader
    /// did not propose it there, a higher ballot decided; it stops, because its commit notices
    /// would speak for what it proposed itself (M5).
    pub(crate) fn on_chosen_elsewhere(
        &mut self,
        slot: Slot,
        entry: &Arc<Entry<S>>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        if !self.is_leading() {
            return;
        }
        match self.open.remove(slot) {
            Some(open) if open.vote.entry == *entry => {
                self.open.give_up_through(slot);
                self.open_bytes -= open.bytes;
            }
            _ => self.stop(outbox),
        }
    }

    /// A snapshot takes the place of what this server has applied. A higher ballot decided that.
    pub(crate) fn on_snapshot(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        if self.is_leading() {
            self.stop(outbox);
        }
    }

    /// Goes on as far as possible: ends phase 1, proposes what has room, tells what was decided.
    pub(crate) fn go_on(&mut self, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        let applied = replica.applied();
        let Some(ballot) = self.ballot() else {
            return;
        };
        if replica.members().voter(outbox.me()).is_none() {
            outbox.reach(marks::LEADER_REMOVED);
            self.announce(ballot, applied, replica, outbox);
            return self.stop(outbox);
        }
        match &self.stage {
            Stage::Phase1(scout) => {
                if scout.config != replica.members().version() {
                    self.scout(ballot, replica, outbox);
                } else if scout.is_complete(replica.members(), applied) {
                    self.adopt(replica, outbox);
                }
            }
            Stage::Phase2(_) => {
                if self.barrier.is_some_and(|barrier| barrier <= applied) {
                    self.announce(ballot, applied, replica, outbox);
                    self.scout(ballot, replica, outbox);
                }
            }
            Stage::Idle => {}
        }
        if self.is_leading() {
            self.fill_window(ballot, replica, outbox);
            if self.announced < applied {
                self.announce(ballot, applied, replica, outbox);
            }
        }
    }

    /// Phase 1 is complete: proposes what was reported, fills holes, and begins an epoch.
    fn adopt(&mut self, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        let Stage::Phase1(scout) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            return;
        };
        let ballot = scout.ballot;
        self.stage = Stage::Phase2(ballot);
        let start = replica.applied().next();
        let reports = scout.into_entries();
        self.next = start;
        let last = reports.keys().next_back().copied().unwrap_or(Slot::ZERO);
        while self.next <= last && self.barrier.is_none() {
            let entry = match reports.get(&self.next) {
                Some(entry) => {
                    outbox.reach(marks::PROPOSED_AGAIN);
                    Arc::clone(entry)
                }
                None => {
                    outbox.reach(marks::HOLE_FILLED);
                    Arc::new(Entry { at: self.clock.at, content: Content::Noop })
                }
            };
            self.clock.follow(entry.at);
            self.propose(ballot, entry, 0, replica, outbox);
        }
        if self.first.is_none() && self.barrier.is_none() {
            self.first = Some(self.next);
            outbox.claim(Claim::Leads { ballot, slot: self.next });
            let at = self.clock.tick(outbox.now());
            let entry = Arc::new(Entry { at, content: Content::Lead(ballot) });
            self.propose(ballot, entry, 0, replica, outbox);
        }
    }

    /// Phase 2a for the next slot.
    fn propose(
        &mut self,
        ballot: Ballot,
        entry: Arc<Entry<S>>,
        bytes: usize,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let slot = self.next;
        self.next = slot.next();
        if matches!(entry.content, Content::Change { .. }) {
            self.barrier = Some(slot);
            // No belief outlives the members whose grants it rests on.
            self.rounds.lease.drop_belief(outbox);
        }
        let vote = Pvalue { ballot, config: replica.members().version(), entry };
        let chosen = replica.applied();
        for member in replica.members().voters() {
            outbox.send(*member, Body::Accept { slot, vote: vote.clone(), chosen });
        }
        if replica.members().learners().is_empty() {
            self.announced = chosen;
        }
        self.open_bytes += bytes;
        let accepted = ProcessSet::EMPTY;
        self.open.insert(slot, Open { vote, bytes, accepted, chosen: false });
    }

    fn has_room(&self, replica: &Replica<S>, outbox: &Outbox<'_, '_, S>) -> bool {
        let limits = outbox.settings().limits();
        self.barrier.is_none()
            && self.next.since(replica.applied()) <= limits.window_slots
            && (self.open_bytes == 0 || self.open_bytes < limits.window_bytes)
    }

    fn fill_window(
        &mut self,
        ballot: Ballot,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let applied = replica.applied();
        let settled = self.is_settled(applied);
        while self.has_room(replica, outbox) && self.is_batch_due(outbox) {
            self.propose_batch(ballot, replica, outbox);
        }
        if !self.queue.is_empty() {
            outbox.reach(marks::WINDOW_FULL);
        }
        if !settled || !self.has_room(replica, outbox) {
            return;
        }
        let limits = outbox.settings().limits();
        let compared = self.compared.max(replica.state().compared.0);
        if applied.since(compared) >= limits.check_every {
            self.compared = applied;
            let (slot, digest) = replica.state().compared;
            let at = self.clock.tick(outbox.now());
            let entry = Arc::new(Entry { at, content: Content::Check { slot, digest } });
            self.propose(ballot, entry, 0, replica, outbox);
        } else if let Some(Wanted { change, disk: Some(disk), asked }) = self.change {
            self.change = None;
            let at = self.clock.tick(outbox.now());
            let content = Content::Change { change, disk, asked };
            self.propose(ballot, Arc::new(Entry { at, content }), 0, replica, outbox);
        }
    }

    /// Whether the commands that wait are enough, or have waited long enough.
    fn is_batch_due(&mut self, outbox: &mut Outbox<'_, '_, S>) -> bool {
        let linger = outbox.settings().timing().linger;
        let limits = outbox.settings().limits();
        let full =
            self.queue.len() >= limits.batch_commands || self.queue_bytes >= limits.batch_bytes;
        if self.queue.is_empty() || linger.is_zero() || full || self.linger == Linger::Over {
            return !self.queue.is_empty();
        }
        if self.linger == Linger::Idle {
            self.linger = Linger::Waits;
            outbox.set_timer(Timer::Linger, linger);
        }
        false
    }

    /// The commands that wait have waited long enough.
    pub(crate) const fn on_linger(&mut self) {
        self.linger = Linger::Over;
    }

    fn propose_batch(
        &mut self,
        ballot: Ballot,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let limits = outbox.settings().limits();
        let room = limits.window_bytes.saturating_sub(self.open_bytes);
        let count = pack(self.queue.iter().map(Command::size), limits, room);
        let commands: Vec<Command<S>> = self.queue.drain(..count).collect();
        let bytes = commands.iter().map(Command::size).sum();
        self.queue_bytes -= bytes;
        self.linger = Linger::Idle;
        if count > 1 {
            outbox.reach(marks::BATCHED);
        }
        self.own.note(self.next, &commands);
        let at = self.clock.tick(outbox.now());
        let entry = Arc::new(Entry { at, content: Content::Batch(commands) });
        self.propose(ballot, entry, bytes, replica, outbox);
    }

    fn announce(
        &mut self,
        ballot: Ballot,
        chosen: Slot,
        replica: &Replica<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        self.announced = chosen;
        let me = outbox.me();
        for member in replica.members().all().filter(|member| member.process != me) {
            outbox.send(member, Body::Commit { ballot, chosen });
        }
    }

    /// Repeats what was not answered.
    pub(crate) fn on_resend(&mut self, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        let members = replica.members();
        match &self.stage {
            Stage::Idle => return,
            Stage::Phase1(scout) => scout.ask(members, outbox),
            Stage::Phase2(_) => {
                let chosen = replica.applied();
                for (slot, open) in self.open.iter_from(Slot::ZERO) {
                    for (position, member) in members.voters().iter().enumerate() {
                        if !open.accepted.contains(position) {
                            let vote = open.vote.clone();
                            outbox.send(*member, Body::Accept { slot, vote, chosen });
                        }
                    }
                }
                if let Some(Wanted { disk: None, change, .. }) = self.change
                    && let Change::Add(process) | Change::Replace { new: process, .. } = change
                {
                    outbox.send_process(process, Body::WhichDisk);
                }
            }
        }
        outbox.set_timer(Timer::Resend, outbox.settings().timing().resend);
    }

    /// The slot that phase 1 waits to be known here.
    pub(crate) fn waits_for(&self, applied: Slot) -> Option<Slot> {
        match &self.stage {
            Stage::Phase1(scout) => Some(scout.compacted()).filter(|slot| *slot > applied),
            _ => None,
        }
    }
}
