//! The library of a client, as a process (CHUBBY sections 2.4 to 2.8; requirements L1 to L5).
//!
//! Model: one session at a time, opened by the first open. It has one KeepAlive and one call under
//! way; further calls wait in order, so that only the last ones of a session can be lost. An
//! acquire that waits for its lock is not under way: an event ends it.
//!
//! When the client's part of the lease is over the session is in jeopardy: the cache is emptied and
//! calls wait. If a master extends the lease within the grace period it is safe, else it has
//! expired: every call on its handles fails from then on, and none of them passes to another
//! session.

mod cache;
mod calls;
mod events;
mod lease;
mod op;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use squall_process::{Context, Input, Instant, OpId, Outcome, ProcessId};

use crate::database::{Held, HeldLock, LockMode, SessionId};
use crate::handle::Handle;
use crate::message::{Call, Message};
use crate::participant::{Claim, Participant, Timer};
use crate::{Error, Path, Sequencer, Settings};

use cache::Cache;
pub use op::{ClientEvent, HandleName, Op, OpenCall, Reply};

/// A client of a cell.
#[derive(Clone, Debug)]
pub struct Client {
    settings: Arc<Settings>,
    state: State,
    /// Tells its sessions apart; has the incarnation in its upper half.
    nonce: u64,
    /// The server that is taken for the master.
    server: Option<ProcessId>,
    /// How often it may still turn to another server at the word of one, before a timer.
    hints: u32,
    handles: BTreeMap<HandleName, Local>,
    queue: VecDeque<Work>,
    current: Option<Current>,
    cache: Cache,
    events: VecDeque<ClientEvent>,
    listeners: VecDeque<OpId>,
}

#[derive(Clone, Debug)]
enum State {
    Closed,
    Opening,
    Open(Session),
}

#[derive(Clone, Debug)]
struct Session {
    id: SessionId,
    epoch: u64,
    /// It is relied on until then.
    deadline: Instant,
    jeopardy: bool,
    /// The number of the KeepAlive under way.
    keep_alive: u64,
    /// The number of the last call.
    call: u64,
    /// The number of the last handle.
    handle: u64,
}

/// A handle, as the application knows it.
#[derive(Clone, Debug)]
struct Local {
    handle: Handle,
    /// Every call fails so.
    dead: Option<Error>,
    guard: Option<Sequencer>,
    held: Option<Held>,
    /// The acquire that waits.
    acquiring: Option<Acquiring>,
}

#[derive(Clone, Copy, Debug)]
struct Acquiring {
    op: OpId,
    mode: LockMode,
    /// The number of its call.
    call: u64,
}

/// What waits for its turn.
#[derive(Clone, Debug)]
enum Work {
    User(OpId, Op),
    /// After a fail-over: the handles are still open.
    Refresh,
    /// After a fail-over: this handle still waits for its lock.
    Reacquire(HandleName),
    /// A handle was poisoned while it waited for its lock.
    Withdraw(HandleName),
}

/// The call under way.
#[derive(Clone, Debug)]
struct Current {
    work: Work,
    number: u64,
    guard: Option<Sequencer>,
    /// None ends the session.
    call: Option<Call>,
    path: Option<Path>,
    /// An invalidation, a fail-over or jeopardy came meanwhile: nothing of it is cached.
    overtaken: bool,
}

