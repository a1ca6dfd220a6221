//! Leases of sessions: KeepAlives, their answers, and what happens when they stay away (CHUBBY
//! sections 2.8 and 2.9; requirements L1, L2, L7, L8).
//!
//! Model: a lease is extended when a KeepAlive is answered. The answer carries the rest of the
//! lease counted from when the KeepAlive arrived, and when the client sent it; so the client's part
//! of the lease ends before the master's, however long either message took. When the lease is over
//! the session holds up no change any more; after some patience it expires, by an entry of the log.
//! A timer that fires late shows that this master was paused: it reads first what waits for it.

use squall_process::{Instant, ProcessId, Span};

use crate::database::{Command, SessionId};
use crate::marks;
use crate::master::changes::Purpose;
use crate::master::lessee::KeepAlive;
use crate::master::{Desk, Master};
use crate::message::{Message, Notice};
use crate::participant::{Claim, Timer};

/// A session that has this many notices waiting is told that it lost events instead.
const NOTICES_MAX: usize = 1_000;

impl Master {
    pub(super) fn on_open_session(
        &mut self,
        from: ProcessId,
        nonce: u64,
        sent: Instant,
        desk: &mut Desk<'_, '_>,
    ) {
        let asks = |purpose: &Purpose| {
            matches!(purpose, Purpose::OpenSession { client, nonce: other, .. }
                if *client == from && *other == nonce)
        };
        // The first copy is under way: its answer serves this one too.
        if self.purposes().any(asks) {
            return;
        }
        let received = desk.now();
        let purpose = Purpose::OpenSession { client: from, nonce, sent, received };
        self.submit(Command::OpenSession { client: from, nonce }, purpose, desk);
    }

    pub(super) fn on_close_session(
        &mut self,
        from: ProcessId,
        session: SessionId,
        desk: &mut Desk<'_, '_>,
    ) {
        match self.lessees.get_mut(&session) {
            None => desk.context.send(from, Message::SessionClosed(session)),
            Some(lessee) if lessee.client == from && !lessee.ending => {
                lessee.ending = true;
                // It reads nothing any more, so it holds up no change.
                self.caching.forget(session);
                self.submit(Command::CloseSession { session }, Purpose::CloseSession(from), desk);
            }
            Some(_) => {}
        }
    }

