//! Why a history is not linearizable: the smallest part that is not, and a longest order within it.

use std::fmt::Display;

use crate::history::{HistoryOf, Moment, Operation};
use crate::milestones::Milestone;
use crate::slots::SlotSet;
use crate::sweep::Step;
use crate::{Clash, Model};

/// The proof that a history is not linearizable.
///
/// Operations are given by their places in [`History::operations`](crate::History::operations).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refutation {
    /// The operation whose return ends the smallest prefix that is not linearizable.
    pub last: usize,
    /// The operation that fits into no order: the same, or one that returned earlier.
    pub stuck: usize,
    /// Whether no smaller prefix is broken, of all objects. `false` if the budget or the slots
    /// ended before that was known.
    pub is_smallest: bool,
    /// The event at which the story begins. Up to it, all orders lead to the same state.
    pub since: u64,
    /// Operations that were open there, and that all orders have placed earlier.
    pub settled: Vec<usize>,
    /// The state there, as text.
    pub state_before: String,
    /// A longest order of operations since then. The model can follow it from the state there, and
    /// it respects time. It has every operation that returned before `stuck` and is not settled,
    /// and as many as possible of those that were open when `stuck` returned. It has neither
    /// `stuck` itself nor reads without a known reply by the end of the prefix.
    pub order: Vec<usize>,
    /// Whether no other order is longer. `false` if the budget ended before that was known. The
    /// order then contains what fits behind some order of the operations that returned before
    /// `stuck`, or nothing if memory ran out.
    pub is_longest: bool,
    /// Operations of the order that had not returned by the end of the prefix and have no visible
    /// effect: the order is valid without them as well.
    pub needless: Vec<usize>,
    /// The state at its end, as text.
    pub state_after: String,
    /// The operation of the order that last changed the state, if one did.
    pub last_change: Option<usize>,
    /// Operations of the object that were open or called from shortly before the story begins up to
    /// the end of the prefix.
    pub window: Vec<usize>,
    /// Operations that obviously contradict each other, if the quick check has found any.
    pub clash: Option<Clash>,
}

/// How many moments before the beginning of the story are shown as well.
const MOMENTS_BEFORE: usize = 16;

impl Refutation {
    /// Describes a walk that was stuck within `prefix`, and a `way` to that point.
    pub(crate) fn of<M: Model, B: SlotSet>(
        model: &M,
        history: &HistoryOf<M>,
        moments: &[(u32, Moment)],
        prefix: &Prefix<B, M::State>,
        way: Option<Way>,
    ) -> Self {
        let operations = history.operations();
        let Prefix { stuck, end, is_smallest, .. } = *prefix;
        let met = prefix.met.walked;
        let number = |walked: usize| match walked {
            0 => 0,
            _ => moments[walked - 1].1.number(operations),
        };
        let is_longest = way.as_ref().is_some_and(|way| way.is_longest);
        let mut retelling = Retelling::new(model, operations, prefix);
        if let Some(way) = way {
            retelling.tell(&moments[met..], way.steps, stuck);
        }
        let (order, needless) = retelling.order();
        let last_change = retelling.last_change(&prefix.met.state, &order, &needless);
        let settled = prefix.met.operations(true).map(|place| place as usize);
        let settled = settled.filter(|place| !order.contains(place)).collect();
        let shown = met.saturating_sub(MOMENTS_BEFORE);
        Self {
            last: history.moments()[end as usize - 1].operation() as usize,
            stuck: stuck as usize,
            is_smallest,
            since: number(met),
            settled,
            state_before: model.describe(&prefix.met.state),
            state_after: model.describe(&retelling.state),
            last_change,
            order,
            is_longest,
            needless,
            window: prefix.window(operations, moments, shown, number(shown)),
            clash: None,
        }
    }

    /// Describes a history that is known to be broken only by a clash.
    pub(crate) fn plain<M: Model>(model: &M, clash: Clash) -> Self {
        let last = clash.operations.iter().copied().max().unwrap_or(0);
        let state = model.describe(&model.init());
        Self {
            last,
            stuck: last,
            is_smallest: false,
            since: 0,
            settled: Vec::new(),
            state_before: state.clone(),
            order: Vec::new(),
            is_longest: false,
            needless: Vec::new(),
            state_after: state,
            last_change: None,
            window: clash.operations.clone(),
            clash: Some(clash),
        }
    }
}

