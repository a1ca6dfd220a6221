//! A replica: one `RawNode`, its log on disk, and the state machine that it drives.

use std::fmt;
use std::sync::Arc;

use raft::prelude::{ConfState, Entry, MessageType, Snapshot};
use raft::{CAMPAIGN_TRANSFER, RawNode, Ready, SnapshotStatus, StateRole, eraftpb};
use squall_process::{Instant, ProcessId, RecordNumber, Span};

use super::knobs::{ReadMode, Settings, Wakes};
use super::log::Log;
use super::members::is_joint;
use super::peer::Peer;
use super::reads::Reads;
use super::record::Record;
use super::{Claim, Context, marks, text};
use squall_service::{
    Answer, Call, Freshness, Journal, Message, Op, Reply, Session, Store, Talk, Timer,
    decode_store, encode_call, encode_store,
};

/// A server that takes part.
pub(super) struct Replica {
    pub(super) settings: Arc<Settings>,
    pub(super) node: RawNode<Log>,
    pub(super) store: Store,
    /// The last entry that the store includes.
    applied: u64,
    /// The members, as of `applied`.
    pub(super) conf: ConfState,
    /// The disk, and the readies that wait for it.
    journal: Journal<Flight>,
    /// Calls that this server proposed, each with the term in which it did.
    proposed: Vec<(Session, u32, u64)>,
    pub(super) reads: Reads,
    /// The term and the role for which the election timeout was drawn.
    era: (u64, StateRole),
    /// The election timeout, in ticks.
    timeout: usize,
    /// When the library's clock ticked last.
    ticked: Instant,
    /// When the timer is due, if it is set.
    wakes: Option<Instant>,
    /// Until when it refuses to vote, because of leases.
    promised_until: Instant,
    /// Whether a leader told it to take over, and it has not led since.
    pub(super) was_summoned: bool,
    /// The servers that were sent snapshots whose delivery the library wants reported.
    reports: Vec<u64>,
}

