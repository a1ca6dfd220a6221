//! How small findings become, and how long that takes, for each canary and a number of failing
//! seeds.
//!
//!     cargo run --release -p squall-sim-synod --example shrinking -- 20
//!
//! It uses one thread, and prints a row for each canary: findings, lines before and after
//! (including required header lines), events after, runs, milliseconds, how many are 1-minimal, and
//! how many show something else than their original script, which must be none.

use std::time::Instant;

use squall_canary::Canary;
use squall_hunt::{Budget, Fingerprint, ShrinkProgress, generate, shrink};
use squall_script::{Runner, System};
use squall_sim_synod::SynodFlaw;

/// The largest number of seeds that are tried for each canary.
const SEEDS: u64 = 200_000;

/// Returns the median, or the value at this percentage.
fn at(sorted: &[u64], percent: usize) -> u64 {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0)
}

fn sorted(mut numbers: Vec<u64>) -> Vec<u64> {
    numbers.sort_unstable();
    numbers
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured; no run sees it")]
fn main() {
    let wanted = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(20);
    let columns = ["found", "lines", "to", "90%", "events", "runs", "ms", "90%", "1-min", "slip"];
    print!("{:<24}", "system");
    columns.iter().for_each(|column| print!(" {column:>7}"));
    println!();
    for flaw in SynodFlaw::ALL {
        let system = Canary(flaw);
        let mut runner = Runner::new(&system);
        let (mut before, mut after, mut events, mut runs, mut millis) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut minimal, mut slipped) = (0, 0);
        for script in (0..SEEDS).map(|seed| generate(&system, seed)) {
            if before.len() == wanted {
                break;
            }
            let Some((fingerprint, _)) = Fingerprint::take(&mut runner, &script) else { continue };
            let start = Instant::now();
            let progress = ShrinkProgress::default();
            let shrunk = shrink(&system, &script, Budget::default(), &progress, &|| false);
            let Ok(shrunk) = shrunk else { continue };
            millis.push(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
            before.push(shrunk.before.0.all_lines() as u64);
            after.push(shrunk.after.0.all_lines() as u64);
            events.push(shrunk.after.1);
            runs.push(shrunk.runs);
            minimal += usize::from(shrunk.stopped.is_none());
            let shown = Fingerprint::take(&mut runner, &shrunk.script);
            slipped += usize::from(shown.is_none_or(|(shown, _)| shown != fingerprint));
            if std::env::args().nth(2).is_some() {
                println!("{}", shrunk.script);
            }
        }
        let count = before.len() as u64;
        let (before, after, events) = (sorted(before), sorted(after), sorted(events));
        let (runs, millis) = (sorted(runs), sorted(millis));
        let row = [
            count,
            at(&before, 50),
            at(&after, 50),
            at(&after, 90),
            at(&events, 50),
            at(&runs, 50),
            at(&millis, 50),
            at(&millis, 90),
            minimal as u64,
            slipped as u64,
        ];
        print!("{:<24}", system.name());
        row.iter().for_each(|number| print!(" {number:>7}"));
        println!();
    }
}