/// The smallest broken part of a history.
pub(crate) struct Prefix<B, S> {
    /// A place from which a walk through it can begin.
    pub(crate) begin: Milestone<B, S>,
    /// Moments of the history from this number on are not part of it.
    pub(crate) end: u32,
    /// The operation that fits into no order.
    pub(crate) stuck: u32,
    /// The place where all explanations of what comes before meet.
    pub(crate) met: Milestone<B, S>,
    /// Whether it is known to be the smallest.
    pub(crate) is_smallest: bool,
}

impl<B: SlotSet, S> Prefix<B, S> {
    /// Returns the operations that were open or called after `shown` moments, the last of which is
    /// the event `since`.
    fn window<O, R>(
        &self,
        operations: &[Operation<O, R>],
        moments: &[(u32, Moment)],
        shown: usize,
        since: u64,
    ) -> Vec<usize> {
        let later = moments[shown.min(self.begin.walked)..].iter().map(|(_, moment)| *moment);
        let later = later.take_while(|moment| {
            !moment.is_return() || operations[moment.operation() as usize].end < self.end
        });
        let open = self.begin.open.operations(self.begin.open.all);
        let window = open.chain(later.map(Moment::operation)).map(|place| place as usize);
        let mut window: Vec<usize> = window
            .filter(|place| operations[*place].returned.is_none_or(|returned| returned > since))
            .collect();
        window.sort_unstable();
        window.dedup();
        window
    }
}

/// One way to the point where a walk was stuck.
pub(crate) struct Way {
    /// Its steps, the last one first.
    pub(crate) steps: Vec<Step>,
    /// Whether it is known to be a longest one.
    pub(crate) is_longest: bool,
}

/// Follows one way again and adds what the walk did not record: the reads that came as soon as they
/// could, and the writes that were hidden before another one.
struct Retelling<'h, M: Model> {
    model: &'h M,
    operations: &'h [Operation<M::Op, M::Reply>],
    end: u32,
    state: M::State,
    /// Open operations that were not placed, with the place in the order where each may have been
    /// hidden.
    open: Vec<(u32, Option<usize>)>,
    order: Vec<u32>,
    /// Operations to insert into the order, each before the given place.
    hidden: Vec<(usize, u32)>,
    needless: Vec<usize>,
}

impl<'h, M: Model> Retelling<'h, M> {
    fn new(
        model: &'h M,
        operations: &'h [Operation<M::Op, M::Reply>],
        prefix: &Prefix<impl SlotSet, M::State>,
    ) -> Self {
        let state = prefix.met.state.clone();
        let open = prefix.met.operations(false).map(|operation| (operation, None)).collect();
        let (order, hidden, needless) = (Vec::new(), Vec::new(), Vec::new());
        Self { model, operations, end: prefix.end, state, open, order, hidden, needless }
    }

