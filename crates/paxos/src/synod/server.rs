//! A server: an acceptor, a proposer and a learner under one name, on one disk.
//!
//! Model: the roles know nothing of one another. The server opens envelopes, hands each message to
//! the role that it is for, and carries what one role found out to the others: a choice to the
//! proposer, who rests, and to all who wait for it. A server that knows the choice answers every
//! request with it, so nobody needs an acceptor any more.
//!
//! Its disk: a refused write is a request that was lost. After a failed sync the records are gone,
//! whatever a later sync says, so the server stops and starts again from what is really there.

use std::sync::Arc;

use squall_process::{Context, Disk, Input, OpId, Outcome, RecordNumber};

use crate::identity::incarnation_of;
use crate::synod::acceptor::Acceptor;
use crate::synod::learner::Learner;
use crate::synod::message::{Body, Caller, Message};
use crate::synod::outbox::Outbox;
use crate::synod::proposer::{Proposer, announces};
use crate::synod::record::{Record, Recovered};
use crate::synod::waiting::{Line, Waiter, Wants, Who};
use crate::{
    Ballot, Claim, Configuration, LearnerPath, Op, Participant, Proposable, Reply, Timer, Vote,
    marks,
};

/// A server of the cell.
#[derive(Clone, Debug)]
pub struct Server<V> {
    configuration: Arc<Configuration>,
    incarnation: u32,
    halted: bool,
    roles: Roles<V>,
}

/// What a server consists of, apart from what tells it who it is.
#[derive(Clone, Debug)]
struct Roles<V> {
    acceptor: Acceptor<V>,
    proposer: Proposer<V>,
    learner: Learner<V>,
    waiting: Line<Waiter>,
}

impl<V: Proposable> Server<V> {
    /// Returns a server that was not started yet. Allocates nothing.
    #[must_use]
    pub fn new(configuration: Arc<Configuration>) -> Self {
        let backoff = configuration.tuning().backoff_min;
        Self {
            configuration,
            incarnation: 0,
            halted: false,
            roles: Roles {
                acceptor: Acceptor::new(),
                proposer: Proposer::new(backoff),
                learner: Learner::new(),
                waiting: Line::new(),
            },
        }
    }

    /// Returns the highest ballot that its acceptor promised, durably.
    #[must_use]
    pub const fn promised(&self) -> Option<Ballot> {
        self.roles.acceptor.promised()
    }

    /// Returns the vote of the highest ballot that its acceptor cast, durably.
    #[must_use]
    pub const fn accepted(&self) -> Option<&Vote<V>> {
        self.roles.acceptor.accepted()
    }

    /// Returns whether its acceptor takes no part, since its disk lost what others may rely on.
    #[must_use]
    pub const fn is_mute(&self) -> bool {
        self.roles.acceptor.is_mute()
    }

    /// Returns the ballot that its proposer has under way.
    #[must_use]
    pub const fn ballot(&self) -> Option<Ballot> {
        self.roles.proposer.ballot()
    }

    /// Returns what its learner learned.
    #[must_use]
    pub const fn learned(&self) -> Option<&V> {
        self.roles.learner.learned()
    }

    /// Takes one input.
    pub(crate) fn step(
        &mut self,
        input: Input<Participant<V>>,
        context: &mut Context<'_, Participant<V>>,
    ) {
        if self.halted {
            return;
        }
        if let Input::Boot { incarnation, .. } = &input {
            self.incarnation = incarnation_of(*incarnation);
        }
        let mut outbox = Outbox::new(context, &self.configuration, self.incarnation);
        let (roles, outbox) = (&mut self.roles, &mut outbox);
        match input {
            Input::Boot { disk, .. } => roles.on_boot(&disk, self.incarnation, outbox),
            Input::Message { from, message } => {
                if is_for(&message, self.incarnation, outbox) {
                    let incarnation = message.asker;
                    roles.on_message(Caller { process: from, incarnation }, message.body, outbox);
                }
            }
            Input::Timer(timer) => roles.on_timer(timer, outbox),
            Input::Synced { through } => roles.on_synced(through, outbox),
            Input::SyncFailed { .. } => {
                self.halted = true;
                outbox.reach(marks::SYNC_FAILED);
                context.halt("a sync failed: records that it covered are gone");
                return;
            }
            Input::WriteFailed { number, .. } => roles.on_write_failed(number, outbox),
            // Synod speaks by datagrams alone.
            Input::Session { .. } => {}
            Input::Op { id, op } => roles.on_op(id, op, outbox),
        }
        while let Some(body) = outbox.take_own() {
            roles.on_message(outbox.myself(), body, outbox);
        }
        outbox.close();
    }
}

