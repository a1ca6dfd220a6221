//! Shrinking: a script that breaks a rule becomes the smallest one found that breaks the same rule
//! in the same way.
//!
//! The order of worth is: fewer processes, fewer operations, fewer faults, less luck, a calmer
//! header, shorter times, rounder numbers. Each candidate is run and judged, and taken only if it
//! has the [`Fingerprint`] of the first; so what comes out breaks the rule that was broken, never
//! another.
//!
//! 1. Processes and lines are left out, and the header made calm, until nothing more can go
//!    ([`cast`], [`lines`], [`ordinals`], [`weather`]). Luck stays where it is meanwhile, because
//!    it is keyed; where it cannot stay, a few other seeds are tried.
//! 2. What is left to chance becomes lines, sort by sort, and those lines are left out, too. Of the
//!    two scripts the one with fewer lines is kept ([`forms`]).
//! 3. Knobs are turned where that saves lines ([`knobs`]).
//! 4. Times, numbers, groups and words are made simpler ([`simpler`]), and all begins again as long
//!    as something gets smaller.
//! 5. In the end each line is left out once more, with no limit of steps: what cannot be left out
//!    is needed, and the script is 1-minimal. It is run twice, and must be the same run.
//!
//! No clock and no terminal is known here: a budget is counted in runs, and whoever calls says when
//! to stop. What is best so far is handed out even then.

mod cast;
mod forms;
mod knobs;
mod lines;
mod ordinals;
mod simpler;
mod size;
mod trials;
mod weather;

use std::sync::atomic::AtomicU64;

use squall_judge::Verdict;
use squall_script::{AnyRunner, AnySystem, Refused, Report, Script, check, hint_times};
use squall_trace::Digest;

use crate::fingerprint::Fingerprint;
use crate::panics;

pub use size::Size;
pub use trials::Stopped;
use trials::{Saved, Trials};

/// How much may be spent on a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// So many runs.
    pub runs: u64,
    /// On so many threads; at least one. The result does not depend on it.
    pub threads: usize,
}

impl Default for Budget {
    /// 20,000 runs on one thread.
    fn default() -> Self {
        Self { runs: 20_000, threads: 1 }
    }
}

/// How far it has come: for whoever shows it while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs so far.
    pub runs: AtomicU64,
    /// Lines of the best script so far.
    pub lines: AtomicU64,
}

/// What a script was shrunk to.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The script.
    pub script: Script,
    /// What it shows, as the first did.
    pub fingerprint: Fingerprint,
    /// The size of the first script, and the events of its run.
    pub before: (Size, u64),
    /// The size of this script, and the events of its run.
    pub after: (Size, u64),
    /// How many runs it took.
    pub runs: u64,
    /// Why no more was tried. `None`: no single line can be left out.
    pub stopped: Option<Stopped>,
}

/// Why a script was not shrunk.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShrinkError {
    /// No rule is broken: there is nothing to shrink.
    #[error("{}", not_broken_because(.0))]
    NotBroken(Verdict),
    /// Its run does not repeat itself.
    #[error("its run does not repeat itself")]
    Diverged,
    /// The system refuses it.
    #[error("the system cannot be run so: {0}")]
    Refused(Refused),
    /// The threads cannot be started.
    #[error("{0}")]
    Threads(String),
}

/// Shrinks `script` until nothing more can go, its budget is used up, or `stop` says so.
///
/// # Errors
///
/// If the script breaks no rule, or no rule for sure.
pub fn shrink(
    system: &dyn AnySystem,
    script: &Script,
    budget: Budget,
    progress: &Progress,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Shrunk, ShrinkError> {
    if let Err(wrongs) = check(script, system) {
        let problems = wrongs.iter().map(|wrong| wrong.problem.to_string());
        return Err(ShrinkError::Refused(problems.collect::<Vec<_>>().join("; ").into()));
    }
    let mut runner = system.runner();
    let runner = &mut *runner;
    let report = panics::hush(|| runner.play(script)).map_err(ShrinkError::Refused)?;
    let Some((fingerprint, again)) = Fingerprint::take(runner, script) else {
        let is_broken = report.broken().is_some();
        let error = if is_broken { ShrinkError::Diverged } else { not_broken(&report) };
        return Err(error);
    };
    if again.digest != report.digest {
        return Err(ShrinkError::Diverged);
    }
    let start = Saved { script: script.clone(), steps: report.steps };
    let mut trials = Trials::new(system, budget, progress, stop, fingerprint.clone(), start);
    let trials = trials.as_mut().map_err(|error| ShrinkError::Threads(error.clone()))?;
    trials.shrink();
    let mut best = trials.best().clone();
    panics::hush(|| hint_times(runner, &mut best)).map_err(ShrinkError::Refused)?;
    let events = verified(runner, &best, &fingerprint)?;
    Ok(Shrunk {
        before: (Size::of(script), report.events),
        after: (Size::of(&best), events),
        script: best,
        fingerprint,
        runs: trials.runs,
        stopped: trials.stopped,
    })
}

fn not_broken_because(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Unknown(reason) => format!("no rule is broken; unknown: {reason}"),
        Verdict::Holds | Verdict::Broken(_) => "no rule is broken".to_owned(),
    }
}

fn not_broken(report: &Report) -> ShrinkError {
    ShrinkError::NotBroken(report.verdict())
}

/// Runs `script` twice more: the events of its run, which shows `wanted` and repeats itself.
fn verified(
    runner: &mut dyn AnyRunner,
    script: &Script,
    wanted: &Fingerprint,
) -> Result<u64, ShrinkError> {
    let mut seen: Option<Digest> = None;
    let mut events = 0;
    for _ in 0..2 {
        let shown = Fingerprint::take(runner, script).filter(|(shown, _)| shown == wanted);
        let (_, report) = shown.ok_or(ShrinkError::Diverged)?;
        if seen.replace(report.digest).is_some_and(|seen| seen != report.digest) {
            return Err(ShrinkError::Diverged);
        }
        events = report.events;
    }
    Ok(events)
}
