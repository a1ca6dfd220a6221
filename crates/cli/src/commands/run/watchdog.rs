//! A step that never returns holds its thread for ever, and with it the sweep. The watchdog notices
//! it by the clock on the wall, keeps the script, says what is known, and ends the process: a
//! thread in a step cannot be stopped.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use squall::figures::waited;
use squall::play::script_text;
use squall::{AnySystem, Stopwatch, write_new};

use crate::logbook;
use crate::status::Status;

/// How often the watchdog looks.
const TICK: Duration = Duration::from_millis(100);

/// How long a run may go on after the sweep was asked to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rule that the watchdog guards.
const RULE: &str = "run-ends";

/// Watches how long each thread has been running one seed.
pub(super) struct Watchdog {
    posts: Vec<Post>,
    /// How long a run may take.
    limit: Duration,
}

/// What one thread does.
#[derive(Default)]
struct Post {
    is_running: AtomicBool,
    seed: AtomicU64,
    /// How many runs it began.
    runs: AtomicU64,
}

/// A run that does not end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stuck {
    seed: u64,
    /// Whether it broke the rule; otherwise the sweep was asked to end, and the run is in the way.
    is_broken: bool,
    after: Duration,
}

impl Watchdog {
    pub(super) fn new(threads: usize, limit: Duration) -> Self {
        Self { posts: (0..threads.max(1)).map(|_| Post::default()).collect(), limit }
    }

    pub(super) fn begins(&self, thread: usize, seed: u64) {
        let Some(post) = self.posts.get(thread) else { return };
        post.seed.store(seed, Ordering::Relaxed);
        post.is_running.store(true, Ordering::Relaxed);
        post.runs.fetch_add(1, Ordering::Release);
    }

    pub(super) fn ends(&self, thread: usize) {
        if let Some(post) = self.posts.get(thread) {
            post.is_running.store(false, Ordering::Release);
        }
    }

    /// Waits until the work is done, which closes `done`, or until a run is stuck. `is_over` says
    /// whether the sweep was asked to end.
    pub(super) fn wait(&self, done: &Receiver<()>, is_over: &dyn Fn() -> bool) -> Option<Stuck> {
        let mut seen: Vec<(u64, Stopwatch)> =
            self.posts.iter().map(|_| (0, Stopwatch::start())).collect();
        let mut asked: Option<Stopwatch> = None;
        while done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if asked.is_none() && is_over() {
                asked = Some(Stopwatch::start());
            }
            for (post, (runs, since)) in self.posts.iter().zip(&mut seen) {
                let now = post.runs.load(Ordering::Acquire);
                if now != *runs {
                    (*runs, *since) = (now, Stopwatch::start());
                }
                let after = since.elapsed();
                let is_broken = after >= self.limit;
                let is_in_the_way =
                    after >= PATIENCE && asked.is_some_and(|asked| asked.elapsed() >= PATIENCE);
                if post.is_running.load(Ordering::Acquire) && (is_broken || is_in_the_way) {
                    let seed = post.seed.load(Ordering::Relaxed);
                    return Some(Stuck { seed, is_broken, after });
                }
            }
        }
        None
    }
}

/// What is said of a run that does not end.
pub(super) struct Alarm<'a> {
    pub(super) stuck: Stuck,
    pub(super) system: &'a dyn AnySystem,
    /// Where findings are kept.
    pub(super) folder: &'a Path,
    /// How this program was called.
    pub(super) program: &'a str,
    pub(super) is_json: bool,
}

impl Alarm<'_> {
    /// Says what is known and ends the process, on whose threads the run goes on.
    pub(super) fn end_process(&self) -> ! {
        let status = if self.stuck.is_broken { Status::Broken } else { Status::Unknown };
        // Where nothing can be written, the status is left.
        let _ = self.report(status);
        logbook::finish(status);
        std::process::exit(status.code().into())
    }

    fn report(&self, status: Status) -> io::Result<()> {
        let name = self.system.profile().name;
        let Stuck { seed, is_broken, after } = self.stuck;
        let program = self.program;
        let kept = if is_broken { Some(self.keep(name)?) } else { None };
        if self.is_json {
            let kept = kept.map(|path| path.display().to_string());
            let stuck = serde_json::json!({ "system": name, "seed": seed, "path": kept });
            let (status, exit) = (status.word(), status.code());
            let report = serde_json::json!({ "status": status, "exit": exit, "stuck": stuck });
            return writeln!(io::stdout(), "{report}");
        }
        let mut err = io::stderr();
        let Some(path) = kept else {
            writeln!(
                err,
                "{name}: seed {seed} is still running, {} after it began",
                waited(after)
            )?;
            return writeln!(err, "  the sweep ends without a report");
        };
        writeln!(err, "{name}: {RULE} is broken: every run ends")?;
        writeln!(err, "  seed {seed} is still running, {} after it began", waited(after))?;
        writeln!(err, "  the sweep ends without a report; what else was found is kept")?;
        writeln!(err, "  {program} trace {}", path.display())
    }

    /// Keeps the script of the run.
    fn keep(&self, name: &str) -> io::Result<PathBuf> {
        let Stuck { seed, after, .. } = self.stuck;
        let path = self.folder.join(format!("{RULE}-{name}-{seed}.squall"));
        let script = script_text(self.system, seed);
        let text = format!(
            "# {RULE}: every run ends\n# it was still running {} after it began\n#\n\
             # events up to the step that does not return: {} trace {}\n#\n# rule {RULE}\n\
             # seed {seed}\n\n{script}",
            waited(after),
            self.program,
            path.display()
        );
        std::fs::create_dir_all(self.folder)?;
        write_new(&path, &text)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_run_that_does_not_end_is_noticed() {
        let watchdog = Watchdog::new(2, Duration::ZERO);
        let (_working, done) = channel::<()>();
        watchdog.begins(0, 7);
        watchdog.ends(0);
        watchdog.begins(1, 8);
        let stuck = watchdog.wait(&done, &|| false).unwrap();
        assert_eq!((stuck.seed, stuck.is_broken), (8, true));
    }

    #[test]
    fn a_thread_that_rests_is_not_stuck() {
        let watchdog = Watchdog::new(1, Duration::ZERO);
        let (working, done) = channel::<()>();
        watchdog.begins(0, 7);
        watchdog.ends(0);
        drop(working);
        assert_eq!(watchdog.wait(&done, &|| true), None);
    }
}
