//! The program of every runner: one measurement in one process, one line of output.
//!
//! `PROGRAM WORK AMOUNT [SEED]` runs a workload on the runner and prints, as `name=value` pairs,
//! what was done, how long it took and the most memory that this process ever held. AMOUNT is a
//! number of deliveries, for `w3` of worlds. The exit status is 0 if the work was done, 3 if the
//! runner cannot do it (and says why), 2 for wrong use; a check that fails is a panic.

use std::process::ExitCode;
use std::sync::Arc;

use crate::meter::Totals;
use crate::{Broadcast, Goal, Gossip, Meter, PingPong, Runner, Synod, Work, Workload};

/// Runs the measurement that the command line asks for on `R`.
#[must_use]
pub fn main<R: Runner>() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((work, amount, seed)) = parse(&arguments) else {
        eprintln!("usage: w1|w2|w3|w4-PROCESSES AMOUNT [SEED]");
        return ExitCode::from(2);
    };
    if let Some(reason) = R::refuses(work) {
        println!("refused={reason}");
        return ExitCode::from(3);
    }
    match work {
        Work::PingPong => measure::<R, _>(&PingPong { deliveries: amount }, 1, seed),
        Work::Broadcast => measure::<R, _>(&Broadcast { deliveries: amount }, 1, seed),
        Work::Synod => measure::<R, _>(&Synod::default(), amount, seed),
        Work::Gossip(processes) => {
            let deliveries = amount;
            let gossip = Gossip { processes, deliveries };
            measure::<R, _>(&gossip, 1, seed);
        }
    }
    ExitCode::SUCCESS
}

fn parse(arguments: &[String]) -> Option<(Work, u64, u64)> {
    let work = Work::parse(arguments.first()?)?;
    let amount = arguments.get(1)?.parse().ok()?;
    let seed = match arguments.get(2) {
        Some(text) => text.parse().ok()?,
        None => 1,
    };
    Some((work, amount, seed))
}

fn measure<R: Runner, W: Workload>(workload: &W, runs: u64, seed: u64) {
    let meter = Arc::new(Meter::new(workload.processes(), workload.goal()));
    R::run(workload, seed..seed + runs, &meter);
    let totals = meter.totals();
    check::<R, W>(workload, runs, &totals);
    println!(
        "runner={} runs={} deliveries={} sends={} simulated_nanos={} elapsed_nanos={} peak_kib={}",
        R::NAME,
        totals.runs,
        totals.deliveries,
        totals.sends,
        totals.simulated_nanos,
        totals.elapsed.as_nanos(),
        peak_kib(),
    );
}

/// Panics unless what was counted is what the workload must give. That all learned the same value,
/// and that each world reached its goal, the meter has checked already.
fn check<R: Runner, W: Workload>(workload: &W, runs: u64, totals: &Totals) {
    assert_eq!(totals.runs, runs, "not all worlds were run");
    assert!(totals.deliveries <= totals.sends, "more arrived than was sent");
    let Goal::Deliveries(asked) = workload.goal() else {
        return;
    };
    assert!(totals.deliveries >= asked, "too few deliveries");
    let network = workload.network();
    let lost = totals.sends - totals.deliveries;
    // A link that fails takes what is in flight with it on some peers, hence the wide upper bound.
    let lost_most = totals.sends * u64::from(network.loss_percent) * 4 / 100;
    let flight_most = 10 * u64::from(workload.processes());
    assert!(lost <= lost_most + flight_most, "{lost} of {} messages did not arrive", totals.sends);
    let lost_least = totals.sends * u64::from(network.loss_percent) * 8 / 1000;
    assert!(
        lost >= lost_least || asked < 10_000,
        "only {lost} of {} messages were lost",
        totals.sends
    );
    if R::HAS_CLOCK && workload.processes() == 2 && asked >= 1_000 {
        let delay_mean = totals.simulated_nanos / totals.deliveries;
        assert!(
            (5_000_000..8_000_000).contains(&delay_mean),
            "a message took {delay_mean} ns on average"
        );
    }
}

/// The most memory that this process ever held; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
