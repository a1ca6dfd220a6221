//! Requests of clients, as a server takes them in.
//!
//! Model: the leader takes commands into its queue and reads into its rounds. Any other server
//! answers the reads that need no leader, passes on what clients ask that are pinned to it, and
//! sends the rest to the leader that it knows of. What is answered `busy` or `not leader` was not
//! proposed by this server, which says nothing of earlier copies of the same request.

use squall_process::{ProcessId, Span};

use crate::log::message::{Action, Answer, Ask, Body, ReadMode, Reply, Request};
use crate::log::outbox::Outbox;
use crate::log::reader::{Waiting, answer};
use crate::log::server::Roles;
use crate::log::{Asked, Caller, Command, StateMachine, marks};

impl<S: StateMachine> Roles<S> {
    pub(crate) fn on_request(&mut self, request: Request<S>, outbox: &mut Outbox<'_, '_, S>) {
        let Request { caller, ask } = request;
        if let Ask::Read { query, mode: mode @ (ReadMode::Follower | ReadMode::Stale { .. }) } = ask
        {
            return self.on_follower_read(caller, query, mode, outbox);
        }
        if self.leader.ballot().is_some() && self.election.is_content() {
            return self.on_leader_request(caller, ask, outbox);
        }
        let leader = self.known_leader(outbox);
        match leader {
            Some(leader) if caller.via == outbox.me() && leader != outbox.me() => {
                outbox.reach(marks::PASSED_ON);
                outbox.send_process(leader, Body::Request(Request { caller, ask }));
            }
            _ => outbox.answer(caller, Answer::NotLeader(leader)),
        }
    }

    fn known_leader(&self, outbox: &Outbox<'_, '_, S>) -> Option<ProcessId> {
        let leader = self.election.leader().map(crate::Ballot::proposer);
        leader.filter(|leader| *leader != outbox.me())
    }

    fn on_leader_request(&mut self, caller: Caller, ask: Ask<S>, outbox: &mut Outbox<'_, '_, S>) {
        let taken = match ask {
            Ask::Register => self.leader.submit(Command::Register(caller), outbox),
            Ask::Apply { session, sequence, unacknowledged, action } => {
                let asked = Asked { caller, session, sequence, unacknowledged };
                self.on_action(asked, action, outbox)
            }
            Ask::Read { query, mode: ReadMode::Log } => {
                self.leader.submit(Command::Read { caller, query }, outbox)
            }
            Ask::Read { query, mode } => {
                let read = Waiting::Query(caller, query);
                let settled = self.leader.is_settled(self.replica.applied());
                let leased = settled && self.leader.rounds.lease.holds(outbox.now());
                if mode == ReadMode::Lease && leased {
                    outbox.reach(marks::LEASE_READ);
                    return answer(read, &self.replica, outbox);
                }
                self.leader.rounds.submit(read, outbox)
            }
            Ask::Transfer(to) => return self.on_transfer(caller, to, outbox),
        };
        if !taken {
            outbox.answer(caller, Answer::Busy);
        }
    }

    fn on_action(
        &mut self,
        asked: Asked,
        action: Action<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> bool {
        match action {
            Action::Operation(operation) => {
                let size = operation.size();
                if size > outbox.settings().limits().command_bytes {
                    outbox.answer(asked.caller, Answer::TooLarge { size });
                    return true;
                }
                self.leader.submit(Command::Apply { asked, operation }, outbox)
            }
            Action::Change(change) if !outbox.settings().knows(change) => {
                outbox.answer(asked.caller, Answer::NoServer);
                true
            }
            Action::Change(change) => {
                self.leader.submit_change(change, asked, &self.replica, outbox)
            }
        }
    }

    fn on_transfer(&mut self, caller: Caller, to: ProcessId, outbox: &mut Outbox<'_, '_, S>) {
        let unknown = crate::log::MembersError::Unknown(to);
        match self.replica.members().voter(to) {
            None => outbox.answer(caller, Answer::Done(Reply::NotChanged(unknown))),
            Some(_) if to == outbox.me() => {
                outbox.answer(caller, Answer::Done(Reply::Transferred));
            }
            Some(_) if !self.leader.is_settled(self.replica.applied()) => {
                outbox.answer(caller, Answer::Busy);
            }
            Some(member) => {
                outbox.answer(caller, Answer::Done(Reply::Transferred));
                self.transfer(member, outbox);
            }
        }
    }

    /// A read that any replica answers, after the leader named a slot.
    fn on_follower_read(
        &mut self,
        caller: Caller,
        query: S::Query,
        mode: ReadMode,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        if let ReadMode::Stale { millis } = mode {
            let bound = self.own_span(Span::from_millis(millis), outbox);
            if self.asker.is_fresh(bound, &self.replica, outbox.now()) {
                outbox.reach(marks::STALE_READ);
                return answer(Waiting::Query(caller, query), &self.replica, outbox);
            }
        }
        if self.leader.ballot().is_some() {
            if !self.leader.rounds.submit(Waiting::Query(caller, query), outbox) {
                outbox.answer(caller, Answer::Busy);
            }
            return;
        }
        match self.known_leader(outbox) {
            Some(leader) => self.asker.ask(leader, caller, query, &self.replica, outbox),
            None => outbox.answer(caller, Answer::NotLeader(None)),
        }
    }

    /// What the own clock surely shows while `span` passes: less, if it may be slow.
    fn own_span(&self, span: Span, outbox: &Outbox<'_, '_, S>) -> Span {
        let error = outbox.settings().lease().map_or(0, |terms| terms.rate_error_per_mille);
        span.scaled(1_000 - error.min(999), 1_000)
    }
}
