//! How far a sweep or a search has come: a bar on a terminal, a plain line every few seconds
//! elsewhere, nothing when quiet.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use squall_hunt::{Progress, ShrinkProgress};

use crate::clock::Stopwatch;
use crate::console::Console;
use crate::figures::{counted, grouped, rate, waited};

/// How often the bar moves, and how often there is a plain line.
const BAR_EVERY: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The length of a bar, in steps.
pub(crate) const BAR_STEPS: u64 = 1_000;

/// What a sweep is up to.
pub(crate) struct Goal {
    pub(crate) name: &'static str,
    /// So many seeds, unless only time ends it.
    pub(crate) seeds: Option<u64>,
    /// So much time, unless only the seeds end it.
    pub(crate) limit: Option<Duration>,
}

/// Something that goes on for a while, as it is shown.
pub(crate) trait Course: Sync {
    /// What goes on, in one word.
    fn name(&self) -> &str;

    /// How far along a bar of [`BAR_STEPS`] it is after `time`.
    fn steps(&self, time: Duration) -> u64;

    /// How far it has come after `time`, in words.
    fn text(&self, time: Duration) -> String;
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

    fn steps(&self, time: Duration) -> u64 {
        SoFar::of(self.progress, time).steps(self.goal)
    }

    fn text(&self, time: Duration) -> String {
        SoFar::of(self.progress, time).text(self.goal)
    }
}

/// A script that is shrunk.
pub(crate) struct Shrinking<'a> {
    /// So many runs at most.
    pub(crate) budget: u64,
    pub(crate) progress: &'a ShrinkProgress,
}

impl Course for Shrinking<'_> {
    fn name(&self) -> &str {
        "shrink"
    }

    fn steps(&self, _: Duration) -> u64 {
        let runs = self.progress.runs.load(Ordering::Relaxed);
        part(runs.into(), self.budget.into()).min(BAR_STEPS)
    }

    fn text(&self, time: Duration) -> String {
        let runs = self.progress.runs.load(Ordering::Relaxed);
        let lines = self.progress.lines.load(Ordering::Relaxed);
        let rate = grouped(rate(runs, time));
        format!("{}, {rate} runs/s, {} left", counted(runs, "run"), counted(lines, "line"))
    }
}

/// `done` of `all` as a part of a bar.
pub(crate) fn part(done: u128, all: u128) -> u64 {
    u64::try_from(done * u128::from(BAR_STEPS) / all.max(1)).unwrap_or(BAR_STEPS)
}

/// Does `work` and shows how far it has come.
pub(crate) fn shown<R>(
    console: &mut Console<'_>,
    quiet: bool,
    course: &dyn Course,
    watch: Stopwatch,
    work: impl FnOnce() -> R,
) -> R {
    if quiet {
        return work();
    }
    let with_bar = console.err_is_terminal && !console.is_set("CI");
    let err = &mut *console.err;
    std::thread::scope(|scope| {
        let (working, done) = channel::<()>();
        scope.spawn(move || {
            if with_bar {
                show_bar(ProgressDrawTarget::stderr(), course, watch, &done);
            } else {
                show_lines(err, course, watch, &done);
            }
        });
        let result = work();
        drop(working);
        result
    })
}

/// Whether the work is still on after `time`.
fn is_on(done: &Receiver<()>, time: Duration) -> bool {
    done.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
}

fn show_bar(
    target: ProgressDrawTarget,
    course: &dyn Course,
    watch: Stopwatch,
    done: &Receiver<()>,
) {
    let bar = ProgressBar::with_draw_target(Some(BAR_STEPS), target);
    if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:24}] {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(course.name().to_owned());
    while is_on(done, BAR_EVERY) {
        bar.set_position(course.steps(watch.elapsed()));
        bar.set_message(course.text(watch.elapsed()));
    }
    bar.finish_and_clear();
}

