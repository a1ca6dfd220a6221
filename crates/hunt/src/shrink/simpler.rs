//! Shorter times, rounder numbers, smaller groups, plainer words.
//!
//! A line is replaced by a simpler one: one that names fewer processes, says less, or has numbers
//! with fewer digits. Every replacement makes the script simpler by a measure that only falls, so
//! this comes to an end.

use std::collections::BTreeSet;

use squall_process::{Instant, Span};
use squall_script::{Action, Script};
use squall_world::{
    Condition, Delay, Fault, Group, Kept, KeptRecords, Links, Luck, MessageLuck, Names, Sides,
    SpanRange, SyncLuck, Tail,
};

use super::cast::{Subject, fault_subject};
use super::trials::Trials;
use super::weather::{RETRIES, reseeded};

impl Trials<'_> {
    /// Makes times shorter, numbers rounder, groups smaller and words plainer, where that can be.
    pub(super) fn simpler(&mut self) {
        self.smaller_lines();
        self.plainer_words();
        self.shorter_gaps();
        self.rounder_times();
        self.rounder_conditions();
        self.rounder_end();
    }

    /// Ends the run earlier, or at a rounder time.
    fn rounder_end(&mut self) {
        let script = self.best().clone();
        let Some(end) = script.end else { return };
        let ends = rounder(end.as_nanos()).into_iter().map(Instant::from_nanos);
        self.first(ends.map(|end| Script { end: Some(end), ..script.clone() }));
    }

    /// Closes the gaps between the times of lines, as far as can be.
    fn shorter_gaps(&mut self) {
        let mut place = 0;
        while place < self.best().lines.len() {
            let script = self.best().clone();
            let before = if place == 0 { Instant::ZERO } else { script.lines[place - 1].at };
            let gap = script.lines[place].at.since(before).as_nanos();
            let mut shorter = rounder(gap);
            shorter.retain(|shorter| *shorter < gap);
            shorter.sort_unstable();
            let shorter = shorter.into_iter();
            let candidates = shorter.map(|shorter| {
                let mut candidate = script.clone();
                for line in &mut candidate.lines[place..] {
                    line.at = Instant::from_nanos(line.at.as_nanos() - (gap - shorter));
                }
                candidate
            });
            self.first(candidates);
            place += 1;
        }
    }

    /// Gives lines rounder times, between those of their neighbours.
    fn rounder_times(&mut self) {
        for place in 0..self.best().lines.len() {
            let script = self.best().clone();
            let at = |place: usize| script.lines.get(place).map(|line| line.at);
            let low = place.checked_sub(1).and_then(at).unwrap_or(Instant::ZERO);
            let high = at(place + 1).unwrap_or(Instant::MAX);
            let times = rounder(script.lines[place].at.as_nanos());
            let times = times.into_iter().map(Instant::from_nanos);
            let fitting = times.filter(|at| low <= *at && *at <= high);
            self.first(fitting.map(|at| {
                let mut candidate = script.clone();
                candidate.lines[place].at = at;
                candidate
            }));
        }
    }

    /// Replaces each line by a simpler one as long as that can be.
    fn smaller_lines(&mut self) {
        for place in 0..self.best().lines.len() {
            loop {
                let script = self.best().clone();
                let smaller = smaller(&script.lines[place].action);
                let candidates = smaller.into_iter().map(|action| {
                    let mut candidate = script.clone();
                    candidate.lines[place].action = action;
                    candidate
                });
                if self.first(candidates).is_none() {
                    break;
                }
            }
        }
    }

    /// Lets clients ask for what others ask for already, or for what the system names as an
    /// example, where that makes the words fewer or shorter.
    fn plainer_words(&mut self) {
        for place in 0..self.best().lines.len() {
            let script = self.best().clone();
            let Action::Ask { process, op } = &script.lines[place].action else { continue };
            let example = self.system.operation(self.system.profile().example).ok();
            let asked = script.lines.iter().filter_map(|line| match &line.action {
                Action::Ask { op, .. } => Some(op.clone()),
                _ => None,
            });
            let others = asked.chain(example).filter(|other| other != op);
            let candidates = others.map(|op| {
                let mut candidate = script.clone();
                candidate.lines[place].action = Action::Ask { process: *process, op };
                candidate
            });
            let now = words(&script);
            self.first(candidates.filter(|candidate| words(candidate) < now));
        }
    }

    /// Makes the numbers of conditions in the header rounder.
    fn rounder_conditions(&mut self) {
        loop {
            let script = self.best().clone();
            let rounder = script.conditions.unusual().flat_map(|condition| {
                let length = condition.to_string().len();
                let rounder = rounder_condition(condition).into_iter();
                rounder.filter(move |rounder| rounder.to_string().len() < length)
            });
            let candidates = rounder.map(|condition| {
                let mut candidate = script.clone();
                candidate.conditions.set(condition);
                candidate
            });
            let candidates: Vec<_> = candidates.collect();
            let tried = candidates.iter().flat_map(|candidate| reseeded(candidate, RETRIES));
            if self.first(tried).is_none() {
                return;
            }
        }
    }
}

