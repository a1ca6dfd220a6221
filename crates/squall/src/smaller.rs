//! Shrinks a finding at once, for as long as a person waits without being asked.

use std::time::Duration;

use squall_hunt::{Budget, ShrinkProgress};

use crate::AnySystem;
use crate::clock::Stopwatch;
use crate::finding_file::WrittenFinding;
use crate::play;

/// The budget for shrinking a finding at once. `squall shrink` uses a larger one.
pub const SHRINK_RUNS: u64 = 5_000;
const SHRINK_TIME: Duration = Duration::from_secs(5);

/// Looks for a smaller script that shows the same, within this budget. A finding that cannot be
/// shrunk stays as it is.
pub fn make_smaller(
    finding: &mut WrittenFinding,
    system: &dyn AnySystem,
    threads: usize,
    progress: &ShrinkProgress,
    is_interrupted: &(dyn Fn() -> bool + Sync),
) {
    let watch = Stopwatch::start();
    let stop = || is_interrupted() || watch.elapsed() >= SHRINK_TIME;
    let budget = Budget { runs: SHRINK_RUNS, threads };
    let shrunk = play::shrink(system, &finding.script, &finding.file_name, budget, progress, &stop);
    if let Ok(shrunk) = shrunk {
        *finding = finding.shrunk_to(shrunk);
    }
}
