//! Sessions: connections between two processes, as the network and the hosts at both ends hold
//! them.
//!
//! What can fail here: a session is reset, at both ends or at one, so that the other end is half
//! open (N15); a connect is refused, or hangs until its deadline (N16). A session sends its
//! messages over links that lose, cut and clog. It repeats lost messages, so that a loss only costs
//! time. What cannot: a message is lost, repeated or overtaken while the session lasts. The model
//! is TCP: a host answers for a process that is down with a refusal or a reset, and accepts a
//! connection for a process that stands still.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use squall_process::{Instant, SessionId, Span};

use crate::due::NOT_THERE;
use crate::slab::Slab;

/// The time until a lost message is sent again.
pub(crate) const REPEAT: Span = Span::from_millis(200);

/// One of the two ends of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Side {
    Opener,
    Acceptor,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Opener => Self::Acceptor,
            Self::Acceptor => Self::Opener,
        }
    }
}

/// A message or an event that travels on a session or is delivered to its end.
#[derive(Clone, Debug)]
pub(crate) enum Parcel<M> {
    Open,
    Opened,
    Refused,
    /// The name of the opening is taken at the end that opens.
    Taken,
    Message(Box<M>),
    /// The sender has closed its end.
    Close,
    Reset,
    /// The deadline of the end, as often as it was set so far.
    Deadline(u32),
}

/// A parcel on its way to one end of a session.
#[derive(Clone, Debug)]
pub(crate) struct Shipment<M> {
    pub(crate) key: u64,
    /// The end that it is for.
    pub(crate) side: Side,
    /// The incarnation that it is for, if it waits at its host.
    pub(crate) there: u32,
    pub(crate) parcel: Parcel<M>,
}

impl<M> Shipment<M> {
    pub(crate) const fn new(key: u64, side: Side, parcel: Parcel<M>) -> Self {
        Self { key, side, there: NOT_THERE, parcel }
    }
}

/// One end of a session.
#[derive(Clone, Debug)]
pub(crate) struct End<M> {
    /// The place of its process.
    pub(crate) place: u32,
    /// The incarnation of the process that it belongs to.
    pub(crate) incarnation: u32,
    /// Whether the host holds it and accepts what arrives.
    pub(crate) is_linked: bool,
    /// Whether the process holds it: it has not closed it, and has not learned that it is closed.
    pub(crate) is_known: bool,
    /// When its deadline passes by the local clock, and how often it was set.
    pub(crate) deadline: Option<Instant>,
    pub(crate) deadlines: u32,
    /// When the last message that it sent arrives.
    pub(crate) latest: Instant,
    /// The messages that it sent and that a cut or a clog holds back.
    pub(crate) stalled: VecDeque<Parcel<M>>,
}

/// A session, from the moment at which it is opened until neither end holds it.
#[derive(Clone, Debug)]
pub(crate) struct Session<M> {
    pub(crate) id: SessionId,
    pub(crate) opener: End<M>,
    pub(crate) acceptor: End<M>,
    /// The number of parcels on their way to either end.
    pub(crate) under_way: u32,
    /// Whether it was opened where connects hang, so that no message travels on it.
    pub(crate) hangs: bool,
}

impl<M> Session<M> {
    pub(crate) const fn end(&self, side: Side) -> &End<M> {
        match side {
            Side::Opener => &self.opener,
            Side::Acceptor => &self.acceptor,
        }
    }

    pub(crate) const fn end_mut(&mut self, side: Side) -> &mut End<M> {
        match side {
            Side::Opener => &mut self.opener,
            Side::Acceptor => &mut self.acceptor,
        }
    }
}

impl<M> End<M> {
    pub(crate) const fn new(place: u32) -> Self {
        Self {
            place,
            incarnation: 0,
            is_linked: false,
            is_known: false,
            deadline: None,
            deadlines: 0,
            latest: Instant::ZERO,
            stalled: VecDeque::new(),
        }
    }

    /// Assigns it to `incarnation` of its process.
    pub(crate) fn take_hold(&mut self, incarnation: u32) {
        (self.incarnation, self.is_linked, self.is_known) = (incarnation, true, true);
    }

    /// Releases it.
    pub(crate) fn let_go(&mut self) {
        (self.is_linked, self.is_known, self.deadline) = (false, false, None);
    }
}

/// The name of a session at the place of one end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Name {
    place: u32,
    id: SessionId,
}

/// An end that is held at a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Held {
    place: u32,
    known: Known,
}

/// One end of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Known {
    pub(crate) key: u64,
    pub(crate) side: Side,
}