fn show_lines(
    err: &mut (dyn Write + Send),
    course: &dyn Course,
    watch: Stopwatch,
    done: &Receiver<()>,
) {
    while is_on(done, LINE_EVERY) {
        // Progress that cannot be shown is no reason to stop.
        let _ = writeln!(err, "{}: {}", course.name(), course.text(watch.elapsed()));
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

    /// How far along the bar it is: by seeds or by time, whichever is farther.
    fn steps(&self, goal: &Goal) -> u64 {
        let by_seeds = goal.seeds.map_or(0, |seeds| part(self.runs.into(), seeds.into()));
        let time = self.time.as_millis();
        let by_time = goal.limit.map_or(0, |limit| part(time, limit.as_millis()));
        by_seeds.max(by_time).min(BAR_STEPS)
    }

    /// How much longer it takes, as far as one can tell.
    fn left(&self, goal: &Goal) -> Option<Duration> {
        let rate = rate(self.runs, self.time);
        let by_seeds = goal
            .seeds
            .filter(|_| rate > 0)
            .map(|seeds| Duration::from_secs(seeds.saturating_sub(self.runs).div_ceil(rate)));
        let by_time = goal.limit.map(|limit| limit.saturating_sub(self.time));
        by_seeds.into_iter().chain(by_time).min()
    }

    fn text(&self, goal: &Goal) -> String {
        let mut text = format!(
            "{}, {} seeds/s, {}, {}",
            counted(self.runs, "seed"),
            grouped(rate(self.runs, self.time)),
            counted(self.faults, "fault"),
            counted(self.findings, "finding"),
        );
        if let Some(left) = self.left(goal) {
            text.push_str(&format!(", {} left", waited(left)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use indicatif::InMemoryTerm;

    use super::*;

    /// A quarter of something is done, and whoever wants to know hears what the terminal shows when
    /// somebody asks.
    struct Quarter(InMemoryTerm, Sender<String>);

    impl Course for Quarter {
        fn name(&self) -> &str {
            "cheese"
        }

        fn steps(&self, _: Duration) -> u64 {
            part(250, 1_000)
        }

        fn text(&self, _: Duration) -> String {
            self.1.send(self.0.contents()).unwrap();
            "a quarter is eaten".to_owned()
        }
    }

    #[test]
    fn a_terminal_shows_a_bar_and_is_left_clean() {
        let terminal = InMemoryTerm::new(3, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let (working, done) = channel::<()>();
        let (asked, asking) = channel();
        std::thread::scope(|scope| {
            let course = Quarter(terminal.clone(), asked);
            scope.spawn(move || show_bar(target, &course, Stopwatch::start(), &done));
            // When it asks for the second time, it has shown the first.
            asking.recv().unwrap();
            let shown = asking.recv().unwrap();
            assert_eq!(shown, "cheese [======>                 ] a quarter is eaten");
            drop(working);
        });
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn the_line_says_rate_faults_findings_and_time_left() {
        let time = Duration::from_secs(2);
        let so_far = SoFar { runs: 50_000, faults: 1_234_567, findings: 1, time };
        let mut goal = Goal { name: "synod", seeds: Some(100_000), limit: None };
        let text = "50,000 seeds, 25,000 seeds/s, 1,234,567 faults, 1 finding, 2.0s left";
        assert_eq!(so_far.text(&goal), text);
        assert_eq!(so_far.steps(&goal), 500);
        goal.limit = Some(Duration::from_millis(2_500));
        assert_eq!(so_far.left(&goal), Some(Duration::from_millis(500)));
        assert_eq!(so_far.steps(&goal), 800);
    }

    #[test]
    fn before_the_first_seed_nothing_is_divided_by_nothing() {
        let so_far = SoFar { runs: 0, faults: 0, findings: 0, time: Duration::ZERO };
        let goal = Goal { name: "synod", seeds: None, limit: None };
        assert_eq!(so_far.text(&goal), "no seeds, 0 seeds/s, no faults, no findings");
        assert_eq!(so_far.steps(&goal), 0);
    }
}
