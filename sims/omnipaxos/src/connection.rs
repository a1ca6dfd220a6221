//! Connections between servers: what the library requires of its network.
//!
//! The library assumes that a link is a TCP session. Messages arrive in order, without duplicates,
//! and none of them is from an earlier incarnation of either end. When a session broke and there is
//! a new one, the application reports it ([`reconnected`]) at both ends. Our network loses, repeats
//! and reorders messages, so this file builds sessions, as small as possible:
//!
//! * A session is between one incarnation of each end, and both incarnations are on every message.
//!   A hello exchanges them, and no other message is sent before it.
//! * Messages of a session are numbered. A message that arrives early waits, and a repeated one is
//!   dropped.
//! * If a number is missing for too long, the session breaks, because nothing is sent again: where
//!   TCP would resend, ours breaks more often. The end that notices begins the next session and
//!   reports it; the other end sees the higher number.
//! * The library is told of each new session, at both ends.
//!
//! [`reconnected`]: omnipaxos::OmniPaxos::reconnected

use std::fmt;

use squall_process::{Instant, ProcessId, Span};

/// The largest number of messages of a link that wait for an earlier one.
const EARLY_MAX: usize = 64;

/// The header of every message of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stamp {
    /// The incarnation of the sender.
    pub from: u32,
    /// The incarnation of the receiver that the sender knows; `None` in a first hello.
    pub to: Option<u32>,
    /// The session between these two incarnations.
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

/// The connections of one incarnation of a server to the other servers.
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
    /// The last number sent, and the last one received.
    sent: u32,
    heard: u32,
    /// The messages that arrived early.
    early: Vec<(u32, L)>,
    /// Since when a number is missing.
    missing: Option<Instant>,
}

/// The consequences of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    /// A session began.
    pub(super) reconnected: bool,
    /// The other end needs a hello.
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

    /// Returns the header of a hello to `to`.
    pub(super) fn hello(&mut self, to: ProcessId) -> Stamp {
        let from = self.incarnation;
        let peer = self.peer(to);
        Stamp { from, to: peer.incarnation, session: peer.session }
    }

    /// Returns the header of the next message to `to`, and its number. Returns `None` if there is
    /// no connection.
    pub(super) fn stamp(&mut self, to: ProcessId) -> Option<(Stamp, u32)> {
        let from = self.incarnation;
        let peer = self.peer(to);
        peer.incarnation?;
        peer.sent += 1;
        let stamp = Stamp { from, to: peer.incarnation, session: peer.session };
        Some((stamp, peer.sent))
    }

    /// Returns whether `id` still needs a hello.
    pub(super) fn is_unknown(&mut self, id: ProcessId) -> bool {
        self.peer(id).incarnation.is_none()
    }

    /// Handles a hello.
    pub(super) fn on_hello(&mut self, from: ProcessId, stamp: Stamp) -> Heard {
        let mine = self.incarnation;
        self.peer(from).greeted(stamp, mine)
    }

    /// Handles message `number` of a session. Messages that are next in order go to `arrived`.
    pub(super) fn on_message(
        &mut self,
        from: ProcessId,
        stamp: Stamp,
        number: u32,
        message: L,
        now: Instant,
        arrived: &mut Vec<L>,
    ) -> Heard {
        let mine = self.incarnation;
        let peer = self.peer(from);
        let heard = peer.greeted(stamp, mine);
        // Otherwise it was meant for an earlier incarnation, or comes from an earlier session.
        let is_meant = !heard.greet && peer.session == stamp.session;
        if is_meant && peer.incarnation == Some(stamp.from) {
            peer.take(number, message, now, arrived);
        }
        heard
    }

    /// Breaks the sessions in which a number is missing for too long, and returns their other ends.
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

    /// Handles the header `stamp` of the other end, in which it names both incarnations. `mine` is
    /// the incarnation of this server.
    fn greeted(&mut self, stamp: Stamp, mine: u32) -> Heard {
        let mut heard = Heard::default();
        if self.is_stale(stamp, mine) {
            return heard;
        }
        // The other end must learn this incarnation if it knows none, or an earlier one.
        heard.greet = stamp.to != Some(mine);
        // A message for an earlier incarnation identifies its sender, but does not concern our
        // session.
        let is_ours = stamp.to.is_none_or(|to| to == mine);
        let session = if is_ours { stamp.session } else { 0 };
        heard.reconnected = self.adopt(Stamp { session, ..stamp });
        heard
    }

    /// Returns whether a message is from, or for, an earlier incarnation or session.
    fn is_stale(&self, stamp: Stamp, mine: u32) -> bool {
        let Some(known) = self.incarnation else { return false };
        let is_for_me = stamp.to == Some(mine);
        stamp.from < known || (stamp.from == known && is_for_me && stamp.session < self.session)
    }

    /// Takes over the incarnation and the session of `stamp`, if they are newer. Returns whether
    /// they are.
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

    /// Passes on the messages that are next in order.
    fn take(&mut self, number: u32, message: L, now: Instant, messages: &mut Vec<L>) {
        if number > self.heard + 1 {
            let is_new = self.early.iter().all(|(early, _)| *early != number);
            if is_new && self.early.len() < EARLY_MAX {
                self.early.push((number, message));
            }
            self.missing.get_or_insert(now);
            return;
        }
        if number <= self.heard {
            return;
        }
        self.heard = number;
        messages.push(message);
        while let Some(place) = self.early.iter().position(|(early, _)| *early == self.heard + 1) {
            let (_, message) = self.early.swap_remove(place);
            self.heard += 1;
            messages.push(message);
        }
        self.missing = (!self.early.is_empty()).then_some(now);
    }
}
