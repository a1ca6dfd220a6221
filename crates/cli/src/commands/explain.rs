//! `squall explain FILE`: why a finding came about.
//!
//! One line an event, in the notation of traces, and only the events in whose past the violation
//! lies. What a step brought about stands indented beneath its input. `>>` marks the decisive
//! moment, `*` what proves that the rule is broken.

use std::io;

use serde::Serialize;
use squall_hunt::{Decisive, Explanation, Sampled, Told};
use squall_process::Instant;

use crate::command::Explain;
use crate::commands::source::Source;
use crate::console::Palette;
use crate::program::{Failure, Session};
use crate::status::Status;
use squall::Recorded;
use squall::WrittenFinding;
use squall::figures::{counted, grouped};
use squall::play::{self, Explained};

/// The number of events at the beginning and at the end of a long story that are shown.
const FIRST_EVENTS: usize = 40;
const LAST_EVENTS: usize = 60;

/// What `--json` prints.
#[derive(Serialize)]
struct ExplainJson<'a> {
    file: &'a str,
    status: &'static str,
    exit: u8,
    #[serde(flatten)]
    story: Option<StoryJson<'a>>,
}

#[derive(Serialize)]
struct StoryJson<'a> {
    #[serde(flatten)]
    finding: &'a WrittenFinding,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

pub(crate) fn explain(session: &mut Session<'_, '_>, asked: &Explain) -> Result<Status, Failure> {
    let source = session.subject(&asked.subject, asked.seed)?;
    let stop = session.console.is_interrupted;
    let explained = play::explain(
        session.known(source.system)?,
        &source.text,
        &source.name,
        asked.samples,
        &stop,
    );
    let explained = explained.map_err(|error| session.unplayable(&error))?;
    let Some(Explained { finding, explanation }) = explained else {
        return tell_nothing(session, &source);
    };
    let status = Status::Broken;
    if session.style.json {
        session.print_json(&ExplainJson {
            file: &source.name,
            status: status.word(),
            exit: status.code(),
            story: Some(StoryJson { finding: &finding, explanation: &explanation }),
        })?;
        return Ok(status);
    }
    let palette = session.palette();
    let out = &mut session.console.out;
    let rule = palette.bad(&format!("{} is broken", finding.rule));
    writeln!(out, "{rule}: {}", finding.sentence)?;
    writeln!(out, "  {}", finding.story.replace('\n', "\n  "))?;
    writeln!(out, "  {}, seed {}, {}\n", finding.system, finding.seed, finding.fingerprint)?;
    write_slice(out, palette, &explanation, asked.all)?;
    write_end(out, palette, &explanation)?;
    Ok(status)
}

/// The script breaks no rule.
fn tell_nothing(session: &mut Session<'_, '_>, source: &Source) -> Result<Status, Failure> {
    let (status, name) = (Status::NothingBroken, &source.name);
    if session.style.json {
        let (word, exit) = (status.word(), status.code());
        session.print_json(&ExplainJson { file: name, status: word, exit, story: None })?;
        return Ok(status);
    }
    let err = &mut session.console.err;
    let _ = writeln!(err, "{name} breaks no rule, so there is nothing to explain");
    if let Some(recorded) = Recorded::of(&source.text) {
        let (rule, program) = (&recorded.rule, &session.program);
        let _ = writeln!(err, "  it broke {rule} when it was found: {program} replay {name}");
    }
    Ok(status)
}

fn write_slice(
    out: &mut dyn io::Write,
    palette: Palette,
    explanation: &Explanation,
    all: bool,
) -> io::Result<()> {
    let slice = &explanation.slice;
    let decisive = number(explanation.decisive);
    let is_told = |place: usize, told: &Told| {
        let is_near = place < FIRST_EVENTS || place + LAST_EVENTS >= slice.len();
        all || is_near || told.proves || Some(told.line.number) == decisive
    };
    let mut left_out = 0;
    for (place, told) in slice.iter().enumerate() {
        if !is_told(place, told) {
            left_out += 1;
            continue;
        }
        if left_out > 0 {
            let gap = format!("     … {} more; --all tells them", counted(left_out, "event"));
            writeln!(out, "{}", palette.faint(&gap))?;
            left_out = 0;
        }
        let mark = match Some(told.line.number) == decisive {
            true => palette.odd(">>"),
            false if told.proves => palette.bad(" *"),
            false => "  ".to_owned(),
        };
        let at = Instant::from_nanos(told.line.at_ns).to_string();
        let text = told.line.text.replace('\n', " ");
        match told.is_effect {
            true => writeln!(out, "  {mark} {:<12}   {text}", "")?,
            false => writeln!(out, "  {mark} {at:<12} {text}")?,
        }
    }
    Ok(())
}

/// Returns the number of the decisive event.
fn number(decisive: Decisive) -> Option<u64> {
    match decisive {
        Decisive::Event { number, .. } => Some(number),
        Decisive::FromTheStart { .. } | Decisive::Stopped => None,
    }
}

fn write_end(
    out: &mut dyn io::Write,
    palette: Palette,
    explanation: &Explanation,
) -> io::Result<()> {
    let (told, events) = (explanation.slice.len() as u64, explanation.events);
    let of = counted(events, "event");
    writeln!(out, "\n  {} of {of} lead there; * proves it", grouped(told))?;
    let share = |sampled: Sampled| match sampled.hold {
        0 => format!("none of {}", grouped(u64::from(sampled.of))),
        hold => format!("{hold} of {}", grouped(u64::from(sampled.of))),
    };
    match explanation.decisive {
        Decisive::Event { before, after, .. } => {
            let mark = palette.odd(">>");
            write!(out, "  {mark} decides it: ")?;
            write!(out, "{} continuations from before it hold, ", share(before))?;
            match after.of {
                0 => writeln!(out, "and with it the run is over")?,
                _ => writeln!(out, "{} from after it", share(after))?,
            }
            let note = "an estimate: other luck from there on, and later faults left out by chance";
            writeln!(out, "     {}", palette.faint(note))
        }
        Decisive::FromTheStart { sampled } => {
            let hold = share(sampled);
            writeln!(out, "  no event decides it: {hold} continuations from the start hold")
        }
        Decisive::Stopped => writeln!(out, "  the search for the decisive event was stopped"),
    }
}