/// How many different things are asked for, and how long their texts are together.
fn words(script: &Script) -> (usize, usize) {
    let texts = script.lines.iter().filter_map(|line| match &line.action {
        Action::Ask { op, .. } => Some(op.to_string()),
        _ => None,
    });
    let texts: Vec<String> = texts.collect();
    (texts.iter().collect::<BTreeSet<_>>().len(), texts.iter().map(String::len).sum())
}

/// Numbers that are simpler than `number`, the simplest first: with fewer digits, or with as many
/// and smaller. Nothing; 1, 2 and 5 of each power of ten, from a millisecond on where it is a time;
/// and the number itself with fewer digits, rounded either way.
fn rounder(number: u64) -> Vec<u64> {
    const LEAST: u64 = 1_000_000;
    let tens = (0..10).filter_map(|power| LEAST.checked_mul(10_u64.pow(power)));
    let mut numbers: Vec<u64> = tens.flat_map(|ten| [ten, 2 * ten, 5 * ten]).collect();
    numbers.extend([0, 1]);
    let mut digit = 10_u64.pow(number.checked_ilog10().unwrap_or(0));
    while digit > 1 {
        let down = number - number % digit;
        numbers.extend([down, down.saturating_add(digit)]);
        digit /= 10;
    }
    let simplicity = |number: &u64| (digits(*number), *number);
    numbers.retain(|other| simplicity(other) < simplicity(&number));
    numbers.sort_unstable_by_key(simplicity);
    numbers.dedup();
    numbers
}

/// How many digits of `number` stand before its trailing zeros.
fn digits(number: u64) -> u32 {
    let mut number = number;
    while number > 0 && number.is_multiple_of(10) {
        number /= 10;
    }
    number.checked_ilog10().map_or(0, |log| log + 1)
}

fn rounder_spans(span: Span) -> impl Iterator<Item = Span> {
    rounder(span.as_nanos()).into_iter().map(Span::from_nanos)
}

/// Actions that are simpler than `action` and of the same sort.
fn smaller(action: &Action) -> Vec<Action> {
    match action {
        Action::Ask { .. } | Action::Calm(None) => Vec::new(),
        Action::Calm(Some(_)) => vec![Action::Calm(None)],
        Action::Luck(luck) => smaller_luck(luck).into_iter().map(Action::Luck).collect(),
        Action::Fault(fault) => smaller_fault(fault).into_iter().map(Action::Fault).collect(),
    }
}

fn smaller_luck(luck: &Luck) -> Vec<Luck> {
    match luck.clone() {
        Luck::Message { link, number, fate } => {
            let message = move |fate| Luck::Message { link, number, fate };
            match fate {
                MessageLuck::Lost => Vec::new(),
                MessageLuck::Takes(span) => {
                    rounder_spans(span).map(MessageLuck::Takes).map(message).collect()
                }
                MessageLuck::Twice(first, second) => {
                    let firsts = rounder_spans(first).map(|first| (first, second));
                    let seconds = rounder_spans(second).map(|second| (first, second));
                    let twice = firsts.chain(seconds).map(|(a, b)| MessageLuck::Twice(a, b));
                    let once = [MessageLuck::Takes(first), MessageLuck::Takes(second)];
                    once.into_iter().chain(twice).map(message).collect()
                }
            }
        }
        Luck::Random { process, number, value } => {
            let values = rounder(value).into_iter();
            values.map(|value| Luck::Random { process, number, value }).collect()
        }
        Luck::Sync { process, number, end } => {
            let sync = move |end| Luck::Sync { process, number, end };
            match end {
                SyncLuck::Takes(span) => {
                    rounder_spans(span).map(SyncLuck::Takes).map(sync).collect()
                }
                SyncLuck::Fails => Vec::new(),
                SyncLuck::FailsAfter(span) => {
                    let spans = rounder_spans(span).map(SyncLuck::FailsAfter);
                    std::iter::once(SyncLuck::Fails).chain(spans).map(sync).collect()
                }
            }
        }
        Luck::WriteFails { .. } | Luck::Rot { .. } => Vec::new(),
        Luck::Late { process, number, by } => {
            rounder_spans(by).map(|by| Luck::Late { process, number, by }).collect()
        }
        Luck::Crash { process, number, kept } => {
            let kept = smaller_kept(&kept).into_iter();
            kept.map(|kept| Luck::Crash { process, number, kept }).collect()
        }
    }
}

