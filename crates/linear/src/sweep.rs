//! The walk through the returns of one object, with every configuration that explains them.

use crate::Model;
use crate::check::Limit;
use crate::frontier::{Configuration, FEW, Frontier};
use crate::history::{HistoryOf, Moment, Operation};
use crate::meter::Meter;
use crate::milestones::{Milestone, Milestones};
use crate::open::{Open, Slot};
use crate::slots::SlotSet;
use crate::states::States;

/// How a walk ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Walked {
    /// Every return was explained.
    Through,
    /// No configuration explains the return of this operation.
    Stuck {
        /// Its place in the history.
        operation: u32,
    },
    /// The walk ended early.
    Ended(Limit),
}

/// One operation took effect, after the step `before`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) before: u32,
    pub(crate) operation: u32,
    /// The return that forced it.
    pub(crate) layer: u32,
}

/// Which way is sought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sought {
    /// Any way: operations of unknown outcome are placed only where that is necessary.
    Any,
    /// A longest way: operations of unknown outcome count like all others.
    Longest,
}

/// A walk.
#[derive(Clone)]
pub(crate) struct Sweep<'h, M: Model, B> {
    model: &'h M,
    operations: &'h [Operation<M::Op, M::Reply>],
    /// Moments of the history from this number on are ignored.
    pub(crate) end: u32,
    states: States<M::State>,
    pub(crate) open: Open<B>,
    /// The configurations after the last return.
    frontier: Frontier<B>,
    /// Those between the last return and the next one.
    pool: Frontier<B>,
    /// Those after the next one.
    next: Frontier<B>,
    /// How many moments were walked.
    pub(crate) walked: usize,
    pub(crate) meter: Meter<'h>,
    /// The places from which the walk can be repeated.
    pub(crate) milestones: Milestones<B, M::State>,
    /// The last place where all ways met, if that is wanted.
    pub(crate) met: Option<Milestone<B, M::State>>,
    /// The steps that led to the configurations, if they are wanted. The first one is not a step
    /// but the beginning of the walk.
    trail: Vec<Step>,
    sought: Sought,
    /// A return counts as explained once there are this many configurations after it.
    room: usize,
    /// Whether configurations were left out for lack of room. A walk that is stuck then proves
    /// nothing.
    pub(crate) has_dropped: bool,
}

/// With limited room, this many configurations are tried before a return for each one that is kept.
const LOOKED_AT_PER_KEPT: usize = 64;

/// The limits of a walk.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'h> {
    /// Moments of the history from this number on are ignored.
    pub(crate) end: u32,
    pub(crate) meter: Meter<'h>,
}

impl<'h, M: Model, B: SlotSet> Sweep<'h, M, B> {
    /// Returns a walk that continues from `start`.
    pub(crate) fn from(
        model: &'h M,
        history: &'h HistoryOf<M>,
        limits: Limits<'h>,
        start: &Milestone<B, M::State>,
    ) -> Self {
        let mut sweep = Self {
            model,
            operations: history.operations(),
            end: limits.end,
            states: States::new(),
            open: start.open.clone(),
            frontier: Frontier::new(),
            pool: Frontier::new(),
            next: Frontier::new(),
            walked: start.walked,
            meter: limits.meter,
            milestones: Milestones::new(),
            met: None,
            trail: Vec::new(),
            sought: Sought::Any,
            room: usize::MAX,
            has_dropped: false,
        };
        let state = sweep.states.number(start.state.clone());
        let (done, free) = (start.done, start.free);
        let first = Configuration { done, free, state, step: 0, is_unseen: false };
        sweep.frontier.insert(first, 0, B::EMPTY);
        sweep
    }

    /// Keeps about `room` configurations after each return, those with the fewest steps. A walk
    /// that reaches the end is still a proof.
    pub(crate) fn with_room(mut self, room: usize) -> Self {
        self.room = room;
        self
    }

    /// Records the steps from here to the configurations, in the way `sought`.
    ///
    /// For a longest way, an operation of unknown outcome is not free from the start. A
    /// configuration in which it is not done then does not make one in which it is done
    /// unnecessary. An operation that is hidden before an overwrite has its place, so a
    /// configuration that covers another one has as many. Of the ways that end in a layer, the
    /// longest are therefore those in which the most open operations are done or hidden; all have
    /// the other operations.
    pub(crate) fn with_trail(mut self, sought: Sought) -> Self {
        self.trail.push(Step { before: 0, operation: u32::MAX, layer: 0 });
        self.sought = sought;
        if sought == Sought::Longest {
            for it in self.frontier.list_mut() {
                it.free = it.free & !self.open.unknown;
            }
        }
        self
    }

