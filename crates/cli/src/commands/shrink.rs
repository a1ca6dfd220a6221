//! `squall shrink FILE`: the smallest script that breaks the same rule in the same way.
//!
//! It goes to a file beside the original, which is never written over. Ctrl-C and `--time` end the
//! search early: the best script so far is kept, and is said to be not minimal yet.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use squall_hunt::{Budget, ShrinkError, ShrinkProgress, Size, Stopped};

use super::progress::Shrinking;
use crate::command::Shrink;
use crate::commands::source::Source;
use crate::course::shown;
use crate::program::{Failure, Session, find};
use crate::status::Status;
use squall::Stopwatch;
use squall::figures::{counted, grouped, waited};
use squall::play::{self, PlayError, ShrinkFailure, WrittenShrunk};
use squall::{probe, write_new};

/// What `--json` prints.
#[derive(Serialize)]
struct ShrinkJson<'a> {
    status: &'static str,
    exit: u8,
    system: &'a str,
    file: &'a str,
    /// Where the shrunk script is.
    shrunk: String,
    rule: &'a str,
    before: SizeJson,
    after: SizeJson,
    runs: u64,
    elapsed_ms: u64,
    /// Whether no single line can be left out.
    minimal: bool,
    /// Why the search ended before that: `budget`, `time`, `interrupt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'static str>,
    digest: String,
    script: &'a str,
}

/// How large a script is.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct SizeJson {
    lines: usize,
    processes: u32,
    operations: usize,
    faults: usize,
    luck: usize,
    header: usize,
    time_ns: u64,
    events: u64,
}

impl SizeJson {
    pub(crate) fn new(size: Size, events: u64) -> Self {
        Self {
            lines: size.lines(),
            processes: size.processes,
            operations: size.operations,
            faults: size.faults,
            luck: size.luck,
            header: size.header,
            time_ns: size.time.as_nanos(),
            events,
        }
    }
}

/// Why a search ended early, if it did.
#[derive(Clone, Copy)]
enum Early {
    Budget,
    Time,
    Asked,
}

impl Early {
    const fn word(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Time => "time",
            Self::Asked => "interrupt",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Budget => "its budget of runs was used up",
            Self::Time => "its time was up",
            Self::Asked => "it was stopped by Ctrl-C",
        }
    }
}

pub(crate) fn shrink(session: &mut Session<'_, '_>, asked: &Shrink) -> Result<Status, Failure> {
    let source = session.read(&asked.file)?;
    let path = target(asked)?;
    let watch = Stopwatch::start();
    let shrunk = match search(session, &source, asked, watch)? {
        Ok(shrunk) => shrunk,
        Err(error) => return refuse(session, &source, &error),
    };
    let is_interrupted = (session.console.is_interrupted)();
    let early = shrunk.stopped.map(|stopped| match stopped {
        Stopped::Budget => Early::Budget,
        Stopped::Asked if is_interrupted => Early::Asked,
        Stopped::Asked => Early::Time,
    });
    let command = format!("{} replay {}", session.program, path.display());
    let text = shrunk.finding.text(&command);
    let written = write_new(&path, &text).map_err(|error| unwritable(&path, &error))?;
    if !written {
        return Err(exists(&path));
    }
    let status = Status::Broken;
    if session.style.json {
        session.print_json(&ShrinkJson {
            status: status.word(),
            exit: status.code(),
            system: source.system,
            file: &source.name,
            shrunk: path.display().to_string(),
            rule: &shrunk.finding.rule,
            before: SizeJson::new(shrunk.before.0, shrunk.before.1),
            after: SizeJson::new(shrunk.after.0, shrunk.after.1),
            runs: shrunk.runs,
            elapsed_ms: u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX),
            minimal: early.is_none(),
            stopped: early.map(Early::word),
            digest: shrunk.finding.digest.to_string(),
            script: &shrunk.finding.script,
        })?;
    } else {
        tell(session, &source, &shrunk, &path, watch.elapsed(), early)?;
    }
    Ok(status)
}

