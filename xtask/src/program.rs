//! The program with a bug in it, called as a user calls it, and what it answers as JSON.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// A program that was built from the scratch copy.
pub(crate) struct Program {
    path: PathBuf,
    /// The working directory of the program; paths that it prints are relative to it.
    root: PathBuf,
}

/// The options of a hunt.
pub(crate) struct Hunt<'a> {
    pub(crate) system: &'a str,
    pub(crate) seeds: Range<u64>,
    /// The maximum duration, in seconds.
    pub(crate) seconds: u64,
    /// The number of threads; `None` means one for each core.
    pub(crate) threads: Option<u16>,
    /// The folder for findings.
    pub(crate) folder: &'a Path,
}

/// The result of a hunt.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hunted {
    pub(crate) runs: u64,
    pub(crate) clean: u64,
    pub(crate) elapsed_ms: u64,
    pub(crate) findings: Vec<Found>,
}

/// A finding.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Found {
    pub(crate) path: Option<PathBuf>,
    pub(crate) rule: String,
    pub(crate) story: String,
    pub(crate) seeds: Seeds,
}

/// The seeds that have one finding.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Seeds {
    /// Some of them, rising.
    first: Vec<u64>,
}

impl Found {
    /// The first seed that has it.
    pub(crate) fn seed(&self) -> u64 {
        self.seeds.first.first().copied().unwrap_or_default()
    }
}

/// A rule that is broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Broken {
    pub(crate) rule: String,
    /// The rule and the shape of the evidence.
    pub(crate) fingerprint: Option<String>,
}

/// What came of shrinking a script.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Shrunk {
    pub(crate) shrunk: PathBuf,
    pub(crate) elapsed_ms: u64,
}

#[derive(Deserialize)]
struct RunJson {
    systems: Vec<Hunted>,
}

#[derive(Deserialize)]
struct ReplayJson {
    files: Vec<ReplayedJson>,
}

#[derive(Deserialize)]
struct ReplayedJson {
    rules: Vec<RuleJson>,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct RuleJson {
    name: String,
    verdict: String,
}

impl Program {
    pub(crate) fn new(path: PathBuf, root: &Path) -> Self {
        Self { path, root: root.to_owned() }
    }

    /// How it is called, from the folder of the project.
    pub(crate) fn shown(&self) -> String {
        self.short(&self.path)
    }

    /// `path` as one writes it in the folder of the project.
    pub(crate) fn short(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Sweeps seeds to the first finding.
    pub(crate) fn hunt(&self, hunt: &Hunt<'_>) -> Result<Hunted, Failure> {
        let Range { start, end } = hunt.seeds;
        let mut call = self.command(&["run", hunt.system, "--no-repeat", "--no-shrink"]);
        call.args(["--seeds", &format!("{start}..{end}")]);
        call.args(["--time", &format!("{}s", hunt.seconds), "--findings-dir"]).arg(hunt.folder);
        if let Some(threads) = hunt.threads {
            call.args(["--threads", &threads.to_string()]);
        }
        let RunJson { systems } = self.ask(call)?;
        let none = Hunted { runs: 0, clean: 0, elapsed_ms: 0, findings: Vec::new() };
        Ok(systems.into_iter().next().unwrap_or(none))
    }

    /// Makes the script in `file` smaller, and keeps the result as `output`.
    pub(crate) fn shrink(&self, file: &Path, output: &Path) -> Result<Shrunk, Failure> {
        let mut call = self.command(&["shrink"]);
        call.arg(file).arg("-o").arg(output);
        self.ask(call)
    }

    /// The rule that `file` breaks, if it breaks one.
    pub(crate) fn broken(&self, file: &Path) -> Result<Option<Broken>, Failure> {
        let mut call = self.command(&["replay"]);
        call.arg(file);
        let ReplayJson { files } = self.ask(call)?;
        Ok(files.into_iter().next().and_then(|ReplayedJson { rules, fingerprint }| {
            let broken = rules.into_iter().find(|rule| rule.verdict == "broken")?;
            Some(Broken { rule: broken.name, fingerprint })
        }))
    }

    /// How many events there are in the run of `file`.
    pub(crate) fn events(&self, file: &Path) -> Result<u64, Failure> {
        let mut call = self.command(&["trace"]);
        call.arg(file);
        let output = self.run(&mut call)?;
        let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        // The last line is the verdict.
        Ok((lines.count() as u64).saturating_sub(1))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).args(["--json", "--quiet"]).current_dir(&self.root);
        command
    }

    fn ask<T: DeserializeOwned>(&self, mut call: Command) -> Result<T, Failure> {
        let output = self.run(&mut call)?;
        serde_json::from_slice(&output.stdout).map_err(|error| Failure::Program {
            call: shown(&call),
            ended: "answered otherwise than expected".to_owned(),
            output: error.to_string(),
        })
    }

    fn run(&self, call: &mut Command) -> Result<Output, Failure> {
        let output = call.output().map_err(Failure::file("start", &self.path))?;
        // Everything holds; a rule is broken; a rule was not judged.
        if matches!(output.status.code(), Some(0 | 1 | 3)) {
            return Ok(output);
        }
        let output_of = || String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        // Wrong use: the file is not a script.
        if output.status.code() == Some(2) {
            return Err(Failure::Refused { call: shown(call), output: output_of() });
        }
        Err(Failure::Program {
            call: shown(call),
            ended: format!("ended with {}", output.status),
            output: output_of(),
        })
    }
}

fn shown(call: &Command) -> String {
    let words = std::iter::once(call.get_program()).chain(call.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
