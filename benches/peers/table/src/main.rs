//! The table: all runners on all workloads, side by side.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- table [--json]`, from the root.
//!
//! Builds every runner, then measures. Each measurement is a process of its own, on one thread, so
//! that its peak memory is its own. Amounts of work are set beforehand so that one measurement
//! takes about a quarter of a second on each runner; then all runners take turns, round after
//! round, because a machine's speed changes from minute to minute and a ratio between neighbours
//! outlives that. What is shown is the median over the rounds. A cell whose smallest amount of work
//! takes longer than [`TOO_SLOW`] is measured that once.

mod print;
mod runner;

use std::process::ExitCode;
use std::time::Duration;

use runner::{Cell, RUNNERS};

/// How often each cell is measured.
const ROUNDS: usize = 5;

/// How long one measurement should take.
const TARGET: Duration = Duration::from_millis(250);

/// Nothing that takes longer is measured a second time.
const TOO_SLOW: Duration = Duration::from_secs(2);

/// The workloads and the smallest amount of work of each: deliveries, or worlds for `w3`.
const WORKS: [(&str, u64); 6] = [
    ("w1", 5_000),
    ("w2", 5_000),
    ("w3", 100),
    ("w4-10", 5_000),
    ("w4-1000", 100),
    ("w4-10000", 100),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let json = match arguments[..] {
        ["table"] => false,
        ["table", "--json"] => true,
        _ => {
            eprintln!("usage: table [--json]");
            return ExitCode::from(2);
        }
    };
    let cells = match measure_all() {
        Ok(cells) => cells,
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::FAILURE;
        }
    };
    if json {
        println!("{}", print::json(&cells));
    } else {
        print!("{}", print::markdown(&cells));
    }
    ExitCode::SUCCESS
}

/// One cell for each workload and runner, workload by workload.
fn measure_all() -> Result<Vec<Cell>, runner::Failure> {
    for runner in &RUNNERS {
        eprintln!("building {}", runner.name);
        runner.build()?;
    }
    let mut cells = Vec::new();
    for (work, amount_least) in WORKS {
        for runner in &RUNNERS {
            cells.push(Cell::new(runner, work, amount_least)?);
        }
        eprintln!("sized {work}");
    }
    for round in 0..ROUNDS {
        for cell in &mut cells {
            let seed = 1_000 * (round as u64 + 1);
            cell.measure(seed)?;
        }
        eprintln!("round {} of {ROUNDS}", round + 1);
    }
    Ok(cells)
}
