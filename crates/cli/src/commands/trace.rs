//! `squall trace FILE` and `squall trace SYSTEM --seed 7`: what happens in a run, event by event.
//!
//! Lines go out as they are made. The verdict goes to standard error; with `--json`, it is the last
//! line of the data.

use std::io;

use serde::Serialize;
use squall_judge::Verdict;
use squall_script::Report;

use crate::command::Trace;
use crate::commands::replay::{RuleJson, rules_json};
use crate::commands::source::Source;
use crate::program::{Failure, Session, find};
use crate::status::Status;

/// The last line of `--json`; every other line is an event.
#[derive(Serialize)]
struct EndJson {
    /// `verdict`: no event is of this kind.
    kind: &'static str,
    verdict: &'static str,
    digest: String,
    rules: Vec<RuleJson>,
}

pub(crate) fn trace(session: &mut Session<'_, '_>, asked: &Trace) -> Result<Status, Failure> {
    let source = session.subject(&asked.subject, asked.seed)?;
    let report = print(session, &source)?;
    let status = status(&report);
    if session.style.json {
        session.print_json(&EndJson {
            kind: "verdict",
            verdict: status.word(),
            digest: report.digest.to_string(),
            rules: rules_json(&report),
        })?;
        return Ok(status);
    }
    session.console.out.flush()?;
    for (rule, verdict) in &report.rulings {
        if !matches!(verdict, Verdict::Holds) {
            let _ = writeln!(session.console.err, "{}: {verdict}", rule.name);
        }
    }
    let _ = writeln!(session.console.err, "{}: {}", source.name, status.word());
    Ok(status)
}

/// Prints the trace of `source`, line by line.
pub(crate) fn print(session: &mut Session<'_, '_>, source: &Source) -> Result<Report, Failure> {
    let system = find(session.systems, source.system)?;
    let (json, out) = (session.style.json, &mut session.console.out);
    let mut written: io::Result<()> = Ok(());
    let played = squall::play::trace(system, &source.text, &source.name, &mut |line| {
        if written.is_ok() {
            let told =
                if json { writeln!(out, "{}", line.to_json()) } else { writeln!(out, "{line}") };
            // The next step may be the one that ends the process, or that never returns.
            written = told.and_then(|()| out.flush());
        }
    });
    let report = played.map_err(|error| session.unplayable(&error))?;
    written?;
    Ok(report)
}

/// Returns what the verdict of one run is as a status.
pub(crate) fn status(report: &Report) -> Status {
    match report.verdict() {
        Verdict::Holds => Status::Holds,
        Verdict::Broken(_) => Status::Broken,
        Verdict::Unknown(_) => Status::Unknown,
    }
}