/// A ready whose records are on their way to the disk.
#[derive(Debug)]
pub(super) struct Flight {
    number: u64,
    /// The messages that may be sent then.
    messages: Vec<eraftpb::Message>,
    /// The snapshot that the state machine must take over then.
    snapshot: Option<Box<Snapshot>>,
    /// The term that this server leads then. Its vote for itself must be durable first.
    leads: Option<u64>,
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica")
            .field("term", &self.node.raft.term)
            .field("role", &self.node.raft.state)
            .field("applied", &self.applied)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Replica {
    pub(super) fn new(
        settings: &Arc<Settings>,
        journal: Journal<Flight>,
        log: Log,
        incarnation: u32,
        context: &mut Context<'_>,
    ) -> Self {
        let applied = log.snapshot_index();
        let conf = log.snapshot().get_metadata().get_conf_state().clone();
        let store = decode_store(log.snapshot().get_data()).unwrap_or_default();
        let config = settings.config_of(context.id(), applied);
        let node = RawNode::new(&config, log, &settings.logger)
            .expect("the settings were checked when they were made");
        let mut replica = Self {
            settings: Arc::clone(settings),
            node,
            store,
            applied,
            conf,
            journal,
            proposed: Vec::new(),
            reads: Reads::new(context.id(), incarnation),
            era: (u64::MAX, StateRole::Follower),
            timeout: 0,
            // At a random moment within a tick, so that servers do not tick together.
            ticked: context.now() + context.random_span(Span::ZERO, settings.tick),
            wakes: None,
            // It does not know what it promised before it stopped, so it assumes a whole promise.
            promised_until: context.now() + settings.promise(),
            was_summoned: false,
            reports: Vec::new(),
        };
        if applied > 0 {
            context.claim(Claim::restored(applied, &replica.store));
        }
        // Entries that it knows to be committed are applied at once.
        replica.carry_on(context);
        replica
    }

    /// Lets the library's clock make up for the missed ticks, until one of them has a consequence.
    /// The rest of a long absence is dropped, so that the server does not hold several elections
    /// for it.
    ///
    /// While a snapshot is on its way to the disk, the clock stands. The library has it in its log
    /// and not yet in its state, and an election at that moment would look for the entries in
    /// between, which are gone, and panic. TiKV's own store does not tick then either.
    pub(super) fn catch_up(&mut self, context: &Context<'_>) {
        let (now, tick) = (context.now(), self.settings.tick);
        if self.awaits_snapshot() {
            self.ticked = now;
        }
        while now.since(self.ticked) >= tick {
            self.ticked += tick;
            if self.node.tick() {
                self.ticked = now;
                return;
            }
        }
    }

    fn awaits_snapshot(&self) -> bool {
        self.journal.held().any(|flight| flight.snapshot.is_some())
    }

    pub(super) fn on_timer(&mut self, context: &mut Context<'_>) {
        self.wakes = None;
        if self.node.raft.state == StateRole::Leader {
            self.end_changes(context);
        }
    }

    /// Handles a message of another server. If there are leases, a server that heard from a leader
    /// refuses to vote for a while, except for the server that this leader told to take over. The
    /// library's own rule forgets this when the term rises for another reason, and at a restart.
    ///
    /// A server that was told to take over in one term stands for election in the next. When a
    /// leader of that term was elected, all earlier leases had run out, and that leader has given
    /// up its own.
    pub(super) fn on_peer(&mut self, message: eraftpb::Message, context: &mut Context<'_>) {
        if self.settings.reads == ReadMode::Lease {
            let now = context.now();
            match message.get_msg_type() {
                MessageType::MsgRequestVote | MessageType::MsgRequestPreVote
                    if now < self.promised_until && message.get_context() != CAMPAIGN_TRANSFER =>
                {
                    context.reach(marks::KEPT_PROMISE);
                    return;
                }
                MessageType::MsgAppend | MessageType::MsgHeartbeat | MessageType::MsgSnapshot
                    if message.term >= self.node.raft.term =>
                {
                    self.promised_until = now + self.settings.promise();
                }
                _ => {}
            }
        }
        if self.trips_over(&message) {
            return;
        }
        self.note_rank(&message, context);
        self.was_summoned |= message.get_msg_type() == MessageType::MsgTimeoutNow;
        // The library refuses answers of former members with an error, which needs no action.
        let _ = self.node.step(message);
    }

    pub(super) fn on_synced(&mut self, through: RecordNumber, context: &mut Context<'_>) {
        self.journal.on_synced(through, context);
        self.land(context);
    }

    /// Handles a call of a client.
    pub(super) fn on_talk(&mut self, from: ProcessId, talk: &Talk, context: &mut Context<'_>) {
        let Talk::Call(call) = talk else { return };
        match self.store.freshness(call) {
            Freshness::Late => return,
            Freshness::Again(reply) => {
                context.reach(marks::AGAIN);
                return answer(call, Answer::Done(reply), context);
            }
            Freshness::New => {}
        }
        debug_assert_eq!(from, call.session.client, "clients call for themselves");
        match call.op {
            Op::Get(_) if self.settings.reads != ReadMode::Log => self.on_read(call, context),
            Op::Change(_) if !self.settings.may_change => {
                answer(call, Answer::Refused, context);
            }
            Op::Lead(server) => self.hand_over(call, server, context),
            _ => self.propose(call, context),
        }
    }

    fn propose(&mut self, call: &Call, context: &mut Context<'_>) {
        let raft = &self.node.raft;
        if raft.state != StateRole::Leader {
            return answer(call, Answer::Elsewhere(self.leader()), context);
        }
        let (term, session) = (raft.term, call.session);
        let known = self.proposed.iter().position(|(other, ..)| *other == session);
        if known.is_some_and(|place| self.proposed[place] == (session, call.number, term)) {
            // It is already under way.
            return;
        }
        let proposed = if let Op::Change(change) = call.op {
            if raft.has_pending_conf() || is_joint(&self.conf) {
                return answer(call, Answer::Elsewhere(None), context);
            }
            self.propose_change(encode_call(call), self.conf_change(change))
        } else {
            self.node.propose(Vec::new(), encode_call(call))
        };
        if proposed.is_err() {
            context.reach(marks::BACKLOG);
            return answer(call, Answer::Elsewhere(None), context);
        }
        if let Some(place) = known {
            self.proposed.swap_remove(place);
        }
        self.proposed.push((session, call.number, term));
    }

    fn on_read(&mut self, call: &Call, context: &mut Context<'_>) {
        let raft = &self.node.raft;
        let leads = raft.state == StateRole::Leader;
        if !leads && (!self.settings.any_reads || raft.leader_id == raft::INVALID_ID) {
            return answer(call, Answer::Elsewhere(self.leader()), context);
        }
        let (term, now) = (if leads { raft.term } else { 0 }, context.now());
        if leads
            && self.settings.reads == ReadMode::Lease
            && self.reads.has_lease(term, now)
            && raft.commit_to_current_term()
        {
            return self.reads.wait_for(*call, raft.raft_log.committed, now);
        }
        let ticket = self.reads.begin(*call, term, now);
        self.node.read_index(ticket.bytes());
    }

    /// Carries out what the library requests, until it requests nothing more.
    pub(super) fn carry_on(&mut self, context: &mut Context<'_>) {
        while self.node.has_ready() {
            self.take_ready(context);
            for server in std::mem::take(&mut self.reports) {
                self.node.report_snapshot(server, SnapshotStatus::Finish);
            }
        }
        self.journal.sync(context);
        self.answer_reads(context);
        self.settle_timeout(context);
        self.set_alarm(context);
    }

    /// Sets the timer to the next tick at which the library's clock has something to do. Until then
    /// it only counts, and the next input makes up for the missed ticks ([`Replica::catch_up`]).
    fn set_alarm(&mut self, context: &mut Context<'_>) {
        let ticks = match self.settings.wakes {
            Wakes::WhenDue => self.idle_ticks(),
            Wakes::AtEachTick => 1,
        };
        let due = self.ticked + self.settings.tick * ticks.max(1) as u64;
        if self.wakes.is_none_or(|wakes| due < wakes) {
            self.wakes = Some(due);
            context.set_timer(Timer::Tick, due.since(context.now()));
        }
    }

    /// Returns how many ticks pass until one has a consequence.
    fn idle_ticks(&self) -> usize {
        let raft = &self.node.raft;
        if raft.state == StateRole::Leader {
            let heartbeat = raft.heartbeat_timeout().saturating_sub(raft.heartbeat_elapsed());
            heartbeat.min(raft.election_timeout().saturating_sub(raft.election_elapsed))
        } else if raft.promotable() && !self.awaits_snapshot() {
            self.timeout.saturating_sub(raft.election_elapsed)
        } else {
            self.timeout
        }
    }

    fn take_ready(&mut self, context: &mut Context<'_>) {
        let mut ready = self.node.ready();
        let leads = ready.ss().and_then(|soft| self.on_role(soft.raft_state, context));
        self.send(ready.take_messages(), context);
        for state in ready.take_read_states() {
            let (term, lease) = (self.term_led(), self.settings.lease());
            self.reads.confirm(&state.request_ctx, state.index, term, lease);
        }
        let snapshot = (!ready.snapshot().is_empty()).then(|| Box::new(ready.snapshot().clone()));
        self.write(&ready, context);
        let committed = ready.take_committed_entries();
        let messages = ready.take_persisted_messages();
        self.journal.hold(Flight { number: ready.number(), messages, snapshot, leads });
        let before = self.applied;
        self.apply(&committed, context);
        self.node.advance_append_async(ready);
        if self.applied > before {
            self.node.advance_apply_to(self.applied);
            self.compact(context);
        }
        self.land(context);
    }

    /// Handles a possible change of the role. Returns the term that this server leads now, if it
    /// did not lead it before.
    fn on_role(&mut self, role: StateRole, context: &mut Context<'_>) -> Option<u64> {
        let (before, term) = (self.era, self.node.raft.term);
        self.settle_timeout(context);
        if role != StateRole::Leader && before.1 == StateRole::Leader {
            context.reach(marks::UNSEATED);
        }
        let leads = role == StateRole::Leader && before != (term, role);
        if leads && std::mem::take(&mut self.was_summoned) {
            context.reach(marks::HANDED_OVER);
        }
        leads.then_some(term)
    }

    /// Writes the records of the ready. A commit index alone need not be durable. It is written
    /// after the entries, because without them it would commit the entries that they replace.
    fn write(&mut self, ready: &Ready, context: &mut Context<'_>) {
        if let Some(hard) = ready.hs() {
            self.node.mut_store().hard = hard.clone();
        }
        if !ready.snapshot().is_empty() {
            self.node.mut_store().install(ready.snapshot().clone());
            self.write_base(context);
        }
        for entry in ready.entries() {
            if self.node.mut_store().append(entry.clone()) {
                context.reach(marks::CONFLICT);
            }
            self.journal.write(Record::entry(self.journal.last(), entry), context);
        }
        if let Some(hard) = ready.hs()
            && ready.snapshot().is_empty()
        {
            self.journal.write(Record::hard(self.journal.last(), hard), context);
        }
        if ready.must_sync() {
            self.journal.must_sync();
        }
    }

    fn write_base(&mut self, context: &mut Context<'_>) {
        let base = Record::base(self.journal.last(), self.node.store());
        self.journal.write_base(base, context);
    }

    /// Sends the messages of readies whose records are durable now.
    fn land(&mut self, context: &mut Context<'_>) {
        while let Some(flight) = self.journal.release() {
            if let Some(term) = flight.leads {
                context.claim(Claim::Leads(term));
            }
            self.send(flight.messages, context);
            self.node.on_persist_ready(flight.number);
            if let Some(snapshot) = flight.snapshot {
                self.restore(&snapshot, context);
            }
        }
    }

    /// Takes over the state of a snapshot.
    fn restore(&mut self, snapshot: &Snapshot, context: &mut Context<'_>) {
        let meta = snapshot.get_metadata();
        self.store = decode_store(snapshot.get_data()).expect("servers encode their stores");
        self.conf = meta.get_conf_state().clone();
        self.applied = meta.index;
        self.node.advance_apply_to(self.applied);
        context.claim(Claim::restored(self.applied, &self.store));
        context.reach(marks::INSTALLED);
    }

    fn send(&mut self, mut messages: Vec<eraftpb::Message>, context: &mut Context<'_>) {
        if messages.is_empty() {
            return;
        }
        messages.sort_by_key(|message| message.to);
        for message in messages {
            match message.get_msg_type() {
                MessageType::MsgSnapshot => self.reports.push(message.to),
                MessageType::MsgTimeoutNow => self.reads.release_promises(message.term),
                _ => {}
            }
            let to = ProcessId::server(message.to as u32);
            context.send(to, Message::Word(Box::new(Peer(message))));
        }
    }

    fn apply(&mut self, entries: &[Entry], context: &mut Context<'_>) {
        for entry in entries {
            let call = text::call(entry);
            if text::is_change(entry) {
                self.on_change(entry, call.as_ref(), context);
            } else if let Some(call) = &call {
                let reply = self.store.apply(call);
                self.answer_own(call, reply, context);
            }
            self.applied = entry.index;
            context.claim(Claim::Applied {
                index: entry.index,
                call,
                command: text::command(entry),
                state: self.store.digest(),
                term: self.node.raft.term,
            });
        }
    }

    /// Answers `call` if it was this server that proposed it.
    pub(super) fn answer_own(
        &mut self,
        call: &Call,
        reply: Option<Reply>,
        context: &mut Context<'_>,
    ) {
        let own = |(session, number, _): &(Session, u32, u64)| {
            (*session, *number) == (call.session, call.number)
        };
        if let Some(place) = self.proposed.iter().position(own) {
            self.proposed.swap_remove(place);
            if let Some(reply) = reply {
                answer(call, Answer::Done(reply), context);
            }
        }
    }

    fn answer_reads(&mut self, context: &mut Context<'_>) {
        while let Some((call, by_round)) = self.reads.take(self.applied) {
            let Op::Get(key) = call.op else { continue };
            context.reach(match (by_round, self.term_led()) {
                (false, _) => marks::READ_BY_LEASE,
                (true, 0) => marks::READ_ELSEWHERE,
                (true, _) => marks::READ_BY_INDEX,
            });
            answer(&call, Answer::Done(Reply::Value(self.store.get(key))), context);
        }
    }

    /// Makes a snapshot and cuts the log, if enough entries were applied since the last one, or if
    /// members changed: a server refuses a snapshot in which it is not a member, so the snapshot
    /// must contain the members that receive it.
    fn compact(&mut self, context: &mut Context<'_>) {
        let log = self.node.store();
        let is_known = *log.snapshot().get_metadata().get_conf_state() == self.conf;
        if is_known && self.applied - log.snapshot_index() < self.settings.compact {
            return;
        }
        let mut snapshot = Snapshot::default();
        snapshot.set_data(encode_store(&self.store).into());
        let term = self.node.raft.raft_log.term(self.applied);
        let meta = snapshot.mut_metadata();
        meta.index = self.applied;
        meta.term = term.expect("what is applied was not cut off yet");
        meta.set_conf_state(self.conf.clone());
        self.node.mut_store().compact(snapshot, self.settings.tail);
        self.write_base(context);
        context.reach(marks::COMPACTED);
    }

    /// Replaces the election timeout that the library may have drawn.
    fn settle_timeout(&mut self, context: &mut Context<'_>) {
        let raft = &mut self.node.raft;
        let era = (raft.term, raft.state);
        if self.era != era {
            self.era = era;
            let config = &self.settings.config;
            let (low, high) = (config.min_election_tick, config.max_election_tick);
            self.timeout = low + context.random_below((high - low) as u64) as usize;
        }
        raft.set_randomized_election_timeout(self.timeout);
    }

    /// Returns the term that this server leads; 0 if it does not.
    fn term_led(&self) -> u64 {
        let raft = &self.node.raft;
        if raft.state == StateRole::Leader { raft.term } else { 0 }
    }

    /// Returns the leader, if this server knows it.
    pub(super) fn leader(&self) -> Option<ProcessId> {
        let leader = self.node.raft.leader_id;
        (leader != raft::INVALID_ID).then(|| ProcessId::server(leader as u32))
    }
}

pub(super) fn answer(call: &Call, answer: Answer, context: &mut Context<'_>) {
    context.send(call.session.client, Message::Talk(Talk::answer(call, answer)));
}