    /// A KeepAlive of a session that is ours.
    pub(super) fn on_keep_alive(
        &mut self,
        session: SessionId,
        number: u64,
        sent: Instant,
        desk: &mut Desk<'_, '_>,
    ) {
        let received = desk.now();
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return;
        };
        let keep_alive = KeepAlive { number, sent, received };
        let answered = lessee.answered.as_ref().map(|(number, _)| *number);
        if answered == Some(number) {
            // The answer was lost. The same notices go again.
            desk.context.reach(marks::ANSWER_REPEATED);
            let notices = lessee.answered.take().map(|(_, notices)| notices).unwrap_or_default();
            return self.extend(session, keep_alive, notices, desk);
        }
        if answered.is_some_and(|answered| number < answered) {
            return;
        }
        if let Some(held) = lessee.held.filter(|held| held.number >= number) {
            // Of two copies the later one tells more of the lease.
            if held.number == number && sent > held.sent {
                lessee.held = Some(keep_alive);
            }
            return;
        }
        lessee.held = Some(keep_alive);
        if let Some((_, notices)) = lessee.answered.take() {
            self.acknowledge(session, &notices, desk);
        }
        self.answer_if_due(session, desk);
    }

    /// `session` has taken note of `notices`.
    fn acknowledge(&mut self, session: SessionId, notices: &[Notice], desk: &mut Desk<'_, '_>) {
        for notice in notices {
            match notice {
                Notice::FailedOver => {
                    if let Some(lessee) = self.lessees.get_mut(&session) {
                        lessee.aware = true;
                    }
                }
                Notice::Invalidate(path) => self.caching.acknowledge(path, session),
                Notice::Event(..) => {}
            }
        }
        self.go_on(desk);
    }

    /// Answers the KeepAlive that is held back, if there is something to tell or the lease is near
    /// its end; else sets the timer for that.
    fn answer_if_due(&mut self, session: SessionId, desk: &mut Desk<'_, '_>) {
        let timing = desk.settings.timing();
        let extension = timing.extension(self.lessees.len());
        let now = desk.now();
        // A session whose end is on its way to the log is not brought back (L7).
        let Some(lessee) = self.lessees.get_mut(&session).filter(|one| !one.ending) else {
            return;
        };
        let Some(held) = lessee.held else {
            return;
        };
        let rest = lessee.lease_end.since(now);
        let near = timing.answered_with(extension);
        if !lessee.notices.is_empty() || rest <= near {
            if !desk.leased {
                desk.context.set_timer(Timer::Reply(session), timing.patience);
                return;
            }
            lessee.held = None;
            let notices = std::mem::take(&mut lessee.notices);
            desk.context.cancel_timer(Timer::Reply(session));
            self.extend(session, held, notices, desk);
        } else {
            desk.context.set_timer(Timer::Reply(session), rest - near);
        }
    }

    /// Extends the lease and says so.
    fn extend(
        &mut self,
        session: SessionId,
        keep_alive: KeepAlive,
        notices: Vec<Notice>,
        desk: &mut Desk<'_, '_>,
    ) {
        let extension = desk.settings.timing().extension(self.lessees.len());
        let now = desk.now();
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return;
        };
        lessee.lease_end = lessee.lease_end.max(now + extension);
        lessee.expires = None;
        let KeepAlive { number, sent, received } = keep_alive;
        let lease = lessee.lease_end.since(received);
        lessee.answered = Some((number, notices.clone()));
        let remainder = lessee.lease_end.since(now);
        desk.context.claim(Claim::Extended { session, remainder });
        let message = Message::Extended { session, number, sent, lease, notices };
        desk.context.send(lessee.client, message);
        self.arm_lease(session, desk);
    }

    pub(super) fn arm_lease(&self, session: SessionId, desk: &mut Desk<'_, '_>) {
        if let Some(lessee) = self.lessees.get(&session) {
            let after = lessee.lease_end.since(desk.now()).max(Span::from_nanos(1));
            desk.context.set_timer(Timer::Lease(session), after);
        }
    }

    /// Tells `session` something, at once if it has a KeepAlive here.
    pub(super) fn notify(&mut self, session: SessionId, notice: Notice, desk: &mut Desk<'_, '_>) {
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return;
        };
        let is_event = |notice: &Notice| matches!(notice, Notice::Event(..));
        if lessee.notices.len() >= NOTICES_MAX && is_event(&notice) {
            desk.context.reach(marks::EVENTS_LOST);
            lessee.notices.retain(|notice| !is_event(notice));
            lessee.add(Notice::FailedOver);
        } else {
            lessee.add(notice);
        }
        self.answer_if_due(session, desk);
    }

    pub(crate) fn on_reply_timer(&mut self, session: SessionId, desk: &mut Desk<'_, '_>) {
        if self.stage.answers_keep_alives() {
            self.answer_if_due(session, desk);
        }
    }

    /// The lease of `session` may be over.
    pub(crate) fn on_lease_timer(&mut self, session: SessionId, desk: &mut Desk<'_, '_>) {
        let (now, patience) = (desk.now(), desk.settings.timing().patience);
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return;
        };
        if lessee.ending || !self.stage.answers_keep_alives() {
            return;
        }
        if now < lessee.lease_end {
            return self.arm_lease(session, desk);
        }
        match lessee.expires {
            None => {
                // It serves nothing from its cache any more.
                desk.context.reach(marks::LEASE_OVER);
                lessee.expires = Some(now + patience);
                desk.context.set_timer(Timer::Lease(session), patience);
                self.caching.forget(session);
                self.go_on(desk);
            }
            // While it may be deposed it could answer no KeepAlive, so it holds none against them.
            Some(due) if now.since(due) >= patience || !desk.leased => {
                desk.context.reach(marks::EXPIRY_PUT_OFF);
                lessee.expires = Some(now + patience);
                desk.context.set_timer(Timer::Lease(session), patience);
            }
            Some(_) => {
                lessee.ending = true;
                self.submit(Command::Expire { session }, Purpose::Expire(session), desk);
            }
        }
    }

    /// The end of a session could not be proposed: it is tried again.
    pub(super) fn retry_expiry(&mut self, session: SessionId, desk: &mut Desk<'_, '_>) {
        if let Some(lessee) = self.lessees.get_mut(&session) {
            lessee.ending = false;
            let patience = desk.settings.timing().patience;
            lessee.expires = Some(desk.now() + patience);
            desk.context.set_timer(Timer::Lease(session), patience);
        }
    }
}
