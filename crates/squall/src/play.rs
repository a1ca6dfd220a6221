//! What the commands ask of a system.

use squall_hunt::{
    Budget, Coverage, DecodeError, Divergence, Explainable as AnySystem, Explanation, Finding,
    Overseer, Plan, Progress, ShrinkError, ShrinkProgress, Size, Stopped, SweepError, Tally,
    decode, encode, generate, hush, sweep,
};
use squall_judge::Rule;
use squall_script::{AnyRunner, Profile, Refused, Report, Script, ScriptError, materialise, parse};
use squall_trace::{Line, Lines};
use squall_world::LuckKind;

use crate::WrittenFinding;
use crate::recorded::{Parting, Recorded};

/// Returns what `system` is and the rules that it is judged by.
#[must_use]
pub fn described(system: &dyn AnySystem) -> Described {
    let rules = system.rules(&generate(system, 0)).unwrap_or_default();
    Described { profile: system.profile(), rules }
}

/// Sweeps seeds; see [`squall_hunt::sweep`].
///
/// # Errors
///
/// If the threads cannot be started.
pub fn hunt(
    system: &dyn AnySystem,
    plan: &Plan,
    progress: &Progress,
    overseer: &dyn Overseer,
) -> Result<Hunted, SweepError> {
    let swept = sweep(system, plan, progress, overseer)?;
    Ok(Hunted {
        tally: swept.tally,
        coverage: swept.coverage,
        findings: swept.findings.iter().map(WrittenFinding::new).collect(),
        seeds: swept.seeds,
        interrupted: swept.interrupted,
    })
}

/// Returns the text of the script that `seed` becomes.
#[must_use]
pub fn script_text(system: &dyn AnySystem, seed: u64) -> String {
    generate(system, seed).to_string()
}

/// Returns the bytes that `seed` becomes: choices that a fuzzer can start from.
#[must_use]
pub fn seed_bytes(system: &dyn AnySystem, seed: u64) -> Vec<u8> {
    encode(system, seed)
}

/// Returns the text of the script that `bytes` stand for; see [`squall_hunt::decode`]. `name` is
/// where they are from, for errors.
///
/// # Errors
///
/// If they are no script of this system.
pub fn text_of_bytes(
    system: &dyn AnySystem,
    bytes: &[u8],
    name: &str,
) -> Result<String, DecodeError> {
    decode(system, bytes, name).map(|script| script.to_string())
}

/// Returns the script in `source` as it is printed; materialised, with all its luck in lines.
///
/// # Errors
///
/// If it is no script of this system.
///
/// # Panics
///
/// If what is printed does not parse to the same script: a fault of the notation.
pub fn print(
    system: &dyn AnySystem,
    source: &str,
    name: &str,
    is_materialised: bool,
) -> Result<PrintedScript, PlayError> {
    let mut script = parse(system, source, name)?;
    if is_materialised {
        let fixed = hush(|| materialise(&mut *system.runner(), &script, &LuckKind::ALL));
        let refused = |reason| PlayError::Refused { name: name.to_owned(), reason };
        script = fixed.map_err(refused)?;
    }
    let text = script.to_string();
    let again = parse(system, &text, name);
    assert!(again.as_ref() == Ok(&script), "what is printed parses to the same script: {again:?}");
    Ok(PrintedScript { seed: script.seed, text })
}

/// Runs the script in `source` twice and judges it. `name` is the name of the file, for errors.
///
/// # Errors
///
/// If it is no script of this system.
pub fn replay(system: &dyn AnySystem, source: &str, name: &str) -> Result<Replayed, PlayError> {
    let script = parse(system, source, name)?;
    let mut runner = system.runner();
    let runner = &mut *runner;
    let report = run(runner, &script, name)?;
    let again = run(runner, &script, name)?;
    let divergence = (again.digest != report.digest).then(|| Divergence::find(runner, &script));
    let is_broken = report.broken().is_some();
    let finding = if is_broken { Finding::of(runner, &script) } else { None };
    let finding = finding.as_ref().map(WrittenFinding::new);
    let recorded = Recorded::of(source);
    let mut parting = None;
    if let Some(recorded) = recorded.as_ref().filter(|r| r.digest != report.digest.to_string()) {
        let mut lines = Lines::all();
        let watched = hush(|| runner.watch(&script, &mut |event| lines.keep(event)));
        watched.map_err(|reason| PlayError::Refused { name: name.to_owned(), reason })?;
        parting = recorded.parting(lines.as_slice());
    }
    Ok(Replayed { seed: script.seed, report, divergence, finding, recorded, parting })
}

