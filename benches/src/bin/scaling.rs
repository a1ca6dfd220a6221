//! What a second thread gains, and what more seeds cost in memory, as two tables:
//!
//!     cargo run --release -p squall-benches --bin scaling
//!
//! Rates: sweeps of synod on one thread and on two take turns, five rounds; the ratio is the median
//! of the ratios within each round, so that a machine that is busy for a while does not count.
//! Memory: each sweep is a process of its own, and says its VmHWM, the most that it ever had
//! resident; that is known on Linux alone.

use std::error::Error;
use std::ops::Range;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use squall_hunt::{Plan, Progress, sweep};
use squall_sims::synod::Synod;

const ROUNDS: usize = 5;
const SEEDS_OF_A_ROUND: u64 = 20_000;
const SEEDS_IN_MEMORY: [u64; 3] = [10_000, 100_000, 400_000];

/// The first argument of a child, before the number of its seeds.
const CHILD: &str = "memory-of";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => rates().and_then(|()| memory()),
        [child, seeds] if child == CHILD => own_memory(seeds),
        _ => Err("it takes no arguments".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn rates() -> Result<(), Box<dyn Error>> {
    let (mut on_one, mut on_two, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS as u64 {
        let start = round * SEEDS_OF_A_ROUND;
        let seeds = start..start + SEEDS_OF_A_ROUND;
        let one = rate(seeds.clone(), 1)?;
        let two = rate(seeds, 2)?;
        on_one.push(one);
        on_two.push(two);
        ratios.push(two / one);
    }
    println!("threads      runs/s   ratio");
    println!("{:>7}  {:>10.0}   {:>5.2}", 1, median(&mut on_one), 1.0);
    println!("{:>7}  {:>10.0}   {:>5.2}", 2, median(&mut on_two), median(&mut ratios));
    Ok(())
}

/// Runs a second.
#[expect(clippy::disallowed_methods, reason = "it is time that is measured")]
fn rate(seeds: Range<u64>, threads: usize) -> Result<f64, String> {
    let runs = (seeds.end - seeds.start) as f64;
    let begun = Instant::now();
    swept(seeds, threads)?;
    Ok(runs / begun.elapsed().as_secs_f64())
}

/// Sweeps all of `seeds`, whatever it finds. A finding is told: it is worth more than a figure.
fn swept(seeds: Range<u64>, threads: usize) -> Result<(), String> {
    let plan = Plan { seeds, threads, findings_max: usize::MAX, ..Plan::default() };
    let swept = sweep(&Synod, &plan, &Progress::default(), &|| false);
    let swept = swept.map_err(|error| error.to_string())?;
    for finding in &swept.findings {
        eprintln!("a finding: seed {} breaks {}", finding.script.seed, finding.rule);
    }
    Ok(())
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn memory() -> Result<(), Box<dyn Error>> {
    println!("\n  seeds  peak memory in MiB, on two threads");
    for seeds in SEEDS_IN_MEMORY {
        let mut child = Command::new(std::env::current_exe()?);
        child.args([CHILD, &seeds.to_string()]).stderr(Stdio::inherit());
        let output = child.output()?;
        if !output.status.success() {
            return Err(format!("the sweep of {seeds} seeds failed").into());
        }
        let kibibytes: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        println!("{seeds:>7}  {:.1}", kibibytes / 1024.0);
    }
    Ok(())
}

/// Sweeps `seeds` seeds, and prints the peak memory of this process, in KiB.
fn own_memory(seeds: &str) -> Result<(), Box<dyn Error>> {
    swept(0..seeds.parse()?, 2)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    println!("{}", kibibytes.ok_or("the system does not say VmHWM")?);
    Ok(())
}
