//! The client's part of a lease (CHUBBY section 2.8; requirements L2 to L5).
//!
//! Model: the lease is counted from when the KeepAlive was *sent*, shortened by the rate bound, and
//! never from when the answer arrives. The answer repeats which copy of the KeepAlive it counts
//! from. The next KeepAlive leaves at once and tells that the notices of the answer are taken note
//! of.

use squall_process::{Context, Instant, OpId, Outcome, ProcessId, Span};

use crate::client::{Client, ClientEvent, Reply, Session, State, Work, complete};
use crate::database::SessionId;
use crate::marks;
use crate::message::{Message, Notice};
use crate::participant::{Claim, Participant, Timer};
use crate::{Error, Timing};

/// This many servers are tried on a hint before the client waits.
const HINTS_MAX: u32 = 3;

impl Client {
    /// Opens a session.
    pub(super) fn open_session(&mut self, context: &mut Context<'_, Participant>) {
        self.nonce += 1;
        self.state = State::Opening;
        // A new master opens no session before it knows that of each earlier one.
        let Timing { grace, lease_max, .. } = self.settings.timing();
        context.set_timer(Timer::Grace, *grace + *lease_max);
        self.send_keep_alive(context);
    }

    /// Sends what keeps the session alive, or opens it.
    pub(super) fn send_keep_alive(&mut self, context: &mut Context<'_, Participant>) {
        let sent = context.now();
        let message = match &self.state {
            State::Closed => return,
            State::Opening => Message::OpenSession { nonce: self.nonce, sent },
            State::Open(session) => Message::KeepAlive {
                session: session.id,
                epoch: session.epoch,
                number: session.keep_alive,
                sent,
            },
        };
        let to = self.master_or_any(context);
        context.send(to, message);
        context.set_timer(Timer::KeepAlive, self.settings.timing().keep_alive_resend);
    }

    /// The server that is taken for the master, or one at random.
    pub(super) fn master_or_any(&mut self, context: &mut Context<'_, Participant>) -> ProcessId {
        let server = self.server.unwrap_or_else(|| self.pick(context));
        self.server = Some(server);
        server
    }

    fn pick(&self, context: &mut Context<'_, Participant>) -> ProcessId {
        let servers = self.settings.servers();
        let at = context.random_below(servers.len() as u64);
        servers[usize::try_from(at).unwrap_or(0)]
    }

    /// No answer: the master holds it back, or is another one.
    pub(super) fn on_keep_alive_timer(&mut self, context: &mut Context<'_, Participant>) {
        self.hints = HINTS_MAX;
        match &self.state {
            State::Closed => return,
            State::Open(session) if !session.jeopardy => {
                let other = self.pick(context);
                context.send(other, Message::Locate);
            }
            State::Open(_) | State::Opening => self.server = None,
        }
        self.send_keep_alive(context);
    }

    /// A server says who the master is.
    pub(super) fn on_master(&mut self, master: ProcessId, context: &mut Context<'_, Participant>) {
        if self.server == Some(master) || self.hints == 0 {
            return;
        }
        self.hints -= 1;
        self.server = Some(master);
        self.send_keep_alive(context);
        self.send_call(context);
    }

    pub(super) fn on_session_opened(
        &mut self,
        id: SessionId,
        epoch: u64,
        sent: Instant,
        lease: Span,
        context: &mut Context<'_, Participant>,
    ) {
        if !matches!(self.state, State::Opening) {
            return;
        }
        context.cancel_timer(Timer::Grace);
        let (jeopardy, keep_alive, call, handle) = (false, 1, 0, 0);
        let deadline = sent;
        self.state =
            State::Open(Session { id, epoch, deadline, jeopardy, keep_alive, call, handle });
        self.rely_on(sent, lease, context);
        self.send_keep_alive(context);
        self.check_deadline(context);
    }

    /// The cell takes no session: what waits was never sent.
    pub(super) fn on_session_refused(
        &mut self,
        error: Error,
        context: &mut Context<'_, Participant>,
    ) {
        if matches!(self.state, State::Opening) {
            self.state = State::Closed;
            context.cancel_timer(Timer::KeepAlive);
            context.cancel_timer(Timer::Grace);
            if let Some(Work::User(op, _)) = self.queue.pop_front() {
                complete(op, Reply::Failed(error), context);
            }
        }
    }