fn smaller_kept(kept: &Kept) -> Vec<Kept> {
    let Kept { records, torn } = kept;
    let mut smaller = Vec::new();
    if *torn {
        smaller.push(Kept { records: records.clone(), torn: false });
    }
    let firsts = |count| (0..count).map(KeptRecords::First);
    match records {
        KeptRecords::First(count) => {
            let fewer = firsts(*count).map(|records| Kept { records, torn: *torn });
            smaller.extend(fewer);
        }
        KeptRecords::These(these) => {
            let fewer = firsts(these.len() as u32 + 1).map(|records| Kept { records, torn: *torn });
            smaller.extend(fewer);
        }
    }
    smaller
}

fn smaller_fault(fault: &Fault) -> Vec<Fault> {
    let mut smaller = Vec::new();
    match fault {
        Fault::Crash(group, Some(kept)) => {
            smaller.push(Fault::Crash(group.clone(), None));
            let kept = smaller_kept(kept).into_iter();
            smaller.extend(kept.map(|kept| Fault::Crash(group.clone(), Some(kept))));
        }
        Fault::DiskRots(group, Some(_)) => smaller.push(Fault::DiskRots(group.clone(), None)),
        Fault::Slow(links, span) => {
            smaller.extend(rounder_spans(*span).map(|span| Fault::Slow(links.clone(), span)));
        }
        Fault::Lag(group, span) => {
            smaller.extend(rounder_spans(*span).map(|span| Fault::Lag(group.clone(), span)));
        }
        Fault::DiskSlow(group, span) => {
            smaller.extend(rounder_spans(*span).map(|span| Fault::DiskSlow(group.clone(), span)));
        }
        Fault::ClockOffset(group, nanos) => {
            let rounder = rounder(nanos.unsigned_abs()).into_iter();
            let signed =
                rounder.filter_map(|number| Some(i64::try_from(number).ok()? * nanos.signum()));
            smaller.extend(signed.map(|nanos| Fault::ClockOffset(group.clone(), nanos)));
        }
        Fault::ClockDrift(group, ppm) => {
            let rounder = rounder(u64::from(ppm.unsigned_abs())).into_iter();
            let signed =
                rounder.filter_map(|number| Some(i32::try_from(number).ok()? * ppm.signum()));
            smaller.extend(signed.map(|ppm| Fault::ClockDrift(group.clone(), ppm)));
        }
        Fault::Condition(condition) => {
            let length = condition.to_string().len();
            let rounder = rounder_condition(*condition).into_iter();
            let rounder = rounder.filter(|rounder| rounder.to_string().len() < length);
            smaller.extend(rounder.map(Fault::Condition));
        }
        _ => {}
    }
    smaller.extend(of_fewer(fault));
    smaller
}

/// The same fault, of fewer processes or links.
fn of_fewer(fault: &Fault) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut copy = fault.clone();
    let (groups, links) = match fault_subject(&mut copy) {
        Subject::Group(group) => (smaller_groups(group), Vec::new()),
        Subject::Links(links) => (Vec::new(), smaller_links(links)),
        Subject::Nobody => return faults,
    };
    for smaller in groups {
        let mut copy = fault.clone();
        if let Subject::Group(group) = fault_subject(&mut copy) {
            *group = smaller;
        }
        faults.push(copy);
    }
    for smaller in links {
        let mut copy = fault.clone();
        if let Subject::Links(links) = fault_subject(&mut copy) {
            *links = smaller;
        }
        faults.push(copy);
    }
    faults
}

