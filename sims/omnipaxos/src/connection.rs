//! Connections between servers: what the library asks of its network.
//!
//! The library takes a link for a session of TCP: messages come in order, none twice, none from an
//! earlier life of either end; and when a session broke and there is a new one, the application
//! says so ([`reconnected`]), at both ends. Our network loses, repeats and reorders, so this is
//! built here, as small as it can be:
//!
//! * A session is between one life of either end: both incarnations are on every message. A hello
//!   makes them known; nothing is sent before.
//! * Messages of a session are numbered. One that comes early waits; one that comes twice is
//!   dropped.
//! * A number that does not come within a while breaks the session, since nothing is sent again:
//!   where TCP would, ours breaks more often. Whoever notices begins the next session and says so;
//!   the other end sees the higher number.
//! * A session that begins is told to the library, at either end.
//!
//! [`reconnected`]: omnipaxos::OmniPaxos::reconnected

use std::fmt;

use squall_process::{Instant, ProcessId, Span};

/// The most messages of a link that wait for an earlier one.
const EARLY_MAX: usize = 64;

/// What stands on every message of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stamp {
    /// The incarnation of the sender.
    pub from: u32,
    /// The incarnation that the sender knows of the receiver; nothing in a first hello.
    pub to: Option<u32>,
    /// The session between these two lives.
    pub session: u32,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>", self.from)?;
        match self.to {
            Some(to) => write!(f, "{to}/{}", self.session),
            None => f.write_str("?"),
        }
    }
}

/// The connections of one life of a server to the others.
#[derive(Debug)]
pub(super) struct Connections<L> {
    incarnation: u32,
    /// How long a number may be missing.
    patience: Span,
    peers: Vec<Peer<L>>,
}

/// The connection to one other server.
#[derive(Debug)]
struct Peer<L> {
    id: ProcessId,
    incarnation: Option<u32>,
    session: u32,
    /// The last number sent, and the last one heard.
    sent: u32,
    heard: u32,
    /// What came early.
    early: Vec<(u32, L)>,
    /// Since when a number is missing.
    missing: Option<Instant>,
}

/// What comes of something that was heard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    /// A session began.
    pub(super) reconnected: bool,
    /// The other end should have a hello.
    pub(super) greet: bool,
}

impl<L> Connections<L> {
    pub(super) const fn new(incarnation: u32, patience: Span) -> Self {
        Self { incarnation, patience, peers: Vec::new() }
    }

    fn peer(&mut self, id: ProcessId) -> &mut Peer<L> {
        let place = match self.peers.iter().position(|peer| peer.id == id) {
            Some(place) => place,
            None => {
                self.peers.push(Peer::new(id));
                self.peers.len() - 1
            }
        };
        &mut self.peers[place]
    }

    /// What stands on a hello to `to`.
    pub(super) fn hello(&mut self, to: ProcessId) -> Stamp {
        let from = self.incarnation;
        let peer = self.peer(to);
        Stamp { from, to: peer.incarnation, session: peer.session }
    }

    /// What stands on the next message to `to`, and its number. Nothing if there is no connection.
    pub(super) fn stamp(&mut self, to: ProcessId) -> Option<(Stamp, u32)> {
        let from = self.incarnation;
        let peer = self.peer(to);
        peer.incarnation?;
        peer.sent += 1;
        let stamp = Stamp { from, to: peer.incarnation, session: peer.session };
        Some((stamp, peer.sent))
    }

    /// Whether `id` still has to be greeted.
    pub(super) fn is_unknown(&mut self, id: ProcessId) -> bool {
        self.peer(id).incarnation.is_none()
    }

    /// A hello arrives.
    pub(super) fn on_hello(&mut self, from: ProcessId, stamp: Stamp) -> Heard {
        let mine = self.incarnation;
        self.peer(from).greeted(stamp, mine)
    }

    /// Message `number` of a session arrives. Those whose turn it is by now go to `arrived`.
    pub(super) fn on_letter(
        &mut self,
        from: ProcessId,
        (stamp, number, letter): (Stamp, u32, L),
        now: Instant,
        arrived: &mut Vec<L>,
    ) -> Heard {
        let mine = self.incarnation;
        let peer = self.peer(from);
        let heard = peer.greeted(stamp, mine);
        // Or it was meant for an earlier me, or comes from an earlier session.
        let is_meant = !heard.greet && peer.session == stamp.session;
        if is_meant && peer.incarnation == Some(stamp.from) {
            peer.take(number, letter, now, arrived);
        }
        heard
    }

    /// Breaks the sessions in which a number is missing for too long, and says which.
    pub(super) fn on_tick(&mut self, now: Instant) -> Vec<ProcessId> {
        let patience = self.patience;
        let is_over =
            |peer: &&mut Peer<L>| peer.missing.is_some_and(|since| now.since(since) >= patience);
        let broken = self.peers.iter_mut().filter(is_over);
        broken
            .map(|peer| {
                peer.begin(peer.session + 1);
                peer.id
            })
            .collect()
    }
}

impl<L> Peer<L> {
    const fn new(id: ProcessId) -> Self {
        let early = Vec::new();
        Self { id, incarnation: None, session: 0, sent: 0, heard: 0, early, missing: None }
    }

    /// The other end says by `stamp` who it is, and whom it takes me for. I am `mine`.
    fn greeted(&mut self, stamp: Stamp, mine: u32) -> Heard {
        let mut heard = Heard::default();
        if self.is_stale(stamp, mine) {
            return heard;
        }
        // Whoever does not know me, or knows an earlier me, is to be told.
        heard.greet = stamp.to != Some(mine);
        // What was said to an earlier me says who is there, and nothing of our session.
        let is_ours = stamp.to.is_none_or(|to| to == mine);
        let session = if is_ours { stamp.session } else { 0 };
        heard.reconnected = self.adopt(Stamp { session, ..stamp });
        heard
    }

    /// Whether something comes from, or is meant for, an earlier life or session.
    fn is_stale(&self, stamp: Stamp, mine: u32) -> bool {
        let Some(known) = self.incarnation else { return false };
        let is_for_me = stamp.to == Some(mine);
        stamp.from < known || (stamp.from == known && is_for_me && stamp.session < self.session)
    }

    /// Takes over the life and the session of `stamp`, if they are news. Says whether they are.
    fn adopt(&mut self, stamp: Stamp) -> bool {
        if self.incarnation != Some(stamp.from) {
            self.incarnation = Some(stamp.from);
            self.begin(stamp.session);
            return true;
        }
        if stamp.session > self.session {
            self.begin(stamp.session);
            return true;
        }
        false
    }

    fn begin(&mut self, session: u32) {
        self.session = session;
        self.sent = 0;
        self.heard = 0;
        self.early.clear();
        self.missing = None;
    }

    /// Hands on what is next in line.
    fn take(&mut self, number: u32, letter: L, now: Instant, letters: &mut Vec<L>) {
        if number > self.heard + 1 {
            let is_new = self.early.iter().all(|(early, _)| *early != number);
            if is_new && self.early.len() < EARLY_MAX {
                self.early.push((number, letter));
            }
            self.missing.get_or_insert(now);
            return;
        }
        if number <= self.heard {
            return;
        }
        self.heard = number;
        letters.push(letter);
        while let Some(place) = self.early.iter().position(|(early, _)| *early == self.heard + 1) {
            let (_, letter) = self.early.swap_remove(place);
            self.heard += 1;
            letters.push(letter);
        }
        self.missing = (!self.early.is_empty()).then_some(now);
    }
}