/// All sessions of a world.
#[derive(Clone, Debug)]
pub(crate) struct Sessions<M> {
    sessions: BTreeMap<u64, Session<M>>,
    known: BTreeMap<Name, Known>,
    /// The ends that a process or its host holds, in the order of the places of the processes.
    held: BTreeSet<Held>,
    /// The shipments under way, or waiting at a host.
    shipments: Slab<Shipment<M>>,
    key_next: u64,
}

impl<M> Sessions<M> {
    pub(crate) const fn new() -> Self {
        Self {
            sessions: BTreeMap::new(),
            known: BTreeMap::new(),
            held: BTreeSet::new(),
            shipments: Slab::new(),
            key_next: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.sessions.clear();
        self.known.clear();
        self.held.clear();
        self.shipments.clear();
        self.key_next = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Opens a session of the process at `opener` to the one at `acceptor`.
    pub(crate) fn open(&mut self, id: SessionId, opener: u32, acceptor: u32) -> u64 {
        let key = self.key_next;
        self.key_next += 1;
        let (opener, acceptor) = (End::new(opener), End::new(acceptor));
        let session = Session { id, opener, acceptor, under_way: 0, hangs: false };
        self.sessions.insert(key, session);
        key
    }

    /// An opening whose name is taken: a session that its opener holds only until it is told, in
    /// its `incarnation`.
    pub(crate) fn open_void(&mut self, id: SessionId, opener: u32, incarnation: u32) -> Known {
        let key = self.open(id, opener, opener);
        let known = Known { key, side: Side::Opener };
        if let Some(session) = self.sessions.get_mut(&key) {
            session.opener.take_hold(incarnation);
            session.opener.is_linked = false;
        }
        self.held.insert(Held { place: opener, known });
        known
    }

    /// Makes a session hang.
    pub(crate) fn hang(&mut self, key: u64) {
        if let Some(session) = self.sessions.get_mut(&key) {
            session.hangs = true;
        }
    }

    pub(crate) fn get(&self, key: u64) -> Option<&Session<M>> {
        self.sessions.get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut Session<M>> {
        self.sessions.get_mut(&key)
    }

    /// Returns the session that the process at `place` knows by the name `id`.
    pub(crate) fn known(&self, place: u32, id: SessionId) -> Option<Known> {
        self.known.get(&Name { place, id }).copied()
    }

    /// Assigns the given end to its process, in its `incarnation`.
    pub(crate) fn take_hold(&mut self, key: u64, side: Side, incarnation: u32) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.end_mut(side).take_hold(incarnation);
        let (place, id, known) = (session.end(side).place, session.id, Known { key, side });
        self.known.insert(Name { place, id }, known);
        self.held.insert(Held { place, known });
    }

    /// Releases the given end from process and host.
    pub(crate) fn let_go(&mut self, key: u64, side: Side) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.end_mut(side).let_go();
        let (place, id) = (session.end(side).place, session.id);
        self.held.remove(&Held { place, known: Known { key, side } });
        let name = Name { place, id };
        if self.known.get(&name).is_some_and(|known| known.key == key) {
            self.known.remove(&name);
        }
        self.sweep(key);
    }

    /// Removes a session that no end holds and on which no message is under way.
    pub(crate) fn sweep(&mut self, key: u64) {
        let is_free = |end: &End<M>| !end.is_linked && !end.is_known;
        let Some(session) = self.sessions.get(&key) else { return };
        if session.under_way == 0 && is_free(&session.opener) && is_free(&session.acceptor) {
            self.sessions.remove(&key);
        }
    }

    /// Returns the ends at `place` that its process or its host still holds.
    pub(crate) fn at(&self, place: u32) -> Vec<Known> {
        let first = Known { key: 0, side: Side::Opener };
        let last = Known { key: u64::MAX, side: Side::Acceptor };
        let held = Held { place, known: first }..=Held { place, known: last };
        self.held.range(held).map(|held| held.known).collect()
    }

    /// Holds `shipment` until it is due. Returns its place.
    pub(crate) fn load(&mut self, shipment: Shipment<M>) -> u32 {
        self.shipments.put(shipment)
    }

    /// Takes a shipment that is due.
    pub(crate) fn unload(&mut self, shipment: u32) -> Option<Shipment<M>> {
        self.shipments.take(shipment)
    }

    /// Returns the ends that hold back parcels.
    pub(crate) fn stalled(&self) -> Vec<Known> {
        let mut found = Vec::new();
        for (&key, session) in &self.sessions {
            for side in [Side::Opener, Side::Acceptor] {
                if !session.end(side).stalled.is_empty() {
                    found.push(Known { key, side });
                }
            }
        }
        found
    }
}
