//! `squall run`: sweeps seeds of one system after the other.

mod keeper;
mod watchdog;

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use squall::make_smaller;
use squall_hunt::{Plan, Progress, ShrinkProgress};

use self::keeper::Keeper;
use self::watchdog::{Alarm, Watchdog};
use super::progress::{Goal, Shrinking, Sweeping};
use super::report::{self, SystemReport};
use crate::command::Run;
use crate::console::Console;
use crate::course::shown;
use crate::logbook;
use crate::program::{Failure, Session, find};
use crate::status::Status;
use squall::AnySystem;
use squall::Stopwatch;
use squall::play::{Hunted, described, hunt};
use squall::{WrittenFinding, probe};

/// What a run without `--seeds` and `--time` does: so many seeds of each system, in so much time
/// for all together.
const SEEDS_DEFAULT: Range<u64> = 0..100_000;
const TIME_DEFAULT: Duration = Duration::from_secs(12);

/// One seed in so many is run twice.
const REPEAT_EVERY: u64 = 20;

/// Why a sweep ended before its seeds did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// All seeds were run.
    Done,
    /// So many findings as were asked for.
    Enough,
    /// Its time was up.
    Time,
    /// Ctrl-C.
    Asked,
}

pub(crate) fn run(session: &mut Session<'_, '_>, asked: &Run) -> Result<Status, Failure> {
    if let Err(error) = probe(&asked.findings_dir) {
        let folder = asked.findings_dir.display();
        return Err(Failure::Misuse(format!(
            "findings cannot be kept in {folder}: {error}\n  name another folder by --findings-dir"
        )));
    }
    let names = names(session, asked);
    let (seeds, limit) = budget(asked);
    let plan = Plan {
        seeds,
        threads: threads(asked),
        findings_max: asked.findings as usize,
        repeat_every: if asked.no_repeat { 0 } else { REPEAT_EVERY },
    };
    let watch = Stopwatch::start();
    let mut reports: Vec<SystemReport> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        if (session.console.is_interrupted)() {
            break;
        }
        let left = (names.len() - place) as u32;
        let limit = limit.map(|limit| limit.saturating_sub(watch.elapsed()) / left);
        let report = sweep(session, name, &plan, limit, asked)?;
        if !session.style.json {
            if place > 0 {
                writeln!(session.console.out)?;
            }
            report::print(session, &report)?;
            session.console.out.flush()?;
        }
        reports.push(report);
    }
    let worst = reports.iter().map(|report| report.status).max();
    let status = worst.unwrap_or(Status::NothingRun);
    let unswept = &names[reports.len()..];
    if session.style.json {
        session.print_json(&report::json(status, &reports, unswept))?;
        return Ok(status);
    }
    if reports.len() > 1 {
        report::print_all(session, &reports, watch.elapsed())?;
    }
    if !unswept.is_empty() {
        writeln!(session.console.out, "stopped by Ctrl-C; not swept: {}", unswept.join(", "))?;
    }
    Ok(status)
}

/// Returns the systems to sweep: those named, each once, or all.
fn names(session: &Session<'_, '_>, asked: &Run) -> Vec<&'static str> {
    let all = session.systems.iter().map(|system| system.profile().name);
    let is_asked =
        |name: &&str| asked.systems.is_empty() || asked.systems.iter().any(|a| a == name);
    all.filter(is_asked).collect()
}

/// Returns which seeds, and how much time.
fn budget(asked: &Run) -> (Range<u64>, Option<Duration>) {
    match (asked.seeds.clone(), asked.time) {
        (None, None) => (SEEDS_DEFAULT, Some(TIME_DEFAULT)),
        (Some(seeds), time) => (seeds, time),
        (None, time) => (0..u64::MAX, time),
    }
}

fn threads(asked: &Run) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.threads.map_or_else(cores, usize::from)
}

/// Sweeps one system, keeps what it finds, and says what came of it.
fn sweep(
    session: &mut Session<'_, '_>,
    name: &'static str,
    plan: &Plan,
    limit: Option<Duration>,
    asked: &Run,
) -> Result<SystemReport, Failure> {
    let Session { systems, console, style, program } = session;
    let system = find(systems, name)?;
    let watch = Stopwatch::start();
    let is_interrupted = console.is_interrupted;
    let is_time_up = || limit.is_some_and(|limit| watch.elapsed() >= limit);
    let stop = || is_interrupted() || is_time_up();
    let watchdog = Watchdog::new(plan.threads, asked.watchdog);
    let keeper = Keeper::new(&asked.findings_dir, program, &stop, &watchdog);
    let (folder, is_json) = (&*asked.findings_dir, style.json);
    let alarm = |stuck| Alarm { stuck, system, folder, program, is_json }.end_process();
    logbook::subject(name);
    let seeds = plan.seeds.end - plan.seeds.start;
    let goal = Goal { name, seeds: (plan.seeds.end < u64::MAX).then_some(seeds), limit };
    let progress = Progress::default();
    let sweeping = Sweeping { goal: &goal, progress: &progress };
    let hunted = shown(console, style.quiet, &sweeping, || {
        std::thread::scope(|scope| {
            let (working, done) = channel::<()>();
            let (watchdog, stop) = (&watchdog, &stop);
            scope.spawn(move || watchdog.wait(&done, stop).map(alarm));
            let hunted = hunt(system, plan, &progress, &keeper);
            drop(working);
            hunted
        })
    });
    let mut hunted = hunted.map_err(|error| Failure::Fault(error.to_string()))?;
    let time = watch.elapsed();
    let ended = match hunted.interrupted {
        true if is_interrupted() => Ended::Asked,
        true => Ended::Time,
        false if hunted.seeds.end < plan.seeds.end => Ended::Enough,
        false => Ended::Done,
    };
    if !asked.no_shrink {
        for finding in &mut hunted.findings {
            shrink(console, style.quiet, system, plan.threads, finding);
        }
    }
    let kept = keep(console, &hunted, &keeper)?;
    Ok(SystemReport::new(&described(system), plan, hunted, time, ended, kept))
}

/// Makes `finding` smaller, and shows how far that is.
fn shrink(
    console: &mut Console<'_>,
    quiet: bool,
    system: &dyn AnySystem,
    threads: usize,
    finding: &mut WrittenFinding,
) {
    let is_interrupted = console.is_interrupted;
    let progress = ShrinkProgress::default();
    let shrinking = Shrinking { budget: squall::SHRINK_RUNS, progress: &progress };
    shown(console, quiet, &shrinking, || {
        make_smaller(finding, system, threads, &progress, is_interrupted);
    });
}

/// Keeps the findings as they are now. One that cannot be kept is printed instead: nothing that was
/// found is lost.
fn keep(
    console: &mut Console<'_>,
    hunted: &Hunted,
    keeper: &Keeper<'_>,
) -> io::Result<Vec<Option<PathBuf>>> {
    let mut paths = Vec::new();
    for finding in &hunted.findings {
        match keeper.settle(finding) {
            Ok(path) => paths.push(Some(path)),
            Err(error) => {
                let err = &mut console.err;
                writeln!(err, "error: {} cannot be kept: {error}", finding.file_name)?;
                writeln!(err, "{}", finding.text("save this text, and replay the file"))?;
                paths.push(None);
            }
        }
    }
    Ok(paths)
}
