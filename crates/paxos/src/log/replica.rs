//! The replica: applies what was chosen, in order, and keeps snapshots (PMMC section 2.1;
//! requirements M3, M8, M9).
//!
//! Model: it applies the contiguous prefix of chosen entries and nothing else; what is chosen later
//! than the next slot is not taken up. It keeps the entries since its snapshot for replicas that
//! are behind.
//!
//! A snapshot is a clone of the state, taken between two entries, and written in pieces, a few
//! between two syncs, so that it does not hold up the log. It counts when its checkpoint record is
//! durable; only then are votes and entries that it covers given up. A write of it that is refused
//! discards it; the one before it stays.

use std::sync::Arc;

use squall_process::{OpId, Outcome as Answered, RecordNumber};

use crate::Ballot;
use crate::log::message::{Answer, Body};
use crate::log::outbox::Outbox;
use crate::log::participant::Claim;
use crate::log::record::Fact;
use crate::log::slots::Slots;
use crate::log::snapshot::{Snapshot, SnapshotId};
use crate::log::state::Replicated;
use crate::log::{DiskId, Entry, Member, Members, Slot, StateMachine, marks};

#[derive(Clone, Debug)]
pub(crate) struct Replica<S: StateMachine> {
    state: Replicated<S>,
    applied: Slot,
    /// Applied entries above `compacted`.
    entries: Slots<Arc<Entry<S>>>,
    /// Entries up to this slot were given up.
    compacted: Slot,
    /// The newest snapshot, which others may be sent.
    snapshot: Option<Arc<Snapshot<S>>>,
    writing: Option<Writing<S>>,
    /// Where a snapshot was discarded. The next one is tried when more is applied, so that a disk
    /// that refuses everything is left alone.
    discarded: Slot,
}

/// A snapshot on its way to the disk.
#[derive(Clone, Debug)]
struct Writing<S: StateMachine> {
    snapshot: Arc<Snapshot<S>>,
    /// The number of pieces written.
    written: usize,
    first: RecordNumber,
    last: RecordNumber,
    /// The record that makes it whole.
    checkpoint: Option<RecordNumber>,
}

/// What a checkpoint repeats of the records that it lets go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) promised: Option<Ballot>,
    pub(crate) disk: DiskId,
    pub(crate) since: Option<Slot>,
}

/// What the other roles need to know of an entry that was applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Nothing that concerns them.
    Applied,
    /// The members are others now.
    MembersChanged,
    /// This replica has another state than the leader had.
    Diverged,
}

impl<S: StateMachine> Replica<S> {
    pub(crate) fn new(founders: Members) -> Self {
        Self {
            state: Replicated::new(founders),
            applied: Slot::ZERO,
            entries: Slots::starting_at(Slot(1)),
            compacted: Slot::ZERO,
            snapshot: None,
            writing: None,
            discarded: Slot::ZERO,
        }
    }

    pub(crate) const fn state(&self) -> &Replicated<S> {
        &self.state
    }

    pub(crate) const fn members(&self) -> &Members {
        &self.state.members
    }

    /// The last slot that was applied.
    pub(crate) const fn applied(&self) -> Slot {
        self.applied
    }

    pub(crate) const fn compacted(&self) -> Slot {
        self.compacted
    }

    /// The chosen entry of `slot`, if it was applied and is still kept.
    pub(crate) fn entry(&self, slot: Slot) -> Option<&Arc<Entry<S>>> {
        self.entries.get(slot)
    }

    pub(crate) const fn snapshot(&self) -> Option<&Arc<Snapshot<S>>> {
        self.snapshot.as_ref()
    }

    /// Tells `caller` how far this replica is, so that it can catch up.
    pub(crate) fn tell_applied(&self, caller: Member, outbox: &mut Outbox<'_, '_, S>) {
        let (first, entries) = (self.applied.next(), Vec::new());
        outbox.send(caller, Body::Decisions { first, entries, chosen: self.applied });
    }

    /// Takes up the state of a snapshot that was read at boot.
    pub(crate) fn recover(
        &mut self,
        snapshot: Snapshot<S>,
        state: Replicated<S>,
        outbox: &mut Outbox<'_, '_, S>,
    ) {
        let SnapshotId { slot, digest } = snapshot.id;
        outbox.claim(Claim::Installed { slot, digest });
        self.jump(Arc::new(snapshot), state);
    }

