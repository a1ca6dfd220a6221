//! The grammar of a line after its time: faults, luck, `calm`, and requests to processes.
//!
//! The first word decides. A line that begins with the name of a process is fixed luck if it can be
//! read as such (`n2 sync#3 …`, `n2 random#1 …`, `n2 timer#4 …`, `n1 crash#2 …`, `n1 rot#1 …`, `n2
//! write r7 fails`), and a request otherwise. The grammar only checks the form;
//! [`check`](crate::check()) decides whether the processes exist.

use squall_process::ProcessId;
use squall_trace::Link;
use squall_world::{
    Fault, Group, Kept, KeptRecords, Links, Luck, MessageLuck, Names, Sides, SyncLuck,
};
use winnow::Parser;
use winnow::combinator::{dispatch, fail, separated};
use winnow::token::take_till;

use super::condition::{CONDITIONS, condition};
use super::token::{
    Parsed, Refusal, Text, blanks, drift, end_or, expected, is_blank, names_process, names_record,
    number32, number32_of, number64, numbered, offset, one_of, peek, process, process_of, record,
    span, word,
};
use crate::nearest::nearest;
use crate::problem::shortened;
use crate::{Expected, Problem};

/// The words that begin an action, except for conditions and the names of processes.
const ACTIONS: [&str; 21] = [
    "cut", "heal", "clog", "release", "slow", "crash", "boot", "replace", "pause", "suspend",
    "resume", "lag", "clock", "disk", "calm", "reset", "refuse", "hang", "accept", "stop", "start",
];

/// An action as it is written. The system parses its operation.
#[derive(Debug)]
pub(crate) enum Written<'a> {
    /// A request.
    Ask(ProcessId, &'a str),
    /// A fault.
    Fault(Fault),
    /// Fixed luck.
    Luck(Luck),
    /// `calm`.
    Calm(Option<Vec<ProcessId>>),
}

/// Returns whether `word` begins an action that needs a time in front and cannot be a header line.
pub(super) fn begins_action(word: &str) -> bool {
    ACTIONS.contains(&word) || names_process(word)
}

/// Reads an action, to the end of the line.
pub(super) fn action<'a>(input: &mut Text<'a>) -> Parsed<Written<'a>> {
    let first = peek(input);
    if names_process(first) {
        return luck_or_request(input);
    }
    let written = match first {
        "calm" => Written::Calm(calm(input)?),
        _ if ACTIONS.contains(&first) => Written::Fault(fault(input)?),
        _ if CONDITIONS.contains(&first) => Written::Fault(Fault::Condition(condition(input)?)),
        _ => return Err(unknown_action(input)),
    };
    end_or(input, Expected::End)?;
    Ok(written)
}

fn unknown_action(input: &str) -> Refusal {
    let first = input.split(is_blank).next().unwrap_or_default();
    let problem = match first {
        "" => expected(Expected::Action, first),
        _ => Problem::UnknownAction {
            word: shortened(first),
            nearest: nearest(first, ACTIONS.into_iter().chain(CONDITIONS)),
        },
    };
    Refusal::new(input.len(), first.len(), problem)
}

fn calm(input: &mut Text<'_>) -> Parsed<Option<Vec<ProcessId>>> {
    word(input)?;
    let mut healed = Vec::new();
    while !input.is_empty() {
        healed.push(process(input)?);
    }
    Ok((!healed.is_empty()).then_some(healed))
}