impl<V: Proposable> Roles<V> {
    fn on_boot(
        &mut self,
        disk: &Disk<Record<V>>,
        incarnation: u32,
        outbox: &mut Outbox<'_, '_, V>,
    ) {
        let cluster = outbox.configuration().cluster();
        let recovered = Recovered::read(disk, cluster, outbox.me(), incarnation);
        if recovered.torn {
            outbox.reach(marks::TORN_DROPPED);
        }
        self.acceptor.on_boot(&recovered, outbox);
        self.proposer.on_boot(&recovered, outbox);
        self.learner.on_boot(outbox);
    }

    fn on_synced(&mut self, through: RecordNumber, outbox: &mut Outbox<'_, '_, V>) {
        self.acceptor.on_synced(through, outbox);
        self.proposer.on_synced(through, outbox);
    }

    fn on_write_failed(&mut self, number: RecordNumber, outbox: &mut Outbox<'_, '_, V>) {
        self.acceptor.on_write_failed(number, outbox);
        self.proposer.on_write_failed(number, outbox);
    }

    fn on_timer(&mut self, timer: Timer, outbox: &mut Outbox<'_, '_, V>) {
        match timer {
            Timer::Round => self.proposer.on_timer(outbox),
            Timer::Ask => {
                self.learner.on_timer(outbox);
                self.force_round(outbox);
            }
            Timer::Request | Timer::GiveUp => {}
        }
    }

    /// A learner that asks in vain has what it accepted proposed again (S8): perhaps it was chosen
    /// and nobody is left who knows.
    fn force_round(&mut self, outbox: &mut Outbox<'_, '_, V>) {
        let patience = outbox.configuration().tuning().asks_before_round;
        let tired = self.learner.questions() > patience;
        let able = self.proposer.is_idle() && self.proposer.is_fit();
        if let Some(vote) = self.acceptor.accepted()
            && tired
            && able
        {
            let value = vote.value.clone();
            outbox.reach(marks::ROUND_FORCED);
            self.proposer.propose(value, outbox);
        }
    }

    fn on_message(&mut self, from: Caller, body: Body<V>, outbox: &mut Outbox<'_, '_, V>) {
        if let Some(value) = self.learner.learned()
            && let Body::Prepare(_) | Body::Accept(_) | Body::Ask { .. } | Body::Request(_) = body
        {
            let value = value.clone();
            return outbox.tell(from.process, Body::Learn(value));
        }
        match body {
            Body::Prepare(ballot) => self.on_prepare(from, ballot, outbox),
            Body::Promise { ballot, accepted } => self.on_promise(from, ballot, accepted, outbox),
            Body::Accept(vote) => self.on_accept(from, vote, outbox),
            Body::Accepted(vote) => self.on_accepted(from, &vote, outbox),
            Body::Nack { ballot, promised } => self.proposer.on_nack(ballot, promised, outbox),
            Body::Learn(value) => self.on_learn(&value, outbox),
            Body::Ask { question } => self.on_ask(from, question, outbox),
            Body::Request(value) => self.on_request(from, value, outbox),
            Body::Nothing { .. } => ignore_nothing(),
        }
    }

    fn on_prepare(&mut self, from: Caller, ballot: Ballot, outbox: &mut Outbox<'_, '_, V>) {
        if ballot.proposer() != from.process {
            return ignore_borrowed_ballot();
        }
        if from.process != outbox.me() {
            self.proposer.on_rival(ballot, false, outbox);
        }
        self.acceptor.on_prepare(from, ballot, outbox);
    }

    fn on_promise(
        &mut self,
        from: Caller,
        ballot: Ballot,
        accepted: Option<Vote<V>>,
        outbox: &mut Outbox<'_, '_, V>,
    ) {
        let found_nothing = self.proposer.on_promise(from, ballot, accepted, outbox);
        if let Some(ballot) = found_nothing {
            outbox.reach(marks::NOTHING_CHOSEN);
            if self.waiting.tell_nothing(ballot, outbox) {
                self.proposer.inquire(outbox);
            }
        }
    }

    fn on_accept(&mut self, from: Caller, vote: Vote<V>, outbox: &mut Outbox<'_, '_, V>) {
        if vote.ballot.proposer() != from.process {
            return ignore_borrowed_ballot();
        }
        if from.process != outbox.me() {
            self.proposer.on_rival(vote.ballot, true, outbox);
        }
        self.acceptor.on_accept(from, vote, outbox);
    }

