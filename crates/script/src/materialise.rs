//! A run is materialised: every unusual luck that it had becomes a line, and its conditions become
//! fair.
//!
//! What is usual is defined once, by the default [`Conditions`](squall_world::Conditions): a
//! message takes 1 ms, a sync no time, a crash leaves all records, and nothing is lost, doubled,
//! late or refused. All that came otherwise becomes a line of fixed luck, at the time when it came
//! to pass; so does every number that a process drew. The seed stays and decides nothing any more.
//!
//! What a line can say for itself, it says: `crash n1` becomes `crash n1 keep 2 torn`, and `disk n1
//! rots` becomes `disk n1 rots r7`. The rest of a header is kept, and so are `order`, `queue` and
//! `restart`: they are no chance, and a run without them would be another.
//!
//! The materialised run has the same deliveries at the same times, and the same verdicts. What
//! differs are the lines themselves, which are events of the trace, too: a line that changed a
//! condition is gone, and a crash says what it keeps.

use squall_world::{Condition, Drawn, Fault, Group, Luck, LuckKind};

use crate::{Action, AnyRunner, Line, Refused, Script};

/// Runs `script` and makes another of it, whose run is the same and in which luck of these `kinds`
/// is not left to chance: with [`LuckKind::ALL`], none is.
///
/// # Errors
///
/// If the system cannot be run with the sizes and knobs of this script.
pub fn materialise(
    runner: &mut dyn AnyRunner,
    script: &Script,
    kinds: &[LuckKind],
) -> Result<Script, Refused> {
    // The number of the event of each fault of the script, in order.
    let mut faults = Vec::new();
    let mut drawn = runner.record(script, &mut |event| {
        if event.is_fault() {
            faults.push(event.number());
        }
    })?;
    drawn.retain(|drawn| kinds.contains(&drawn.luck.kind()));
    let mut lines = fixed_lines(script, &faults, drawn, kinds);
    lines.sort_by_key(|line| line.at);
    let mut conditions = script.conditions;
    let unusual = script.conditions.unusual();
    unusual.filter(|condition| is_settled(*condition, kinds)).for_each(|condition| {
        conditions.set(condition.fair());
    });
    Ok(Script { conditions, lines, ..script.clone() })
}

/// Runs `script` and puts every line of fixed luck where in the run it comes to pass.
///
/// # Errors
///
/// Those of [`materialise`].
pub fn hint_times(runner: &mut dyn AnyRunner, script: &mut Script) -> Result<(), Refused> {
    let drawn = runner.record(script, &mut |_| {})?;
    for line in &mut script.lines {
        if let Action::Luck(luck) = &line.action
            && let Some(drawn) = drawn.iter().find(|drawn| drawn.luck.address() == luck.address())
        {
            line.at = drawn.at;
        }
    }
    script.lines.sort_by_key(|line| line.at);
    Ok(())
}

/// The lines of `script` without chance, and behind them those of what was `drawn`.
fn fixed_lines(
    script: &Script,
    events: &[u64],
    mut drawn: Vec<Drawn>,
    kinds: &[LuckKind],
) -> Vec<Line> {
    let is_last = |place: usize| {
        let later = &script.lines[place + 1..];
        later.iter().all(|line| matches!(line.action, Action::Luck(_)))
    };
    let ends_by_last = script.end.is_none() && script.calm_at().is_none();
    let mut events = events.iter();
    let mut lines = Vec::new();
    for (place, line) in script.lines.iter().enumerate() {
        let action = match &line.action {
            Action::Luck(luck) if kinds.contains(&luck.kind()) => continue,
            Action::Fault(fault) => {
                let event = events.next().copied();
                match without_chance(fault, event, &mut drawn, kinds) {
                    Some(fault) => Action::Fault(fault),
                    // The run ends some time after its last line.
                    None if ends_by_last && is_last(place) => Action::Fault(fair(fault)),
                    None => continue,
                }
            }
            other => other.clone(),
        };
        lines.push(Line { at: line.at, action });
    }
    let luck = drawn.into_iter().map(|drawn| (drawn.at, Action::Luck(drawn.luck)));
    lines.extend(luck.map(|(at, action)| Line { at, action }));
    lines
}

/// `fault`, with the luck that it had when it was carried out at `event`, which is taken from
/// `drawn`. Nothing if it was there for chance alone.
fn without_chance(
    fault: &Fault,
    event: Option<u64>,
    drawn: &mut Vec<Drawn>,
    kinds: &[LuckKind],
) -> Option<Fault> {
    match fault {
        Fault::Condition(condition) if is_settled(*condition, kinds) => None,
        Fault::Crash(group, None) if is_one(group) => {
            let kept = take(drawn, event, |luck| match luck {
                Luck::Crash { kept, .. } => Some(kept.clone()),
                _ => None,
            });
            Some(Fault::Crash(group.clone(), kept))
        }
        Fault::DiskRots(group, None) if is_one(group) => {
            let record = take(drawn, event, |luck| match luck {
                Luck::Rot { record, .. } => Some(*record),
                _ => None,
            });
            Some(Fault::DiskRots(group.clone(), record))
        }
        other => Some(other.clone()),
    }
}

/// The luck that `get` finds among what was drawn when there were so many events, and nothing has
/// come between.
fn take<T>(
    drawn: &mut Vec<Drawn>,
    event: Option<u64>,
    get: impl Fn(&Luck) -> Option<T>,
) -> Option<T> {
    let event = event?;
    let first = drawn.partition_point(|drawn| drawn.events < event);
    let those = drawn[first..].iter().take_while(|drawn| drawn.events == event);
    let (place, found) =
        those.enumerate().find_map(|(nth, drawn)| Some((first + nth, get(&drawn.luck)?)))?;
    drawn.remove(place);
    Some(found)
}

/// Whether `group` is one process at most, whenever it is asked.
fn is_one(group: &Group) -> bool {
    match group {
        Group::Processes(processes) => processes.len() == 1,
        Group::Role(_) => true,
        Group::All | Group::Rest => false,
    }
}

/// Whether the condition governs luck of these kinds alone, which lines say instead.
fn is_settled(condition: Condition, kinds: &[LuckKind]) -> bool {
    condition.governs().is_some_and(|kind| kinds.contains(&kind))
}

/// The line that changes the same condition, to what it is in fair weather.
fn fair(fault: &Fault) -> Fault {
    match fault {
        Fault::Condition(condition) => Fault::Condition(condition.fair()),
        other => other.clone(),
    }
}
