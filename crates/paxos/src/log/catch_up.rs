//! Catching up: entries while others still have them, else a snapshot and what follows it (PML
//! section 5.5; RAFT-D section 5; requirement M7).
//!
//! Model: the replica that is behind asks, piece by piece, and each answer names what it is, so the
//! source keeps no state. Answers come from any server. A source that is silent is left for another
//! one. Pieces of another snapshot than the one being received start over with that one; pieces out
//! of order are dropped and asked for again.

use squall_process::ProcessId;

use crate::log::message::Body;
use crate::log::outbox::Outbox;
use crate::log::participant::Timer;
use crate::log::replica::Replica;
use crate::log::snapshot::{Piece, Snapshot, SnapshotId};
use crate::log::state::Replicated;
use crate::log::{Member, Slot, StateMachine, marks};

#[derive(Clone, Debug)]
pub(crate) struct CatchUp<S: StateMachine> {
    /// The highest slot that is known to be chosen somewhere.
    known: Slot,
    /// The server to ask, or asked last.
    source: Option<Member>,
    /// Where this replica was when the timer was set.
    seen: Slot,
    waits: bool,
    receiving: Option<Receiving<S>>,
}

#[derive(Clone, Debug)]
struct Receiving<S: StateMachine> {
    id: SnapshotId,
    count: u64,
    pieces: Vec<Piece<S>>,
}

/// One piece as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received<S: StateMachine> {
    pub(crate) id: SnapshotId,
    pub(crate) index: u64,
    pub(crate) count: u64,
    pub(crate) piece: Piece<S>,
}

impl<S: StateMachine> CatchUp<S> {
    pub(crate) const fn new() -> Self {
        Self { known: Slot::ZERO, source: None, seen: Slot::ZERO, waits: false, receiving: None }
    }

    /// `source` has applied, or knows to be chosen, all up to `slot`. Unless that arrives by
    /// itself soon, this replica will ask.
    pub(crate) fn note(
        &mut self,
        source: Member,
        slot: Slot,
        applied: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        self.known = self.known.max(slot);
        if slot > applied && !self.waits && source.process != outbox.me() {
            self.source = Some(source);
            self.seen = applied;
            self.wait(outbox);
        }
    }

    fn wait(&mut self, outbox: &mut Outbox<'_, '_, S>) {
        self.waits = true;
        outbox.set_timer_about(Timer::CatchUp, outbox.settings().timing().catch_up);
    }

    /// Asks at once.
    pub(crate) fn ask(&mut self, applied: Slot, outbox: &mut Outbox<'_, '_, S>) {
        let Some(source) = self.source else {
            return;
        };
        let from = applied.next();
        self.receiving.take_if(|receiving| receiving.id.slot <= applied);
        let piece =
            self.receiving.as_ref().map(|receiving| (receiving.id, receiving.pieces.len() as u64));
        outbox.send(source, Body::Fetch { from, piece });
        self.seen = applied;
        self.wait(outbox);
    }

    /// Nothing came, or too little: ask, and another source than last time if nothing came at all.
    pub(crate) fn on_timer(&mut self, replica: &Replica<S>, outbox: &mut Outbox<'_, '_, S>) {
        self.waits = false;
        let applied = replica.applied();
        if applied >= self.known {
            self.receiving = None;
            return;
        }
        if applied > self.seen && self.receiving.is_none() {
            // It arrives by itself.
            self.seen = applied;
            return self.wait(outbox);
        }
        if applied == self.seen {
            let others: Vec<Member> =
                replica.members().all().filter(|member| member.process != outbox.me()).collect();
            if !others.is_empty() {
                let at = outbox.random_below(others.len() as u64);
                let at = usize::try_from(at).unwrap_or(0);
                if self.source.is_some_and(|source| source != others[at]) {
                    outbox.reach(marks::SOURCE_CHANGED);
                }
                self.source = Some(others[at]);
            }
        }
        self.ask(applied, outbox);
    }

    /// Entries came, and were applied as far as they fit.
    pub(crate) fn on_decisions(
        &mut self,
        from: Member,
        chosen: Slot,
        applied: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        self.known = self.known.max(chosen);
        if applied >= self.known {
            self.receiving = None;
            if self.waits {
                self.waits = false;
                outbox.cancel_timer(Timer::CatchUp);
            }
        } else if applied > self.seen || !self.waits {
            self.source = Some(from);
            self.ask(applied, outbox);
        }
    }

    /// Returns the snapshot once it is whole, with the state that it makes.
    pub(crate) fn on_piece(
        &mut self,
        from: Member,
        received: Received<S>,
        applied: Slot,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Option<(Snapshot<S>, Replicated<S>)> {
        if received.id.slot <= applied {
            return None;
        }
        let other = self.receiving.as_ref().is_none_or(|receiving| receiving.id != received.id);
        if other {
            if received.index != 0 {
                return None;
            }
            if self.receiving.is_some() {
                outbox.reach(marks::SNAPSHOT_SUPERSEDED);
            }
            let (id, count) = (received.id, received.count);
            self.receiving = Some(Receiving { id, count, pieces: Vec::new() });
        }
        let receiving = self.receiving.as_mut()?;
        if received.index != receiving.pieces.len() as u64 {
            return None;
        }
        receiving.pieces.push(received.piece);
        self.known = self.known.max(received.id.slot);
        self.source = Some(from);
        if (receiving.pieces.len() as u64) < receiving.count {
            self.ask(applied, outbox);
            return None;
        }
        let receiving = self.receiving.take()?;
        let snapshot = Snapshot { id: receiving.id, pieces: receiving.pieces };
        match Snapshot::restore(&snapshot.pieces, outbox.settings().cluster()) {
            Ok(state) => Some((snapshot, state)),
            Err(_) => {
                outbox.reach(marks::SNAPSHOT_REFUSED);
                None
            }
        }
    }
}

/// Answers a replica that is behind.
pub(crate) fn serve<S: StateMachine>(
    to: Member,
    from: Slot,
    piece: Option<(SnapshotId, u64)>,
    replica: &Replica<S>,
    outbox: &mut Outbox<'_, '_, S>,
) {
    let snapshot = replica.snapshot();
    if let (Some((id, index)), Some(snapshot)) = (piece, snapshot)
        && snapshot.id == id
    {
        return send_piece(to, snapshot, index, outbox);
    }
    if from <= replica.compacted() {
        if let Some(snapshot) = snapshot {
            send_piece(to, snapshot, 0, outbox);
        }
        return;
    }
    let mut entries = Vec::new();
    let mut slot = from;
    let most = outbox.settings().limits().entries_per_answer;
    while entries.len() < most
        && let Some(entry) = replica.entry(slot)
    {
        entries.push(std::sync::Arc::clone(entry));
        slot = slot.next();
    }
    outbox.send(to, Body::Decisions { first: from, entries, chosen: replica.applied() });
}

fn send_piece<S: StateMachine>(
    to: Member,
    snapshot: &Snapshot<S>,
    index: u64,
    outbox: &mut Outbox<'_, '_, S>,
) {
    let count = snapshot.pieces.len() as u64;
    let piece = usize::try_from(index).ok().and_then(|index| snapshot.pieces.get(index));
    if let Some(piece) = piece.cloned() {
        outbox.send(to, Body::Piece { id: snapshot.id, index, count, piece });
    }
}

/// Returns the sender of a message. One that is not a member is no founder either, and is answered
/// under its name alone.
pub(crate) const fn stranger(process: ProcessId, since: Option<Slot>) -> Member {
    let since = match since {
        Some(since) => since,
        None => Slot::NEVER,
    };
    Member { process, since }
}
