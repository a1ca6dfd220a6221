//! The part of a replica that handles changes of members and of the leader.
//!
//! Model: members change by joint consensus, one change at a time. A change is a call like any
//! other until it is committed. Then it begins, and an entry of the library or of the server ends
//! it. A new member may begin as a learner, and the leader makes it a voter once it has all
//! committed entries.

use raft::StateRole;
use raft::eraftpb::{self, ConfChangeV2, Entry, MessageType};
use squall_process::ProcessId;

use super::members::{
    can_be, conf_change, decode_promotion, encode_promotion, in_order, is_joint, learns, promotion,
};
use super::replica::{Replica, answer};
use super::{Context, marks};
use squall_service::{Answer, Call, Change, Freshness, Op, Reply};

impl Replica {
    /// Returns `change` in the library's terms.
    pub(super) fn conf_change(&self, change: Change) -> ConfChangeV2 {
        conf_change(change, &self.conf, self.settings.leave, self.settings.join)
    }

    /// Handles a committed change of members: the beginning of a client's change, the promotion of
    /// a learner, or the end of a change.
    pub(super) fn on_change(
        &mut self,
        entry: &Entry,
        call: Option<&Call>,
        context: &mut Context<'_>,
    ) {
        if let Some(call) = call {
            return self.on_change_called(call, context);
        }
        match decode_promotion(entry.get_context()) {
            None => self.change(&ConfChangeV2::default(), context),
            Some(learner) if learns(&self.conf, learner) && !is_joint(&self.conf) => {
                context.reach(marks::PROMOTED);
                self.change(&promotion(learner, self.settings.leave), context);
            }
            // It is no longer a learner.
            Some(_) => {}
        }
    }

    fn on_change_called(&mut self, call: &Call, context: &mut Context<'_>) {
        let Op::Change(change) = call.op else { return };
        let reply = match self.store.freshness(call) {
            Freshness::Late => None,
            Freshness::Again(reply) => Some(reply),
            Freshness::New => {
                let possible = can_be(change, &self.conf, self.settings.servers);
                let reply = if possible { Reply::Changed } else { Reply::Kept };
                self.store.settle(call, reply);
                if possible {
                    self.change(&self.conf_change(change), context);
                }
                Some(reply)
            }
        };
        self.answer_own(call, reply, context);
    }

    fn change(&mut self, change: &ConfChangeV2, context: &mut Context<'_>) {
        let was_joint = is_joint(&self.conf);
        if change.leave_joint() != was_joint {
            return;
        }
        let learners = self.conf.get_learners().len();
        let changed = self.node.apply_conf_change(change);
        self.conf = in_order(changed.expect("joint is left, and entered from a simple one"));
        context.reach(if was_joint { marks::LEFT } else { marks::JOINT });
        if self.conf.get_learners().len() > learners {
            context.reach(marks::LEARNS);
        }
        self.reads.drop_lease();
        let raft = &mut self.node.raft;
        if raft.state == StateRole::Leader && !raft.promotable() {
            context.reach(marks::RETIRED);
            let term = raft.term;
            raft.become_follower(term, raft::INVALID_ID);
        }
    }

    /// Ends what is half done, as the leader: a joint configuration that the library forgot to
    /// leave, and the time of a learner that has all committed entries.
    pub(super) fn end_changes(&mut self, context: &mut Context<'_>) {
        if self.node.raft.has_pending_conf() {
            return;
        }
        if is_joint(&self.conf) {
            if self.propose_change(Vec::new(), ConfChangeV2::default()).is_ok() {
                context.reach(marks::LEFT_BY_SERVER);
            }
        } else if let Some(learner) = self.ripe_learner() {
            let change = promotion(learner, self.settings.leave);
            // If it is refused, the next tick tries again.
            let _ = self.propose_change(encode_promotion(learner), change);
        }
    }

    /// Proposes `change`, with `note` in its entry. If the library drops it for lack of room, it
    /// still considers the change pending until another entry is applied at that position.
    pub(super) fn propose_change(
        &mut self,
        note: Vec<u8>,
        change: ConfChangeV2,
    ) -> raft::Result<()> {
        let pending = self.node.raft.pending_conf_index;
        let proposed = self.node.propose_conf_change(note, change);
        if proposed.is_err() {
            self.node.raft.pending_conf_index = pending;
        }
        proposed
    }

    /// Returns a learner that has all committed entries.
    fn ripe_learner(&self) -> Option<ProcessId> {
        let raft = &self.node.raft;
        let is_ripe = |learner: &&u64| {
            let progress = raft.prs().get(**learner);
            progress.is_some_and(|progress| progress.matched >= raft.raft_log.committed)
        };
        let ripe = self.conf.get_learners().iter().find(is_ripe);
        ripe.map(|learner| ProcessId::server(*learner as u32))
    }

    /// Handles a client's request that `server` should lead. The client learns that the transfer
    /// has begun, not that it succeeded.
    pub(super) fn hand_over(&mut self, call: &Call, server: ProcessId, context: &mut Context<'_>) {
        let number = u64::from(server.number());
        if self.node.raft.state != StateRole::Leader {
            return answer(call, Answer::Elsewhere(self.leader()), context);
        }
        let votes = self.conf.get_voters().contains(&number);
        if votes {
            self.node.transfer_leader(number);
        }
        let reply = if votes { Reply::Changed } else { Reply::Kept };
        answer(call, Answer::Done(reply), context);
    }

    /// Returns whether the library panics over `message`. It refuses a pre-vote under its own term,
    /// even if that is 0, which it takes for a term that was never set (`docs/found.md`). The
    /// answer to the question may be lost, so the question may be dropped.
    pub(super) fn trips_over(&self, message: &eraftpb::Message) -> bool {
        let raft = &self.node.raft;
        message.get_msg_type() == MessageType::MsgRequestPreVote
            && raft.term == 0
            && message.priority < raft.priority
    }

    /// Reaches a mark if `message` asks for a vote that is refused because of the sender's low
    /// priority.
    pub(super) fn note_rank(&self, message: &eraftpb::Message, context: &mut Context<'_>) {
        let asks = matches!(
            message.get_msg_type(),
            MessageType::MsgRequestVote | MessageType::MsgRequestPreVote
        );
        let raft = &self.node.raft;
        if asks && message.priority < raft.priority {
            let last = (raft.raft_log.last_index(), raft.raft_log.last_term());
            if (message.index, message.log_term) == last {
                context.reach(marks::OUTRANKED);
            }
        }
    }
}
