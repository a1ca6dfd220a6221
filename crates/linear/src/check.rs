//! Checks a history against a model, object by object.

use std::fmt;

use crate::Model;
use crate::history::{HistoryOf, Moment};
use crate::meter::{Budget, Meter, Progress, SOON};
use crate::milestones::Milestone;
use crate::parts::Parts;
use crate::refutation::{Prefix, Refutation, Way};
use crate::slots::{SlotSet, Wide};
use crate::sweep::{Limits, Sought, Step, Sweep, Walked};

/// The result of a check.
#[derive(Clone, PartialEq, Debug)]
pub enum Checked {
    /// It is linearizable.
    Holds,
    /// It is not, and why.
    Broken(Box<Refutation>),
    /// The search ended early, for this reason.
    Unknown(Limit),
}

/// Why a search ended early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// The budget of this many configurations is used up.
    Budget(u64),
    /// More than this many bytes would have to be remembered.
    Memory(u64),
    /// More operations than this were open at once.
    Slots(u32),
    /// The caller stopped the search.
    Stopped,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget(1) => f.write_str("the budget of 1 configuration is used up"),
            Self::Budget(nodes) => write!(f, "the budget of {nodes} configurations is used up"),
            Self::Memory(bytes) if *bytes < 1 << 20 => {
                write!(f, "more than {bytes} bytes are to be remembered")
            }
            Self::Memory(bytes) => {
                write!(f, "more than {} MiB are to be remembered", bytes >> 20)
            }
            Self::Slots(slots) => write!(f, "more than {slots} operations are open at once"),
            Self::Stopped => f.write_str("the search was stopped"),
        }
    }
}

/// Returns whether `history` could have come from objects of `model`, each operation taking effect
/// at one moment between its call and its return. At most `budget` is used.
///
/// Every object is searched up to the end of the smallest broken prefix of the objects before it.
/// If the budget is not enough for all objects, each gets an equal part.
pub fn check<M: Model>(model: &M, history: &HistoryOf<M>, budget: Budget) -> Checked {
    check_while(model, history, budget, &|_| true)
}

/// Does what [`check`] does, and calls `goes_on` now and then. If that returns `false`, the search
/// ends, and every undecided object is [`Limit::Stopped`].
pub fn check_while<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    budget: Budget,
    goes_on: &dyn Fn(Progress) -> bool,
) -> Checked {
    let parts = Parts::of(model, history);
    let meter = Meter::new(budget, parts.moments(), goes_on);
    let allowed = budget.nodes;
    let mut checker =
        Checker { model, history, meter, allowed, end: u32::MAX, least: None, limit: None };
    let undecided = checker.look_at(parts.iter().collect());
    let clash = model.clash(history.operations());
    match (checker.least, clash, checker.limit) {
        (Some(least), clash, _) => {
            let is_smallest = least.is_smallest && undecided == 0;
            Checked::Broken(Box::new(Refutation { clash, is_smallest, ..least }))
        }
        // The search has not reached the clash, but the history is broken.
        (None, Some(clash), _) => Checked::Broken(Box::new(Refutation::plain(model, clash))),
        (None, None, Some(limit)) => Checked::Unknown(limit),
        (None, None, None) => Checked::Holds,
    }
}

/// The moments of one object.
type Part<'p> = &'p [(u32, Moment)];

/// How an object is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Width {
    /// With few configurations at a time. This decides most objects, and often one that holds and
    /// has a very large number of orders.
    Narrow,
    /// With all configurations.
    Full,
}

/// In a narrow walk, this many configurations are kept after each return.
const ROOM: usize = 256;

/// In the first round, each object gets at least this many configurations, and at least this many
/// for each of its moments.
const FIRST: u64 = 1 << 18;
const FIRST_PER_MOMENT: u64 = 64;

struct Checker<'h, M: Model> {
    model: &'h M,
    history: &'h HistoryOf<M>,
    meter: Meter<'h>,
    /// How many configurations may still be spent.
    allowed: u64,
    /// Where the smallest broken prefix found so far ends, and what proves it.
    end: u32,
    least: Option<Refutation>,
    /// Why the verdict on an object is open.
    limit: Option<Limit>,
}

impl<'h, M: Model> Checker<'h, M> {
    /// Searches the objects, each up to the end of the smallest broken prefix. Returns how many
    /// stay undecided.
    ///
    /// An object that is hard to decide must not keep the search from the other objects. Each
    /// therefore gets a small part of the budget first. Undecided objects get twice as much in each
    /// further round, until the budget is used up. Only the last attempt at an object is charged,
    /// so all attempts together cost at most a few times as much.
    fn look_at(&mut self, parts: Vec<Part<'_>>) -> usize {
        let mut set_aside = Vec::new();
        let undecided = self.rounds(parts, &mut set_aside);
        // A smaller prefix has fewer operations that are open at once.
        let (again, beyond): (Vec<_>, Vec<_>) =
            set_aside.into_iter().partition(|(_, end)| self.end < *end);
        let again = again.into_iter().map(|(part, _)| part).collect();
        let mut still_set_aside = Vec::new();
        let undecided = undecided + beyond.len() + self.rounds(again, &mut still_set_aside);
        undecided + still_set_aside.len()
    }

