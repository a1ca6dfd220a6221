//! A history while it is judged: how far it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use squall_linear::Progress;

use crate::course::{Course, part};
use squall::figures::{grouped, rate};

/// How far the judging of a history is.
#[derive(Default)]
pub(super) struct Judging {
    nodes: AtomicU64,
    walked: AtomicU64,
    moments: AtomicU64,
}

impl Judging {
    /// It has come this far.
    pub(super) fn note(&self, progress: Progress) {
        self.nodes.store(progress.nodes, Ordering::Relaxed);
        self.walked.store(progress.walked, Ordering::Relaxed);
        self.moments.store(progress.moments, Ordering::Relaxed);
    }
}

impl Course for Judging {
    fn name(&self) -> &str {
        "check"
    }

    fn thousandths(&self, _: Duration) -> u64 {
        let walked = self.walked.load(Ordering::Relaxed);
        part(walked.into(), self.moments.load(Ordering::Relaxed).into())
    }

    fn text(&self, time: Duration) -> String {
        let nodes = self.nodes.load(Ordering::Relaxed);
        let walked = grouped(self.walked.load(Ordering::Relaxed));
        let moments = grouped(self.moments.load(Ordering::Relaxed));
        let rate = grouped(rate(nodes, time));
        format!("judging, {walked} of {moments} calls and returns, {rate} configurations/s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_much_of_the_history_was_walked_through() {
        let judging = Judging::default();
        assert_eq!(judging.thousandths(Duration::ZERO), 0);
        judging.note(Progress { nodes: 5_000, walked: 1_500, moments: 2_000 });
        assert_eq!(judging.thousandths(Duration::ZERO), 750);
        let text = judging.text(Duration::from_secs(2));
        assert_eq!(text, "judging, 1,500 of 2,000 calls and returns, 2,500 configurations/s");
    }
}
