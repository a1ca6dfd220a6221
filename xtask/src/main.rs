//! Commands for developing Squall: `cargo xtask bug own-value` plants a known mistake into a copy
//! of the project and shows how it is found; `cargo xtask bugs` does so for all of them.
//!
//! The program under test is called by its command line only, as a user would.

mod bug;
mod build_time;
mod check;
mod failure;
mod figures;
mod measure;
mod program;
mod scratch;
mod show;
mod size;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::check::Sample;
use crate::failure::Failure;

/// Commands for the development of Squall
#[derive(Parser, Debug)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Plant one bug of the museum into a copy of the project, hunt it, and print the finding
    Bug {
        /// The name of the bug; `cargo xtask bugs list` prints all names
        name: String,
        /// The maximum duration of the hunt, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 120)]
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        time: u64,
    },
    /// The whole museum of bugs
    Bugs {
        #[command(subcommand)]
        command: Museum,
    },
    /// Measure how long builds take, each from the last commit: docs/performance.md
    BuildTime,
}

#[derive(Subcommand, Debug)]
enum Museum {
    /// List the bugs, and the rules that must catch them
    List,
    /// Check that each patch applies and builds, that each witness shows its bug, and that two bugs
    /// are found
    Check(CheckAsked),
    /// Measure how fast each bug of the Synod is found and how far it is shrunk: docs/power.md
    Table(TableAsked),
}

/// The part of the museum that is checked.
#[derive(Args, Debug)]
struct CheckAsked {
    /// Build only N bugs besides the two that are hunted; every patch must still apply
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Decides which bugs are in the sample
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "sample")]
    seed: u64,
}

/// The options of the table.
#[derive(Args, Debug)]
struct TableAsked {
    /// Only these bugs; all those of the Synod when none is named
    #[arg(value_name = "BUG")]
    bugs: Vec<String>,
    /// How many streams of seeds look for each bug
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=100))]
    streams: u16,
    /// How many seeds of the correct code are swept; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    correct: u64,
    /// How many streams look at a time [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Measure anew what was measured before of the same code
    #[arg(long)]
    fresh: bool,
    /// Where the page goes; a table of some bugs, or of other numbers, is printed alone
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

fn main() -> ExitCode {
    match obey(&root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Does what the command line asks for. Wrong use ends the process, with status 2.
fn obey(root: &Path) -> Result<(), Failure> {
    let matches = command(&bug::names(root)?, &bug::names_in_protocol(root)?).get_matches();
    let line = Line::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match line.command {
        Command::Bug { name, time } => show::show(root, &name, time),
        Command::BuildTime => build_time::build_time(root),
        Command::Bugs { command: Museum::List } => show::list(root),
        Command::Bugs { command: Museum::Check(CheckAsked { sample, seed }) } => {
            check::check(root, sample.map(|size| Sample { size, seed }))
        }
        Command::Bugs { command: Museum::Table(asked) } => table::table(root, &asked),
    }
}

/// The command line where there are the bugs `names`, of which `measured` may be in the table.
fn command(names: &[String], measured: &[String]) -> clap::Command {
    let known = PossibleValuesParser::new(names);
    let measured = PossibleValuesParser::new(measured);
    Line::command()
        .mut_subcommand("bug", |bug| bug.mut_arg("name", |name| name.value_parser(known)))
        .mut_subcommand("bugs", |bugs| {
            bugs.mut_subcommand("table", |table| {
                table.mut_arg("bugs", |bugs| bugs.value_parser(measured))
            })
        })
}

/// The folder of the project: the one above this crate's.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["own-value", "round-alone"].map(str::to_owned).into()
    }

    #[test]
    fn the_command_line_is_sound() {
        command(&names(), &names()).debug_assert();
    }

    #[test]
    fn an_unknown_bug_is_answered_with_the_nearest() {
        for line in ["xtask bug own-valu", "xtask bugs table own-valu"] {
            let command = command(&names(), &names());
            let refused = command.try_get_matches_from(line.split(' ')).unwrap_err();
            let text = refused.to_string();
            assert!(text.contains("a similar value exists: 'own-value'"), "{text}");
            assert_eq!(refused.exit_code(), 2);
        }
        let command = command(&names(), &names());
        let refused = command.try_get_matches_from(["xtask", "bug", "elephant"]);
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("[possible values: own-value, round-alone]"), "{text}");
    }
}