    /// Relies on `lease` from `sent` on.
    fn rely_on(&mut self, sent: Instant, lease: Span, context: &mut Context<'_, Participant>) {
        let part = self.settings.timing().relied_on(lease);
        let State::Open(session) = &mut self.state else {
            return;
        };
        session.deadline = session.deadline.max(sent + part);
        let after = session.deadline.since(context.now());
        if after.is_zero() {
            return;
        }
        context.set_timer(Timer::Jeopardy, after);
        context.claim(Claim::Session { session: session.id, until: session.deadline });
        if std::mem::take(&mut session.jeopardy) {
            context.reach(marks::SAFE);
            context.claim(Claim::Safe(session.id));
            context.cancel_timer(Timer::Grace);
            self.raise(ClientEvent::Safe, context);
            self.send_call(context);
        }
    }

    /// The lease may be over: looked at before anything else in each step.
    pub(super) fn check_deadline(&mut self, context: &mut Context<'_, Participant>) {
        let State::Open(session) = &mut self.state else {
            return;
        };
        if session.jeopardy || context.now() < session.deadline {
            return;
        }
        session.jeopardy = true;
        context.reach(marks::JEOPARDY);
        context.claim(Claim::Jeopardy(session.id));
        context.set_timer(Timer::Grace, self.settings.timing().grace);
        self.flush();
        self.raise(ClientEvent::Jeopardy, context);
    }

    /// Nothing that was told before now is kept.
    pub(super) fn flush(&mut self) {
        self.cache.clear();
        if let Some(current) = &mut self.current {
            current.overtaken = true;
        }
    }

    pub(super) fn on_extended(
        &mut self,
        number: u64,
        sent: Instant,
        lease: Span,
        notices: Vec<Notice>,
        context: &mut Context<'_, Participant>,
    ) {
        let State::Open(session) = &mut self.state else {
            return;
        };
        // Another answer to an earlier KeepAlive: its notices were seen.
        if number != session.keep_alive {
            return;
        }
        session.keep_alive += 1;
        for notice in notices {
            self.on_notice(notice, context);
        }
        self.rely_on(sent, lease, context);
        self.send_keep_alive(context);
    }

    /// There is a new master. The answers of the former one are worth nothing to it.
    pub(super) fn on_new_epoch(&mut self, epoch: u64, context: &mut Context<'_, Participant>) {
        let State::Open(session) = &mut self.state else {
            return;
        };
        if epoch > session.epoch {
            session.epoch = epoch;
            session.keep_alive += 1;
            self.send_keep_alive(context);
            self.send_call(context);
        }
    }

    /// The grace period is over.
    pub(super) fn on_grace(&mut self, context: &mut Context<'_, Participant>) {
        match &self.state {
            State::Closed => {}
            State::Opening => {
                // What waits for a session was never sent.
                self.state = State::Closed;
                context.cancel_timer(Timer::KeepAlive);
                for work in std::mem::take(&mut self.queue) {
                    if let Work::User(op, _) = work {
                        context.complete(op, Outcome::Refused);
                    }
                }
            }
            State::Open(session) if session.jeopardy => self.expire(context),
            State::Open(_) => {}
        }
    }

    /// The session is over: by the master's word, or after the grace period.
    pub(super) fn expire(&mut self, context: &mut Context<'_, Participant>) {
        context.reach(marks::EXPIRED);
        if let Some(session) = self.session() {
            context.claim(Claim::Expired(session));
        }
        self.leave(Error::SessionExpired, context);
        self.raise(ClientEvent::Expired, context);
    }

    /// There is no session any more: its handles stay dead.
    pub(super) fn leave(&mut self, error: Error, context: &mut Context<'_, Participant>) {
        self.state = State::Closed;
        self.flush();
        for timer in [Timer::KeepAlive, Timer::Call, Timer::Jeopardy, Timer::Grace] {
            context.cancel_timer(timer);
        }
        let mut unknown: Vec<OpId> = Vec::new();
        for local in self.handles.values_mut() {
            local.let_go(context);
            local.dead = Some(error);
            unknown.extend(local.acquiring.take().map(|acquiring| acquiring.op));
        }
        if let Some(current) = self.current.take()
            && let Work::User(op, _) = current.work
        {
            unknown.push(op);
        }
        for op in unknown {
            context.complete(op, Outcome::Unknown);
        }
        self.queue.retain(|work| matches!(work, Work::User(..)));
    }
}
