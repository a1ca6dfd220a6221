//! The way from the agenda to an input of a process.
//!
//! On this way a message meets its link once more, which may have been cut, and then its host. A
//! host that is down loses it; one that stands still or is busy lets it wait. Timers may be late
//! (C5), and a sync of the disk may have failed (D9).

use squall_fault::{Kind, Luck};
use squall_process::{Input, Instant, Process};
use squall_trace::{DropReason, EventKind, Link, Observer};

use crate::blueprint::Blueprint;
use crate::choices::Family;
use crate::due::{Due, Envelope, NOT_THERE, SyncUnderWay};
use crate::host::{Mode, Ring};
use crate::world::World;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Handles a message at the end of its link.
    #[inline]
    pub(crate) fn arrive<O: Observer<P>>(
        &mut self,
        envelope: Envelope,
        message: P::Message,
        watch: &mut O,
    ) {
        let Envelope { from, to, number, there, .. } = envelope;
        let host = &self.hosts[to as usize];
        let is_cut = there == NOT_THERE && self.network.is_cut(from, to);
        let is_gone = there != NOT_THERE && there != host.incarnation;
        if is_cut || is_gone || host.mode == Mode::Down {
            let reason = if is_cut { DropReason::Cut } else { DropReason::Down };
            let link = Link { from: self.hosts.id_of(from), to: host.id };
            self.time.tell(watch, EventKind::Dropped { link, number, reason });
        } else if host.mode == Mode::Up && !host.inbox.is_busy(self.time.now) {
            self.deliver(envelope, message, watch);
        } else {
            let there = host.incarnation;
            let envelope = Envelope { there, ..envelope };
            let waiting = Due::Message { envelope, message };
            self.tell_host(to as usize, waiting, watch);
        }
    }

    /// Hands a message to its receiver.
    #[inline]
    fn deliver<O: Observer<P>>(&mut self, envelope: Envelope, message: P::Message, watch: &mut O) {
        let Envelope { from, to, number, incarnation, .. } = envelope;
        if self.hosts.incarnation_of(from) != incarnation {
            self.hits.hit(Kind::P9);
        }
        let link = Link { from: self.hosts.id_of(from), to: self.hosts.id_of(to) };
        self.time.tell(watch, EventKind::Arrived { link, number, message: &message });
        self.give(to as usize, Input::Message { from: link.from, message }, watch);
    }

    /// Hands an input to a process: now, or later if the host stands still or is busy. Waiting
    /// inputs keep their order, and none overtakes another.
    pub(crate) fn tell_host<O: Observer<P>>(&mut self, place: usize, due: Due<P>, watch: &mut O) {
        let host = &mut self.hosts[place];
        match host.mode {
            Mode::Down => self.discard(&due),
            Mode::Paused | Mode::Suspended => host.inbox.push(due),
            Mode::Up if host.inbox.is_busy(self.time.now) => self.put_off(place, due),
            Mode::Up => self.hand_over(place, due, watch),
        }
    }

    /// Drops `due`, because its process is gone.
    pub(super) fn discard(&mut self, due: &Due<P>) {
        if let Due::Session { shipment } = due {
            self.sessions.unload(*shipment);
        }
    }

    /// Puts off `due`, because the process is busy (P7).
    fn put_off(&mut self, place: usize, due: Due<P>) {
        self.hits.hit(Kind::P7);
        let host = &mut self.hosts[place];
        let is_first = host.inbox.is_empty();
        host.inbox.push(due);
        if is_first {
            self.come_back(place);
        }
    }

    /// Returns to the process at `place` when it has time.
    pub(crate) fn come_back(&mut self, place: usize) {
        let host = &self.hosts[place];
        let next = Due::Next { host: place as u32, incarnation: host.incarnation };
        self.agenda.push(host.inbox.busy_until().max(self.time.now), next);
    }

    /// Hands over the first waiting input, if the process has time for it.
    pub(crate) fn next_waiting<O: Observer<P>>(
        &mut self,
        place: usize,
        incarnation: u32,
        watch: &mut O,
    ) {
        let now = self.time.now;
        let host = &mut self.hosts[place];
        if host.mode != Mode::Up || host.incarnation != incarnation || host.inbox.is_empty() {
            return;
        }
        if host.inbox.busy_until() > now {
            return self.come_back(place);
        }
        if let Some(due) = host.inbox.pop() {
            self.hand_over(place, due, watch);
        }
        let host = &mut self.hosts[place];
        if host.mode == Mode::Up && !host.inbox.is_empty() {
            self.come_back(place);
        }
    }

    fn hand_over<O: Observer<P>>(&mut self, place: usize, due: Due<P>, watch: &mut O) {
        let process = self.hosts[place].id;
        match due {
            Due::SyncEnded(sync) => self.tell_of_sync(sync, watch),
            Due::WriteFailed { number, error, .. } => {
                self.give(place, Input::WriteFailed { number, error }, watch);
            }
            Due::Session { shipment } => self.tell_of_session(shipment, watch),
            Due::Asked { id, op, .. } => {
                self.time.tell(watch, EventKind::Asked { process, id, op: &op });
                self.hosts[place].open_ops += 1;
                self.give(place, Input::Op { id, op }, watch);
            }
            Due::Message { envelope, message } => self.deliver(envelope, message, watch),
            Due::Timer { token, .. } => {
                let host = &mut self.hosts[place];
                let local = host.clock.monotonic(self.time.now);
                // It may have been cancelled or set again while it waited.
                match host.timers.ring(token, local) {
                    Ring::Stale => {}
                    Ring::PutOff(due) => self.ring_later(place, token, due),
                    Ring::Due(timer, _) => self.fire(place, token, timer, watch),
                }
            }
            // Not inputs of a process.
            Due::Sync(_) | Due::Next { .. } | Due::Restart { .. } => {}
        }
    }

    /// Handles a timer in the agenda.
    #[inline]
    pub(crate) fn ring<O: Observer<P>>(&mut self, place: usize, token: u32, watch: &mut O) {
        let now = self.time.now;
        let host = &mut self.hosts[place];
        let timer = match host.timers.ring(token, host.clock.monotonic(now)) {
            Ring::Stale => return,
            Ring::PutOff(due) => return self.ring_later(place, token, due),
            Ring::Due(timer, fresh) => {
                if fresh && self.is_late(place, token) {
                    return;
                }
                timer
            }
        };
        let host = &mut self.hosts[place];
        let due = Due::Timer { host: place as u32, token };
        match host.mode {
            Mode::Down => {}
            Mode::Paused | Mode::Suspended => {
                // Its lateness is drawn, and is not drawn again when the host continues.
                host.timers.put_off(token, now, true);
                host.inbox.push(due);
            }
            Mode::Up if host.inbox.is_busy(now) => {
                host.timers.put_off(token, now, true);
                self.put_off(place, due);
            }
            Mode::Up => self.fire(place, token, timer, watch),
        }
    }

    /// Makes the agenda return to a timer that was set again, at `due` by the clock of its host.
    fn ring_later(&mut self, place: usize, token: u32, due: Instant) {
        let host = &mut self.hosts[place];
        let at = host.clock.world_at(due);
        // A suspended clock stands: the timer is rescheduled when it continues.
        if host.mode != Mode::Suspended {
            host.timers.put_off(token, at, false);
            self.agenda.push(at, Due::Timer { host: place as u32, token });
        }
    }

    fn fire<O: Observer<P>>(&mut self, place: usize, token: u32, timer: P::Timer, watch: &mut O) {
        let host = &mut self.hosts[place];
        host.timers.fire(token);
        let process = host.id;
        self.time.tell(watch, EventKind::Fired { process, timer });
        self.give(place, Input::Timer(timer), watch);
    }

    /// Draws whether a timer that is due fires late, and puts it off if so (C5).
    fn is_late(&mut self, place: usize, token: u32) -> bool {
        let late = self.conditions.late;
        let host = &mut self.hosts[place];
        host.timers.fired += 1;
        let by = if let Some(by) = self.choices.fixed().late(host.id, host.timers.fired) {
            by
        } else if late.chance.share() == 0 {
            return false;
        } else {
            let draw = self.choices.draw_once(Family::Late, host.id, host.timers.fired - 1);
            if u64::from(draw) >= late.chance.share() {
                return false;
            }
            self.choices.rare(Family::Late, host.own_link(), host.timers.fired).span(late.high)
        };
        self.hits.hit(Kind::C5);
        if self.choices.is_recording() {
            let luck = Luck::Late { process: host.id, number: host.timers.fired, by };
            self.choices.note(self.time.now, self.time.events, luck);
        }
        let at = self.time.now + by;
        self.settled_at = self.settled_at.max(at);
        host.timers.put_off(token, at, true);
        self.agenda.push(at, Due::Timer { host: place as u32, token });
        true
    }

    /// Ends a sync of a disk, which completes or fails.
    pub(crate) fn sync_ends<O: Observer<P>>(&mut self, sync: SyncUnderWay, watch: &mut O) {
        let SyncUnderWay { host: place, incarnation, through, fails } = sync;
        let place = place as usize;
        let host = &mut self.hosts[place];
        if host.incarnation != incarnation || host.mode == Mode::Down {
            return;
        }
        if host.disk.stalled {
            self.syncs_held.push(sync);
            return;
        }
        let process = host.id;
        if fails {
            self.hits.hit(Kind::D9);
            host.disk.sync_failed(through);
        } else {
            let time = &mut self.time;
            host.disk.synced(through, |number, record| {
                time.tell_durable::<P, O>(watch, process, number, record);
            });
        }
        if host.mode == Mode::Up && !host.inbox.is_busy(self.time.now) {
            self.tell_of_sync(sync, watch);
        } else {
            self.tell_host(place, Due::SyncEnded(sync), watch);
        }
    }

    /// Tells the process at `place` how a sync ended.
    #[inline]
    fn tell_of_sync<O: Observer<P>>(
        &mut self,
        SyncUnderWay { host: place, through, fails, .. }: SyncUnderWay,
        watch: &mut O,
    ) {
        let process = self.hosts.id_of(place);
        let place = place as usize;
        if fails {
            self.time.tell(watch, EventKind::SyncFailed { process, through });
            self.give(place, Input::SyncFailed { through }, watch);
        } else {
            self.time.tell(watch, EventKind::Synced { process, through });
            self.give(place, Input::Synced { through }, watch);
        }
    }
}
