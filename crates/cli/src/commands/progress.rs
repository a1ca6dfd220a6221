//! How far a sweep or a search has come.

use std::sync::atomic::Ordering;
use std::time::Duration;

use squall_hunt::{Progress, ShrinkProgress};

use crate::course::{Course, part};
use squall::figures::{counted, grouped, rate, waited};

/// What a sweep is up to.
pub(crate) struct Goal {
    pub(crate) name: &'static str,
    /// The number of seeds, unless only time ends it.
    pub(crate) seeds: Option<u64>,
    /// So much time, unless only the seeds end it.
    pub(crate) limit: Option<Duration>,
}

/// A sweep that goes on.
pub(crate) struct Sweeping<'a> {
    pub(crate) goal: &'a Goal,
    pub(crate) progress: &'a Progress,
}

impl Course for Sweeping<'_> {
    fn name(&self) -> &str {
        self.goal.name
    }

    fn thousandths(&self, time: Duration) -> u64 {
        SoFar::of(self.progress, time).thousandths(self.goal)
    }

    fn text(&self, time: Duration) -> String {
        SoFar::of(self.progress, time).text(self.goal)
    }
}

/// A script that is shrunk.
pub(crate) struct Shrinking<'a> {
    /// The largest number of runs.
    pub(crate) budget: u64,
    pub(crate) progress: &'a ShrinkProgress,
}

impl Course for Shrinking<'_> {
    fn name(&self) -> &str {
        "shrink"
    }

    fn thousandths(&self, _: Duration) -> u64 {
        let runs = self.progress.runs.load(Ordering::Relaxed);
        part(runs.into(), self.budget.into())
    }

    fn text(&self, time: Duration) -> String {
        let runs = self.progress.runs.load(Ordering::Relaxed);
        let lines = self.progress.lines.load(Ordering::Relaxed);
        let rate = grouped(rate(runs, time));
        format!("{}, {rate} runs/s, {} left", counted(runs, "run"), counted(lines, "line"))
    }
}

/// What is done, and in how much time.
struct SoFar {
    runs: u64,
    faults: u64,
    findings: u64,
    time: Duration,
}

impl SoFar {
    fn of(progress: &Progress, time: Duration) -> Self {
        Self {
            runs: progress.runs.load(Ordering::Relaxed),
            faults: progress.faults.load(Ordering::Relaxed),
            findings: progress.findings.load(Ordering::Relaxed),
            time,
        }
    }

    /// Returns how much of it is done: by seeds or by time, whichever is farther.
    fn thousandths(&self, goal: &Goal) -> u64 {
        let by_seeds = goal.seeds.map_or(0, |seeds| part(self.runs.into(), seeds.into()));
        let time = self.time.as_millis();
        let by_time = goal.limit.map_or(0, |limit| part(time, limit.as_millis()));
        by_seeds.max(by_time)
    }

    /// Returns how much longer it takes, as far as one can tell.
    fn left(&self, goal: &Goal) -> Option<Duration> {
        let rate = rate(self.runs, self.time);
        let by_seeds = goal
            .seeds
            .filter(|_| rate > 0)
            .map(|seeds| Duration::from_secs(seeds.saturating_sub(self.runs).div_ceil(rate)));
        let by_time = goal.limit.map(|limit| limit.saturating_sub(self.time));
        by_seeds.into_iter().chain(by_time).min()
    }

    /// What matters most comes first: a narrow terminal cuts off the end.
    fn text(&self, goal: &Goal) -> String {
        let (seeds, rate) = (counted(self.runs, "seed"), grouped(rate(self.runs, self.time)));
        let mut text = format!("{seeds}, {rate} seeds/s, ");
        if let Some(left) = self.left(goal) {
            text.push_str(&format!("{} left, ", waited(left)));
        }
        let (findings, faults) = (counted(self.findings, "finding"), counted(self.faults, "fault"));
        text.push_str(&format!("{findings}, {faults}"));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_rate_faults_findings_and_time_left() {
        let time = Duration::from_secs(2);
        let so_far = SoFar { runs: 50_000, faults: 1_234_567, findings: 1, time };
        let mut goal = Goal { name: "synod", seeds: Some(100_000), limit: None };
        let text = "50,000 seeds, 25,000 seeds/s, 2.0s left, 1 finding, 1,234,567 faults";
        assert_eq!(so_far.text(&goal), text);
        assert_eq!(so_far.thousandths(&goal), 500);
        goal.limit = Some(Duration::from_millis(2_500));
        assert_eq!(so_far.left(&goal), Some(Duration::from_millis(500)));
        assert_eq!(so_far.thousandths(&goal), 800);
    }

    #[test]
    fn before_the_first_seed_nothing_is_divided_by_nothing() {
        let so_far = SoFar { runs: 0, faults: 0, findings: 0, time: Duration::ZERO };
        let goal = Goal { name: "synod", seeds: None, limit: None };
        assert_eq!(so_far.text(&goal), "no seeds, 0 seeds/s, no findings, no faults");
        assert_eq!(so_far.thousandths(&goal), 0);
    }
}