fn fault(input: &mut Text<'_>) -> Parsed<Fault> {
    dispatch! {word;
        "cut" => links.map(Fault::Cut),
        "heal" => links.map(Fault::Heal),
        "clog" => links.map(Fault::Clog),
        "release" => links.map(Fault::Release),
        "slow" => (links, span).map(|(links, span)| Fault::Slow(links, span)),
        "crash" => (group, kept).map(|(group, kept)| Fault::Crash(group, kept)),
        "boot" => group.map(Fault::Boot),
        "replace" => group.map(Fault::Replace),
        "pause" => group.map(Fault::Pause),
        "suspend" => group.map(Fault::Suspend),
        "resume" => group.map(Fault::Resume),
        "lag" => (group, span).map(|(group, span)| Fault::Lag(group, span)),
        "reset" => links.map(Fault::Reset),
        "refuse" => links.map(Fault::Refuse),
        "hang" => links.map(Fault::Hang),
        "accept" => links.map(Fault::Accept),
        "stop" => group.map(Fault::Stop),
        "start" => group.map(Fault::Start),
        "clock" => clock,
        "disk" => disk,
        _ => fail,
    }
    .parse_next(input)
}

fn clock(input: &mut Text<'_>) -> Parsed<Fault> {
    let group = group(input)?;
    match one_of(input, &["offset", "drift"])? {
        0 => offset(input).map(|nanos| Fault::ClockOffset(group, nanos)),
        _ => drift(input).map(|millionths| Fault::ClockDrift(group, millionths)),
    }
}

fn disk(input: &mut Text<'_>) -> Parsed<Fault> {
    let group = group(input)?;
    Ok(match one_of(input, &["full", "slow", "stalls", "works", "rots"])? {
        0 => Fault::DiskFull(group),
        1 => Fault::DiskSlow(group, span(input)?),
        2 => Fault::DiskStalls(group),
        3 => Fault::DiskWorks(group),
        _ if input.is_empty() => Fault::DiskRots(group, None),
        _ => Fault::DiskRots(group, Some(record(input)?)),
    })
}

fn kept(input: &mut Text<'_>) -> Parsed<Option<Kept>> {
    if input.is_empty() { Ok(None) } else { must_be_kept(input).map(Some) }
}

fn must_be_kept(input: &mut Text<'_>) -> Parsed<Kept> {
    one_of(input, &["keep"])?;
    let records = if names_record(peek(input)) {
        let mut these = Vec::new();
        while names_record(peek(input)) {
            these.push(record(input)?);
        }
        KeptRecords::These(these)
    } else if peek(input).starts_with(|first: char| first.is_ascii_digit()) {
        KeptRecords::First(number32(input)?)
    } else {
        return Err(Refusal::new(input.len(), peek(input).len(), Problem::NoRecords));
    };
    let torn = !input.is_empty();
    if torn {
        one_of(input, &["torn"])?;
    }
    Ok(Kept { records, torn })
}

fn links(input: &mut Text<'_>) -> Parsed<Links> {
    let mut ahead = *input;
    if word(&mut ahead)? == "all" && !ahead.starts_with(['|', '>']) {
        *input = ahead;
        return Ok(Links::All);
    }
    separated(1.., sides, (',', blanks)).map(Links::Between).parse_next(input)
}

fn sides(input: &mut Text<'_>) -> Parsed<Sides> {
    let left = group(input)?;
    let both = match input.chars().next() {
        Some('|') => true,
        Some('>') => false,
        _ => {
            let found = peek(input);
            let problem = expected(Expected::Between, found);
            return Err(Refusal::new(input.len(), found.len(), problem));
        }
    };
    *input = &input[1..];
    blanks(input)?;
    let right = group(input)?;
    Ok(Sides { left, right, both })
}

fn group(input: &mut Text<'_>) -> Parsed<Group> {
    let first = peek(input);
    match first {
        "" => {
            let length = input.len().min(1);
            return Err(Refusal::new(input.len(), length, Problem::EmptyGroup));
        }
        "all" | "rest" => {
            word(input)?;
            return Ok(if first == "all" { Group::All } else { Group::Rest });
        }
        _ => {}
    }
    if let Some(role) = first.strip_prefix('@') {
        word(input)?;
        return Ok(Group::Role(role.to_owned()));
    }
    if !names_process(first) {
        let problem = expected(Expected::Group, first);
        return Err(Refusal::new(input.len(), first.len(), problem));
    }
    let mut processes = Names::new();
    while names_process(peek(input)) {
        processes.push(process(input)?);
    }
    Ok(Group::Processes(processes))
}