/// Explains what the script in `source` breaks, if it breaks anything; see
/// [`squall_hunt::explain`].
///
/// # Errors
///
/// If it is no script of this system.
pub fn explain(
    system: &dyn AnySystem,
    source: &str,
    name: &str,
    samples: Option<u32>,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Explained>, PlayError> {
    let script = parse(system, source, name)?;
    // A system that refuses the script is told so.
    run(&mut *system.runner(), &script, name)?;
    let explained = squall_hunt::explain(system, &script, samples, stop);
    Ok(explained.map(|(finding, explanation)| Explained {
        finding: WrittenFinding::new(&finding),
        explanation,
    }))
}

/// Shrinks the script in `source`; see [`squall_hunt::shrink`].
///
/// # Errors
///
/// If it is no script of this system, or there is nothing to shrink.
pub fn shrink(
    system: &dyn AnySystem,
    source: &str,
    name: &str,
    budget: Budget,
    progress: &ShrinkProgress,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<WrittenShrunk, ShrinkFailure> {
    let script = parse(system, source, name).map_err(PlayError::from)?;
    let shrunk = squall_hunt::shrink(system, &script, budget, progress, stop)?;
    let finding = Finding::of(&mut *system.runner(), &shrunk.script);
    Ok(WrittenShrunk {
        finding: WrittenFinding::new(&finding.ok_or(ShrinkError::Diverged)?),
        before: shrunk.before,
        after: shrunk.after,
        runs: shrunk.runs,
        stopped: shrunk.stopped,
    })
}

/// Runs the script in `source` once and shows each line of its trace to `see`.
///
/// # Errors
///
/// If it is no script of this system.
pub fn trace(
    system: &dyn AnySystem,
    source: &str,
    name: &str,
    see: &mut dyn FnMut(&Line),
) -> Result<Report, PlayError> {
    let script = parse(system, source, name)?;
    let mut runner = system.runner();
    let report = hush(|| {
        runner.watch(&script, &mut |event| {
            if let Some(line) = event.line() {
                see(&line);
            }
        })
    });
    report.map_err(|reason| PlayError::Refused { name: name.to_owned(), reason })
}

/// One run, with panics of steps hushed.
fn run(runner: &mut dyn AnyRunner, script: &Script, name: &str) -> Result<Report, PlayError> {
    let report = hush(|| runner.play(script));
    report.map_err(|reason| PlayError::Refused { name: name.to_owned(), reason })
}

/// What a system is, for people.
#[derive(Clone, Debug)]
pub struct Described {
    /// What the system says of itself.
    pub profile: Profile,
    /// What must hold.
    pub rules: Vec<Rule>,
}

/// What came of a sweep.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// The sums over all runs.
    pub tally: Tally,
    /// What they covered.
    pub coverage: Coverage,
    /// One finding for each fingerprint, by the first seed that had it.
    pub findings: Vec<WrittenFinding>,
    /// The seeds that were run.
    pub seeds: std::ops::Range<u64>,
    /// Whether it ended before all planned seeds were run, and not for its findings.
    pub interrupted: bool,
}

/// A script as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintedScript {
    /// Its seed.
    pub seed: u64,
    /// All of it.
    pub text: String,
}

/// What came of a replay.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The seed of the script.
    pub seed: u64,
    /// What came of the run.
    pub report: Report,
    /// How a second run differed, if it did.
    pub divergence: Option<Divergence>,
    /// The finding, if a rule is broken.
    pub finding: Option<WrittenFinding>,
    /// What the file says that it was, if it is a finding.
    pub recorded: Option<Recorded>,
    /// Where the run parts from the recorded one, if it does.
    pub parting: Option<Parting>,
}

/// Why a finding came about.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The finding.
    pub finding: WrittenFinding,
    /// What led to it.
    pub explanation: Explanation,
}

/// What a script was shrunk to, written down.
#[derive(Clone, Debug)]
pub struct WrittenShrunk {
    /// The finding that the shrunk script is.
    pub finding: WrittenFinding,
    /// The size of the first script, and the events of its run.
    pub before: (Size, u64),
    /// The size of the shrunk script, and the events of its run.
    pub after: (Size, u64),
    /// How many runs it took.
    pub runs: u64,
    /// Why no more was tried. `None`: no single line can be left out.
    pub stopped: Option<Stopped>,
}

/// Why a script was not shrunk.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ShrinkFailure {
    /// It was not run.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// There is nothing to shrink.
    #[error(transparent)]
    Shrink(#[from] ShrinkError),
}

/// Why a script was not run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PlayError {
    /// It is no script of this system.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The system refuses it.
    #[error("{name}: the system cannot be run so: {reason}")]
    Refused {
        /// The name of the file.
        name: String,
        /// What the system says.
        reason: Refused,
    },
}
