//! The walk through the returns of one object, with every configuration that explains them so far.

use super::Model;
use super::frontier::{Configuration, Frontier};
use super::history::{HistoryOf, Moment, Operation};
use super::slots::SlotSet;
use super::states::States;

/// How a walk ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Walked {
    /// Every return was explained.
    Through,
    /// No configuration explains the return of this operation.
    Stuck {
        /// Its place in the history.
        operation: u32,
    },
    /// More operations were open at once than there are slots.
    Crowded,
    /// The budget was used up.
    Spent,
}

/// How far a walk may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Moments of the history from this number on are as if they had never been.
    pub(super) end: u32,
    /// So many configurations may be looked at.
    pub(super) nodes: u64,
}

/// One operation had its effect, after the step `before`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) before: u32,
    pub(super) operation: u32,
    /// The return that forced it.
    pub(super) layer: u32,
}

/// The steps that led to the configurations, since all ways last met in one.
#[derive(Clone, Debug)]
pub(super) struct Trail<S> {
    /// The first one is where they met.
    pub(super) steps: Vec<Step>,
    /// So many moments of the object were before that.
    pub(super) met: usize,
    /// The state there.
    pub(super) state: S,
    /// The operations that were open there, and needed not be placed any more.
    pub(super) settled: Vec<u32>,
    /// The steps at which the walk was stuck.
    pub(super) ends: Vec<u32>,
}

/// An open operation.
#[derive(Clone, Copy, Debug)]
struct Slot<B> {
    operation: u32,
    /// Operations like this one that return before it.
    earlier_twins: B,
}

/// The walk.
#[derive(Clone)]
pub(super) struct Sweep<'h, M: Model, B> {
    model: &'h M,
    operations: &'h [Operation<M::Op, M::Reply>],
    pub(super) bounds: Bounds,
    states: States<M::State>,
    slots: Vec<Slot<B>>,
    open: B,
    /// Open operations that leave every state as it is.
    reads: B,
    /// Open operations that overwrite whatever was.
    overwrites: B,
    /// Open operations of unknown outcome.
    unknown: B,
    /// Called since the last return.
    new: B,
    /// The configurations after the last return.
    frontier: Frontier<B>,
    /// Those on the way to the next one.
    pool: Frontier<B>,
    /// Those after it.
    next: Frontier<B>,
    /// How many moments were walked through.
    walked: usize,
    /// How many configurations were looked at.
    pub(super) nodes: u64,
    /// What led to the configurations, if anybody wants to know.
    trail: Option<Trail<M::State>>,
}

impl<'h, M: Model, B: SlotSet> Sweep<'h, M, B> {
    pub(super) fn new(model: &'h M, history: &'h HistoryOf<M>, bounds: Bounds) -> Self {
        let mut sweep = Self {
            model,
            operations: history.operations(),
            bounds,
            states: States::new(),
            slots: Vec::new(),
            open: B::EMPTY,
            reads: B::EMPTY,
            overwrites: B::EMPTY,
            unknown: B::EMPTY,
            new: B::EMPTY,
            frontier: Frontier::new(),
            pool: Frontier::new(),
            next: Frontier::new(),
            walked: 0,
            nodes: 0,
            trail: None,
        };
        let state = sweep.states.number(model.init());
        let (done, free) = (B::EMPTY, B::EMPTY);
        let first = Configuration { done, free, state, step: 0, is_unseen: false };
        sweep.frontier.insert(first, 0, B::EMPTY);
        sweep
    }

    /// Remembers what leads to the configurations.
    pub(super) fn with_trail(mut self) -> Self {
        let root = Step { before: 0, operation: u32::MAX, layer: 0 };
        let state = self.model.init();
        let (settled, ends) = (Vec::new(), Vec::new());
        self.trail = Some(Trail { steps: vec![root], met: 0, state, settled, ends });
        self
    }

    /// Walks through `moments`, the next ones of the object.
    pub(super) fn walk(&mut self, moments: &[(u32, Moment)]) -> Walked {
        for (_, moment) in moments {
            self.walked += 1;
            let operation = moment.operation();
            if moment.is_return() {
                let it = &self.operations[operation as usize];
                if it.end >= self.bounds.end {
                    break;
                }
                if let Err(end) = self.on_return(operation) {
                    return end;
                }
                self.forget();
            } else if !self.on_call(operation) {
                return Walked::Crowded;
            }
        }
        Walked::Through
    }

    /// The reply to `operation`, if it is known by the end of the walk.
    #[inline]
    fn reply(&self, operation: &'h Operation<M::Op, M::Reply>) -> Option<&'h M::Reply> {
        if operation.end < self.bounds.end { operation.reply.as_ref() } else { None }
    }

    /// Gives the operation a slot; `false` if there is none left.
    fn on_call(&mut self, operation: u32) -> bool {
        let it = &self.operations[operation as usize];
        let reply = self.reply(it);
        let is_read = self.model.is_read(&it.op, reply);
        if is_read && reply.is_none() {
            return true;
        }
        let slot = (!self.open).lowest();
        if slot >= B::WIDTH {
            return false;
        }
        let one = B::one(slot);
        let mut earlier_twins = B::EMPTY;
        if !is_read {
            for other in (self.open & !self.reads).iter() {
                let place = other as usize;
                let twin = &self.operations[self.slots[place].operation as usize];
                if !self.are_twins(it, twin) {
                    continue;
                }
                if twin.end <= it.end {
                    earlier_twins = earlier_twins | B::one(other);
                } else {
                    let theirs = &mut self.slots[place].earlier_twins;
                    *theirs = *theirs | one;
                }
            }
        }
        let taken = Slot { operation, earlier_twins };
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = taken,
            None => self.slots.push(taken),
        }
        self.open = self.open | one;
        self.new = self.new | one;
        if is_read {
            self.reads = self.reads | one;
        }
        if reply.is_none() {
            self.unknown = self.unknown | one;
        }
        if self.model.overwrites(&it.op) {
            self.overwrites = self.overwrites | one;
        }
        true
    }

