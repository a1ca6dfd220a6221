//! The way of a session: what a process does on it, what travels, and what the other end is told.

use squall_fault::{Kind, Links};
use squall_process::{Closed, Input, Instant, Process, SessionEvent, SessionId, Span};
use squall_trace::{EventKind, Fate, Observer, SessionAction};

use crate::blueprint::Blueprint;
use crate::due::{Due, NOT_THERE};
use crate::host::Mode;
use crate::network::{Known, Parcel, REPEAT, Shipment, Side};
use crate::world::World;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// The process at `place` opens a session. Panics if it gives it the name of another process, a
    /// mistake of the protocol.
    pub(super) fn open_session<O: Observer<P>>(
        &mut self,
        place: usize,
        id: SessionId,
        deadline: Span,
        watch: &mut O,
    ) {
        let process = self.hosts[place].id;
        assert!(id.opener == process, "{process} opens {id}, which is not its own to open");
        let place = place as u32;
        if self.sessions.known(place, id).is_some() {
            return self.refuse_name(place, id, deadline, watch);
        }
        let peer = self.hosts.place_of(id.acceptor) as u32;
        let key = self.sessions.open(id, place, peer);
        self.sessions.take_hold(key, Side::Opener, self.hosts[place as usize].incarnation);
        self.set_session_deadline(Known { key, side: Side::Opener }, deadline);
        let ends = self.hosts.ends(place, peer);
        let fate = if self.network.hangs(ends) {
            self.hits.hit(Kind::N16);
            self.sessions.hang(key);
            Fate::Lost
        } else if self.network.refuses(ends) {
            self.hits.hit(Kind::N16);
            self.ship(key, Side::Opener, Parcel::Refused)
        } else {
            self.ship(key, Side::Acceptor, Parcel::Open)
        };
        let action = SessionAction::Open { deadline };
        self.time.tell(watch, EventKind::SessionActed { process, session: id, action, fate });
    }

    /// The process at `place` opens a session of a name that it holds.
    fn refuse_name<O: Observer<P>>(
        &mut self,
        place: u32,
        id: SessionId,
        deadline: Span,
        watch: &mut O,
    ) {
        let host = &self.hosts[place as usize];
        let (process, there) = (host.id, host.incarnation);
        let (action, fate) = (SessionAction::Open { deadline }, Fate::Lost);
        self.time.tell(watch, EventKind::SessionActed { process, session: id, action, fate });
        let Known { key, side } = self.sessions.open_void(id, place, there);
        let parcel = Parcel::Taken;
        let shipment = self.sessions.load(Shipment { key, side, there, parcel });
        self.ready.push_back(Due::Session { shipment });
    }

    /// The process at `place` sends on a session. A message on a session that is closed there goes
    /// nowhere.
    pub(super) fn send_on_session<O: Observer<P>>(
        &mut self,
        place: usize,
        id: SessionId,
        message: &P::Message,
        watch: &mut O,
    ) {
        let process = self.hosts[place].id;
        let known = self.sessions.known(place as u32, id);
        let linked = known.filter(|known| {
            let session = self.sessions.get(known.key);
            session.is_some_and(|session| session.end(known.side).is_linked)
        });
        let fate = match linked {
            None => Fate::Lost,
            Some(known) => {
                let parcel = Parcel::Message(Box::new(message.clone()));
                self.ship(known.key, known.side.other(), parcel)
            }
        };
        let action = SessionAction::Send(message);
        self.time.tell(watch, EventKind::SessionActed { process, session: id, action, fate });
    }

    /// The process at `place` sets the deadline of a session.
    pub(super) fn set_deadline<O: Observer<P>>(
        &mut self,
        place: usize,
        id: SessionId,
        after: Span,
        watch: &mut O,
    ) {
        let process = self.hosts[place].id;
        let Some(known) = self.sessions.known(place as u32, id) else { return };
        self.set_session_deadline(known, after);
        let (action, fate) = (SessionAction::SetDeadline { after }, Fate::Takes(after));
        self.time.tell(watch, EventKind::SessionActed { process, session: id, action, fate });
    }

    /// The process at `place` closes a session.
    pub(super) fn close_session<O: Observer<P>>(
        &mut self,
        place: usize,
        id: SessionId,
        watch: &mut O,
    ) {
        let process = self.hosts[place].id;
        let Some(known) = self.sessions.known(place as u32, id) else { return };
        let fate = self.ship(known.key, known.side.other(), Parcel::Close);
        self.sessions.let_go(known.key, known.side);
        let action = SessionAction::Close;
        self.time.tell(watch, EventKind::SessionActed { process, session: id, action, fate });
    }

    fn set_session_deadline(&mut self, known: Known, after: Span) {
        let Some(session) = self.sessions.get_mut(known.key) else { return };
        let end = session.end_mut(known.side);
        let host = &self.hosts[end.place as usize];
        let local = host.clock.monotonic(self.time.now) + after;
        end.deadlines += 1;
        end.deadline = Some(local);
        session.under_way += 1;
        let parcel = Parcel::Deadline(session.end(known.side).deadlines);
        let at = host.clock.world_at(local);
        self.dispatch(at, Shipment::new(known.key, known.side, parcel));
    }

    /// Sends a parcel to one end of a session. It takes its number and its luck from the link, as
    /// a datagram does; what is lost there is sent again, and nothing overtakes.
    #[cold]
    fn ship(&mut self, key: u64, side: Side, parcel: Parcel<P::Message>) -> Fate {
        let now = self.time.now;
        let Some(session) = self.sessions.get_mut(key).filter(|session| !session.hangs) else {
            return Fate::Lost;
        };
        session.under_way += 1;
        let (from, to) = (session.end(side.other()).place, session.end(side).place);
        let ends = self.hosts.ends(from, to);
        let posted = self.network.send(ends, now, &mut self.choices, &mut self.hits);
        if self.choices.is_recording() {
            self.note_fate(ends.link, posted.number, posted.fate);
        }
        let Some(session) = self.sessions.get_mut(key) else { return Fate::Lost };
        let end = session.end_mut(side.other());
        let span = match posted.fate {
            Fate::Takes(span) | Fate::Twice(span, _) => span,
            Fate::Lost => REPEAT,
            Fate::Cut | Fate::Held | Fate::Overflow => Span::ZERO,
        };
        let at = (now + span).max(end.latest + Span::from_nanos(1));
        end.latest = at;
        self.dispatch(at, Shipment::new(key, side, parcel));
        match posted.fate {
            Fate::Cut | Fate::Held | Fate::Overflow => Fate::Held,
            _ => Fate::Takes(at.since(now)),
        }
    }

    fn dispatch(&mut self, at: Instant, shipment: Shipment<P::Message>) {
        let shipment = self.sessions.load(shipment);
        self.agenda.push(at, Due::Session { shipment });
    }

    /// A parcel comes to the end of its way, or a deadline is over.
    #[cold]
    pub(super) fn session_due<O: Observer<P>>(&mut self, shipment: u32, watch: &mut O) {
        let Some(shipment) = self.sessions.unload(shipment) else { return };
        let Shipment { key, side, there, parcel } = shipment;
        let Some(session) = self.sessions.get_mut(key) else { return };
        if there != NOT_THERE {
            let place = session.end(side).place as usize;
            let shipment = self.sessions.load(Shipment { key, side, there, parcel });
            return self.tell_host(place, Due::Session { shipment }, watch);
        }
        let (from, to) = (session.end(side.other()).place, session.end(side).place);
        if let Parcel::Deadline(count) = parcel {
            session.under_way -= 1;
            return self.deadline_due(Known { key, side }, count, watch);
        }
        let sender = session.end_mut(side.other());
        if self.network.is_blocked(from, to) || !sender.stalled.is_empty() {
            match parcel {
                // Nothing repeats a reset: the end that it was for is half open from now on.
                Parcel::Reset => session.under_way -= 1,
                parcel => sender.stalled.push_back(parcel),
            }
            return self.sessions.sweep(key);
        }
        session.under_way -= 1;
        self.take_parcel(Known { key, side }, parcel, watch);
        self.sessions.sweep(key);
    }

    /// The host at one end takes a parcel.
    fn take_parcel<O: Observer<P>>(
        &mut self,
        known: Known,
        parcel: Parcel<P::Message>,
        watch: &mut O,
    ) {
        let Known { key, side } = known;
        let Some(session) = self.sessions.get(key) else { return };
        let (id, end) = (session.id, session.end(side));
        let (place, is_linked) = (end.place, end.is_linked);
        if matches!(parcel, Parcel::Open) {
            if self.hosts[place as usize].mode == Mode::Down {
                self.hits.hit(Kind::N16);
                self.ship(key, side.other(), Parcel::Refused);
                return;
            }
            if let Some(earlier) = self.sessions.known(place, id) {
                self.reset_end(earlier, watch);
            }
            self.sessions.take_hold(key, side, self.hosts[place as usize].incarnation);
            self.ship(key, side.other(), Parcel::Opened);
        } else if !is_linked {
            // The end is gone. What needs an answer gets a reset.
            if matches!(parcel, Parcel::Opened | Parcel::Message(_)) {
                self.ship(key, side.other(), Parcel::Reset);
            }
            return;
        }
        if let Some(session) = self.sessions.get_mut(key) {
            let end = session.end_mut(side);
            match parcel {
                Parcel::Refused | Parcel::Close | Parcel::Reset => end.is_linked = false,
                // The deadline of the opening is met.
                Parcel::Opened => end.deadline = None,
                _ => {}
            }
        }
        self.bring(known, parcel, watch);
    }

    /// Brings what the host took to the process.
    fn bring<O: Observer<P>>(
        &mut self,
        Known { key, side }: Known,
        parcel: Parcel<P::Message>,
        watch: &mut O,
    ) {
        let Some(session) = self.sessions.get(key) else { return };
        let (place, there) = (session.end(side).place, session.end(side).incarnation);
        let shipment = self.sessions.load(Shipment { key, side, there, parcel });
        self.tell_host(place as usize, Due::Session { shipment }, watch);
    }

    /// The process at one end is told, unless it has closed the session meanwhile or is gone.
    #[cold]
    pub(super) fn tell_of_session<O: Observer<P>>(&mut self, shipment: u32, watch: &mut O) {
        let Some(shipment) = self.sessions.unload(shipment) else { return };
        let Shipment { key, side, there, parcel } = shipment;
        let Some(session) = self.sessions.get(key) else { return };
        let (id, end) = (session.id, session.end(side));
        let place = end.place as usize;
        if !end.is_known || end.incarnation != there || self.hosts[place].incarnation != there {
            return;
        }
        let event = match parcel {
            Parcel::Open => SessionEvent::Incoming,
            Parcel::Opened => SessionEvent::Opened,
            Parcel::Refused => SessionEvent::Refused,
            Parcel::Taken => SessionEvent::Taken,
            Parcel::Message(message) => SessionEvent::Message(message),
            Parcel::Close => SessionEvent::Closed(Closed::Peer),
            Parcel::Reset => SessionEvent::Closed(Closed::Reset),
            Parcel::Deadline(_) => SessionEvent::Closed(Closed::Deadline),
        };
        if matches!(event, SessionEvent::Refused | SessionEvent::Taken | SessionEvent::Closed(_)) {
            self.sessions.let_go(key, side);
        }
        let process = self.hosts[place].id;
        self.time.tell(watch, EventKind::SessionTold { process, session: id, event: &event });
        self.give(place, Input::Session { session: id, event }, watch);
    }

    fn deadline_due<O: Observer<P>>(&mut self, known: Known, count: u32, watch: &mut O) {
        let Some(session) = self.sessions.get_mut(known.key) else { return };
        let end = session.end_mut(known.side);
        let place = end.place as usize;
        let Some(deadline) = end.deadline.filter(|_| end.deadlines == count && end.is_known) else {
            return self.sessions.sweep(known.key);
        };
        let host = &self.hosts[place];
        let local = host.clock.monotonic(self.time.now);
        if local < deadline || host.mode == Mode::Suspended {
            // The clock is slower than it was, or stands.
            let more = deadline.since(local).max(Span::from_millis(1));
            return self.set_session_deadline(known, more);
        }
        end.deadline = None;
        let was_linked = std::mem::replace(&mut end.is_linked, false);
        if was_linked {
            self.ship(known.key, known.side.other(), Parcel::Reset);
        }
        self.bring(known, Parcel::Deadline(count), watch);
    }

    /// The host at one end takes the session for reset.
    fn reset_end<O: Observer<P>>(&mut self, known: Known, watch: &mut O) {
        let Some(session) = self.sessions.get_mut(known.key) else { return };
        if std::mem::replace(&mut session.end_mut(known.side).is_linked, false) {
            self.bring(known, Parcel::Reset, watch);
        }
    }

    /// The process at `place` is gone, and with it its ends. The other ends are told by a reset,
    /// if it arrives.
    pub(super) fn sessions_end(&mut self, place: usize) {
        if self.sessions.is_empty() {
            return;
        }
        for known in self.sessions.at(place as u32) {
            let Some(session) = self.sessions.get_mut(known.key) else { continue };
            let end = session.end_mut(known.side);
            let was_linked = end.is_linked;
            let dropped = std::mem::take(&mut end.stalled).len() as u32;
            session.under_way -= dropped;
            if was_linked {
                self.ship(known.key, known.side.other(), Parcel::Reset);
            }
            self.sessions.let_go(known.key, known.side);
        }
    }

    /// Resets sessions (N15): for each link, the end that it leads to is told that the session
    /// between its processes is gone.
    pub(super) fn reset_sessions<O: Observer<P>>(&mut self, links: &Links, watch: &mut O) {
        let mut struck = Vec::new();
        self.each_facing(links, |world, left, right| {
            for to in right {
                struck.extend(world.sessions.at(*to as u32).into_iter().filter(|known| {
                    let session = world.sessions.get(known.key);
                    let peer = session.map(|session| session.end(known.side.other()).place);
                    peer.is_some_and(|peer| left.contains(&(peer as usize)))
                }));
            }
        });
        for known in struck {
            self.hits.hit(Kind::N15);
            self.reset_end(known, watch);
        }
    }

    /// What cuts and clogs held back goes on, where there are none any more.
    pub(super) fn sessions_go_on(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        for known in self.sessions.stalled() {
            let Some(session) = self.sessions.get_mut(known.key) else { continue };
            let to = known.side.other();
            let (from_place, to_place) = (session.end(known.side).place, session.end(to).place);
            if self.network.is_blocked(from_place, to_place) {
                continue;
            }
            // Before anything that is still under way, which was sent later.
            for parcel in std::mem::take(&mut session.end_mut(known.side).stalled) {
                let shipment = self.sessions.load(Shipment::new(known.key, to, parcel));
                self.ready.push_back(Due::Session { shipment });
            }
        }
    }
}
