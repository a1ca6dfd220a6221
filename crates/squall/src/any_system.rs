//! A system without its types: what the commands ask of one.

use std::fmt::Display;

use squall_hunt::{
    Budget, Coverage, DecodeError, Divergence, Explanation, Finding, Plan, Progress, ShrinkError,
    ShrinkProgress, Size, Stopped, Tally, decode, encode, explain, generate, hush, shrink, sweep,
};
use squall_judge::{Panel, Rule};
use squall_process::Process;
use squall_script::{
    Knob, Op, Report, Runner, Script, ScriptError, Sizes, System, materialise, parse,
};
use squall_trace::{Event, Line, Lines, Observer};
use squall_world::LuckKind;

use crate::WrittenFinding;
use crate::recorded::{Parting, Recorded};

/// A [`System`] of any types. Every system is one.
pub trait AnySystem: Sync {
    /// Its name in scripts and on the command line.
    fn known_as(&self) -> &'static str;

    /// What it is.
    fn profile(&self) -> Profile;

    /// Sweeps seeds; see [`squall_hunt::sweep`].
    ///
    /// # Errors
    ///
    /// In one sentence, when the threads cannot be started.
    fn hunt(
        &self,
        plan: &Plan,
        progress: &Progress,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Hunted, String>;

    /// The text of the script that `seed` becomes.
    fn script_text(&self, seed: u64) -> String;

    /// The bytes that `seed` becomes: choices that a fuzzer can start from.
    fn seed_bytes(&self, seed: u64) -> Vec<u8>;

    /// The text of the script that `bytes` stand for; see [`squall_hunt::decode`]. `name` is where
    /// they are from, for errors.
    ///
    /// # Errors
    ///
    /// If they are no script of this system.
    fn text_of_bytes(&self, bytes: &[u8], name: &str) -> Result<String, DecodeError>;

    /// The script in `source` as it is printed; materialised, with all its luck in lines.
    ///
    /// # Errors
    ///
    /// If it is no script of this system.
    ///
    /// # Panics
    ///
    /// If what is printed does not parse to the same script: a fault of the notation.
    fn print(
        &self,
        source: &str,
        name: &str,
        is_materialised: bool,
    ) -> Result<PrintedScript, PlayError>;

    /// Runs the script in `source` twice and judges it. `name` is the name of the file, for errors.
    ///
    /// # Errors
    ///
    /// If it is no script of this system.
    fn replay(&self, source: &str, name: &str) -> Result<Replayed, PlayError>;

    /// Explains what the script in `source` breaks, if it breaks anything; see
    /// [`squall_hunt::explain`].
    ///
    /// # Errors
    ///
    /// If it is no script of this system.
    fn explain(
        &self,
        source: &str,
        name: &str,
        samples: Option<u32>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Explained>, PlayError>;

    /// Shrinks the script in `source`; see [`squall_hunt::shrink`].
    ///
    /// # Errors
    ///
    /// If it is no script of this system, or there is nothing to shrink.
    fn shrink(
        &self,
        source: &str,
        name: &str,
        budget: Budget,
        watch: (&ShrinkProgress, &(dyn Fn() -> bool + Sync)),
    ) -> Result<WrittenShrunk, ShrinkFailure>;

    /// Runs the script in `source` once and shows each line of its trace to `see`.
    ///
    /// # Errors
    ///
    /// If it is no script of this system.
    fn trace(
        &self,
        source: &str,
        name: &str,
        see: &mut dyn FnMut(&Line),
    ) -> Result<Report, PlayError>;
}

/// What a system is, for people.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name in scripts.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// How many servers and clients it takes.
    pub sizes: Sizes,
    /// What can be tuned.
    pub knobs: &'static [Knob],
    /// The roles that faults can aim at.
    pub roles: &'static [&'static str],
    /// The situations that some run should reach.
    pub marks: &'static [&'static str],
    /// An operation, as an example.
    pub example: &'static str,
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
        reason: String,
    },
}

