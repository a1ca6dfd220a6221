//! What can be said on the command line.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use squall::{seed, seeds};
use squall_history::Value;
use squall_linear::BUDGET;
use squall_process::Span;

use crate::console::ColorChoice;

const EXIT_STATUS: &str = "\
Exit status: 0 every rule holds, 1 a rule is broken, 2 wrong use, 3 unknown, 4 nothing was run,
5 a run did not repeat itself, 6 no rule is broken by what should break one, 70 a fault in the
harness itself, or in writing what it has to say. Of several, the worst counts.";

/// Tests distributed protocols under a simulated clock, network and disk that misbehave
#[derive(Parser, Debug)]
#[command(name = "squall", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub(crate) struct Line {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) style: Style,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// How it is told.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Print JSON, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours; `auto` honours NO_COLOR and CI
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// Which process does the work.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// Run systems in this process, for a debugger or a profiler; else a second process runs them,
    /// which their code may end
    #[arg(long, global = true)]
    pub(crate) in_process: bool,
    /// The file in which a supervised process notes what it does
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub(crate) logbook: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Sweep seeds: each becomes a script, is run, and is judged
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Run scripts again and judge them
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Print the script of a seed, of a file, or of the bytes of a fuzz target
    #[command(after_help = SCRIPT_EXAMPLES)]
    Script(Script),
    /// Find the smallest script that breaks the same rule in the same way
    #[command(after_help = SHRINK_EXAMPLES)]
    Shrink(Shrink),
    /// Print what happens in a run, event by event
    #[command(after_help = TRACE_EXAMPLES)]
    Trace(Trace),
    /// Tell why a script breaks a rule: the events that led there, and the one that decided it
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Hold a history that was recorded elsewhere against a model
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// List the systems, with their sizes, rules and knobs
    List,
    /// Print completions for a shell
    #[command(after_help = "Example: squall completions bash > ~/.local/share/bash-completion/\
completions/squall")]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

const RUN_EXAMPLES: &str = "\
Examples:
  squall run                            every system, for some ten seconds
  squall run synod --seeds 1000000      the seeds from 0 to 999999
  squall run synod --seeds 500..600     the seeds from 500 to 599
  squall run --time 10m --findings 5    ten minutes, or until five different findings";

const REPLAY_EXAMPLES: &str = "\
Examples:
  squall replay findings/agreement-3f2a.squall
  squall replay findings                every script in the folder

A finding that still breaks a rule ends with status 1, whether by the recorded events or by
others. One that holds now ends with status 0 and says what it was. A run that differs from itself
ends with status 5.";

const SCRIPT_EXAMPLES: &str = "\
Examples:
  squall script synod --seed 7 > story.squall
  squall script story.squall --materialise    the same run, with nothing left to chance
  squall script synod --bytes fuzz/artifacts/synod_run/crash-0a1b > story.squall
  squall script synod --seed 7 --as-bytes > fuzz/corpus/synod_run/seed-7";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  squall explain findings/agreement-3f2a.squall
  squall explain synod --seed 7 --samples 500

A finding that is explained ends with status 1, since a rule is broken; a script that breaks none
ends with status 6.";

const SHRINK_EXAMPLES: &str = "\
Examples:
  squall shrink findings/agreement-3f2a.squall
  squall shrink story.squall -o small.squall --time 1m

The shrunk script goes to a new file, by default beside the old one: story.min.squall. It still
breaks its rule, so the command ends with status 1; with status 6 if there is nothing to shrink,
because no rule is broken. Ctrl-C keeps the best so far.";

const TRACE_EXAMPLES: &str = "\
Examples:
  squall trace findings/agreement-3f2a.squall
  squall trace synod --seed 7 --json    one JSON object a line, the verdict last";

const CHECK_EXAMPLES: &str = "\
Examples:
  squall check history.edn --model register
  squall check history.jsonl --model map --html why.html

Reads Jepsen's EDN and JSON, and plain JSON lines. Ends with status 0 if the history is
linearizable, 1 if it is not, 3 if the budget or the memory ends before that is known.";

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The history; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What the operations were done to
    #[arg(long, value_enum)]
    pub(crate) model: ModelName,
    /// How it is written [default: told by the first entry]
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatName>,
    /// What a register, or each key of a map, holds before the first write, and at what a counter
    /// begins [default: nil, 0]
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub(crate) initial: Option<Value>,
    /// What a read of a register that was answered with nil means
    #[arg(long, value_enum, value_name = "MEANING", default_value_t = NilReadsName::Value)]
    pub(crate) nil_reads: NilReadsName,
    /// How many configurations to look at before giving up; this bounds the time as well
    #[arg(long, value_name = "N", default_value_t = BUDGET.nodes)]
    pub(crate) budget: u64,
    /// How many MiB of configurations and states to remember before giving up
    #[arg(long, value_name = "MIB", default_value_t = BUDGET.bytes >> 20)]
    pub(crate) memory: u64,
    /// Draw the operations around what cannot be explained into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// What a history is held against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum ModelName {
    /// One value: read, write, cas
    Register,
    /// A register for each key: read, write, cas
    Map,
    /// The same as a map
    Kv,
    /// One holder at a time: acquire, release; with or without fencing tokens
    Lock,
    /// Who comes first leaves first: enqueue, dequeue
    Queue,
    /// Entries that never change: append, read
    Log,
    /// A whole number: add, increment, decrement, read
    Counter,
    /// Elements, each once: add, remove, contains, read
    Set,
    /// A text for each key: get, put, append
    Texts,
}

