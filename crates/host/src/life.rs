//! One life of a process: the loop that steps it.
//!
//! One task steps the process and carries out its effects. Nothing in it waits but for the next
//! input: messages go to queues, requests of the disk to its writer. No source of inputs starves
//! another: each has its turn.

use std::collections::{BTreeMap, VecDeque};

use squall_process::{
    Closed, Disk, Driver, Effect, Input, Mark, OpId, Outcome, ProcessId, RecordNumber,
    SessionEvent, SessionId, Span, Surroundings,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::chance::Chance;
use crate::clock::Clock;
use crate::hosted::Hosted;
use crate::network::{Arrival, End, Lane, Network, Queue, SessionArrival};
use crate::port::{Arrived, Inbox};
use crate::runtime::sleep_until;
use crate::timers::Timers;
use crate::writer::{Completion, Request, Writer};

/// How many inputs of one source are taken in a row.
const SHARE: usize = 32;

/// What is asked of a process from outside.
pub(crate) enum Command<P: Hosted> {
    /// Do an operation.
    Ask { op: P::Op, answer: oneshot::Sender<Outcome<P::Reply>> },
    /// Look at the process.
    Inspect(Box<dyn FnOnce(&P) + Send>),
}

/// What an observer sees of a process.
#[derive(Debug)]
pub enum Observation<'a, P: Hosted> {
    /// It starts.
    Booted {
        /// In this incarnation.
        incarnation: u64,
        /// Whether its disk replaces a lost one.
        replaced: bool,
    },
    /// It says this of itself.
    Claims(&'a P::Claim),
    /// It reached this situation.
    Reached(Mark),
}

/// Sees what a process does.
pub(crate) type Observer<P> = Box<dyn FnMut(Observation<'_, P>) + Send>;

/// How a life ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The process stopped itself and gave this reason.
    Halted(&'static str),
    /// It was stopped from outside.
    Stopped,
    /// It panicked.
    Panicked,
}

/// The sources of inputs.
pub(crate) struct Sources<P: Hosted> {
    pub(crate) urgent: Inbox<Arrival<P::Message>>,
    pub(crate) bulk: Inbox<Arrival<P::Message>>,
    pub(crate) sessions: Inbox<SessionArrival<P::Message>>,
    pub(crate) commands: mpsc::Receiver<Command<P>>,
    /// Changes when the process is to stop.
    pub(crate) stop: watch::Receiver<()>,
}

/// One end of a session that the process holds.
struct Held {
    token: u64,
    queue: std::sync::Arc<Queue>,
}

/// A process with all that it needs.
pub(crate) struct Life<P: Hosted> {
    pub(crate) id: ProcessId,
    pub(crate) process: P,
    pub(crate) chance: Chance,
    pub(crate) record_next: RecordNumber,
    pub(crate) writer: Option<Writer>,
    pub(crate) network: Network<P>,
    pub(crate) is_urgent: fn(&P::Message) -> bool,
    pub(crate) observer: Option<Observer<P>>,
    pub(crate) work: Work<P>,
}

/// What a life keeps between steps.
pub(crate) struct Work<P: Hosted> {
    driver: Driver<P>,
    clock: Clock,
    timers: Timers<P::Timer>,
    deadlines: Timers<SessionId>,
    held: BTreeMap<SessionId, Held>,
    /// Openings of sessions whose names the process holds.
    taken: VecDeque<SessionId>,
    /// What the process has sent to itself.
    to_self: VecDeque<P::Message>,
    /// Requests of the present step.
    requests: Vec<Request>,
    /// Answers of a process without a disk.
    refused: VecDeque<Completion>,
    asked: BTreeMap<OpId, oneshot::Sender<Outcome<P::Reply>>>,
    ops: u64,
    halted: Option<&'static str>,
}

impl<P: Hosted> Work<P> {
    pub(crate) fn new() -> Self {
        Self {
            driver: Driver::new(),
            clock: Clock::start(),
            timers: Timers::new(),
            deadlines: Timers::new(),
            held: BTreeMap::new(),
            taken: VecDeque::new(),
            to_self: VecDeque::new(),
            requests: Vec::new(),
            refused: VecDeque::new(),
            asked: BTreeMap::new(),
            ops: 0,
            halted: None,
        }
    }
}

/// What woke the loop.
enum Event<P: Hosted> {
    Stop,
    Due,
    Disk(Option<Completion>),
    Message(Option<Arrived<Arrival<P::Message>>>),
    Session(Option<Arrived<SessionArrival<P::Message>>>),
    Command(Option<Command<P>>),
}

impl<P: Hosted> Life<P> {
    /// Boots the process and steps it until it ends.
    pub(crate) async fn run(
        mut self,
        incarnation: u64,
        disk: Disk<P::Record>,
        mut sources: Sources<P>,
    ) -> Ended {
        self.observe(Observation::Booted { incarnation, replaced: disk.replaced });
        self.step(Input::Boot { incarnation, disk });
        let ended = loop {
            if let Some(reason) = self.work.halted {
                break Ended::Halted(reason);
            }
            match self.wait(&mut sources).await {
                Event::Stop | Event::Command(None) => break Ended::Stopped,
                Event::Disk(Some(completion)) => self.on_completion(completion),
                // The writer is gone, which it is after a panic alone.
                Event::Disk(None) => break Ended::Panicked,
                Event::Message(Some(arrived)) => self.on_message(arrived.item),
                Event::Session(Some(arrived)) => self.on_session(arrived.item),
                Event::Command(Some(command)) => self.on_command(command),
                // The network outlives the loop.
                Event::Due | Event::Message(None) | Event::Session(None) => {}
            }
            self.turns(&mut sources);
        };
        self.end().await;
        ended
    }

    /// Waits for the next input.
    async fn wait(&mut self, sources: &mut Sources<P>) -> Event<P> {
        let Work { taken, to_self, refused, .. } = &self.work;
        let is_busy = !(taken.is_empty() && to_self.is_empty() && refused.is_empty());
        let next = self.work.timers.next().into_iter().chain(self.work.deadlines.next()).min();
        let moment = next.map(|at| self.work.clock.moment(at));
        let due = async {
            match moment {
                _ if is_busy => tokio::task::yield_now().await,
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        let writer = &mut self.writer;
        let completion = async {
            match writer {
                Some(writer) => writer.completions.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = sources.stop.changed() => Event::Stop,
            completion = completion => Event::Disk(completion),
            arrived = sources.urgent.recv() => Event::Message(arrived),
            () = due => Event::Due,
            arrived = sources.sessions.recv() => Event::Session(arrived),
            arrived = sources.bulk.recv() => Event::Message(arrived),
            command = sources.commands.recv() => Event::Command(command),
        }
    }

    /// Gives each source its turn.
    fn turns(&mut self, sources: &mut Sources<P>) {
        for _ in 0..SHARE {
            let Some(completion) = self.completion() else { break };
            self.on_completion(completion);
        }
        for _ in 0..SHARE {
            let Ok(arrived) = sources.urgent.try_recv() else { break };
            self.on_message(arrived.item);
        }
        self.on_time();
        for _ in 0..SHARE {
            let Some(message) = self.work.to_self.pop_front() else { break };
            self.step(Input::Message { from: self.id, message });
        }
        for _ in 0..SHARE {
            let Some(session) = self.work.taken.pop_front() else { break };
            self.step(Input::Session { session, event: SessionEvent::Taken });
        }
        for _ in 0..SHARE {
            let Ok(arrived) = sources.sessions.try_recv() else { break };
            self.on_session(arrived.item);
        }
        for _ in 0..SHARE {
            let Ok(arrived) = sources.bulk.try_recv() else { break };
            self.on_message(arrived.item);
        }
        for _ in 0..SHARE {
            let Ok(command) = sources.commands.try_recv() else { break };
            self.on_command(command);
        }
    }

    fn completion(&mut self) -> Option<Completion> {
        let writer = self.writer.as_mut();
        let answered = writer.and_then(|writer| writer.completions.try_recv().ok());
        answered.or_else(|| self.work.refused.pop_front())
    }

    /// Fires what is due now. What is set meanwhile waits for the next turn.
    fn on_time(&mut self) {
        let now = self.work.clock.monotonic();
        for _ in 0..SHARE {
            let Some(timer) = self.work.timers.take_due(now) else { break };
            self.step(Input::Timer(timer));
        }
        while let Some(session) = self.work.deadlines.take_due(now) {
            if let Some(held) = self.let_go(session) {
                held.queue.end(End::Broken);
                let event = SessionEvent::Closed(Closed::Deadline);
                self.step(Input::Session { session, event });
            }
        }
    }

    fn on_message(&mut self, arrival: Arrival<P::Message>) {
        self.step(Input::Message { from: arrival.from, message: arrival.message });
    }

    fn on_completion(&mut self, completion: Completion) {
        self.step(match completion {
            Completion::Synced { through } => Input::Synced { through },
            Completion::SyncFailed { through } => Input::SyncFailed { through },
            Completion::WriteFailed { number, error } => Input::WriteFailed { number, error },
        });
    }

    fn on_session(&mut self, arrival: SessionArrival<P::Message>) {
        let SessionArrival { session, token, event, queue } = arrival;
        if let Some(queue) = queue {
            // The other end has opened it anew: an earlier one of that name is reset first.
            if let Some(earlier) = self.let_go(session) {
                earlier.queue.end(End::Broken);
                let event = SessionEvent::Closed(Closed::Reset);
                self.step(Input::Session { session, event });
            }
            self.work.held.insert(session, Held { token, queue });
        } else if self.work.held.get(&session).is_none_or(|held| held.token != token) {
            return;
        }
        match event {
            SessionEvent::Opened => self.work.deadlines.cancel(session),
            SessionEvent::Refused | SessionEvent::Closed(_) => drop(self.let_go(session)),
            SessionEvent::Taken | SessionEvent::Incoming | SessionEvent::Message(_) => {}
        }
        self.step(Input::Session { session, event });
    }

    /// Forgets one end of a session.
    fn let_go(&mut self, session: SessionId) -> Option<Held> {
        self.work.deadlines.cancel(session);
        self.work.held.remove(&session)
    }

    fn on_command(&mut self, command: Command<P>) {
        match command {
            Command::Ask { op, answer } => {
                self.work.ops += 1;
                let id = OpId(self.work.ops);
                self.work.asked.insert(id, answer);
                self.step(Input::Op { id, op });
            }
            Command::Inspect(look) => look(&self.process),
        }
    }

    /// Hands one input to the process and carries out its effects.
    fn step(&mut self, input: Input<P>) {
        if self.work.halted.is_some() {
            return;
        }
        let surroundings = Surroundings {
            id: self.id,
            clocks: self.work.clock.read(),
            randomness: &mut self.chance,
            record_next: &mut self.record_next,
        };
        let mut driver = std::mem::take(&mut self.work.driver);
        driver.step(&mut self.process, input, surroundings);
        for effect in driver.drain() {
            self.carry_out(effect);
        }
        self.work.driver = driver;
        if !self.work.requests.is_empty() {
            self.ask_disk();
        }
    }

    fn carry_out(&mut self, effect: Effect<P>) {
        match effect {
            Effect::Send { to, message } if to == self.id => self.work.to_self.push_back(message),
            Effect::Send { to, message } => {
                let lane = if (self.is_urgent)(&message) { Lane::Urgent } else { Lane::Bulk };
                self.network.send(to, lane, &message);
            }
            Effect::SetTimer { timer, after } => {
                self.work.timers.set(timer, self.work.clock.monotonic() + after);
            }
            Effect::CancelTimer { timer } => self.work.timers.cancel(timer),
            Effect::OpenSession { session, deadline } => self.open_session(session, deadline),
            Effect::SendOn { session, message } => {
                if let Some(held) = self.work.held.get(&session) {
                    self.network.send_on(&held.queue, &message);
                }
            }
            Effect::SetDeadline { session, after } => self.set_deadline(session, after),
            Effect::CloseSession { session } => {
                if let Some(held) = self.let_go(session) {
                    held.queue.end(End::Drained);
                }
            }
            Effect::Write { number, record } => {
                let payload = postcard::to_stdvec(&record).ok();
                self.work.requests.push(Request::Write { number: number.0, payload });
            }
            Effect::Sync => {
                let through = self.record_next.0 - 1;
                self.work.requests.push(Request::Sync { through });
            }
            Effect::Trim { before } => {
                self.work.requests.push(Request::Trim { before: before.0 });
            }
            Effect::Complete { op, outcome } => {
                if let Some(answer) = self.work.asked.remove(&op) {
                    // The one who asked may no longer wait.
                    let _ = answer.send(outcome);
                }
            }
            Effect::Claim(claim) => self.observe(Observation::Claims(&claim)),
            Effect::Reach(mark) => self.observe(Observation::Reached(mark)),
            Effect::Halt(reason) => self.work.halted = Some(reason),
        }
    }

    /// Opens a session. Panics if the process is not its opener, a mistake of the protocol.
    fn open_session(&mut self, session: SessionId, deadline: Span) {
        let id = self.id;
        assert!(session.opener == id, "{id} opens {session}, which is not its own to open");
        if self.work.held.contains_key(&session) {
            return self.work.taken.push_back(session);
        }
        let (token, queue) = self.network.open(session);
        self.work.held.insert(session, Held { token, queue });
        self.set_deadline(session, deadline);
    }

    fn set_deadline(&mut self, session: SessionId, after: Span) {
        if self.work.held.contains_key(&session) {
            self.work.deadlines.set(session, self.work.clock.monotonic() + after);
        }
    }

    /// Hands the requests of a step to the disk. A process without one is refused.
    fn ask_disk(&mut self) {
        let requests = std::mem::take(&mut self.work.requests);
        if let Some(writer) = &self.writer {
            // If the writer is gone, its answers end, which ends this life.
            let _ = writer.batches.send(requests);
            return;
        }
        self.work.refused.extend(requests.into_iter().filter_map(|request| match request {
            Request::Write { number, .. } => Some(Completion::WriteFailed {
                number: RecordNumber(number),
                error: squall_process::DiskError::Failed,
            }),
            Request::Sync { through } => {
                Some(Completion::SyncFailed { through: RecordNumber(through) })
            }
            Request::Trim { .. } => None,
        }));
    }

    fn observe(&mut self, observation: Observation<'_, P>) {
        if let Some(observer) = &mut self.observer {
            observer(observation);
        }
    }

    /// Ends the network, and lets the disk carry out what it was asked, so that both can be used
    /// again afterwards. What was asked of the process is unknown.
    async fn end(self) {
        self.network.end().await;
        for (_, answer) in self.work.asked {
            let _ = answer.send(Outcome::Unknown);
        }
        if let Some(Writer { batches, mut completions }) = self.writer {
            drop(batches);
            while completions.recv().await.is_some() {}
        }
    }
}