impl Client {
    /// Returns a client that was not started yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            state: State::Closed,
            nonce: 0,
            server: None,
            hints: 0,
            handles: BTreeMap::new(),
            queue: VecDeque::new(),
            current: None,
            cache: Cache::default(),
            events: VecDeque::new(),
            listeners: VecDeque::new(),
        }
    }

    /// Returns its session.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        match &self.state {
            State::Open(session) => Some(session.id),
            State::Closed | State::Opening => None,
        }
    }

    /// Returns whether the session is in jeopardy.
    #[must_use]
    pub const fn is_in_jeopardy(&self) -> bool {
        matches!(&self.state, State::Open(session) if session.jeopardy)
    }

    /// Returns the lock that the handle holds, if the client may act as its holder at the time
    /// `now` of its clock.
    #[must_use]
    pub fn holds(&self, name: HandleName, now: Instant) -> Option<HeldLock> {
        let local = self.handles.get(&name)?;
        let State::Open(session) = &self.state else { return None };
        let relied_on = !session.jeopardy && now < session.deadline;
        local.lock().filter(|_| relied_on && local.handle.session() == session.id)
    }

    /// Returns the number of nodes in the cache.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.cache.len()
    }

    /// Takes one input.
    pub(crate) fn step(
        &mut self,
        input: Input<Participant>,
        context: &mut Context<'_, Participant>,
    ) {
        self.check_deadline(context);
        match input {
            Input::Boot { incarnation, .. } => {
                self.nonce = incarnation << 32;
            }
            Input::Message { from, message } => self.on_message(from, message, context),
            Input::Timer(Timer::KeepAlive) => self.on_keep_alive_timer(context),
            Input::Timer(Timer::Call) => self.on_call_timer(context),
            Input::Timer(Timer::Grace) => self.on_grace(context),
            Input::Op { id, op } => self.on_op(id, op, context),
            // The deadline is looked at in every step. A client writes nothing.
            _ => {}
        }
        self.go_on(context);
    }

    fn on_message(
        &mut self,
        from: ProcessId,
        message: Message,
        context: &mut Context<'_, Participant>,
    ) {
        match message {
            Message::Master(Some(master)) => self.on_master(master, context),
            Message::SessionOpened { nonce, sent, session, epoch, lease }
                if nonce == self.nonce =>
            {
                self.server = Some(from);
                self.on_session_opened(session, epoch, sent, lease, context);
            }
            Message::SessionRefused { nonce, error } if nonce == self.nonce => {
                self.on_session_refused(error, context);
            }
            Message::Extended { session, number, sent, lease, notices }
                if self.session() == Some(session) =>
            {
                self.server = Some(from);
                self.on_extended(number, sent, lease, notices, context);
            }
            Message::NewEpoch { session, epoch } if self.session() == Some(session) => {
                self.server = Some(from);
                self.on_new_epoch(epoch, context);
            }
            Message::NoSession(session) if self.session() == Some(session) => {
                self.expire(context);
            }
            Message::Return { session, number, cache, result }
                if self.session() == Some(session) =>
            {
                self.on_return(number, cache, result, context);
            }
            Message::SessionClosed(session) if self.session() == Some(session) => {
                self.on_session_closed(context);
            }
            _ => {}
        }
    }

    fn on_op(&mut self, id: OpId, op: Op, context: &mut Context<'_, Participant>) {
        match op {
            Op::NextEvent => {
                self.listeners.push_back(id);
                self.deliver(context);
            }
            Op::Poison(name) => self.poison(id, name, context),
            Op::Cancel(name) if self.cancel_queued(name, context) => {
                complete(id, Reply::Done, context);
            }
            op => self.queue.push_back(Work::User(id, op)),
        }
    }

    /// Lets the calls of a handle fail, those under way included.
    fn poison(&mut self, id: OpId, name: HandleName, context: &mut Context<'_, Participant>) {
        let Some(local) = self.handles.get_mut(&name) else {
            return complete(id, Reply::Failed(Error::HandleClosed), context);
        };
        local.dead = local.dead.or(Some(Error::Poisoned));
        if let Some(acquiring) = local.acquiring.take() {
            complete(acquiring.op, Reply::Failed(Error::Poisoned), context);
            self.queue.push_back(Work::Withdraw(name));
        }
        if let Some(current) = &mut self.current
            && let Work::User(op, call) = &current.work
            && call.handle() == Some(name)
        {
            // It may have been done.
            context.complete(*op, Outcome::Unknown);
            current.work = Work::Withdraw(name);
        }
        complete(id, Reply::Done, context);
    }

    /// An acquire that was not sent yet is cancelled here.
    fn cancel_queued(&mut self, name: HandleName, context: &mut Context<'_, Participant>) -> bool {
        let waits = |work: &Work| matches!(work, Work::User(_, Op::Acquire(h, _)) if *h == name);
        let Some(at) = self.queue.iter().position(waits) else {
            return false;
        };
        if let Some(Work::User(op, _)) = self.queue.remove(at) {
            complete(op, Reply::Failed(Error::Cancelled), context);
        }
        true
    }
}

impl Local {
    fn lock(&self) -> Option<HeldLock> {
        self.held.map(|held| HeldLock { node: self.handle.node().clone(), held })
    }

    /// The lock is the application's.
    fn hold(&mut self, held: Held, context: &mut Context<'_, Participant>) {
        if self.held != Some(held) {
            self.held = Some(held);
            context.claim(Claim::Holds(HeldLock { node: self.handle.node().clone(), held }));
        }
    }

    /// From now on the lock is not the application's.
    fn let_go(&mut self, context: &mut Context<'_, Participant>) {
        if let Some(lock) = self.lock() {
            context.claim(Claim::LetGo(lock));
            self.held = None;
        }
    }
}

fn complete(op: OpId, reply: Reply, context: &mut Context<'_, Participant>) {
    context.complete(op, Outcome::Done(reply));
}
