//! The operations that were called and have not returned, each in a slot of its own.

use super::slots::SlotSet;

/// An open operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<B> {
    /// Its place in the history.
    pub(super) operation: u32,
    /// Operations like this one that return before it.
    pub(super) earlier_twins: B,
}

/// Who is open, and of which kind. The kinds are parts of `all`.
#[derive(Clone, Debug)]
pub(super) struct Open<B> {
    slots: Vec<Slot<B>>,
    pub(super) all: B,
    /// Those that leave every state as it is.
    pub(super) reads: B,
    /// Those that overwrite whatever was.
    pub(super) overwrites: B,
    /// Those of unknown outcome.
    pub(super) unknown: B,
    /// Those that were called since the last return.
    pub(super) new: B,
}

impl<B: SlotSet> Open<B> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            all: B::EMPTY,
            reads: B::EMPTY,
            overwrites: B::EMPTY,
            unknown: B::EMPTY,
            new: B::EMPTY,
        }
    }

    /// What is in `slot`.
    #[inline]
    pub(super) fn at(&self, slot: u32) -> Slot<B> {
        self.slots[slot as usize]
    }

    /// The operations in `slots`.
    pub(super) fn operations(&self, slots: B) -> impl Iterator<Item = u32> {
        slots.iter().map(|slot| self.at(slot).operation)
    }

    /// The lowest slot in which nothing is, if there is one.
    #[inline]
    pub(super) fn vacant(&self) -> Option<u32> {
        let slot = (!self.all).lowest();
        (slot < B::WIDTH).then_some(slot)
    }

    /// Puts `operation` into the vacant `slot`. Its kind and its twins are still to be told.
    #[inline]
    pub(super) fn put(&mut self, slot: u32, operation: u32) {
        let taken = Slot { operation, earlier_twins: B::EMPTY };
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = taken,
            None => self.slots.push(taken),
        }
        self.all = self.all | B::one(slot);
        self.new = self.new | B::one(slot);
    }

    /// `first` and `second` hold like operations, and the first one returns first.
    pub(super) fn are_twins(&mut self, first: u32, second: u32) {
        let twins = &mut self.slots[second as usize].earlier_twins;
        *twins = *twins | B::one(first);
    }

    /// The slot of `operation`, which is open.
    #[inline]
    pub(super) fn slot_of(&self, operation: u32) -> u32 {
        let slot = self.all.iter().find(|slot| self.at(*slot).operation == operation);
        slot.expect("what returns was called before")
    }

    /// `slot` is vacant again.
    #[inline]
    pub(super) fn release(&mut self, slot: u32) {
        let rest = !B::one(slot);
        self.all = self.all & rest;
        self.reads = self.reads & rest;
        self.overwrites = self.overwrites & rest;
        for slot in &mut self.slots {
            slot.earlier_twins = slot.earlier_twins & rest;
        }
    }
}
