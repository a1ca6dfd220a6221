//! A server of a cell: a server of the log, and a master while it leads.
//!
//! Model: the log is an inner process, which shares the disk, the clock and the chance of this one.
//! The master proposes to it as its own process does, so a proposal is in one slot and is done at
//! most once; it is guarded by the epoch. A server that is no master says who is.

use std::sync::Arc;

use squall_paxos::log::{self, Guard, Guarded, Op as LogOp, Operation};
use squall_process::{Context, Embedding, Input, OpId, ProcessId, Returned};

use crate::Settings;
use crate::database::Database;
use crate::marks;
use crate::master::{Desk, Master, Stage};
use crate::message::Message;
use crate::participant::{Claim, Participant, Timer};

type Log = log::Participant<Database>;

/// A server of a cell.
#[derive(Clone, Debug)]
pub struct Server {
    settings: Arc<Settings>,
    log: Log,
    returned: Vec<Returned<Log>>,
    master: Option<Master>,
    /// The number of the next proposal.
    next: u64,
}

/// How the log is embedded.
struct Embedded;

impl Embedding for Embedded {
    type Outer = Participant;
    type Inner = Log;

    fn message(&self, message: log::Message<Database>) -> Message {
        Message::Log(Box::new(message))
    }

    fn timer(&self, timer: log::Timer) -> Timer {
        Timer::Log(timer)
    }

    fn record(&self, record: log::Record<Database>) -> log::Record<Database> {
        record
    }

    fn claim(&self, claim: log::Claim<Database>) -> Option<Claim> {
        Some(Claim::Log(claim))
    }
}

impl Server {
    /// Returns a server that was not started yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        let log = Log::server(Arc::clone(settings.log()));
        Self { settings, log, returned: Vec::new(), master: None, next: 0 }
    }

    /// Returns the server of the log.
    #[must_use]
    pub const fn log(&self) -> Option<&log::Server<Database>> {
        self.log.as_server()
    }

    /// Returns the database, as far as it is applied here.
    #[must_use]
    pub fn database(&self) -> Option<&Database> {
        self.log().map(|log| &log.state().machine)
    }

    /// Returns the stage and the epoch of the master; none if this server is none.
    #[must_use]
    pub fn stage(&self) -> Option<(u64, Stage)> {
        self.master.as_ref().map(|master| (master.epoch(), master.stage()))
    }

    /// Takes one input.
    pub(crate) fn step(
        &mut self,
        input: Input<Participant>,
        context: &mut Context<'_, Participant>,
    ) {
        match input {
            Input::Boot { incarnation, disk } => {
                self.master = None;
                self.log = Log::server(Arc::clone(self.settings.log()));
                self.step_log(Input::Boot { incarnation, disk }, context);
            }
            Input::Message { from, message: Message::Log(message) } => {
                self.step_log(Input::Message { from, message: *message }, context);
            }
            Input::Message { from, message } => self.on_message(from, message, context),
            Input::Timer(Timer::Log(timer)) => self.step_log(Input::Timer(timer), context),
            Input::Timer(timer) => self.on_timer(timer, context),
            Input::Op { id, .. } => context.complete(id, squall_process::Outcome::Refused),
            Input::Session { .. } => {}
            journal => {
                if let Some(input) = journal.journal_event() {
                    self.step_log(input, context);
                }
            }
        }
        self.go_on(context);
    }

    fn step_log(&mut self, input: Input<Log>, context: &mut Context<'_, Participant>) {
        let log = &mut self.log;
        context.embed(&Embedded, &mut self.returned, |context| {
            squall_process::Process::step(log, input, context);
        });
    }

    fn on_message(
        &mut self,
        from: ProcessId,
        message: Message,
        context: &mut Context<'_, Participant>,
    ) {
        if self.master.is_some() {
            self.with_master(context, |master, desk| master.on_message(from, message, desk));
        } else if from.is_client() {
            let me = context.id();
            let leader = self.log().and_then(log::Server::leader).filter(|leader| *leader != me);
            context.send(from, Message::Master(leader));
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Participant>) {
        self.with_master(context, |master, desk| match timer {
            Timer::Reply(session) => master.on_reply_timer(session, desk),
            Timer::Lease(session) => master.on_lease_timer(session, desk),
            Timer::Wake => master.on_wake(desk),
            Timer::Ephemerals => master.on_ephemerals(desk),
            // Those of the log, and of clients.
            _ => {}
        });
    }

    /// Lets the master do something, if there is one.
    fn with_master(
        &mut self,
        context: &mut Context<'_, Participant>,
        act: impl FnOnce(&mut Master, &mut Desk<'_, '_>),
    ) {
        let (Some(master), Some(log)) = (&mut self.master, self.log.as_server()) else {
            return;
        };
        let state = log.state();
        let ours = log.is_settled() && state.master == Some(master.ballot());
        let now = context.now();
        let desk = &mut Desk {
            settings: &self.settings,
            database: &state.machine,
            at: state.at,
            epoch: ours.then_some(state.epoch),
            leased: ours && log.lease_until().is_some_and(|until| now < until),
            context,
        };
        act(master, desk);
    }

    /// Carries on with what became possible: mastership, proposals, what the log completed.
    fn go_on(&mut self, context: &mut Context<'_, Participant>) {
        loop {
            self.follow_leadership(context);
            for returned in std::mem::take(&mut self.returned) {
                match returned {
                    Returned::Trimmed { before } => context.trim(before),
                    Returned::Completed { op, outcome } => {
                        self.with_master(context, |master, desk| {
                            master.on_completed(op, outcome, desk);
                        });
                    }
                }
            }
            self.with_master(context, Master::advance);
            let proposals = self.master.as_mut().map(Master::take_proposals).unwrap_or_default();
            if proposals.is_empty() && self.returned.is_empty() {
                return;
            }
            for proposal in proposals {
                let guarded = Guarded {
                    guards: vec![Guard::Epoch(proposal.epoch)],
                    then: vec![proposal.command],
                    otherwise: Vec::new(),
                };
                let op = LogOp::Apply(Operation::Guarded(Box::new(guarded)));
                let OpId(number) = proposal.op;
                self.step_log(Input::Op { id: OpId(number), op }, context);
            }
        }
    }

    /// A master begins when this server begins to lead, and ends when it leads no more.
    fn follow_leadership(&mut self, context: &mut Context<'_, Participant>) {
        let leads = self.log().and_then(log::Server::leads);
        let is = self.master.as_ref().map(Master::ballot);
        if leads == is {
            return;
        }
        if let Some(master) = self.master.take() {
            self.next = master.next_op();
            context.reach(marks::MASTER_ENDS);
            context.claim(Claim::Retired { epoch: master.epoch() });
        }
        if let Some(ballot) = leads {
            context.reach(marks::MASTER_BEGINS);
            self.master = Some(Master::new(ballot, self.next));
        }
    }
}
