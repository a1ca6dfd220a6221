//! The operations that were called and have not returned, each in a slot of its own.

use crate::slots::SlotSet;

/// An open operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<B> {
    /// Its place in the history.
    pub(crate) operation: u32,
    /// Equivalent operations that return before it.
    pub(crate) earlier_twins: B,
}

/// The open operations, by kind. Each kind is a subset of `all`.
#[derive(Clone, Debug)]
pub(crate) struct Open<B> {
    slots: Vec<Slot<B>>,
    pub(crate) all: B,
    /// Operations that leave every state as it is.
    pub(crate) reads: B,
    /// Operations that overwrite any state.
    pub(crate) overwrites: B,
    /// Operations of unknown outcome.
    pub(crate) unknown: B,
    /// Operations that were called since the last return.
    pub(crate) new: B,
}

impl<B: SlotSet> Open<B> {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            all: B::EMPTY,
            reads: B::EMPTY,
            overwrites: B::EMPTY,
            unknown: B::EMPTY,
            new: B::EMPTY,
        }
    }

    /// Returns the contents of `slot`.
    #[inline]
    pub(crate) fn at(&self, slot: u32) -> Slot<B> {
        self.slots[slot as usize]
    }

    /// Returns the operations in `slots`.
    pub(crate) fn operations(&self, slots: B) -> impl Iterator<Item = u32> {
        slots.iter().map(|slot| self.at(slot).operation)
    }

    /// Returns the lowest vacant slot, if there is one.
    #[inline]
    pub(crate) fn vacant(&self) -> Option<u32> {
        let slot = (!self.all).lowest();
        (slot < B::WIDTH).then_some(slot)
    }

    /// Puts `operation` into the vacant `slot`. The caller sets its kind and its twins afterwards.
    #[inline]
    pub(crate) fn put(&mut self, slot: u32, operation: u32) {
        let taken = Slot { operation, earlier_twins: B::EMPTY };
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = taken,
            None => self.slots.push(taken),
        }
        self.all = self.all | B::one(slot);
        self.new = self.new | B::one(slot);
    }

    /// Records that `first` and `second` hold equivalent operations, and that the first returns
    /// first.
    pub(crate) fn are_twins(&mut self, first: u32, second: u32) {
        let twins = &mut self.slots[second as usize].earlier_twins;
        *twins = *twins | B::one(first);
    }

    /// Returns the slot of `operation`, which is open.
    #[inline]
    pub(crate) fn slot_of(&self, operation: u32) -> u32 {
        let slot = self.all.iter().find(|slot| self.at(*slot).operation == operation);
        slot.expect("what returns was called before")
    }

    /// Makes `slot` vacant again.
    #[inline]
    pub(crate) fn release(&mut self, slot: u32) {
        let rest = !B::one(slot);
        self.all = self.all & rest;
        self.reads = self.reads & rest;
        self.overwrites = self.overwrites & rest;
        for slot in &mut self.slots {
            slot.earlier_twins = slot.earlier_twins & rest;
        }
    }
}
