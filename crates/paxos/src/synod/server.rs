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
use crate::synod::outbox::Post;
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
        let mut post = Post::new(context, &self.configuration, self.incarnation);
        let (roles, post) = (&mut self.roles, &mut post);
        match input {
            Input::Boot { disk, .. } => roles.on_boot(&disk, self.incarnation, post),
            Input::Message { from, message } => {
                if is_for(&message, self.incarnation, post) {
                    let incarnation = message.asker;
                    roles.on_message(Caller { process: from, incarnation }, message.body, post);
                }
            }
            Input::Timer(timer) => roles.on_timer(timer, post),
            Input::Synced { through } => roles.on_synced(through, post),
            Input::SyncFailed { .. } => {
                self.halted = true;
                post.reach(marks::SYNC_FAILED);
                context.halt("a sync failed: records that it covered are gone");
                return;
            }
            Input::WriteFailed { number, .. } => roles.on_write_failed(number, post),
            // Synod speaks by datagrams alone.
            Input::Session { .. } => {}
            Input::Op { id, op } => roles.on_op(id, op, post),
        }
        while let Some(body) = post.take_own() {
            roles.on_message(post.myself(), body, post);
        }
        post.close();
    }
}

impl<V: Proposable> Roles<V> {
    fn on_boot(&mut self, disk: &Disk<Record<V>>, incarnation: u32, post: &mut Post<'_, '_, V>) {
        let owner = (post.me(), incarnation);
        let recovered = Recovered::read(disk, post.configuration().cluster(), owner);
        if recovered.torn {
            post.reach(marks::TORN_DROPPED);
        }
        self.acceptor.on_boot(&recovered, post);
        self.proposer.on_boot(&recovered, post);
        self.learner.on_boot(post);
    }

    fn on_synced(&mut self, through: RecordNumber, post: &mut Post<'_, '_, V>) {
        self.acceptor.on_synced(through, post);
        self.proposer.on_synced(through, post);
    }

    fn on_write_failed(&mut self, number: RecordNumber, post: &mut Post<'_, '_, V>) {
        self.acceptor.on_write_failed(number, post);
        self.proposer.on_write_failed(number, post);
    }

    fn on_timer(&mut self, timer: Timer, post: &mut Post<'_, '_, V>) {
        match timer {
            Timer::Round => self.proposer.on_timer(post),
            Timer::Ask => {
                self.learner.on_timer(post);
                self.force_round(post);
            }
            Timer::Request | Timer::GiveUp => {}
        }
    }

    /// A learner that asks in vain has what it accepted proposed again (S8): perhaps it was chosen
    /// and nobody is left who knows.
    fn force_round(&mut self, post: &mut Post<'_, '_, V>) {
        let patience = post.configuration().tuning().asks_before_round;
        let tired = self.learner.questions() > patience;
        let able = self.proposer.is_idle() && self.proposer.is_fit();
        if let Some(vote) = self.acceptor.accepted()
            && tired
            && able
        {
            let value = vote.value.clone();
            post.reach(marks::ROUND_FORCED);
            self.proposer.propose(value, post);
        }
    }

    fn on_message(&mut self, from: Caller, body: Body<V>, post: &mut Post<'_, '_, V>) {
        if let Some(value) = self.learner.learned()
            && let Body::Prepare(_) | Body::Accept(_) | Body::Ask { .. } | Body::Request(_) = body
        {
            let value = value.clone();
            return post.tell(from.process, Body::Learn(value));
        }
        match body {
            Body::Prepare(ballot) => self.on_prepare(from, ballot, post),
            Body::Promise { ballot, accepted } => self.on_promise(from, ballot, accepted, post),
            Body::Accept(vote) => self.on_accept(from, vote, post),
            Body::Accepted(vote) => self.on_accepted(from, &vote, post),
            Body::Nack { ballot, promised } => self.proposer.on_nack(ballot, promised, post),
            Body::Learn(value) => self.on_learn(&value, post),
            Body::Ask { question } => self.on_ask(from, question, post),
            Body::Request(value) => self.on_request(from, value, post),
            Body::Nothing { .. } => ignore_nothing(),
        }
    }

    fn on_prepare(&mut self, from: Caller, ballot: Ballot, post: &mut Post<'_, '_, V>) {
        if ballot.proposer() != from.process {
            return ignore_borrowed_ballot();
        }
        if from.process != post.me() {
            self.proposer.on_rival(ballot, false, post);
        }
        self.acceptor.on_prepare(from, ballot, post);
    }