    /// Searches the objects round by round, and returns how many stay undecided. Objects that more
    /// configurations cannot decide are set aside, with the place up to which they were searched.
    fn rounds<'p>(
        &mut self,
        mut parts: Vec<Part<'p>>,
        set_aside: &mut Vec<(Part<'p>, u32)>,
    ) -> usize {
        let (mut width, mut granted) = (Width::Narrow, 0);
        while !parts.is_empty() {
            let fair = self.allowed / parts.len() as u64;
            let grant = match (width, parts.len()) {
                (Width::Narrow, _) => FIRST.min(fair),
                (Width::Full, 1) => fair,
                (Width::Full, _) => fair.min(granted * 2),
            };
            if width == Width::Full && grant <= granted {
                self.limit = self.limit.or(Some(self.meter.budget_limit()));
                break;
            }
            let mut undecided = Vec::new();
            let mut rest = parts.into_iter();
            while let Some(part) = rest.next() {
                match self.attempt(part, grant, fair, width) {
                    Ok(()) => self.meter.pass(part.len()),
                    Err(Limit::Budget(_)) => undecided.push(part),
                    Err(Limit::Stopped) => {
                        self.limit = Some(Limit::Stopped);
                        return undecided.len() + 1 + rest.len();
                    }
                    Err(limit) => {
                        self.limit = self.limit.or(Some(limit));
                        set_aside.push((part, self.end));
                    }
                }
            }
            parts = undecided;
            granted = if width == Width::Narrow { grant / 2 } else { grant };
            width = Width::Full;
        }
        parts.len()
    }

    /// Searches one object with `grant` configurations, or up to `fair` in a narrow walk.
    fn attempt(
        &mut self,
        part: Part<'_>,
        grant: u64,
        fair: u64,
        width: Width,
    ) -> Result<(), Limit> {
        let moments = self.beginning(part);
        let grant = match width {
            Width::Narrow => grant.max(moments.len() as u64 * FIRST_PER_MOMENT).min(fair),
            Width::Full => grant,
        };
        let before = self.meter.nodes();
        self.meter.grant(grant);
        let decided = self.part(moments, width);
        if !matches!(decided, Err(Limit::Budget(_))) {
            let spent = self.meter.nodes() - before;
            self.allowed = self.allowed.saturating_sub(spent);
        }
        if let Some(refutation) = decided? {
            self.end = self.history.operations()[refutation.last].end;
            self.least = Some(refutation);
            // The search for a smaller prefix costs no more than the verdict, or ends soon.
            self.allowed = self.allowed.min(self.meter.nodes().max(SOON));
        }
        Ok(())
    }

