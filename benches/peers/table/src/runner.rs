//! The runners as programs: how each is built, started, and read.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{fmt, io};

use crate::{TARGET, TOO_SLOW};

/// A program that measures one simulator.
#[derive(Debug)]
pub(crate) struct Runner {
    /// The name in the table.
    pub(crate) name: &'static str,
    package: &'static str,
    /// What its build needs in RUSTFLAGS. Such a build has a folder of its own.
    flags: &'static str,
}

/// In the order of the table; the first is what the others are compared with.
pub(crate) const RUNNERS: [Runner; 6] = [
    Runner::plain("bare", "peers-bare"),
    Runner::plain("stateright", "peers-stateright"),
    Runner { name: "madsim", package: "peers-madsim", flags: "--cfg madsim" },
    Runner::plain("anysystem", "peers-anysystem"),
    Runner::plain("moonpool", "peers-moonpool"),
    Runner::plain("turmoil", "peers-turmoil"),
];

/// Why there is no table.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A program could not be started.
    Start(PathBuf, io::Error),
    /// A runner could not be built.
    Build(&'static str),
    /// A runner did not do the work, or said so in a way that cannot be read.
    Run { runner: &'static str, work: &'static str, text: String },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(program, error) => write!(f, "{}: {error}", program.display()),
            Self::Build(runner) => write!(f, "{runner} could not be built"),
            Self::Run { runner, work, text } => write!(f, "{runner} failed at {work}: {text}"),
        }
    }
}

impl Runner {
    const fn plain(name: &'static str, package: &'static str) -> Self {
        Self { name, package, flags: "" }
    }

    /// Where its build goes.
    fn target(&self) -> PathBuf {
        let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target");
        if self.flags.is_empty() { target } else { target.join(self.name) }
    }

    /// Builds it, released and optimised.
    pub(crate) fn build(&self) -> Result<(), Failure> {
        let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let mut command = Command::new(&cargo);
        command
            .args(["build", "--release", "--quiet", "--package", self.package])
            .arg("--target-dir")
            .arg(self.target())
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        if !self.flags.is_empty() {
            command.env("RUSTFLAGS", self.flags);
        }
        let status = command.status();
        match status.map_err(|error| Failure::Start(cargo, error))? {
            status if status.success() => Ok(()),
            _ => Err(Failure::Build(self.name)),
        }
    }

    /// Runs one measurement; none if it refuses the work, and why.
    fn run(&self, work: &'static str, amount: u64, seed: u64) -> Result<Answer, Failure> {
        let program = self.target().join("release").join(self.package);
        let output = Command::new(&program)
            .args([work, &amount.to_string(), &seed.to_string()])
            .output()
            .map_err(|error| Failure::Start(program, error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let failure = || Failure::Run {
            runner: self.name,
            work,
            text: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
        };
        match output.status.code() {
            Some(0) => Sample::parse(&text).map(Answer::Done).ok_or_else(failure),
            Some(3) => {
                let reason = text.trim().strip_prefix("refused=").ok_or_else(failure)?;
                Ok(Answer::Refused(reason.to_owned()))
            }
            _ => Err(failure()),
        }
    }
}

enum Answer {
    Done(Sample),
    Refused(String),
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Worlds.
    pub(crate) runs: u64,
    /// Messages handed to processes.
    pub(crate) deliveries: u64,
    /// Messages that processes sent.
    pub(crate) sends: u64,
    /// Simulated time of all worlds.
    pub(crate) simulated: Duration,
    /// Real time.
    pub(crate) elapsed: Duration,
    /// The most memory that the process held.
    pub(crate) peak_kib: u64,
}

impl Sample {
    fn parse(line: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name)?.1.parse::<u64>().ok()
        };
        Some(Self {
            runs: field("runs")?,
            deliveries: field("deliveries")?,
            sends: field("sends")?,
            simulated: Duration::from_nanos(field("simulated_nanos")?),
            elapsed: Duration::from_nanos(field("elapsed_nanos")?),
            peak_kib: field("peak_kib")?,
        })
    }
}

/// A runner on a workload.
#[derive(Debug)]
pub(crate) struct Cell {
    runner: &'static Runner,
    /// The name of the workload.
    pub(crate) work: &'static str,
    /// Deliveries, or worlds, in each measurement.
    pub(crate) amount: u64,
    /// Why there are no samples.
    pub(crate) refusal: Option<String>,
    /// One for each round.
    pub(crate) samples: Vec<Sample>,
    settled: bool,
}

impl Cell {
    /// Finds the amount of work that takes about [`TARGET`], beginning with `amount_least`.
    pub(crate) fn new(
        runner: &'static Runner,
        work: &'static str,
        amount_least: u64,
    ) -> Result<Self, Failure> {
        let mut cell = Self {
            runner,
            work,
            amount: amount_least,
            refusal: None,
            samples: Vec::new(),
            settled: false,
        };
        loop {
            let sample = match runner.run(work, cell.amount, 1)? {
                Answer::Done(sample) => sample,
                Answer::Refused(reason) => {
                    cell.refusal = Some(reason);
                    cell.settled = true;
                    return Ok(cell);
                }
            };
            if sample.elapsed > TOO_SLOW {
                cell.samples.push(sample);
                cell.settled = true;
                return Ok(cell);
            }
            let elapsed = sample.elapsed.as_nanos().max(1);
            let target = u128::from(cell.amount) * TARGET.as_nanos() / elapsed;
            let target = u64::try_from(target).unwrap_or(u64::MAX);
            // From a tenth of the target on, what is left to find is guessed well enough.
            if sample.elapsed * 10 >= TARGET {
                cell.amount = target.max(amount_least);
                return Ok(cell);
            }
            cell.amount = target.min(cell.amount * 50);
        }
    }

    /// Which runner this is.
    pub(crate) fn runner(&self) -> &'static str {
        self.runner.name
    }

    /// Takes one more sample, unless there is nothing to gain from it.
    pub(crate) fn measure(&mut self, seed: u64) -> Result<(), Failure> {
        if self.settled {
            return Ok(());
        }
        match self.runner.run(self.work, self.amount, seed)? {
            Answer::Done(sample) => self.samples.push(sample),
            Answer::Refused(reason) => self.refusal = Some(reason),
        }
        Ok(())
    }

    /// What is counted: worlds for `w3`, deliveries for all others.
    pub(crate) fn unit(&self) -> &'static str {
        if self.work == "w3" { "runs" } else { "deliveries" }
    }

    /// The median rate, in units a second; none if the runner refused.
    pub(crate) fn rate(&self) -> Option<f64> {
        median(self.rates())
    }

    /// How many times slower this is than `other`: the median over the rounds, each compared with
    /// the same round; none if either refused.
    pub(crate) fn times_slower(&self, other: &Self) -> Option<f64> {
        if self.samples.len() != other.samples.len() {
            return Some(other.rate()? / self.rate()?);
        }
        median(other.rates().zip(self.rates()).map(|(other, own)| other / own))
    }

    fn rates(&self) -> impl Iterator<Item = f64> {
        let of_worlds = self.unit() == "runs";
        self.samples.iter().map(move |sample| {
            let count = if of_worlds { sample.runs } else { sample.deliveries };
            count as f64 / sample.elapsed.as_secs_f64()
        })
    }

    /// The median of the peak memory, in MiB; none if the runner refused.
    pub(crate) fn peak_mib(&self) -> Option<f64> {
        median(self.samples.iter().map(|sample| sample.peak_kib as f64 / 1024.0))
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