/// What a read that was answered with nil means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum NilReadsName {
    /// The register held nil
    Value,
    /// The history does not say what was read, as Knossos has it
    Unknown,
}

/// How a history is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum FormatName {
    /// Jepsen's EDN
    Edn,
    /// Jepsen's JSON
    Json,
    /// Plain JSON lines
    Lines,
}

impl From<FormatName> for squall_history::Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Edn => Self::Edn,
            FormatName::Json => Self::Json,
            FormatName::Lines => Self::Lines,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Which systems; all of them when none is named
    #[arg(value_name = "SYSTEM")]
    pub(crate) systems: Vec<String>,
    /// How many seeds, or from where to where, of each system [default: 100000, for some ten
    /// seconds]
    #[arg(long, value_name = "N|A..B", value_parser = seeds, allow_negative_numbers = true)]
    pub(crate) seeds: Option<Range<u64>>,
    /// How long, for all systems together
    #[arg(long, value_name = "60s", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// On how many threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Stop a system's sweep after N findings with different fingerprints
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) findings: u32,
    /// Where findings are kept
    #[arg(long, value_name = "FOLDER", default_value = "findings")]
    pub(crate) findings_dir: PathBuf,
    /// Keep findings as they are found, without looking for smaller ones
    #[arg(long)]
    pub(crate) no_shrink: bool,
    /// A run that takes longer is a finding, and ends the sweep
    #[arg(long, value_name = "60s", default_value = "60s", value_parser = time)]
    pub(crate) watchdog: Duration,
    /// Run no seed twice; else one in 20 is, and the two runs are compared
    #[arg(long)]
    pub(crate) no_repeat: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Scripts, or folders with scripts in them, however deep
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print what happens, too
    #[arg(long)]
    pub(crate) trace: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Script {
    /// A script; or with --seed or --bytes, a system
    #[arg(value_name = "FILE|SYSTEM")]
    pub(crate) subject: PathBuf,
    /// Which seed of the system
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Write every unusual random outcome as an explicit line, and leave nothing to chance
    #[arg(long)]
    pub(crate) materialise: bool,
    /// Instead of a seed, the bytes that a fuzz target was given: choices, or a script's text
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    pub(crate) bytes: Option<PathBuf>,
    /// Write the choices that make the script as bytes, for the corpus of a fuzz target
    #[arg(long, requires = "seed", conflicts_with = "materialise")]
    pub(crate) as_bytes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A script; or with --seed, a system
    #[arg(value_name = "FILE|SYSTEM")]
    pub(crate) subject: PathBuf,
    /// Which seed of the system
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Try N continuations from each sampled moment [default: 64, fewer for a long run]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) samples: Option<u32>,
    /// Show every event, even of a long story
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Shrink {
    /// A script that breaks a rule
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where the shrunk script goes; a file that is there is never written over
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How many runs at most
    #[arg(long, value_name = "RUNS", default_value = "20000")]
    #[arg(value_parser = runs, allow_negative_numbers = true)]
    pub(crate) budget: u64,
    /// How long at most
    #[arg(long, value_name = "60s", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// On how many threads [default: one for each core]; the result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// A script; or with --seed, a system
    #[arg(value_name = "FILE|SYSTEM")]
    pub(crate) subject: PathBuf,
    /// Which seed of the system
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
}

/// Returns the command line of a program that has the systems `names`.
pub(crate) fn command(names: &[&'static str]) -> clap::Command {
    let known = || PossibleValuesParser::new(names.iter().copied());
    Line::command()
        .mut_subcommand("run", |run| run.mut_arg("systems", |arg| arg.value_parser(known())))
}

/// Returns a number of runs to spend.
fn runs(text: &str) -> Result<u64, String> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    match digits.parse() {
        Ok(0) => Err("without a run nothing can be shrunk; give it 1 or more".to_owned()),
        Ok(runs) => Ok(runs),
        Err(_) => Err(format!("a budget is a number of runs, and `{text}` is none")),
    }
}

/// Returns a time as in scripts, or in whole minutes or hours.
fn time(text: &str) -> Result<Duration, String> {
    let long = [("m", 60), ("h", 3600)].into_iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_secs(number.saturating_mul(seconds)))
    });
    match (long, text.parse::<Span>()) {
        (Some(time), _) => Ok(time),
        (None, Ok(span)) => Ok(Duration::from_nanos(span.as_nanos())),
        (None, Err(_)) => {
            Err("expected a time with its unit, such as 500ms, 60s, 10m or 2h".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command(&["echo", "synod"]).debug_assert();
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(time("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(time("2h"), Ok(Duration::from_hours(2)));
        assert!(time("10").is_err());
    }
}