/// Returns where the shrunk script goes: where it is asked for, or beside the original.
fn target(asked: &Shrink) -> Result<PathBuf, Failure> {
    let path = match &asked.output {
        Some(path) => path.clone(),
        None => {
            let stem = asked.file.file_stem().unwrap_or_default().to_string_lossy();
            let beside = |number: u32| match number {
                1 => asked.file.with_file_name(format!("{stem}.min.squall")),
                _ => asked.file.with_file_name(format!("{stem}.min-{number}.squall")),
            };
            (1..).map(beside).find(|path| !path.exists()).unwrap_or_else(|| beside(1))
        }
    };
    if path.exists() {
        return Err(exists(&path));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    probe(folder.unwrap_or(Path::new("."))).map_err(|error| unwritable(&path, &error))?;
    Ok(path)
}

fn exists(path: &Path) -> Failure {
    Failure::Misuse(format!("{} is there already; name another file by -o", path.display()))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::Misuse(format!("{path} cannot be written: {error}\n  name another file by -o"))
}

fn search(
    session: &mut Session<'_, '_>,
    source: &Source,
    asked: &Shrink,
    watch: Stopwatch,
) -> Result<Result<WrittenShrunk, ShrinkError>, Failure> {
    let Session { systems, console, style, .. } = session;
    let system = find(systems, source.system)?;
    let is_interrupted = console.is_interrupted;
    let limit: Option<Duration> = asked.time;
    let stop = || is_interrupted() || limit.is_some_and(|limit| watch.elapsed() >= limit);
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = asked.threads.map_or_else(cores, usize::from);
    let budget = Budget { runs: asked.budget, threads };
    let progress = ShrinkProgress::default();
    let shrinking = Shrinking { budget: asked.budget, progress: &progress };
    let result = shown(console, style.quiet, &shrinking, || {
        play::shrink(system, &source.text, &source.name, budget, &progress, &stop)
    });
    match result {
        Ok(shrunk) => Ok(Ok(shrunk)),
        Err(ShrinkFailure::Shrink(error)) => Ok(Err(error)),
        Err(ShrinkFailure::Play(error)) => Err(session.unplayable(&error)),
    }
}

/// Says why nothing was shrunk.
fn refuse(
    session: &mut Session<'_, '_>,
    source: &Source,
    error: &ShrinkError,
) -> Result<Status, Failure> {
    let name = &source.name;
    let status = match error {
        ShrinkError::NotBroken(_) => Status::NothingBroken,
        ShrinkError::Diverged => Status::Diverged,
        ShrinkError::Refused(reason) => {
            let (name, reason) = (name.clone(), reason.clone());
            return Err(session.unplayable(&PlayError::Refused { name, reason }));
        }
        ShrinkError::Threads(error) => return Err(Failure::Fault(error.clone())),
    };
    if session.style.json {
        let (word, exit) = (status.word(), status.code());
        let value = serde_json::json!({
            "status": word, "exit": exit, "file": name, "reason": error.to_string(),
        });
        session.print_json(&value)?;
    } else {
        writeln!(session.console.err, "{name}: nothing to shrink: {error}")?;
    }
    Ok(status)
}

fn tell(
    session: &mut Session<'_, '_>,
    source: &Source,
    shrunk: &WrittenShrunk,
    path: &Path,
    time: Duration,
    early: Option<Early>,
) -> io::Result<()> {
    let palette = session.palette();
    let program = session.program.clone();
    let out = &mut session.console.out;
    let finding = &shrunk.finding;
    let rule = palette.bad(&format!("{} is broken", finding.rule));
    writeln!(out, "{}: {rule}: {}", source.name, finding.story)?;
    writeln!(out, "  {}", summary(shrunk.before, shrunk.after))?;
    let runs = counted(shrunk.runs, "run");
    match early {
        None => writeln!(out, "  {runs} in {}: no line can be left out", waited(time))?,
        Some(early) => {
            let why = early.sentence();
            writeln!(out, "  {runs} in {}: not minimal yet, {why}", waited(time))?;
        }
    }
    writeln!(out, "  {program} replay {}\n", path.display())?;
    out.write_all(finding.script.as_bytes())
}

/// Returns what became less, in one line.
pub(crate) fn summary(before: (Size, u64), after: (Size, u64)) -> String {
    let ((was, events_were), (is, events)) = (before, after);
    let parts = [
        ("lines", was.lines() as u64, is.lines() as u64),
        ("header lines", was.header as u64, is.header as u64),
        ("processes", u64::from(was.processes), u64::from(is.processes)),
        ("operations", was.operations as u64, is.operations as u64),
        ("faults", was.faults as u64, is.faults as u64),
        ("events", events_were, events),
    ];
    let parts = parts.map(|(name, was, is)| format!("{name} {} -> {}", grouped(was), grouped(is)));
    format!("{}, time {} -> {}", parts.join(", "), was.time, is.time)
}