    /// Returns the moments of an object before the end of the smallest broken prefix so far.
    fn beginning<'p>(&self, moments: Part<'p>) -> Part<'p> {
        let Some(least) = &self.least else { return moments };
        let operations = self.history.operations();
        let last = operations[least.last].returned.unwrap_or(u64::MAX);
        let is_before = |(_, moment): &(u32, Moment)| moment.number(operations) <= last;
        &moments[..moments.partition_point(is_before)]
    }

    /// Searches one object. Returns why it is broken, if it is.
    fn part(&mut self, moments: Part<'_>, width: Width) -> Result<Option<Refutation>, Limit> {
        match self.with::<u64>(moments, width) {
            Err(Limit::Slots(_)) => {}
            decided => return decided,
        }
        match self.with::<u128>(moments, width) {
            Err(Limit::Slots(_)) => {}
            decided => return decided,
        }
        match self.with::<Wide<4>>(moments, width) {
            Err(Limit::Slots(_)) => self.with::<Wide<16>>(moments, width),
            decided => decided,
        }
    }

    fn with<B: SlotSet>(
        &mut self,
        moments: Part<'_>,
        width: Width,
    ) -> Result<Option<Refutation>, Limit> {
        let start = Milestone::start(self.model.init());
        let limits = Limits { end: self.end, meter: self.meter };
        let mut sweep = Sweep::<M, B>::from(self.model, self.history, limits, &start);
        if width == Width::Narrow {
            sweep = sweep.with_room(ROOM);
        }
        let walked = sweep.walk(moments);
        self.meter = sweep.meter;
        match walked {
            Walked::Through => Ok(None),
            Walked::Stuck { .. } if sweep.has_dropped => Err(self.meter.budget_limit()),
            Walked::Stuck { operation } => Ok(Some(self.refute(moments, sweep, operation))),
            Walked::Ended(limit) => Err(limit),
        }
    }

    /// Finds the smallest prefix that is not linearizable, and a longest order within it.
    ///
    /// The walk knows all replies from the start. Where it is stuck, the replies to operations that
    /// were open then may be part of the reason. The prefix therefore ends at one of their returns,
    /// or before. Every prefix that contains a broken one is broken, so bisection finds the place.
    /// Up to the first call of such an operation, all prefixes are walked in the same way, so they
    /// are walked from the last milestone before it.
    ///
    /// If memory runs out during this search, or the caller stops it, the history is still broken,
    /// and the refutation says less.
    fn refute<B: SlotSet>(
        &mut self,
        moments: Part<'_>,
        sweep: Sweep<'_, M, B>,
        stuck: u32,
    ) -> Refutation {
        let operations = self.history.operations();
        let end_of = |operation: u32| operations[operation as usize].end;
        let least = end_of(stuck);
        let is_late = |operation: &u32| (least..self.end).contains(&end_of(*operation));
        let late = || sweep.open.operations(sweep.open.all).filter(is_late);
        let most = late().map(end_of).max().unwrap_or(least);
        let first = late().min().unwrap_or(stuck);
        let walked = &moments[..sweep.walked];
        let alike = walked.iter().rposition(|(_, moment)| *moment == Moment::call(first));
        let alike = alike.unwrap_or(0);
        let ends = moments[sweep.walked - 1..].iter().map(|(_, moment)| *moment);
        let ends = ends.filter(|moment| moment.is_return());
        let ends = ends.map(|moment| end_of(moment.operation()));
        let ends: Vec<u32> = ends.take_while(|end| *end <= most).collect();
        let milestones = sweep.into_milestones();
        let begin = milestones.last_by(alike);
        let begin = begin.unwrap_or_else(|| Milestone::start(self.model.init()));
        let end = ends.last().map_or(least, |end| *end) + 1;
        let mut prefix = Prefix { met: begin.clone(), begin, end, stuck, is_smallest: false };
        let limits = Limits { end: self.end, meter: self.meter.unbounded() };
        let mut start = Sweep::from(self.model, self.history, limits, &prefix.begin);
        start.met = Some(prefix.begin.clone());
        let mut walked = start.walk(&moments[prefix.begin.walked..alike]);
        if walked == Walked::Through {
            let (smallest, is_smallest) = self.smallest(&ends, &start, &moments[alike..]);
            start.end = ends[smallest] + 1;
            walked = start.walk(&moments[alike..]);
            if let (Walked::Stuck { operation }, Some(met)) = (walked, start.met.take()) {
                let (begin, end) = (prefix.begin, start.end);
                prefix = Prefix { begin, end, stuck: operation, met, is_smallest };
            }
        }
        drop(start);
        let way = match walked {
            Walked::Stuck { .. } => self.way(moments, &prefix),
            Walked::Ended(_) => None,
            Walked::Through => {
                unreachable!("a prefix that was broken is broken when it is looked at again")
            }
        };
        Refutation::of(self.model, self.history, moments, &prefix, way)
    }

    /// Returns a longest way from the point where all ways met to the point where `prefix` is
    /// stuck, or any way if a longest one would take too much; `None` if even that takes too much.
    fn way<B: SlotSet>(&self, moments: Part<'_>, prefix: &Prefix<B, M::State>) -> Option<Way> {
        let meters = [self.meter.as_much_again(), self.meter.unbounded()];
        for (sought, meter) in [Sought::Longest, Sought::Any].into_iter().zip(meters) {
            let limits = Limits { end: prefix.end, meter };
            let sweep = Sweep::<M, B>::from(self.model, self.history, limits, &prefix.met);
            let mut sweep = sweep.with_trail(sought);
            match sweep.walk(&moments[prefix.met.walked..]) {
                Walked::Ended(Limit::Stopped) => return None,
                Walked::Ended(_) => {}
                Walked::Through => unreachable!("where all ways met, the rest is broken as well"),
                Walked::Stuck { operation } => {
                    let steps: Vec<Step> = sweep.way(operation);
                    return Some(Way { steps, is_longest: sought == Sought::Longest });
                }
            }
        }
        None
    }

    /// Returns which of `ends` is the end of the smallest broken prefix, and whether that is
    /// certain. All prefixes are walked in the same way up to `start`, and then through `moments`.
    fn smallest<B: SlotSet>(
        &mut self,
        ends: &[u32],
        start: &Sweep<'h, M, B>,
        moments: Part<'_>,
    ) -> (usize, bool) {
        let (mut low, mut high) = (0, ends.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            let mut sweep = start.clone();
            (sweep.end, sweep.meter) = (ends[middle] + 1, self.meter);
            sweep.meter.elsewhere = start.bytes();
            let walked = sweep.walk(moments);
            self.meter = sweep.meter;
            self.meter.elsewhere = 0;
            match walked {
                Walked::Stuck { .. } => high = middle,
                Walked::Through => low = middle + 1,
                Walked::Ended(_) => return (high, false),
            }
        }
        (high, true)
    }
}