fn smaller_groups(group: &Group) -> Vec<Group> {
    let Group::Processes(processes) = group else { return Vec::new() };
    if processes.len() < 2 {
        return Vec::new();
    }
    let but = |place: usize| -> Names {
        let others = processes.iter().enumerate().filter(|(other, _)| *other != place);
        others.map(|(_, id)| *id).collect()
    };
    (0..processes.len()).map(|place| Group::Processes(but(place))).collect()
}

fn smaller_links(links: &Links) -> Vec<Links> {
    let Links::Between(pairs) = links else { return Vec::new() };
    let mut smaller = Vec::new();
    for (place, sides) in pairs.iter().enumerate() {
        let mut others = pairs.clone();
        others.remove(place);
        if !others.is_empty() {
            smaller.push(Links::Between(others));
        }
        for less in smaller_sides(sides) {
            let mut pairs = pairs.clone();
            pairs[place] = less;
            smaller.push(Links::Between(pairs));
        }
    }
    smaller
}

fn smaller_sides(sides: &Sides) -> Vec<Sides> {
    let Sides { left, right, both } = sides;
    let lefts = smaller_groups(left).into_iter().map(|left| Sides { left, ..sides.clone() });
    let rights = smaller_groups(right).into_iter().map(|right| Sides { right, ..sides.clone() });
    let mut smaller: Vec<_> = lefts.chain(rights).collect();
    if *both {
        smaller.push(Sides { both: false, ..sides.clone() });
        if *right != Group::Rest {
            let (left, right) = (right.clone(), left.clone());
            smaller.push(Sides { left, right, both: false });
        }
    }
    smaller
}

fn rounder_condition(condition: Condition) -> Vec<Condition> {
    let tails = |tail: Tail| {
        rounder_spans(tail.high).map(move |high| Tail { high, ..tail }).collect::<Vec<_>>()
    };
    match condition {
        Condition::Delay(Delay::Uniform(range)) => {
            let ranges = rounder_ranges(range).into_iter();
            ranges.map(|range| Condition::Delay(Delay::Uniform(range))).collect()
        }
        Condition::Delay(Delay::Exponential { floor, mean }) => {
            let floors = rounder_spans(floor).map(|floor| Delay::Exponential { floor, mean });
            let means = rounder_spans(mean).map(|mean| Delay::Exponential { floor, mean });
            let same = [mean, floor].map(|span| Delay::Uniform(SpanRange::exactly(span)));
            same.into_iter().chain(floors).chain(means).map(Condition::Delay).collect()
        }
        Condition::Sync(range) => rounder_ranges(range).into_iter().map(Condition::Sync).collect(),
        Condition::Tail(tail) => tails(tail).into_iter().map(Condition::Tail).collect(),
        Condition::Late(tail) => tails(tail).into_iter().map(Condition::Late).collect(),
        Condition::Restart(span) => rounder_spans(span).map(Condition::Restart).collect(),
        Condition::Loss(_)
        | Condition::Duplicate(_)
        | Condition::InOrder(_)
        | Condition::Queue(_)
        | Condition::WriteError(_)
        | Condition::SyncError(_)
        | Condition::Keep(_)
        | Condition::Torn(_) => Vec::new(),
    }
}

/// Always the same, or between rounder bounds.
fn rounder_ranges(range: SpanRange) -> Vec<SpanRange> {
    let (low, high) = (range.low(), range.high());
    let same = [high, low].into_iter().chain(rounder_spans(high)).map(SpanRange::exactly);
    let lows = rounder_spans(low).filter_map(|low| SpanRange::new(low, high));
    let highs = rounder_spans(high).filter_map(|high| SpanRange::new(low, high));
    same.chain(lows).chain(highs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounder_number_has_fewer_digits_or_is_smaller() {
        assert_eq!(digits(0), 0);
        assert_eq!(digits(1_200), 2);
        assert_eq!(rounder(0), [0; 0]);
        assert_eq!(rounder(1), [0]);
        for number in [7, 10, 1_234_567, 81_918_510, u64::MAX] {
            for rounder in rounder(number) {
                let simpler = (digits(rounder), rounder) < (digits(number), number);
                assert!(simpler, "{number}: {rounder}");
            }
        }
        assert!(rounder(81_918_510).contains(&82_000_000));
    }
}
