//! The entry for `#[test]`: sweeps seeds, fails with a line that reproduces the failure, and keeps
//! its script.
//!
//! Two environment variables change what is swept: `SQUALL_SEED=7` runs only that seed, and
//! `SQUALL_SEEDS=5000` or `SQUALL_SEEDS=100..200` replaces the seeds of the test.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use squall_hunt::{Finding, Plan, Progress, ShrinkProgress, Sweep};
use squall_script::system_of;

use crate::script_file::{read, scripts_in};

use crate::AnySystem;
use crate::divergence::write_divergence;
use crate::finding_file::WrittenFinding;
use crate::play::{Replayed, replay};
use crate::seeds::seeds;
use crate::smaller::make_smaller;

/// The seeds that a test sweeps by default.
const SEEDS_DEFAULT: Range<u64> = 0..1_000;

/// Returns a test of `system`. By default it sweeps 1,000 seeds on all cores and does not keep
/// findings.
pub fn sweep(system: &dyn AnySystem) -> SweepTest<'_> {
    SweepTest { system, seeds: SEEDS_DEFAULT, folder: None }
}

/// A sweep in a test. It ends with [`check`](SweepTest::check) or [`finds`](SweepTest::finds).
#[derive(Clone)]
#[must_use = "it sweeps when it is told to check"]
pub struct SweepTest<'s> {
    system: &'s dyn AnySystem,
    seeds: Range<u64>,
    folder: Option<PathBuf>,
}

