//! Places from which a walk can be repeated.

use crate::open::Open;
use crate::slots::SlotSet;

/// A place at which exactly one configuration was left: every explanation so far leads to it.
#[derive(Clone, Debug)]
pub(crate) struct Milestone<B, S> {
    /// How many moments of the object came before it.
    pub(crate) walked: usize,
    pub(crate) open: Open<B>,
    /// The open operations that have had their effect, and those that may or may not have it.
    pub(crate) done: B,
    pub(crate) free: B,
    pub(crate) state: S,
}

impl<B: SlotSet, S> Milestone<B, S> {
    /// Returns the place where every walk begins.
    pub(crate) fn start(state: S) -> Self {
        Self { walked: 0, open: Open::new(), done: B::EMPTY, free: B::EMPTY, state }
    }

    /// Returns the slots of the open operations that need not be placed any more.
    pub(crate) fn settled(&self) -> B {
        let known = (self.done | self.free) & self.open.all & !self.open.unknown;
        known | (self.done & self.open.unknown)
    }

    /// Returns the open operations that need not be placed any more, or those that may still be
    /// placed.
    pub(crate) fn operations(&self, are_settled: bool) -> impl Iterator<Item = u32> {
        let settled = self.settled();
        self.open.operations(if are_settled { settled } else { self.open.all & !settled })
    }
}

/// The largest number of milestones that one walk keeps.
const MOST: usize = 64;
/// The first milestones are at least this many moments apart: a shorter distance is quickly walked
/// again.
const SPACING: usize = 64;

/// The milestones of one walk, at about equal distances, which grow with the length of the walk.
#[derive(Clone)]
pub(crate) struct Milestones<B, S> {
    list: Vec<Milestone<B, S>>,
    spacing: usize,
    next: usize,
}

impl<B, S> Milestones<B, S> {
    pub(crate) fn new() -> Self {
        Self { list: Vec::new(), spacing: SPACING, next: SPACING }
    }

    /// Returns whether a milestone is due after `walked` moments.
    #[inline]
    pub(crate) fn are_due(&self, walked: usize) -> bool {
        walked >= self.next
    }

    #[cold]
    pub(crate) fn add(&mut self, milestone: Milestone<B, S>) {
        if self.list.len() == MOST {
            let mut is_kept = false;
            self.list.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.spacing *= 2;
        }
        self.next = milestone.walked + self.spacing;
        self.list.push(milestone);
    }

    /// Returns the last milestone with at most `walked` moments before it.
    pub(crate) fn last_by(self, walked: usize) -> Option<Milestone<B, S>> {
        self.list.into_iter().rev().find(|milestone| milestone.walked <= walked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_walk_keeps_few_milestones_and_none_is_far() {
        let mut milestones = Milestones::<u64, ()>::new();
        for walked in 1..100_000 {
            if milestones.are_due(walked) {
                milestones.add(Milestone { walked, ..Milestone::start(()) });
            }
        }
        assert!((MOST / 2..=MOST).contains(&milestones.list.len()));
        for walked in (10_000..100_000).step_by(777) {
            let last = milestones.clone().last_by(walked).expect("one is before");
            assert!(last.walked <= walked && walked - last.walked <= 100_000 / (MOST / 2));
        }
        assert!(milestones.last_by(3).is_none());
    }
}
