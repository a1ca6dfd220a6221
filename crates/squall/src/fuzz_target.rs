//! The entry for fuzz targets: bytes become a script, which is run and judged.
//!
//! Bytes are choices of the generator, or the text of a script ([`squall_hunt::decode`]). The
//! generator makes runs that are recoverable by construction. A text that a fuzzer has mutated may
//! not be recoverable, so it is judged on safety alone, and it is only tried if it is small.

use std::path::{Path, PathBuf};

use squall_hunt::{Divergence, Finding, decode, hush};
use squall_script::{AnyRunner, Judged, Report, Script};

use crate::AnySystem;

use crate::divergence::write_divergence;
use crate::finding_file::WrittenFinding;

/// The largest number of processes in a text of a fuzzer that is tried.
const PROCESSES_MAX: u64 = 24;
const LINES_MAX: usize = 250;

/// The number of steps after which a run is abandoned as endless: a hundred times what one takes.
const STEPS_MAX: u64 = 20_000;

/// Scripts whose seed is a multiple of this are run twice, as in a sweep.
const REPEAT_EVERY: u64 = 20;

/// Returns a fuzz target for `system`, which by default does not keep its findings.
pub fn fuzz(system: &dyn AnySystem) -> FuzzTarget<'_> {
    FuzzTarget { system, runner: system.runner(), folder: None, program: "squall" }
}

/// Tries bytes, one input after another, in one world that is reused.
#[must_use = "it tries what it is told to check"]
pub struct FuzzTarget<'s> {
    system: &'s dyn AnySystem,
    runner: Box<dyn AnyRunner + 's>,
    folder: Option<PathBuf>,
    program: &'static str,
}

impl FuzzTarget<'_> {
    /// Keeps findings in `folder`.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets the name of the program that contains the system, for the line that runs a finding
    /// again. The default is `squall`.
    pub const fn program(mut self, program: &'static str) -> Self {
        self.program = program;
        self
    }

    /// Asserts that all rules hold in the script that `bytes` encode. Returns `None` if they encode
    /// none that is tried.
    ///
    /// # Panics
    ///
    /// Panics if a rule is broken or the run does not repeat itself. The message contains the line
    /// that runs it again.
    pub fn check(&mut self, bytes: &[u8]) -> Option<Report> {
        match self.outcome(bytes) {
            Ok(report) => report,
            Err(message) => panic!("{message}"),
        }
    }

    /// Returns the result of [`check`](Self::check), without its panic.
    ///
    /// # Errors
    ///
    /// Returns the message of the panic.
    pub fn outcome(&mut self, bytes: &[u8]) -> Result<Option<Report>, String> {
        let Some(script) = self.script(bytes) else { return Ok(None) };
        let Ok(report) = hush(|| self.runner.play(&script)) else { return Ok(None) };
        if report.broken().is_some()
            && let Some(finding) = Finding::of(&mut *self.runner, &script)
        {
            return Err(self.tell(&WrittenFinding::new(&finding)));
        }
        if script.seed.is_multiple_of(REPEAT_EVERY) || report.broken().is_some() {
            self.repeat(&script, &report)?;
        }
        Ok(Some(report))
    }

    /// Returns the script that `bytes` encode, if it is one that is tried.
    fn script(&self, bytes: &[u8]) -> Option<Script> {
        let mut script = decode(self.system, bytes, "fuzz").ok()?;
        if bytes.starts_with(b"squall ") {
            script.judged = Judged::Safety;
        }
        script.steps = script.steps.min(STEPS_MAX);
        let processes = u64::from(script.servers) + u64::from(script.clients);
        (processes <= PROCESSES_MAX && script.lines.len() <= LINES_MAX).then_some(script)
    }

    fn repeat(&mut self, script: &Script, report: &Report) -> Result<(), String> {
        let again = hush(|| self.runner.play(script));
        if again.map(|again| again.digest) == Ok(report.digest) {
            return Ok(());
        }
        let mut text = Vec::new();
        let divergence = Divergence::find(&mut *self.runner, script);
        let _ = write_divergence(&mut text, &divergence);
        let text = String::from_utf8_lossy(&text);
        Err(format!("{}: {}\n{script}", self.system.profile().name, text.trim()))
    }

    /// Describes a finding in a few lines, and keeps its script if there is a folder.
    fn tell(&self, finding: &WrittenFinding) -> String {
        let WrittenFinding { rule, sentence, story, script, .. } = finding;
        let told = format!("{rule} is broken: {sentence}\n  {story}");
        let Some(folder) = &self.folder else { return format!("{told}\n\n{script}") };
        let again = |path: &Path| format!("{} replay {}", self.program, path.display());
        match finding.keep(folder, &again) {
            Ok(kept) => format!("{told}\n  again: {}", again(&kept.path)),
            Err(error) => {
                format!("{told}\n  not kept in {}: {error}\n\n{script}", folder.display())
            }
        }
    }
}
