//! Carries out the requests of a process: the way from an effect to the network, the agenda and the
//! disk.

use squall_fault::{Chance, Kind, Luck, SyncLuck};
use squall_process::{DiskError, Effect, Instant, Process, ProcessId, RecordNumber, Span};
use squall_trace::{EventKind, Fate, Link, Observer};

use crate::blueprint::Blueprint;
use crate::choices::Family;
use crate::due::{Due, Envelope, NOT_THERE, SyncUnderWay};
use crate::network::{Ends, Posted};
use crate::world::World;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Carries out the effects of a step of the process at `place`.
    #[inline]
    pub(crate) fn carry_out<O: Observer<P>>(&mut self, place: usize, watch: &mut O) {
        // Many steps have no effects.
        if self.driver.is_empty() {
            return;
        }
        let mut driver = std::mem::take(&mut self.driver);
        let mut halt = None;
        for effect in driver.drain() {
            match effect {
                Effect::Send { to, message } => self.send(place, to, message, watch),
                Effect::SetTimer { timer, after } => self.set_timer(place, timer, after, watch),
                Effect::Write { number, record } => self.write(place, number, record, watch),
                Effect::Sync => self.sync(place, watch),
                Effect::CancelTimer { timer } => self.cancel_timer(place, timer, watch),
                Effect::Halt(reason) => halt = Some(reason),
                rare => self.carry_out_rare(place, rare, watch),
            }
        }
        self.driver = driver;
        if let Some(reason) = halt {
            self.halt(place, reason, watch);
        }
    }

    /// Carries out the effects that judges watch, and other rare ones. Not inlined, so that the
    /// loop over effects does not prepare for them each time.
    #[inline(never)]
    fn carry_out_rare<O: Observer<P>>(&mut self, place: usize, rare: Effect<P>, watch: &mut O) {
        let host = &mut self.hosts[place];
        let process = host.id;
        match rare {
            Effect::Claim(claim) => self.claim(place, &claim, watch),
            Effect::Complete { op: id, outcome } => {
                host.open_ops = host.open_ops.saturating_sub(1);
                self.time.tell(watch, EventKind::Completed { process, id, outcome: &outcome });
            }
            Effect::Reach(mark) => {
                self.time.tell(watch, EventKind::Reached { process, mark: &mark });
            }
            Effect::Trim { before } => {
                let last = host.disk.record_last();
                host.disk.trim(before, last);
                self.time.tell(watch, EventKind::Trimmed { process, before });
            }
            Effect::OpenSession { session, deadline } => {
                self.open_session(place, session, deadline, watch);
            }
            Effect::SendOn { session, message } => {
                self.send_on_session(place, session, &message, watch);
            }
            Effect::SetDeadline { session, after } => {
                self.set_deadline(place, session, after, watch);
            }
            Effect::CloseSession { session } => self.close_session(place, session, watch),
            // The frequent ones.
            Effect::Send { .. }
            | Effect::SetTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::Write { .. }
            | Effect::Sync
            | Effect::Halt(_) => {}
        }
    }

    #[inline]
    fn send<O: Observer<P>>(
        &mut self,
        from: usize,
        to: ProcessId,
        message: P::Message,
        watch: &mut O,
    ) {
        let receiver = self.hosts.place_of(to);
        let link = Link { from: self.hosts[from].id, to };
        let ends = Ends { link, from: from as u32, to: receiver as u32 };
        let Posted { number, fate } =
            self.network.send(ends, self.time.now, &mut self.choices, &mut self.hits);
        if self.choices.is_recording() {
            self.note_fate(link, number, fate);
        }
        self.time.tell(watch, EventKind::Sent { link, number, message: &message, fate });
        let incarnation = self.hosts[from].incarnation;
        let envelope =
            Envelope { from: ends.from, to: ends.to, number, incarnation, there: NOT_THERE };
        let due = |message| Due::Message { envelope, message };
        let now = self.time.now;
        match fate {
            Fate::Takes(span) => self.agenda.push(now + span, due(message)),
            Fate::Twice(first, second) => {
                let copy = due(message.clone());
                self.agenda.push(now + first, due(message));
                self.agenda.push(now + second, copy);
            }
            Fate::Held => self.network.hold(envelope, message),
            Fate::Lost | Fate::Cut | Fate::Overflow => {}
        }
    }

    #[inline]
    fn set_timer<O: Observer<P>>(
        &mut self,
        place: usize,
        timer: P::Timer,
        after: Span,
        watch: &mut O,
    ) {
        let host = &mut self.hosts[place];
        let due = host.clock.monotonic(self.time.now) + after;
        if let Some((at, token)) = host.timers.set(timer, due, &host.clock) {
            self.agenda.push(at, Due::Timer { host: place as u32, token });
        }
        let process = host.id;
        self.time.tell(watch, EventKind::TimerSet { process, timer, after });
    }

    #[inline]
    fn cancel_timer<O: Observer<P>>(&mut self, place: usize, timer: P::Timer, watch: &mut O) {
        let host = &mut self.hosts[place];
        host.timers.cancel(timer);
        let process = host.id;
        self.time.tell(watch, EventKind::TimerCancelled { process, timer });
    }

    #[inline]
    fn write<O: Observer<P>>(
        &mut self,
        place: usize,
        number: RecordNumber,
        record: P::Record,
        watch: &mut O,
    ) {
        let host = &mut self.hosts[place];
        let process = host.id;
        host.disk.writes += 1;
        let error = if host.disk.full {
            self.hits.hit(Kind::D10);
            DiskError::Full
        } else if self.write_fails(place, number) {
            self.hits.hit(Kind::D8);
            if self.choices.is_recording() {
                self.note(Luck::WriteFails { process, record: number });
            }
            DiskError::Failed
        } else {
            self.time.tell(watch, EventKind::Wrote { process, number, record: &record });
            self.hosts[place].disk.write(number, record);
            return;
        };
        self.time.tell(watch, EventKind::WriteFailed { process, number, error });
        let incarnation = self.hosts[place].incarnation;
        let host = place as u32;
        self.ready.push_back(Due::WriteFailed { host, incarnation, number, error });
    }

    #[inline]
    fn write_fails(&mut self, place: usize, number: RecordNumber) -> bool {
        if self.conditions.write_error == Chance::NEVER && self.choices.fixed().is_empty() {
            return false;
        }
        let (process, index) = (self.hosts[place].id, self.hosts[place].disk.writes - 1);
        if self.choices.fixed().write_fails(process, number) {
            return true;
        }
        let share = self.conditions.write_error.share();
        share > 0 && u64::from(self.choices.draw_once(Family::Write, process, index)) < share
    }

    #[inline]
    fn sync<O: Observer<P>>(&mut self, place: usize, watch: &mut O) {
        let host = &mut self.hosts[place];
        host.disk.syncs += 1;
        let (process, through) = (host.id, host.disk.record_last());
        self.time.tell(watch, EventKind::SyncAsked { process });
        let (span, fails) = self.sync_luck(place);
        if self.choices.is_recording() {
            let end = if fails { SyncLuck::FailsAfter(span) } else { SyncLuck::Takes(span) };
            let number = self.hosts[place].disk.syncs;
            self.note(Luck::Sync { process, number, end });
        }
        let host = &mut self.hosts[place];
        let span = span + host.disk.slow;
        if span > Span::from_millis(1) {
            self.hits.hit(Kind::D11);
        }
        let incarnation = host.incarnation;
        let due = Due::Sync(SyncUnderWay { host: place as u32, incarnation, through, fails });
        let busy_until = host.disk.busy_until;
        let at = (self.time.now + span).max(busy_until);
        if span.is_zero() && (busy_until < self.time.now || busy_until == Instant::ZERO) {
            self.ready.push_back(due);
        } else {
            host.disk.busy_until = at;
            self.settled_at = self.settled_at.max(at);
            self.agenda.push(at, due);
        }
    }

    /// Returns how long a sync takes on a disk that is not slow, and whether it fails.
    #[inline]
    fn sync_luck(&mut self, place: usize) -> (Span, bool) {
        let (range, chance) = (self.conditions.sync, self.conditions.sync_error);
        let is_sure = range.high() == range.low() && chance == Chance::NEVER;
        if is_sure && self.choices.fixed().is_empty() {
            return (range.low(), false);
        }
        self.draw_sync(place)
    }

    /// Returns the same if chance or a line decides.
    fn draw_sync(&mut self, place: usize) -> (Span, bool) {
        let host = &self.hosts[place];
        let (range, share) = (self.conditions.sync, self.conditions.sync_error.share());
        let fixed = self.choices.fixed().sync(host.id, host.disk.syncs);
        let width = (range.high() - range.low()).as_nanos();
        // One draw for the outcome and one for the time, so that neither changes with the odds of
        // the other.
        let (process, index) = (host.id, (host.disk.syncs - 1) * 2);
        let mut draw = |index| u64::from(self.choices.draw_once(Family::Sync, process, index));
        let fails = share > 0 && draw(index) < share;
        let above = if width == 0 {
            0
        } else {
            ((u128::from(draw(index + 1)) * (u128::from(width) + 1)) >> 32) as u64
        };
        let usual = range.low() + Span::from_nanos(above);
        match fixed {
            Some(SyncLuck::Takes(span)) => (span, false),
            Some(SyncLuck::Fails) => (usual, true),
            Some(SyncLuck::FailsAfter(span)) => (span, true),
            None => (usual, fails),
        }
    }

    #[inline]
    fn claim<O: Observer<P>>(&mut self, place: usize, claim: &P::Claim, watch: &mut O) {
        let role = self.blueprint.as_ref().and_then(|blueprint| blueprint.role(claim));
        if let Some(role) = role {
            self.roles.claim(role, place as u32);
        }
        let process = self.hosts[place].id;
        self.time.tell(watch, EventKind::Claimed { process, claim });
    }

    /// Asks the process at `place` for `op`, which the next step hands over. Does nothing if the
    /// process is down.
    pub(crate) fn ask(&mut self, place: usize, op: P::Op) {
        let asked = self.demand.ask(self.time.now);
        if asked.is_uneven {
            self.hits.hit(Kind::K5);
        }
        self.ready.push_back(Due::Asked { host: place as u32, id: asked.id, op });
    }
}