    /// Applies `entry`, which was chosen in `slot`, the next one. The leader, and it alone, has a
    /// list of its own operations in the entry, and answers the clients.
    pub(crate) fn learn(
        &mut self,
        slot: Slot,
        entry: Arc<Entry<S>>,
        own: Option<Vec<OpId>>,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Outcome {
        let (answers, mut own) = (own.is_some(), own.unwrap_or_default());
        let agreement = outbox.settings().agreement();
        let applied = self.state.apply(slot, &entry, agreement, &mut |caller, answer| {
            if caller.client.is_client() {
                if answers {
                    outbox.answer(caller, answer);
                }
            } else if let Answer::Done(reply) = answer
                && let Some(at) = own.iter().position(|op| op.0 == caller.number)
            {
                outbox.complete(own.swap_remove(at), Answered::Done(reply));
            }
        });
        for op in own {
            outbox.complete(op, Answered::Unknown);
        }
        self.applied = slot;
        self.entries.insert(slot, Arc::clone(&entry));
        outbox.claim(Claim::Applied { slot, entry });
        if applied.expired {
            outbox.reach(marks::SESSION_EXPIRED);
        }
        if applied.diverged {
            outbox.claim(Claim::Diverged { slot });
            return Outcome::Diverged;
        }
        if applied.members_changed { Outcome::MembersChanged } else { Outcome::Applied }
    }

    /// Takes a snapshot if it is due, and writes on at it.
    pub(crate) fn write_on(&mut self, kept: Kept, outbox: &mut Outbox<'_, '_, S>) {
        let every = outbox.settings().limits().snapshot_every;
        let is_due = self.applied.since(self.compacted) >= every && self.applied > self.discarded;
        if self.writing.is_none() && is_due {
            let cluster = outbox.settings().cluster();
            let snapshot = Snapshot::of(&self.state, self.applied, cluster);
            self.write(Arc::new(snapshot), kept, outbox);
        }
    }

    /// Begins to write `snapshot`.
    fn write(&mut self, snapshot: Arc<Snapshot<S>>, kept: Kept, outbox: &mut Outbox<'_, '_, S>) {
        let zero = RecordNumber(0);
        let writing = Writing { snapshot, written: 0, first: zero, last: zero, checkpoint: None };
        self.writing = Some(writing);
        self.write_pieces(kept, outbox);
    }

    fn write_pieces(&mut self, kept: Kept, outbox: &mut Outbox<'_, '_, S>) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        let id = writing.snapshot.id;
        let rest = writing.snapshot.pieces.iter().enumerate().skip(writing.written);
        for (index, piece) in rest.take(outbox.settings().limits().parts_per_write) {
            let index = index as u64;
            let number = outbox.write(Fact::Piece { id, index, piece: piece.clone() });
            if index == 0 {
                writing.first = number;
            }
            writing.last = number;
            writing.written += 1;
        }
        let count = writing.snapshot.pieces.len();
        if writing.written == count {
            let Kept { promised, disk, since } = kept;
            let count = count as u64;
            let number = outbox.write(Fact::Checkpoint { id, count, promised, disk, since });
            writing.last = number;
            writing.checkpoint = Some(number);
        }
    }

    /// Returns the slot of the snapshot and its first record, if it has become whole and durable.
    pub(crate) fn on_synced(
        &mut self,
        through: RecordNumber,
        kept: Kept,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> Option<(Slot, RecordNumber)> {
        let writing = self.writing.as_ref()?;
        if writing.last > through {
            return None;
        }
        if writing.checkpoint.is_none() {
            self.write_pieces(kept, outbox);
            return None;
        }
        let writing = self.writing.take()?;
        let slot = writing.snapshot.id.slot;
        outbox.reach(marks::SNAPSHOT_TAKEN);
        self.compacted = self.compacted.max(slot);
        self.entries.give_up_through(slot);
        if self.snapshot.as_ref().is_none_or(|old| old.id.slot <= slot) {
            self.snapshot = Some(writing.snapshot);
        }
        Some((slot, writing.first))
    }

    /// Discards a snapshot of which a record was refused.
    pub(crate) fn on_write_failed(&mut self, number: RecordNumber, outbox: &mut Outbox<'_, '_, S>) {
        let part = |writing: &mut Writing<S>| writing.first <= number && number <= writing.last;
        if self.writing.take_if(part).is_some() {
            self.discarded = self.applied;
            outbox.reach(marks::SNAPSHOT_DISCARDED);
        }
    }

    /// Takes up a snapshot that another replica sent, and writes it. Never goes back.
    pub(crate) fn install(
        &mut self,
        snapshot: Snapshot<S>,
        state: Replicated<S>,
        kept: Kept,
        outbox: &mut Outbox<'_, '_, S>,
    ) -> bool {
        if snapshot.id.slot <= self.applied {
            return false;
        }
        outbox.reach(marks::SNAPSHOT_INSTALLED);
        let id = snapshot.id;
        let snapshot = Arc::new(snapshot);
        self.jump(Arc::clone(&snapshot), state);
        outbox.claim(Claim::Installed { slot: id.slot, digest: id.digest });
        self.write(snapshot, kept, outbox);
        true
    }

    fn jump(&mut self, snapshot: Arc<Snapshot<S>>, state: Replicated<S>) {
        let SnapshotId { slot, .. } = snapshot.id;
        self.state = state;
        self.applied = slot;
        self.compacted = slot;
        self.entries = Slots::starting_at(slot.next());
        self.snapshot = Some(snapshot);
        self.writing = None;
    }
}