impl SweepTest<'_> {
    /// Sweeps the seeds from 0 to below `count`.
    pub fn seeds(self, count: u64) -> Self {
        self.seeds_in(0..count)
    }

    /// Sweeps these seeds.
    pub fn seeds_in(mut self, seeds: Range<u64>) -> Self {
        self.seeds = seeds;
        self
    }

    /// Keeps findings in `folder`, and runs the scripts there first. Paths are relative to the root
    /// of the package.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Asserts that all rules hold: in the kept scripts, then in the seeds. A failing script is
    /// shrunk for a few seconds before it is reported and kept.
    ///
    /// # Panics
    ///
    /// Panics if a rule is broken, a run does not repeat itself, or a run cannot be judged. The
    /// message contains the seed and the line that reproduces it.
    pub fn check(self) -> Sweep {
        let environment = |name: &str| std::env::var(name).ok();
        match self.outcome(&environment) {
            Ok(sweep) => sweep,
            Err(message) => panic!("{message}"),
        }
    }

    /// Returns the result of [`check`](SweepTest::check) in the given environment, without its
    /// panic.
    ///
    /// # Errors
    ///
    /// Returns the message of the panic.
    pub fn outcome(self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Sweep, String> {
        let name = self.system.profile().name;
        let seeds = chosen(environment, &self.seeds)?;
        let is_one_seed = environment("SQUALL_SEED").is_some();
        if !is_one_seed && let Some(folder) = &self.folder {
            self.run_kept(folder)?;
        }
        let swept = self.sweep(seeds)?;
        if let Some(finding) = swept.findings.first() {
            let mut finding = WrittenFinding::new(finding);
            let progress = ShrinkProgress::default();
            make_smaller(&mut finding, self.system, threads(), &progress, &|| false);
            return Err(self.tell(&finding, environment));
        }
        if let Some(divergence) = swept.tally.diverged.first() {
            let mut text = Vec::new();
            let _ = write_divergence(&mut text, divergence);
            return Err(format!("{name}: {}", String::from_utf8_lossy(&text).trim()));
        }
        if let Some(rule) = swept.tally.rules.iter().find(|rule| rule.broken > 0) {
            let rule = rule.name;
            return Err(format!("{name}: {rule} was broken, and held when its seed was run again"));
        }
        if let Some((reason, count)) = swept.tally.unknown.first_key_value() {
            let runs = swept.tally.runs;
            return Err(format!("{name}: nothing can be said of {count} of {runs} runs: {reason}"));
        }
        if swept.tally.runs == 0 {
            return Err(format!("{name}: no seed was run"));
        }
        Ok(swept)
    }

    /// Asserts that a sweep of these seeds finds `rule` broken, and returns the finding, for
    /// systems with a planted mistake. The environment has no effect here.
    ///
    /// # Panics
    ///
    /// Panics if no seed breaks the rule.
    pub fn finds(self, rule: &str) -> Finding {
        let mut others: Vec<&str> = Vec::new();
        let mut start = self.seeds.start;
        while start < self.seeds.end {
            let swept = match self.sweep(start..self.seeds.end) {
                Ok(swept) => swept,
                Err(message) => panic!("{message}"),
            };
            let Some(finding) = swept.findings.into_iter().next() else { break };
            if finding.rule == rule {
                return finding;
            }
            if !others.contains(&finding.rule) {
                others.push(finding.rule);
            }
            let first = finding.seeds.first.first().copied().unwrap_or(finding.script.seed);
            start = first + 1;
        }
        let Range { start, end } = self.seeds;
        let others = match others.as_slice() {
            [] => "nor any other rule".to_owned(),
            others => format!("but {}", others.join(", ")),
        };
        panic!("{}: no seed of {start}..{end} breaks {rule}, {others}", self.system.profile().name)
    }

    fn sweep(&self, seeds: Range<u64>) -> Result<Sweep, String> {
        let plan = Plan { seeds, threads: threads(), ..Plan::default() };
        let swept = squall_hunt::sweep(self.system, &plan, &Progress::default(), &|| false);
        swept.map_err(|error| error.to_string())
    }

    /// Runs the scripts of this system in `folder`.
    fn run_kept(&self, folder: &Path) -> Result<(), String> {
        if !folder.exists() {
            return Ok(());
        }
        let unlisted = |error| format!("cannot list {}: {error}", folder.display());
        for path in scripts_in(folder).map_err(unlisted)? {
            let name = path.display().to_string();
            let text = read(&path).map_err(|error| error.to_string())?;
            let system = system_of(&text, &name).map_err(|error| error.render(false))?;
            if system != self.system.profile().name {
                continue;
            }
            let replayed = replay(self.system, &text, &name).map_err(|error| error.to_string())?;
            judge(&name, &replayed)?;
        }
        Ok(())
    }

    /// Describes a finding in a few lines, and keeps its script if there is a folder.
    fn tell(
        &self,
        finding: &WrittenFinding,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> String {
        let WrittenFinding { rule, sentence, seed, story, .. } = finding;
        let again = reproduction(*seed, environment);
        let mut text = format!("{rule} is broken: {sentence}\n  seed {seed}: {story}\n");
        for line in &finding.proof {
            let _ = writeln!(text, "    {line}");
        }
        if let Some(shrunk) = &finding.shrunk {
            let _ = writeln!(text, "  {shrunk}");
        }
        let _ = write!(text, "  again: {again}");
        match &self.folder {
            None => {}
            Some(folder) => match finding.keep(folder, &|_| again.clone()) {
                Ok(kept) => {
                    let _ = write!(text, "\n  kept: {}", kept.path.display());
                }
                Err(error) => {
                    let _ = write!(text, "\n  not kept in {}: {error}", folder.display());
                }
            },
        }
        text
    }
}

/// Returns the number of cores.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Returns the seeds to sweep, from the environment or the test.
fn chosen(
    environment: &dyn Fn(&str) -> Option<String>,
    by_test: &Range<u64>,
) -> Result<Range<u64>, String> {
    if let Some(text) = environment("SQUALL_SEED") {
        let seed: u64 =
            text.parse().map_err(|_| format!("SQUALL_SEED is no whole number: `{text}`"))?;
        return Ok(seed..seed.saturating_add(1));
    }
    match environment("SQUALL_SEEDS") {
        Some(text) => seeds(&text).map_err(|error| format!("SQUALL_SEEDS: {error}")),
        None => Ok(by_test.clone()),
    }
}

/// Returns an error if a kept script breaks a rule now.
fn judge(name: &str, replayed: &Replayed) -> Result<(), String> {
    if let Some((rule, evidence)) = replayed.report.broken() {
        let sentence = rule.sentence;
        return Err(format!(
            "{name}: {} is broken: {sentence}\n  {}\n  again: squall replay {name}",
            rule.name,
            evidence.story()
        ));
    }
    if let Some(divergence) = &replayed.divergence {
        let mut text = Vec::new();
        let _ = write_divergence(&mut text, divergence);
        return Err(format!("{name}: {}", String::from_utf8_lossy(&text).trim()));
    }
    Ok(())
}

/// Returns the line that runs `seed` again.
fn reproduction(seed: u64, environment: &dyn Fn(&str) -> Option<String>) -> String {
    let mut line = format!("SQUALL_SEED={seed} cargo test");
    if let Some(package) = environment("CARGO_PKG_NAME") {
        line.push_str(&format!(" -p {package}"));
    }
    // The test harness names the thread of a test after it.
    #[expect(clippy::disallowed_methods, reason = "the name of the test; no run sees it")]
    let thread = std::thread::current();
    if let Some(test) = thread.name().filter(|name| *name != "main") {
        line.push_str(&format!(" {test}"));
    }
    line
}