impl<S: System> AnySystem for S
where
    Op<S>: Send,
{
    fn known_as(&self) -> &'static str {
        self.name()
    }

    fn profile(&self) -> Profile {
        let script = generate(self, 0);
        let panel = self.blueprint(&script).map(|blueprint| self.panel(&script, &blueprint));
        Profile {
            name: self.name(),
            about: self.about(),
            sizes: self.sizes(),
            knobs: self.knobs(),
            roles: self.roles(),
            marks: self.marks(),
            example: self.example(),
            rules: panel.map(|panel| panel.rules()).unwrap_or_default(),
        }
    }

    fn hunt(
        &self,
        plan: &Plan,
        progress: &Progress,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Hunted, String> {
        let swept = sweep(self, plan, progress, stop)?;
        Ok(Hunted {
            tally: swept.tally,
            coverage: swept.coverage,
            findings: swept.findings.iter().map(WrittenFinding::new).collect(),
            seeds: swept.seeds,
            interrupted: swept.interrupted,
        })
    }

    fn script_text(&self, seed: u64) -> String {
        generate(self, seed).to_string()
    }

    fn seed_bytes(&self, seed: u64) -> Vec<u8> {
        encode(self, seed)
    }

    fn text_of_bytes(&self, bytes: &[u8], name: &str) -> Result<String, DecodeError> {
        decode(self, bytes, name).map(|script| script.to_string())
    }

    fn print(
        &self,
        source: &str,
        name: &str,
        is_materialised: bool,
    ) -> Result<PrintedScript, PlayError> {
        let mut script = parse(self, source, name)?;
        if is_materialised {
            let fixed = hush(|| materialise(&mut Runner::new(self), &script, &LuckKind::ALL));
            let refused = |reason| PlayError::Refused { name: name.to_owned(), reason };
            script = fixed.map_err(refused)?;
        }
        let text = script.to_string();
        let again = parse(self, &text, name);
        assert!(
            again.as_ref() == Ok(&script),
            "what is printed parses to the same script: {again:?}"
        );
        Ok(PrintedScript { seed: script.seed, text })
    }

    fn replay(&self, source: &str, name: &str) -> Result<Replayed, PlayError> {
        let script = parse(self, source, name)?;
        let mut runner = Runner::new(self);
        let report = run(&mut runner, &script, &mut (), name)?;
        let again = run(&mut runner, &script, &mut (), name)?;
        let divergence =
            (again.digest != report.digest).then(|| Divergence::find(&mut runner, &script));
        let is_broken = report.broken().is_some();
        let finding = if is_broken { Finding::of(&mut runner, &script) } else { None };
        let finding = finding.as_ref().map(WrittenFinding::new);
        let recorded = Recorded::of(source);
        let mut parting = None;
        if let Some(recorded) = recorded.as_ref().filter(|r| r.digest != report.digest.to_string())
        {
            let mut lines = Lines::all();
            run(&mut runner, &script, &mut lines, name)?;
            parting = recorded.parting(lines.as_slice());
        }
        Ok(Replayed { seed: script.seed, report, divergence, finding, recorded, parting })
    }

    fn explain(
        &self,
        source: &str,
        name: &str,
        samples: Option<u32>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Explained>, PlayError> {
        let script = parse(self, source, name)?;
        let mut runner = Runner::new(self);
        // A system that refuses the script is told so.
        run(&mut runner, &script, &mut (), name)?;
        let explained = explain(&mut runner, &script, samples, stop);
        Ok(explained.map(|(finding, explanation)| Explained {
            finding: WrittenFinding::new(&finding),
            explanation,
        }))
    }

    fn shrink(
        &self,
        source: &str,
        name: &str,
        budget: Budget,
        (progress, stop): (&ShrinkProgress, &(dyn Fn() -> bool + Sync)),
    ) -> Result<WrittenShrunk, ShrinkFailure> {
        let script = parse(self, source, name).map_err(PlayError::from)?;
        let shrunk = shrink(self, &script, budget, progress, stop)?;
        let finding = Finding::of(&mut Runner::new(self), &shrunk.script);
        Ok(WrittenShrunk {
            finding: WrittenFinding::new(&finding.ok_or(ShrinkError::Diverged)?),
            before: shrunk.before,
            after: shrunk.after,
            runs: shrunk.runs,
            stopped: shrunk.stopped,
        })
    }

    fn trace(
        &self,
        source: &str,
        name: &str,
        see: &mut dyn FnMut(&Line),
    ) -> Result<Report, PlayError> {
        let script = parse(self, source, name)?;
        run(&mut Runner::new(self), &script, &mut Reader { lines: Lines::last(1), see }, name)
    }
}

/// One run, with panics of steps hushed.
fn run<S: System>(
    runner: &mut Runner<'_, S>,
    script: &Script<Op<S>>,
    watch: &mut dyn Observer<S::Process>,
    name: &str,
) -> Result<Report, PlayError>
where
    Op<S>: Display,
{
    let report = hush(|| runner.run(script, watch));
    report.map_err(|reason| PlayError::Refused { name: name.to_owned(), reason })
}

/// Shows each line when it is made, so that the trace of a long run takes no memory.
struct Reader<'a> {
    lines: Lines,
    see: &'a mut dyn FnMut(&Line),
}

impl<P: Process> Observer<P> for Reader<'_> {
    fn event(&mut self, event: &Event<'_, P>) {
        let is_line = !matches!(event.what, squall_trace::EventKind::Stepped { .. });
        self.lines.event(event);
        if is_line && let Some(line) = self.lines.as_slice().last() {
            (self.see)(line);
        }
    }
}