    fn reply(&self, operation: u32) -> Option<&'h M::Reply> {
        let it = &self.operations[operation as usize];
        if it.end < self.end { it.reply.as_ref() } else { None }
    }

    fn is_read(&self, operation: u32) -> bool {
        self.model.is_read(&self.operations[operation as usize].op, self.reply(operation))
    }

    /// Goes through the moments after the point where all ways met, up to the return of `stuck`, by
    /// `steps`.
    fn tell(&mut self, moments: &[(u32, Moment)], mut steps: Vec<Step>, stuck: u32) {
        for (_, moment) in moments {
            let operation = moment.operation();
            if !moment.is_return() {
                self.open.push((operation, None));
                continue;
            }
            self.place_reads();
            while let Some(step) = steps.pop_if(|step| step.layer == operation) {
                self.place(step.operation);
                self.place_reads();
            }
            if operation == stuck {
                return self.finish(stuck);
            }
            if let Some(place) = self.open.iter().position(|(open, _)| *open == operation)
                && let (_, Some(before)) = self.open.remove(place)
            {
                self.hidden.push((before, operation));
            }
        }
    }

    /// Places the open operations that still fit. A longest way leaves only hidden ones.
    fn finish(&mut self, stuck: u32) {
        self.open.retain(|(open, _)| *open != stuck);
        for (operation, hidden) in std::mem::take(&mut self.open) {
            let op = &self.operations[operation as usize].op;
            let reply = self.reply(operation);
            if let Some(before) = hidden {
                self.hidden.push((before, operation));
                self.needless.push(operation as usize);
            } else if (reply.is_some() || !self.is_read(operation))
                && self.model.step(&self.state, op, reply).is_some()
            {
                self.place(operation);
            }
        }
    }

    fn place(&mut self, operation: u32) {
        let op = &self.operations[operation as usize].op;
        let state = self.model.step(&self.state, op, self.reply(operation));
        let state = state.expect("the walk took this very step");
        if self.operations[operation as usize].end >= self.end && state == self.state {
            self.needless.push(operation as usize);
        }
        self.state = state;
        self.open.retain(|(open, _)| *open != operation);
        if self.model.overwrites(op) {
            let here = self.order.len();
            for (open, hidden) in &mut self.open {
                if self.model.overwrites(&self.operations[*open as usize].op) {
                    hidden.get_or_insert(here);
                }
            }
        }
        self.order.push(operation);
    }

    /// Places every open read that the state allows.
    fn place_reads(&mut self) {
        let open = std::mem::take(&mut self.open);
        for (operation, hidden) in open {
            let op = &self.operations[operation as usize].op;
            let reply = self.reply(operation);
            let fits = reply.is_some()
                && self.is_read(operation)
                && self.model.step(&self.state, op, reply).is_some();
            if fits {
                self.order.push(operation);
            } else {
                self.open.push((operation, hidden));
            }
        }
    }

    /// Returns the operation of `order` that last changes the state, beginning from the state
    /// `before` and leaving out `needless` operations.
    fn last_change(&self, before: &M::State, order: &[usize], needless: &[usize]) -> Option<usize> {
        let mut state = before.clone();
        let mut last_change = None;
        for place in order.iter().filter(|place| !needless.contains(place)) {
            let op = &self.operations[*place].op;
            let after = self.model.step(&state, op, self.reply(*place as u32))?;
            if after != state {
                last_change = Some(*place);
            }
            state = after;
        }
        last_change
    }

    /// Returns the order including the hidden operations, and those of them that are needless.
    fn order(&mut self) -> (Vec<usize>, Vec<usize>) {
        self.hidden.sort_by_key(|(place, _)| *place);
        let mut hidden = std::mem::take(&mut self.hidden).into_iter().peekable();
        let mut order = Vec::new();
        let mut needless = std::mem::take(&mut self.needless);
        for (place, operation) in std::mem::take(&mut self.order).into_iter().enumerate() {
            let mut is_needed = false;
            while let Some((_, before)) = hidden.next_if(|(before, _)| *before <= place) {
                order.push(before as usize);
                is_needed |= !needless.contains(&(before as usize));
            }
            order.push(operation as usize);
            if is_needed {
                // It changes nothing except for what it hides.
                needless.retain(|it| *it != operation as usize);
            }
        }
        (order, needless)
    }
}

impl Refutation {
    /// Returns whether the operation at `place` had not returned by the end of the smallest broken
    /// prefix. The order may use it with any reply, even if a different one came later.
    #[must_use]
    pub fn is_open<O, R>(&self, operations: &[Operation<O, R>], place: usize) -> bool {
        let end = operations[self.last].returned;
        operations[place].returned.is_none_or(|returned| end.is_none_or(|end| returned > end))
    }

    /// Returns the operation at `place` as text, with the reply that it had by the end of the
    /// smallest broken prefix: `cas 2 1 -> ?` if the reply came later.
    #[must_use]
    pub fn text<O: Display, R: Display>(
        &self,
        operations: &[Operation<O, R>],
        place: usize,
    ) -> String {
        match self.is_open(operations, place) {
            true => format!("{} -> ?", operations[place].op),
            false => operations[place].to_string(),
        }
    }

    /// Returns one sentence that says what cannot be explained.
    #[must_use]
    pub fn story<O: Display, R: Display>(&self, operations: &[Operation<O, R>]) -> String {
        if let Some(clash) = &self.clash {
            return clash.story.clone();
        }
        let text = |place| self.text(operations, place);
        let state = match self.last_change {
            Some(last) => format!("after `{}` at the latest, {}", text(last), self.state_after),
            None if self.is_longest || !self.order.is_empty() => {
                format!("before it, {}", self.state_before)
            }
            None => "too many orders explain what came before it to show one".to_owned(),
        };
        let also = match self.last == self.stuck {
            true => String::new(),
            false => format!(", and `{}` must be explained as well", text(self.last)),
        };
        format!("no order explains `{}`: {state}{also}", text(self.stuck))
    }
}
