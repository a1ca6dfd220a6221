//! Materialises a run: every unusual outcome becomes a line, and the conditions become fair.
//!
//! The default [`Conditions`](squall_world::Conditions) define what is usual: a message takes 1 ms,
//! a sync no time, a crash leaves all records, and nothing is lost, duplicated, late or refused.
//! Every other outcome becomes a line of fixed luck, at the time when it occurred. So does every
//! number that a process drew. The seed stays, but has no effect.
//!
//! An existing line is changed where possible: `crash n1` becomes `crash n1 keep 2 torn`, and `disk
//! n1 rots` becomes `disk n1 rots r7`. The rest of the header is kept, and so are `order`, `queue`
//! and `restart`, because they involve no chance and a run without them would be different.
//!
//! The materialised run has the same deliveries at the same times, and the same verdicts. Only the
//! lines themselves differ, which are also events of the trace: a line that changed a condition is
//! gone, and a crash says what it keeps.

use squall_world::{Condition, Drawn, Fault, Group, Luck, LuckKind};

use crate::{Action, AnyRunner, Line, Refused, Script};

/// Runs `script` and returns another one, whose run is the same and leaves no luck of these `kinds`
/// to chance: with [`LuckKind::ALL`], none at all.
///
/// # Errors
///
/// Returns the reason if the system refuses the sizes and knobs of this script.
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

/// Runs `script` and moves every line of fixed luck to the time when its draw takes place.
///
/// # Errors
///
/// Returns the errors of [`materialise`].
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

/// Returns the lines of `script` without chance, followed by those of the luck in `drawn`.
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

/// Returns `fault` with the luck that it had when it was carried out at `event`, which is taken
/// from `drawn`. Returns `None` if the fault only affected chance.
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

/// Returns the luck that `get` finds among what was drawn after `events` events, if no other draw
/// came in between.
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

/// Returns whether `group` always has at most one process.
fn is_one(group: &Group) -> bool {
    match group {
        Group::Processes(processes) => processes.len() == 1,
        Group::Role(_) => true,
        Group::All | Group::Rest => false,
    }
}

/// Returns whether the condition governs only luck of these kinds, which lines fix instead.
fn is_settled(condition: Condition, kinds: &[LuckKind]) -> bool {
    condition.governs().is_some_and(|kind| kinds.contains(&kind))
}

/// Returns the line that sets the same condition to its fair value.
fn fair(fault: &Fault) -> Fault {
    match fault {
        Fault::Condition(condition) => Fault::Condition(condition.fair()),
        other => other.clone(),
    }
}
