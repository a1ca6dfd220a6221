//! The cost of a run in which three servers are adapters of a published library:
//!
//!     cargo run --release -p squall-benches --bin libraries [-- raft 20000]
//!
//! Two clients, twelve operations, eight faults, a slow net that loses messages and a slow disk,
//! under the luck of another seed each time, with all judges, on one thread. With a name and a
//! number of runs it does these alone, once: for a profiler.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use squall_judge::Verdict;
use squall_script::{Runner, System, parse};
use squall_sims::omnipaxos::OmniPaxosSystem;
use squall_sims::raft::RaftSystem;

const ROUNDS: usize = 5;
const RUNS_OF_A_ROUND: u64 = 10_000;

/// What happens, whatever the library.
const STORM: &str = "servers 3
clients 2
delay 1ms..10ms
loss 1%
sync 1ms..3ms

0ms      c1 put x 1
50ms     c2 put y 2
200ms    c1 get x
250ms    c2 cas x 1 3
300ms    cut n1 | n2 n3
400ms    c1 put z 4
450ms    heal all
500ms    c2 get y
520ms    crash @leader
560ms    c1 cas y 2 5
600ms    c2 put x 6
650ms    boot all
700ms    disk n2 slow 20ms
720ms    c1 get y
740ms    c2 get z
760ms    disk n2 works
780ms    clog n3 > n1 n2
820ms    c1 put y 7
840ms    release n3 > n1 n2
860ms    c2 get x
900ms    calm
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => table(),
        [name, runs] => once(name, runs),
        _ => Err("it takes no arguments, or the name of a system and a number of runs".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The totals of several runs.
struct Sum {
    runs: u64,
    steps: u64,
    seconds: f64,
}

fn table() -> Result<(), Box<dyn Error>> {
    println!("library      runs/s  steps/run  ns/step");
    for name in ["raft", "omnipaxos"] {
        let sums: Result<Vec<Sum>, _> =
            (0..ROUNDS).map(|_| runs_of(name, RUNS_OF_A_ROUND)).collect();
        let fastest = sums?.into_iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
        tell(name, &fastest.ok_or("no rounds")?);
    }
    Ok(())
}

fn once(name: &str, runs: &str) -> Result<(), Box<dyn Error>> {
    tell(name, &runs_of(name, runs.parse()?)?);
    Ok(())
}

fn tell(name: &str, sum: &Sum) {
    let (runs, steps) = (sum.runs as f64, sum.steps as f64);
    let (rate, nanos) = (runs / sum.seconds, sum.seconds * 1e9 / steps);
    println!("{name:<10} {rate:>8.0} {:>10.1} {nanos:>8.0}", steps / runs);
}

fn runs_of(name: &str, runs: u64) -> Result<Sum, Box<dyn Error>> {
    match name {
        "raft" => sum_of(&RaftSystem::SAFE, runs),
        "omnipaxos" => sum_of(&OmniPaxosSystem::SAFE, runs),
        other => Err(format!("{other} is neither raft nor omnipaxos").into()),
    }
}

#[expect(clippy::disallowed_methods, reason = "it is time that is measured")]
fn sum_of<S: System>(system: &S, runs: u64) -> Result<Sum, Box<dyn Error>> {
    let text = format!("squall 1\nsystem {}\nseed 0\n{STORM}", system.name());
    let mut script = parse(system, &text, "storm").map_err(|error| error.to_string())?;
    let mut runner = Runner::new(system);
    let begun = Instant::now();
    let mut steps = 0;
    for seed in 0..runs {
        script.seed = seed;
        let report = runner.run(&script, ())?;
        if report.verdict() != Verdict::Holds {
            return Err(format!("seed {seed}: {:?}", report.verdict()).into());
        }
        steps += report.steps;
    }
    Ok(Sum { runs, steps, seconds: begun.elapsed().as_secs_f64() })
}
