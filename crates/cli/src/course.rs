//! Something that goes on for a while, and is shown: a bar on a terminal, a plain line every few
//! seconds elsewhere, nothing when quiet.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Console;
use squall::Stopwatch;

/// How often the bar moves, and how often there is a plain line.
const BAR_EVERY: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(5);

/// All of it, in thousandths.
const WHOLE: u64 = 1_000;

/// Something that goes on for a while, as it is shown.
pub trait Course: Sync {
    /// Returns what goes on, in one word.
    fn name(&self) -> &str;

    /// Returns how much of it is done after `time`, in thousandths.
    fn thousandths(&self, time: Duration) -> u64;

    /// Returns how far it has come after `time`, in words.
    fn text(&self, time: Duration) -> String;
}

/// `done` of `all` in thousandths; none of nothing.
#[must_use]
pub fn part(done: u128, all: u128) -> u64 {
    u64::try_from(done * u128::from(WHOLE) / all.max(1)).unwrap_or(WHOLE).min(WHOLE)
}

/// Does `work` and shows how far it has come, unless `quiet`: a bar on a terminal, a plain line
/// every few seconds elsewhere, both on standard error.
pub fn shown<R>(
    console: &mut Console<'_>,
    quiet: bool,
    course: &dyn Course,
    work: impl FnOnce() -> R,
) -> R {
    if quiet {
        return work();
    }
    let watch = Stopwatch::start();
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

/// Returns whether the work is still on after `time`.
fn is_on(done: &Receiver<()>, time: Duration) -> bool {
    done.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
}

fn show_bar(
    target: ProgressDrawTarget,
    course: &dyn Course,
    watch: Stopwatch,
    done: &Receiver<()>,
) {
    let bar = ProgressBar::with_draw_target(Some(WHOLE), target);
    if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:16}] {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(course.name().to_owned());
    while is_on(done, BAR_EVERY) {
        bar.set_position(course.thousandths(watch.elapsed()));
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use indicatif::InMemoryTerm;

    use super::*;

    /// A course of which a quarter is done, and that sends what the terminal shows whenever it is
    /// asked.
    struct Quarter(InMemoryTerm, Sender<String>);

    impl Course for Quarter {
        fn name(&self) -> &str {
            "cheese"
        }

        fn thousandths(&self, _: Duration) -> u64 {
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
            assert_eq!(shown, "cheese [====>           ] a quarter is eaten");
            drop(working);
        });
        assert_eq!(terminal.contents(), "");
    }
}
