//! How fast it is, part by part: `cargo bench -p squall-benches`.
//!
//! The samples are few, so that all takes about a minute. Compare figures of one run on a quiet
//! machine; `benches/peers` has the same workloads beside other simulators.

mod scripts;
mod sweeps;
mod worlds;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    worlds::bench(&mut criterion);
    scripts::bench(&mut criterion);
    sweeps::bench(&mut criterion);
    criterion.final_summary();
}