    /// Walks through `moments`, the next moments of the object.
    pub(crate) fn walk(&mut self, moments: &[(u32, Moment)]) -> Walked {
        for (_, moment) in moments {
            self.walked += 1;
            let operation = moment.operation();
            if moment.is_return() {
                let it = &self.operations[operation as usize];
                if it.end >= self.end {
                    break;
                }
                if let Err(end) = self.on_return(operation) {
                    return end;
                }
                self.forget();
            } else if !self.on_call(operation) {
                return Walked::Ended(Limit::Slots(B::WIDTH));
            }
        }
        Walked::Through
    }

    /// Returns the reply to `operation`, if it is known by the end of the walk.
    #[inline]
    fn reply(&self, operation: &'h Operation<M::Op, M::Reply>) -> Option<&'h M::Reply> {
        if operation.end < self.end { operation.reply.as_ref() } else { None }
    }

    /// Gives the operation a slot. Returns `false` if there is none left.
    fn on_call(&mut self, operation: u32) -> bool {
        let it = &self.operations[operation as usize];
        let reply = self.reply(it);
        let is_read = self.model.is_read(&it.op, reply);
        if is_read && reply.is_none() {
            return true;
        }
        let Some(slot) = self.open.vacant() else { return false };
        self.open.put(slot, operation);
        let one = B::one(slot);
        if is_read {
            self.open.reads = self.open.reads | one;
        } else {
            self.note_twins(slot, it);
        }
        if reply.is_none() {
            self.open.unknown = self.open.unknown | one;
        }
        if self.model.overwrites(&it.op) {
            self.open.overwrites = self.open.overwrites | one;
        }
        true
    }

    /// Records which open operations are equivalent to `it`, which has just been given its slot.
    fn note_twins(&mut self, slot: u32, it: &'h Operation<M::Op, M::Reply>) {
        for other in (self.open.all & !self.open.reads & !B::one(slot)).iter() {
            let twin = &self.operations[self.open.at(other).operation as usize];
            if !self.are_twins(it, twin) {
                continue;
            }
            if twin.end <= it.end {
                self.open.are_twins(other, slot);
            } else {
                self.open.are_twins(slot, other);
            }
        }
    }

    /// Returns whether two operations do the same in every state.
    fn are_twins(
        &self,
        one: &'h Operation<M::Op, M::Reply>,
        other: &'h Operation<M::Op, M::Reply>,
    ) -> bool {
        let same_reply = || self.model.overwrites(&one.op) || self.reply(one) == self.reply(other);
        one.op == other.op && same_reply()
    }

    /// Moves every configuration to one in which `operation` has had its effect, which it must have
    /// before it returns.
    fn on_return(&mut self, operation: u32) -> Result<(), Walked> {
        let slot = self.open.slot_of(operation);
        let due = B::one(slot);
        let new = std::mem::replace(&mut self.open.new, B::EMPTY);
        let new_reads = new & self.open.reads;
        let free_at_once = match self.sought {
            Sought::Any => self.open.unknown,
            Sought::Longest => B::EMPTY,
        };
        let (new_free, firm) = (new & free_at_once, !(self.open.overwrites | free_at_once));
        self.pool.clear();
        self.next.clear();
        for place in 0..self.frontier.list().len() {
            let mut it = self.frontier.list()[place];
            it.free = it.free | new_free;
            if !new_reads.is_empty() {
                it = self.with_reads(it, new_reads);
            }
            self.meter.count();
            // A free operation may take effect now, or not at all.
            if (it.done & due).is_empty() {
                self.pool.insert(it, 0, firm);
            }
            if !((it.done | it.free) & due).is_empty() {
                it.done = it.done & !due;
                it.free = it.free & !due;
                self.next.insert(it, 0, firm);
            }
        }
        let mut place = 0;
        while let Some(it) = self.pool.list().get(place).copied() {
            place += 1;
            self.meter.count();
            self.expand(it, slot, place, firm);
            if self.pool.list().len() + self.next.list().len() > FEW && self.is_crowded(place) {
                break;
            }
            if self.meter.is_due() {
                self.meter.ask(self.walked, self.bytes()).map_err(Walked::Ended)?;
            }
        }
        if self.next.list().is_empty() {
            return Err(Walked::Stuck { operation });
        }
        std::mem::swap(&mut self.frontier, &mut self.next);
        self.open.release(slot);
        Ok(())
    }

    /// Counts the comparisons of a large set. Returns whether there is no room for the
    /// configurations of the pool after the first `place` ones.
    #[cold]
    fn is_crowded(&mut self, place: usize) -> bool {
        let compared = self.pool.take_compared() + self.next.take_compared();
        self.meter.count_comparisons(compared);
        let is_full = self.next.list().len() >= self.room
            || self.pool.list().len() > self.room.saturating_mul(LOOKED_AT_PER_KEPT);
        let is_crowded = is_full && place < self.pool.list().len();
        self.has_dropped |= is_crowded;
        is_crowded
    }

    /// Returns the milestones, and drops everything else.
    pub(crate) fn into_milestones(self) -> Milestones<B, M::State> {
        self.milestones
    }

    /// Returns how many bytes the walk remembers.
    pub(crate) fn bytes(&self) -> u64 {
        let frontiers = [&self.frontier, &self.pool, &self.next].map(Frontier::bytes);
        let steps = (self.trail.len().next_power_of_two() * size_of::<Step>()) as u64;
        self.states.bytes() + frontiers.iter().sum::<u64>() + steps
    }

    /// Lets every operation that may come next in `it` take effect.
    fn expand(&mut self, it: Configuration<B>, due: u32, spent: usize, firm: B) {
        let mut candidates = self.open.all & !self.open.reads & !it.done;
        if it.is_unseen {
            candidates = candidates & !self.open.overwrites;
        }
        for slot in candidates.iter() {
            let one = B::one(slot);
            let is_free = it.free.has(slot);
            let Slot { operation, earlier_twins } = self.open.at(slot);
            let better = earlier_twins & !it.done;
            if !(if is_free { better } else { better & !it.free }).is_empty() {
                continue;
            }
            let asked = &self.operations[operation as usize];
            let state = self.states.get(it.state);
            let Some(state) = self.model.step(state, &asked.op, self.reply(asked)) else {
                continue;
            };
            let heap = |state: &_, beside: Option<&_>| self.model.heap(state, beside);
            let state = self.states.after(it.state, state, heap);
            // An overwrite that changes nothing may still hide other operations.
            if is_free && state == it.state && !self.open.overwrites.has(slot) {
                continue;
            }
            let mut after = Configuration { state, is_unseen: false, ..it };
            after.done = after.done | one;
            after.free = after.free & !one;
            let before_reads = after.done;
            if state != it.state {
                after = self.with_reads(after, self.open.reads & !after.done);
            }
            if self.open.overwrites.has(slot) {
                after.is_unseen = after.done == before_reads;
                let hidden = self.open.overwrites & !after.done;
                // The operation that is due comes itself. Hiding it before another one could be
                // done later.
                after.free = (after.free | hidden) & !B::one(due);
            }
            after.step = self.note(it.step, slot, due);
            if after.done.has(due) {
                after.done = after.done & !B::one(due);
                after.is_unseen = false;
                self.next.insert(after, 0, firm);
            } else {
                self.pool.insert(after, spent, firm);
            }
        }
    }

    /// Returns `it` with all of `reads` done that its state allows.
    #[inline]
    fn with_reads(&self, mut it: Configuration<B>, reads: B) -> Configuration<B> {
        let state = self.states.get(it.state);
        for slot in reads.iter() {
            let read = &self.operations[self.open.at(slot).operation as usize];
            if self.model.step(state, &read.op, read.reply.as_ref()).is_some() {
                it.done = it.done | B::one(slot);
            }
        }
        it
    }

    /// Returns the number of the step that takes the operation in `slot` after the step `before`.
    fn note(&mut self, before: u32, slot: u32, due: u32) -> u32 {
        let operation = |slot: u32| self.open.at(slot).operation;
        let step = Step { before, operation: operation(slot), layer: operation(due) };
        if self.trail.is_empty() {
            return 0;
        }
        self.trail.push(step);
        u32::try_from(self.trail.len() - 1).expect("memory ends before numbers do")
    }

    /// Drops states without a configuration, and records where all ways met.
    fn forget(&mut self) {
        if self.states.len() > self.states.many {
            let list = self.frontier.list_mut().iter_mut();
            let heap = |state: &_, beside: Option<&_>| self.model.heap(state, beside);
            self.states.retain(list.map(|it| &mut it.state), heap);
        }
        let is_due = self.met.is_some() || self.milestones.are_due(self.walked);
        if !is_due {
            return;
        }
        let [one] = self.frontier.list_mut() else { return };
        let (walked, open, state) = (self.walked, self.open.clone(), self.states.get(one.state));
        let milestone =
            Milestone { walked, open, done: one.done, free: one.free, state: state.clone() };
        match &mut self.met {
            Some(met) => *met = milestone,
            None => self.milestones.add(milestone),
        }
    }

    /// Returns the steps of a longest way to the point where the walk was stuck, at the return of
    /// `stuck`; the last step comes first.
    pub(crate) fn way(&self, stuck: u32) -> Vec<Step> {
        let due = B::one(self.open.slot_of(stuck));
        let counted = match self.sought {
            Sought::Any => !(due | self.open.unknown),
            Sought::Longest => !due,
        };
        let length = |it: &&Configuration<B>| {
            let used = it.done & self.open.unknown & !due;
            (((it.done | it.free) & counted) | used).iter().count()
        };
        // The first of the longest ways has the fewest steps; its other operations are hidden.
        let end = self.pool.list().iter().rev().max_by_key(length);
        let mut place = end.map_or(0, |it| it.step);
        let mut way = Vec::new();
        while place != 0 {
            let step = self.trail[place as usize];
            way.push(step);
            place = step.before;
        }
        way
    }
}