    /// Phase 2b is for whoever counts: the proposer of the ballot, the learner, or both.
    fn on_accepted(&mut self, from: Caller, vote: &Vote<V>, outbox: &mut Outbox<'_, '_, V>) {
        let path = outbox.configuration().path();
        if let Some(value) = self.proposer.on_accepted(from, vote.ballot, outbox) {
            if matches!(path, LearnerPath::Distinguished(learner) if learner != outbox.me()) {
                outbox.reach(marks::STOOD_IN);
            }
            return self.on_chosen(&value, announces(path), outbox);
        }
        if path != LearnerPath::Announced
            && let Some(value) = self.learner.on_accepted(from, vote, outbox)
        {
            let relays = path == LearnerPath::Distinguished(outbox.me());
            self.on_chosen(&value, relays, outbox);
        }
    }

    /// Told by one who knows.
    fn on_learn(&mut self, value: &V, outbox: &mut Outbox<'_, '_, V>) {
        if self.learner.learned().is_none() {
            if self.proposer.ballot().is_some() {
                outbox.reach(marks::PROPOSER_TOLD);
            }
            if self.learner.questions() > 0 {
                outbox.reach(marks::LATE_LEARNER);
            }
        }
        self.on_chosen(value, false, outbox);
    }

    /// `value` was chosen. Everything that waited for it ends here.
    fn on_chosen(&mut self, value: &V, tell_others: bool, outbox: &mut Outbox<'_, '_, V>) {
        let contradicts = self.learner.learned().is_some_and(|learned| learned != value);
        if !self.learner.learn(value, outbox) {
            if contradicts {
                // Never in a correct cell; the judges should hear of it.
                outbox.claim(Claim::Learned { value: value.clone() });
            }
            return;
        }
        outbox.claim(Claim::Learned { value: value.clone() });
        self.proposer.stop(outbox);
        if tell_others {
            outbox.tell_other_servers(&Body::Learn(value.clone()));
        }
        self.waiting.tell_all(value, outbox);
    }

    /// A learner wants to know, which this one does not, or a client does, which waits.
    fn on_ask(&mut self, from: Caller, question: u32, outbox: &mut Outbox<'_, '_, V>) {
        if from.process.is_client() {
            let during = self.proposer.ballot();
            self.waiting.push_client(from, question, Wants::Answer { during });
            self.proposer.inquire(outbox);
        }
    }

    fn on_request(&mut self, from: Caller, value: V, outbox: &mut Outbox<'_, '_, V>) {
        self.waiting.push_client(from, 0, Wants::Choice);
        self.proposer.propose(value, outbox);
    }

    /// An operation of this server's own user. It is refused if the value cannot have left here.
    fn on_op(&mut self, id: OpId, op: Op<V>, outbox: &mut Outbox<'_, '_, V>) {
        if let Some(value) = self.learner.learned() {
            let reply = Reply::Chosen(value.clone());
            return outbox.complete(id, Outcome::Done(reply));
        }
        let who = Who::Op(id);
        match op {
            Op::Propose(_) if !self.proposer.is_fit() => outbox.complete(id, Outcome::Refused),
            Op::Propose(value) => {
                self.waiting.push(Waiter { who, wants: Wants::Choice });
                self.proposer.propose(value, outbox);
            }
            Op::Ask => {
                let during = self.proposer.ballot();
                self.waiting.push(Waiter { who, wants: Wants::Answer { during } });
                self.proposer.inquire(outbox);
            }
        }
    }
}

/// A ballot in another's name: each has one owner, so this is not a request that anybody made.
const fn ignore_borrowed_ballot() {}

/// Servers put no questions that could be answered so.
const fn ignore_nothing() {}

/// Returns whether a message is meant for this process as it is now (S9).
pub(crate) fn is_for<V: Proposable>(
    message: &Message<V>,
    incarnation: u32,
    outbox: &mut Outbox<'_, '_, V>,
) -> bool {
    if message.cluster != outbox.configuration().cluster() || message.to != outbox.me() {
        return false;
    }
    let answers =
        matches!(message.body, Body::Promise { .. } | Body::Nack { .. } | Body::Nothing { .. });
    let stale = answers && message.asker != incarnation;
    if stale {
        outbox.reach(marks::DEAD_INCARNATION);
    }
    !stale
}
