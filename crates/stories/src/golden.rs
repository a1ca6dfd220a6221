//! What a seed means: the same digests in debug and release, on this machine and another.

use std::fmt::Write as _;

use squall_hunt::generate;
use squall_script::{Runner, System};

/// Returns one line for each of the first 20 seeds: the digest of its run, how it ended, and how
/// much happened. The digests change with the engine, the generator and the protocol; then this
/// table is read, and recorded again.
///
/// # Panics
///
/// Panics if a generated script cannot be run.
#[must_use]
pub fn golden<S: System>(system: &S) -> String {
    let mut table = String::new();
    let mut runner = Runner::new(system);
    for seed in 1..=20 {
        let report = runner.run(&generate(system, seed), ()).expect("what was generated");
        let _ = writeln!(
            table,
            "{} {seed:>2} {} {:>5} events: {}",
            system.name(),
            report.digest,
            report.events,
            report.end
        );
    }
    table
}
