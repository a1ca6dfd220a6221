//! Configurations, and sets of them in which none makes another one unnecessary.

use crate::slots::{SlotSet, spread};

/// One way to explain the history so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Configuration<B> {
    /// The open operations that have had their effect.
    pub(crate) done: B,
    /// The open operations that have not had their effect and need not have it: those of unknown
    /// outcome, and those hidden just before an overwrite that came after their call. They may
    /// still have it. An operation is never both done and free.
    pub(crate) free: B,
    /// The number of the state.
    pub(crate) state: u32,
    /// The step of the trail that led here.
    pub(crate) step: u32,
    /// Whether it was overwritten in this layer and no read saw it. Another overwrite then adds
    /// nothing: leaving this one out gives the same result.
    pub(crate) is_unseen: bool,
}

impl<B: SlotSet> Configuration<B> {
    /// Returns whether this configuration can explain everything that `other` can: each open
    /// operation is free here, or has the same status here as there.
    #[inline]
    fn covers(&self, other: &Self) -> bool {
        let differ = (self.done ^ other.done) | other.free;
        self.state == other.state
            && (differ & !self.free).is_empty()
            && (!self.is_unseen || other.is_unseen)
    }
}

/// Up to this many configurations are searched linearly.
pub(crate) const FEW: usize = 24;
/// No configuration.
const NONE: u32 = u32::MAX;

/// A set of configurations. A configuration is not kept if another one covers it and both have the
/// same key: the state, and the done operations among those that can never be free.
#[derive(Clone)]
pub(crate) struct Frontier<B> {
    list: Vec<Configuration<B>>,
    /// For large sets: the first configuration of each bucket; empty while the set is small.
    heads: Vec<u32>,
    /// The next one in the same bucket.
    nexts: Vec<u32>,
    /// The largest number of configurations that it ever held at once.
    most: usize,
    /// How many configurations of large sets were compared with a new one since the last call of
    /// `take_compared`.
    compared: u64,
}

impl<B: SlotSet> Frontier<B> {
    pub(crate) fn new() -> Self {
        Self { list: Vec::new(), heads: Vec::new(), nexts: Vec::new(), most: 0, compared: 0 }
    }

    /// Returns how many bytes the set takes. It keeps all the room that it ever had.
    pub(crate) fn bytes(&self) -> u64 {
        let room = self.most.max(self.list.len()).next_power_of_two();
        // Of the heads, there are up to four for each configuration.
        let each = size_of::<Configuration<B>>() + size_of::<u32>() * 3;
        room as u64 * each as u64
    }

    pub(crate) fn clear(&mut self) {
        self.most = self.most.max(self.list.len());
        self.list.clear();
        self.heads.clear();
        self.nexts.clear();
    }

    /// Returns how many comparisons were made in large sets since the last call. In small sets
    /// there are at most [`FEW`] for each new configuration, which are not counted.
    pub(crate) fn take_compared(&mut self) -> u64 {
        std::mem::take(&mut self.compared)
    }

    pub(crate) fn list(&self) -> &[Configuration<B>] {
        &self.list
    }

    pub(crate) fn list_mut(&mut self) -> &mut [Configuration<B>] {
        &mut self.list
    }

    /// Adds `new`, unless a configuration in the set covers it. Replaces one that `new` covers, if
    /// it is at `from` or later. `firm` are the slots that can never be free.
    #[inline]
    pub(crate) fn insert(&mut self, new: Configuration<B>, from: usize, firm: B) {
        if self.list.len() < FEW {
            for (place, known) in self.list.iter_mut().enumerate() {
                if known.covers(&new) {
                    return;
                }
                if place >= from && new.covers(known) {
                    *known = new;
                    return;
                }
            }
            self.list.push(new);
            return;
        }
        self.insert_among_many(new, from, firm);
    }

    fn insert_among_many(&mut self, new: Configuration<B>, from: usize, firm: B) {
        if self.list.len() >= self.heads.len() {
            self.index(firm);
        }
        let bucket = self.bucket(&new, firm);
        let mut place = self.heads[bucket];
        while place != NONE {
            self.compared += 1;
            let known = &mut self.list[place as usize];
            if known.covers(&new) {
                return;
            }
            if place as usize >= from && new.covers(known) {
                *known = new;
                return;
            }
            place = self.nexts[place as usize];
        }
        self.nexts.push(self.heads[bucket]);
        self.heads[bucket] = self.number(self.list.len());
        self.list.push(new);
    }

    /// Sorts all configurations into twice as many buckets.
    #[cold]
    fn index(&mut self, firm: B) {
        let room = (self.list.len() * 2).next_power_of_two();
        self.heads.clear();
        self.heads.resize(room, NONE);
        self.nexts.clear();
        for place in 0..self.list.len() {
            let bucket = self.bucket(&self.list[place], firm);
            self.nexts.push(self.heads[bucket]);
            self.heads[bucket] = self.number(place);
        }
    }

    fn number(&self, place: usize) -> u32 {
        u32::try_from(place).expect("memory ends before numbers do")
    }

    #[inline]
    fn bucket(&self, it: &Configuration<B>, firm: B) -> usize {
        let hash = spread((it.done & firm).mix() ^ (u64::from(it.state) << 17));
        (hash >> 20) as usize & (self.heads.len() - 1)
    }
}