    /// Whether two operations do the same, wherever they may.
    fn are_twins(
        &self,
        one: &'h Operation<M::Op, M::Reply>,
        other: &'h Operation<M::Op, M::Reply>,
    ) -> bool {
        let same_reply = || self.model.overwrites(&one.op) || self.reply(one) == self.reply(other);
        one.op == other.op && same_reply()
    }

    /// Takes every configuration to one in which `operation` has had its effect, as it must before
    /// it returns.
    fn on_return(&mut self, operation: u32) -> Result<(), Walked> {
        let slot = self.slot_of(operation);
        let due = B::one(slot);
        let firm = !(self.overwrites | self.unknown);
        let (new_free, new_reads) = (self.new & self.unknown, self.new & self.reads);
        self.new = B::EMPTY;
        self.pool.clear();
        self.next.clear();
        for place in 0..self.frontier.list().len() {
            let mut it = self.frontier.list()[place];
            it.free = it.free | new_free;
            if !new_reads.is_empty() {
                it = self.with_reads(it, new_reads);
            }
            self.nodes += 1;
            // What is free may come now, or not at all.
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
            self.nodes += 1;
            self.expand(it, slot, place, firm);
            if self.nodes > self.bounds.nodes {
                return Err(Walked::Spent);
            }
        }
        if self.next.list().is_empty() {
            return Err(Walked::Stuck { operation });
        }
        std::mem::swap(&mut self.frontier, &mut self.next);
        self.release(due);
        Ok(())
    }

    /// Lets every operation that may come next in `it` have its effect.
    fn expand(&mut self, it: Configuration<B>, due: u32, spent: usize, firm: B) {
        let mut candidates = self.open & !self.reads & !it.done;
        if it.is_unseen {
            candidates = candidates & !self.overwrites;
        }
        for slot in candidates.iter() {
            let one = B::one(slot);
            let is_free = it.free.has(slot);
            let Slot { operation, earlier_twins } = self.slots[slot as usize];
            let better = earlier_twins & !it.done;
            if !(if is_free { better } else { better & !it.free }).is_empty() {
                continue;
            }
            let asked = &self.operations[operation as usize];
            let state = self.states.get(it.state);
            let Some(state) = self.model.step(state, &asked.op, self.reply(asked)) else {
                continue;
            };
            let state = self.states.number(state);
            // An overwrite that changes nothing may still hide others.
            if is_free && state == it.state && !self.overwrites.has(slot) {
                continue;
            }
            let mut after = Configuration { state, is_unseen: false, ..it };
            after.done = after.done | one;
            after.free = after.free & !one;
            let before_reads = after.done;
            if state != it.state {
                after = self.with_reads(after, self.reads & !after.done);
            }
            if self.overwrites.has(slot) {
                after.is_unseen = after.done == before_reads;
                let hidden = self.overwrites & !after.done;
                // What is due comes itself: to hide it before another one could be done later.
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

    /// `it`, with all of `reads` done that its state allows.
    #[inline]
    fn with_reads(&self, mut it: Configuration<B>, reads: B) -> Configuration<B> {
        let state = self.states.get(it.state);
        for slot in reads.iter() {
            let read = &self.operations[self.slots[slot as usize].operation as usize];
            if self.model.step(state, &read.op, read.reply.as_ref()).is_some() {
                it.done = it.done | B::one(slot);
            }
        }
        it
    }

    fn slot_of(&self, operation: u32) -> u32 {
        let slot = self.open.iter().find(|slot| self.slots[*slot as usize].operation == operation);
        slot.expect("what returns was called before")
    }

    fn release(&mut self, slot: B) {
        self.open = self.open & !slot;
        self.reads = self.reads & !slot;
        self.overwrites = self.overwrites & !slot;
        for slot_open in &mut self.slots {
            slot_open.earlier_twins = slot_open.earlier_twins & !slot;
        }
    }

    /// The number of the step that takes the operation in `slot` after the step `before`.
    fn note(&mut self, before: u32, slot: u32, due: u32) -> u32 {
        let operation = |slot: u32| self.slots[slot as usize].operation;
        let step = Step { before, operation: operation(slot), layer: operation(due) };
        let Some(trail) = &mut self.trail else { return 0 };
        trail.steps.push(step);
        u32::try_from(trail.steps.len() - 1).expect("the budget ends before numbers do")
    }

    /// Lets go of what no configuration needs any more: states, and the way to where all met.
    fn forget(&mut self) {
        if self.states.len() > self.states.many {
            let list = self.frontier.list_mut().iter_mut();
            self.states.retain(list.map(|it| &mut it.state));
        }
        if let (Some(trail), [one]) = (&mut self.trail, self.frontier.list_mut()) {
            trail.steps.truncate(1);
            trail.met = self.walked;
            trail.state = self.states.get(one.state).clone();
            let settled = (one.done | one.free) & self.open & !self.unknown;
            let used = one.done & self.unknown;
            let operations =
                (settled | used).iter().map(|slot| self.slots[slot as usize].operation);
            trail.settled = operations.collect();
            one.step = 0;
        }
    }

    /// What was remembered when the walk was stuck.
    pub(super) fn into_trail(self) -> Option<Trail<M::State>> {
        let mut trail = self.trail?;
        trail.ends = self.pool.list().iter().map(|it| it.step).collect();
        Some(trail)
    }
}
