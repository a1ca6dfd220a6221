//! The election: who should lead, found out by asking who reaches whom (OmniPaxos, Ng et al.,
//! EuroSys 2023, section 5; requirements M12 and M13).
//!
//! Model: in rounds, each server asks all members and counts who answers in time. An answer names
//! the highest ballot of a leader that the other has heard of, and whether the other is *content*:
//! it leads and reaches a quorum that follows it, or it hears from a leader that is content. A
//! server that is not content, reaches a quorum, does not lead under the highest ballot itself, and
//! hears from no member that is content, takes over with a ballot above all that it heard of. If it
//! heard of the highest one in this very round it waits for the next, since what the others said
//! may be older than that leader. So one server that reaches a quorum is enough to have a leader,
//! and a server that merely lost contact to a good leader does not disturb it, since its neighbours
//! are content.
//!
//! Asking changes nothing at the server that is asked, neither its promise nor its lease. The
//! election is a matter of progress alone: safety rests on the acceptors.
//!
//! The round grows while answers come late and shrinks again (PMMC section 3).

use squall_process::Span;

use crate::log::message::Body;
use crate::log::outbox::Outbox;
use crate::log::participant::Timer;
use crate::log::{Member, Members, Slot, StateMachine, marks};
use crate::{Ballot, ProcessSet};

#[derive(Clone, Debug)]
pub(crate) struct Election {
    round: u64,
    /// The highest ballot of a leader that was heard of.
    leader: Option<Ballot>,
    content: bool,
    /// A higher ballot was heard of in this round: its leader has had no time to prove itself.
    is_news: bool,
    pongs: Vec<Pong>,
    /// The answers of the round before.
    heard: Vec<Pong>,
    /// An answer to an earlier round came in this one.
    late: bool,
    delay: Span,
}

/// One answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pong {
    pub(crate) from: Member,
    pub(crate) leader: Option<Ballot>,
    pub(crate) content: bool,
    pub(crate) chosen: Slot,
}

/// What this server can do in an election.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// The ballot that it leads, or tries to.
    pub(crate) leads: Option<Ballot>,
    /// It has a vote, and its acceptor takes part.
    pub(crate) may_lead: bool,
}

impl Election {
    pub(crate) fn new(incarnation: u32, delay: Span) -> Self {
        Self {
            // Answers to a former life are those of an earlier round.
            round: u64::from(incarnation) << 32,
            leader: None,
            content: false,
            is_news: false,
            pongs: Vec::new(),
            heard: Vec::new(),
            late: false,
            delay,
        }
    }

    /// The highest ballot of a leader that was heard of.
    pub(crate) const fn leader(&self) -> Option<Ballot> {
        self.leader
    }

    pub(crate) const fn is_content(&self) -> bool {
        self.content
    }

    /// The answers of the current round, or of the last one while it is being ended.
    pub(crate) fn pongs(&self) -> &[Pong] {
        &self.pongs
    }

    /// The answers of the last round.
    pub(crate) fn heard(&self) -> &[Pong] {
        &self.heard
    }

    /// A ballot was heard of, in any message.
    pub(crate) fn on_ballot(&mut self, ballot: Ballot) {
        if self.leader < Some(ballot) {
            self.leader = Some(ballot);
            self.is_news = true;
        }
    }

    pub(crate) fn on_ping<S: StateMachine>(
        &self,
        from: Member,
        round: u64,
        chosen: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let (leader, content) = (self.leader, self.content);
        outbox.send(from, Body::Pong { round, leader, content, chosen });
    }

    pub(crate) fn on_pong(&mut self, round: u64, pong: Pong) {
        if round != self.round {
            self.late |= round < self.round;
        } else if self.pongs.iter().all(|other| other.from != pong.from) {
            self.pongs.push(pong);
        }
    }

    /// Ends the round. Returns the ballot under which this server should lead, if it should.
    pub(crate) fn on_timer<S: StateMachine>(
        &mut self,
        members: &Members,
        standing: Standing,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Option<Ballot> {
        let me = outbox.me();
        self.pongs.retain(|pong| members.position(pong.from).is_some());
        if let Some(heard) = self.pongs.iter().filter_map(|pong| pong.leader).max() {
            self.on_ballot(heard);
        }
        self.content = self.is_satisfied(members, standing, outbox);
        let calm = self.pongs.iter().any(|pong| pong.content);
        let everyone = self.reach(members, me, |_| true);
        let is_first = standing.leads.is_some() && standing.leads == self.leader;
        if self.content || is_first || !standing.may_lead || !is_quorum(members, everyone) {
            return None;
        }
        if calm {
            outbox.reach(marks::NEIGHBOUR_CONTENT);
            return None;
        }
        if self.is_news {
            outbox.reach(marks::LEADER_IS_NEW);
            return None;
        }
        self.take_over(outbox)
    }

    /// Claims leadership with a ballot above all that were heard of.
    pub(crate) fn take_over<S: StateMachine>(
        &mut self,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Option<Ballot> {
        let ballot = Ballot::after(self.leader.map_or(0, Ballot::round), outbox.me())?;
        outbox.reach(marks::TOOK_OVER);
        self.leader = Some(ballot);
        self.content = true;
        Some(ballot)
    }

    /// Begins a round.
    pub(crate) fn begin<S: StateMachine>(
        &mut self,
        members: &Members,
        chosen: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let timing = outbox.settings().timing();
        self.delay = if self.late {
            outbox.reach(marks::ANSWERS_LATE);
            self.delay.doubled(timing.heartbeat_max)
        } else {
            (self.delay - self.delay.scaled(1, 16)).max(timing.heartbeat_min)
        };
        self.late = false;
        self.is_news = false;
        self.round += 1;
        std::mem::swap(&mut self.pongs, &mut self.heard);
        self.pongs.clear();
        let me = outbox.me();
        for member in members.all().filter(|member| member.process != me) {
            outbox.send(member, Body::Ping { round: self.round, chosen });
        }
        outbox.set_timer_about(Timer::Heartbeat, self.delay);
    }

    fn is_satisfied<S: StateMachine>(
        &self,
        members: &Members,
        standing: Standing,
        outbox: &Outbox<'_, '_, S>,
    ) -> bool {
        let Some(leader) = self.leader else {
            return false;
        };
        if leader.proposer() == outbox.me() {
            let followers = self.reach(members, outbox.me(), |pong| pong.leader <= Some(leader));
            standing.leads == Some(leader) && is_quorum(members, followers)
        } else {
            self.pongs.iter().any(|pong| {
                pong.from.process == leader.proposer()
                    && pong.leader == Some(leader)
                    && pong.content
            })
        }
    }

    /// The voters that answered as `fits` asks, and this server.
    fn reach(
        &self,
        members: &Members,
        me: squall_process::ProcessId,
        fits: impl Fn(&Pong) -> bool,
    ) -> ProcessSet {
        let others = self.pongs.iter().filter(|pong| fits(pong)).map(|pong| pong.from);
        let myself = members.voter(me);
        others.chain(myself).filter_map(|member| members.position(member)).collect()
    }
}

/// Whether `set` is enough to lead: to find out what was chosen, and to choose.
fn is_quorum(members: &Members, set: ProcessSet) -> bool {
    members.quorums().is_phase1(set) && members.quorums().is_phase2(set)
}