    fn on_promise(
        &mut self,
        from: Caller,
        ballot: Ballot,
        accepted: Option<Vote<V>>,
        post: &mut Post<'_, '_, V>,
    ) {
        let found_nothing = self.proposer.on_promise(from, ballot, accepted, post);
        if let Some(ballot) = found_nothing {
            post.reach(marks::NOTHING_CHOSEN);
            if self.waiting.tell_nothing(ballot, post) {
                self.proposer.inquire(post);
            }
        }
    }

    fn on_accept(&mut self, from: Caller, vote: Vote<V>, post: &mut Post<'_, '_, V>) {
        if vote.ballot.proposer() != from.process {
            return ignore_borrowed_ballot();
        }
        if from.process != post.me() {
            self.proposer.on_rival(vote.ballot, true, post);
        }
        self.acceptor.on_accept(from, vote, post);
    }

    /// Phase 2b is for whoever counts: the proposer of the ballot, the learner, or both.
    fn on_accepted(&mut self, from: Caller, vote: &Vote<V>, post: &mut Post<'_, '_, V>) {
        let path = post.configuration().path();
        if let Some(value) = self.proposer.on_accepted(from, vote.ballot, post) {
            if matches!(path, LearnerPath::Distinguished(learner) if learner != post.me()) {
                post.reach(marks::STOOD_IN);
            }
            return self.on_chosen(&value, announces(path), post);
        }
        if path != LearnerPath::Announced
            && let Some(value) = self.learner.on_accepted(from, vote, post)
        {
            let relays = path == LearnerPath::Distinguished(post.me());
            self.on_chosen(&value, relays, post);
        }
    }

    /// Told by one who knows.
    fn on_learn(&mut self, value: &V, post: &mut Post<'_, '_, V>) {
        if self.learner.learned().is_none() {
            if self.proposer.ballot().is_some() {
                post.reach(marks::PROPOSER_TOLD);
            }
            if self.learner.questions() > 0 {
                post.reach(marks::LATE_LEARNER);
            }
        }
        self.on_chosen(value, false, post);
    }

    /// `value` was chosen. Everything that waited for it ends here.
    fn on_chosen(&mut self, value: &V, tell_others: bool, post: &mut Post<'_, '_, V>) {
        let contradicts = self.learner.learned().is_some_and(|learned| learned != value);
        if !self.learner.learn(value, post) {
            if contradicts {
                // Never in a correct cell; the judges should hear of it.
                post.claim(Claim::Learned { value: value.clone() });
            }
            return;
        }
        post.claim(Claim::Learned { value: value.clone() });
        self.proposer.stop(post);
        if tell_others {
            post.tell_other_servers(&Body::Learn(value.clone()));
        }
        self.waiting.tell_all(value, post);
    }

    /// A learner wants to know, which this one does not, or a client does, which waits.
    fn on_ask(&mut self, from: Caller, question: u32, post: &mut Post<'_, '_, V>) {
        if from.process.is_client() {
            let during = self.proposer.ballot();
            self.waiting.push_client(from, question, Wants::Answer { during });
            self.proposer.inquire(post);
        }
    }

    fn on_request(&mut self, from: Caller, value: V, post: &mut Post<'_, '_, V>) {
        self.waiting.push_client(from, 0, Wants::Choice);
        self.proposer.propose(value, post);
    }

    /// An operation of this server's own user. It is refused if the value cannot have left here.
    fn on_op(&mut self, id: OpId, op: Op<V>, post: &mut Post<'_, '_, V>) {
        if let Some(value) = self.learner.learned() {
            let reply = Reply::Chosen(value.clone());
            return post.complete(id, Outcome::Done(reply));
        }
        let who = Who::Op(id);
        match op {
            Op::Propose(_) if !self.proposer.is_fit() => post.complete(id, Outcome::Refused),
            Op::Propose(value) => {
                self.waiting.push(Waiter { who, wants: Wants::Choice });
                self.proposer.propose(value, post);
            }
            Op::Ask => {
                let during = self.proposer.ballot();
                self.waiting.push(Waiter { who, wants: Wants::Answer { during } });
                self.proposer.inquire(post);
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
    post: &mut Post<'_, '_, V>,
) -> bool {
    if message.cluster != post.configuration().cluster() || message.to != post.me() {
        return false;
    }
    let answers =
        matches!(message.body, Body::Promise { .. } | Body::Nack { .. } | Body::Nothing { .. });
    let stale = answers && message.asker != incarnation;
    if stale {
        post.reach(marks::DEAD_INCARNATION);
    }
    !stale
}