/// Reads a line that begins with the name of a process.
fn luck_or_request<'a>(input: &mut Text<'a>) -> Parsed<Written<'a>> {
    let token: &str = take_till(0.., is_blank).parse_peek(*input)?.1;
    if token.contains('>') {
        let luck = message(input)?;
        end_or(input, Expected::End)?;
        return Ok(Written::Luck(luck));
    }
    let process = process(input)?;
    match luck(input, process)? {
        Some(luck) => {
            end_or(input, Expected::End)?;
            Ok(Written::Luck(luck))
        }
        None if input.is_empty() => {
            let problem = expected(Expected::Operation, input);
            Err(Refusal::new(0, 0, problem))
        }
        None => Ok(Written::Ask(process, std::mem::take(input))),
    }
}

/// Reads the fixed fate of a message: `n3>n5#4 lost`.
fn message(input: &mut Text<'_>) -> Parsed<Luck> {
    let left = input.len();
    let token: &str = take_till(0.., is_blank).parse_next(input)?;
    let parts = token.split_once('>').and_then(|(from, rest)| {
        let (to, number) = rest.split_once('#')?;
        let (from, to) = (process_of(from).ok()?, process_of(to).ok()?);
        Some((Link { from, to }, number32_of(number).ok()?))
    });
    let Some((link, number)) = parts else {
        return Err(Refusal::new(left, token.len(), expected(Expected::Message, token)));
    };
    blanks(input)?;
    let fate = match one_of(input, &["lost", "takes", "twice"])? {
        0 => MessageLuck::Lost,
        1 => MessageLuck::Takes(span(input)?),
        _ => MessageLuck::Twice(span(input)?, span(input)?),
    };
    Ok(Luck::Message { link, number, fate })
}

/// Reads other luck of `process`, if the line can be read as luck.
fn luck(input: &mut Text<'_>, process: ProcessId) -> Parsed<Option<Luck>> {
    let first = peek(input);
    let luck = if first.starts_with("random#") {
        let number = numbered(input, "random#")?;
        one_of(input, &["is"])?;
        let value = number64(input)?;
        Luck::Random { process, number, value }
    } else if first.starts_with("sync#") {
        let number = numbered(input, "sync#")?;
        let end = match one_of(input, &["takes", "fails"])? {
            0 => SyncLuck::Takes(span(input)?),
            _ if input.is_empty() => SyncLuck::Fails,
            _ => {
                one_of(input, &["after"])?;
                SyncLuck::FailsAfter(span(input)?)
            }
        };
        Luck::Sync { process, number, end }
    } else if first.starts_with("timer#") {
        let number = numbered(input, "timer#")?;
        one_of(input, &["late"])?;
        let by = span(input)?;
        Luck::Late { process, number, by }
    } else if first.starts_with("crash#") {
        let number = numbered(input, "crash#")?;
        Luck::Crash { process, number, kept: must_be_kept(input)? }
    } else if first.starts_with("rot#") {
        let number = numbered(input, "rot#")?;
        one_of(input, &["is"])?;
        Luck::Rot { process, number, record: record(input)? }
    } else {
        return Ok(write_fails(input, process));
    };
    Ok(Some(luck))
}

/// Reads `write r7 fails` and nothing more. Any other line that begins with `write` is a request.
fn write_fails(input: &mut Text<'_>, process: ProcessId) -> Option<Luck> {
    let mut ahead = *input;
    let is_write = word(&mut ahead).ok()? == "write" && names_record(peek(ahead));
    if !is_write {
        return None;
    }
    let record = record(&mut ahead).ok()?;
    let is_all = word(&mut ahead).ok()? == "fails" && ahead.is_empty();
    is_all.then(|| {
        *input = ahead;
        Luck::WriteFails { process, record }
    })
}
