//! Which message is for which role of a server.
//!
//! Model: one dispatch, one handler for each side of a conversation: the election, what a leader
//! says to acceptors, what acceptors say to the leader, what replicas say to one another.

use crate::Ballot;
use crate::log::catch_up::{Received, serve};
use crate::log::election::Pong;
use crate::log::message::Body;
use crate::log::outbox::Outbox;
use crate::log::reader::Waiting;
use crate::log::server::Roles;
use crate::log::{Member, Slot, StateMachine, marks};

impl<S: StateMachine> Roles<S> {
    /// Hands a message to the role that it is for.
    pub(crate) fn on_message(
        &mut self,
        from: Member,
        body: Body<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        match body {
            Body::Ping { .. } | Body::Pong { .. } | Body::TakeOver { .. } => {
                self.on_election(from, &body, outbox);
            }
            Body::Prepare(_) | Body::Accept { .. } | Body::Confirm(_) | Body::Release { .. } => {
                self.on_leader(from, body, outbox);
            }
            Body::Promise { .. }
            | Body::Nack { .. }
            | Body::Accepted { .. }
            | Body::Confirmed(_)
            | Body::Disk(_) => self.on_acceptor(from, body, outbox),
            Body::Commit { .. }
            | Body::Fetch { .. }
            | Body::Decisions { .. }
            | Body::Piece { .. } => self.on_replica(from, body, outbox),
            Body::WhichIndex { number } => self.on_which_index(from, number, outbox),
            Body::Index { number, slot } => self.asker.on_index(number, slot),
            Body::WhichDisk => {
                if let Some(disk) = self.durable_disk() {
                    outbox.send(from, Body::Disk(disk));
                }
            }
            Body::Request(request) => self.on_request(request, outbox),
            // On its way back to a client that is pinned to this server.
            Body::Answer { caller, answer } => {
                if caller.client.is_client() {
                    outbox.send_process(caller.client, Body::Answer { caller, answer });
                }
            }
        }
    }

    fn on_election(&mut self, from: Member, body: &Body<S>, outbox: &mut Outbox<'_, '_, S>) {
        let applied = self.replica.applied();
        match *body {
            Body::Ping { round, chosen } => {
                self.election.on_ping(from, round, applied, outbox);
                self.catch_up.note(from, chosen, applied, outbox);
            }
            Body::Pong { round, leader, content, chosen } => {
                self.election.on_pong(round, Pong { from, leader, content, chosen });
                self.catch_up.note(from, chosen, applied, outbox);
                self.leader.on_progress(from, chosen, &self.replica, outbox);
            }
            Body::TakeOver { ballot } => {
                self.election.on_ballot(ballot);
                if self.election.leader() == Some(ballot)
                    && self.may_lead(outbox)
                    && let Some(mine) = self.election.take_over(outbox)
                {
                    self.leader.begin(mine, &self.replica, outbox);
                }
            }
            _ => {}
        }
    }

    /// What a leader says to acceptors.
    fn on_leader(&mut self, from: Member, body: Body<S>, outbox: &mut Outbox<'_, '_, S>) {
        let replica = &self.replica;
        match body {
            Body::Prepare(prepare) => {
                if prepare.ballot.proposer() != from.process {
                    return;
                }
                if prepare.config < replica.members().version() {
                    // A leader of former members elects itself in vain.
                    outbox.reach(marks::STALE_CONFIGURATION);
                    return replica.tell_applied(from, outbox);
                }
                self.acceptor.on_prepare(from, prepare, replica, outbox);
                if self.acceptor.floor() == Some(prepare.ballot) {
                    self.election.on_ballot(prepare.ballot);
                }
            }
            Body::Accept { slot, vote, chosen } => {
                if vote.ballot.proposer() != from.process {
                    return;
                }
                self.election.on_ballot(vote.ballot);
                self.note_commit(from, vote.ballot, chosen, outbox);
                self.acceptor.on_accept(from, slot, vote, &self.replica, outbox);
            }
            Body::Confirm(round) => self.acceptor.on_confirm(from, round, outbox),
            Body::Release { ballot } if ballot.proposer() == from.process => {
                self.acceptor.on_release(ballot, outbox);
            }
            _ => {}
        }
    }

    /// What acceptors say to the leader.
    fn on_acceptor(&mut self, from: Member, body: Body<S>, outbox: &mut Outbox<'_, '_, S>) {
        match body {
            Body::Promise { ballot, config, compacted, reports }
                if self.leader.scouts(ballot, config) =>
            {
                let replica = &self.replica;
                let chosen = self.leader.on_promise(from, compacted, reports, replica, outbox);
                for (slot, entry) in chosen {
                    self.learn(slot, entry, outbox);
                }
                let applied = self.replica.applied();
                if let Some(slot) = self.leader.waits_for(applied) {
                    self.catch_up.note(from, slot, applied, outbox);
                }
            }
            Body::Nack { promised, .. } => self.election.on_ballot(promised),
            Body::Accepted { slot, ballot, config } => {
                self.leader.on_accepted(from, slot, ballot, config, &self.replica);
            }
            Body::Confirmed(round)
                if self.leader.ballot() == Some(round.ballot)
                    && self.leader.is_settled(self.replica.applied()) =>
            {
                self.leader.rounds.on_confirmed(from, round, &self.replica, outbox);
            }
            Body::Disk(disk) => self.leader.on_disk(from.process, disk),
            _ => {}
        }
    }

    /// What replicas say to one another.
    fn on_replica(&mut self, from: Member, body: Body<S>, outbox: &mut Outbox<'_, '_, S>) {
        match body {
            Body::Commit { ballot, chosen } => {
                self.election.on_ballot(ballot);
                self.note_commit(from, ballot, chosen, outbox);
            }
            Body::Fetch { from: slot, piece } => serve(from, slot, piece, &self.replica, outbox),
            Body::Decisions { first, entries, chosen } => {
                let mut slot = first;
                for entry in entries {
                    self.learn_from_another(slot, entry, outbox);
                    slot = slot.next();
                }
                let applied = self.replica.applied();
                self.catch_up.on_decisions(from, chosen, applied, outbox);
            }
            Body::Piece { id, index, count, piece } => {
                let received = Received { id, index, count, piece };
                let applied = self.replica.applied();
                let whole = self.catch_up.on_piece(from, received, applied, outbox);
                if let Some((snapshot, state)) = whole {
                    let (slot, kept) = (snapshot.id.slot, self.kept());
                    if self.replica.install(snapshot, state, kept, outbox) {
                        self.leader.on_snapshot(outbox);
                        self.acceptor.compact(slot);
                        self.take_identity(outbox);
                        let applied = self.replica.applied();
                        self.catch_up.on_decisions(from, applied, applied, outbox);
                    }
                }
            }
            _ => {}
        }
    }

    /// All up to `chosen` is chosen, with what `ballot` proposed (M5).
    fn note_commit(
        &mut self,
        from: Member,
        ballot: Ballot,
        chosen: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        if chosen > self.replica.applied() && self.commit.is_none_or(|old| old < (ballot, chosen)) {
            self.commit = Some((ballot, chosen));
        }
        self.catch_up.note(from, chosen, self.replica.applied(), outbox);
    }

    /// Reads of replicas: the answer comes with the next round.
    fn on_which_index(&mut self, from: Member, number: u64, outbox: &mut Outbox<'_, '_, S>) {
        if self.leader.is_leading() {
            let _ = self.leader.rounds.submit(Waiting::Index(from, number), outbox);
        }
    }
}
