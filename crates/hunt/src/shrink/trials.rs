//! Trials: candidates are run, in order, until one still shows what is shrunk.
//!
//! On several threads the next few candidates are run at once, and the first in order that shows it
//! wins; what was run beyond it is forgotten and not counted. So what comes out, and how many runs
//! it took, depends on the number of threads in no way.
//!
//! A candidate may take a few times the steps of the best script so far, and is then given up: most
//! candidates that break no rule would go on to the end of their time. A rule that is broken within
//! those steps is broken without the limit, too.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hash::Hasher;
use std::sync::atomic::Ordering;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use squall_process::Instant;
use squall_script::{Action, AnyRunner, AnySystem, Script, check, materialise};
use squall_trace::Digest;
use squall_world::LuckKind;

use super::{Budget, Progress, Size};
use crate::fingerprint::Fingerprint;
use crate::panics;

/// Candidates that are run at once for each thread.
const AHEAD: usize = 4;
/// A candidate may take so many times the steps of the best script, and so many more.
const STEPS_TIMES: u64 = 4;
const STEPS_MORE: u64 = 2_000;

/// Why no more candidates are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The runs of its budget are used up.
    Budget,
    /// It was told to stop.
    Asked,
}

/// The best script so far, and all that it takes to find a better one.
pub(super) struct Trials<'a> {
    pub(super) system: &'a dyn AnySystem,
    runner: Box<dyn AnyRunner + 'a>,
    threads: Option<rayon::ThreadPool>,
    budget: Budget,
    progress: &'a Progress,
    stop: &'a (dyn Fn() -> bool + Sync),
    /// What is shrunk: every candidate that is taken shows it.
    wanted: Fingerprint,
    best: Script,
    /// The steps of the best script.
    steps: u64,
    /// What was tried in vain, by the digest of its text.
    failed: BTreeSet<u64>,
    pub(super) runs: u64,
    pub(super) stopped: Option<Stopped>,
    /// Whether candidates may run to their end.
    pub(super) without_limit: bool,
}

/// A script, and the steps that it takes to show what is shrunk.
pub(super) struct Saved {
    pub(super) script: Script,
    pub(super) steps: u64,
}

impl<'a> Trials<'a> {
    /// Returns trials that start from a script that shows `wanted`.
    pub(super) fn new(
        system: &'a dyn AnySystem,
        budget: Budget,
        progress: &'a Progress,
        stop: &'a (dyn Fn() -> bool + Sync),
        wanted: Fingerprint,
        start: Saved,
    ) -> Result<Self, String> {
        let threads = budget.threads.max(1);
        let pool = (threads > 1).then(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.map_err(|error| format!("cannot start {threads} threads: {error}"))
        });
        let trials = Self {
            system,
            runner: system.runner(),
            threads: pool.transpose()?,
            budget,
            progress,
            stop,
            wanted,
            best: luck_first(start.script),
            steps: start.steps,
            failed: BTreeSet::new(),
            runs: 0,
            stopped: None,
            without_limit: false,
        };
        trials.show();
        Ok(trials)
    }

    /// The best script so far.
    pub(super) fn best(&self) -> &Script {
        &self.best
    }

    /// Runs the best script so far, and says in lines what luck of this kind it had.
    pub(super) fn materialised(&mut self, kind: LuckKind) -> Option<Script> {
        if !self.may_go_on() {
            return None;
        }
        self.runs += 1;
        let script = panics::hush(|| materialise(&mut *self.runner, &self.best, &[kind]));
        script.ok().map(luck_first)
    }

    /// The best script so far and its steps, to come back to.
    pub(super) fn saved(&self) -> Saved {
        Saved { script: self.best.clone(), steps: self.steps }
    }

    /// Comes back to what was saved.
    pub(super) fn restore(&mut self, saved: Saved) {
        self.adopt(saved.script, saved.steps);
    }

    /// Takes the first of `candidates` that still shows what is shrunk as the best script, and says
    /// which it was. Candidates that are no valid scripts, or were tried before, are passed over.
    pub(super) fn first(&mut self, candidates: impl IntoIterator<Item = Script>) -> Option<usize> {
        let mut candidates = candidates.into_iter().enumerate().peekable();
        while candidates.peek().is_some() {
            if !self.may_go_on() {
                return None;
            }
            let mut batch: Vec<(usize, u64, Script)> = Vec::new();
            let room = self.budget.runs.saturating_sub(self.runs);
            let most = self.threads.as_ref().map_or(1, |pool| pool.current_num_threads() * AHEAD);
            let most = most.min(usize::try_from(room).unwrap_or(usize::MAX));
            while batch.len() < most
                && let Some((place, candidate)) = candidates.next()
            {
                let key = self.key(&candidate);
                // On one thread the second of two that are equal would be known to fail.
                let is_new =
                    !self.failed.contains(&key) && batch.iter().all(|(_, other, _)| *other != key);
                if is_new && check(&candidate, self.system).is_ok() {
                    batch.push((place, key, candidate));
                }
            }
            if let Some(place) = self.run(batch) {
                return Some(place);
            }
        }
        None
    }

    fn may_go_on(&mut self) -> bool {
        if self.stopped.is_none() {
            if (self.stop)() {
                self.stopped = Some(Stopped::Asked);
            } else if self.runs >= self.budget.runs {
                self.stopped = Some(Stopped::Budget);
            }
        }
        self.stopped.is_none()
    }

    /// Runs the candidates of a batch; the first that shows it becomes the best.
    fn run(&mut self, batch: Vec<(usize, u64, Script)>) -> Option<usize> {
        let limit = match self.without_limit {
            true => u64::MAX,
            false => self.steps.saturating_mul(STEPS_TIMES).saturating_add(STEPS_MORE),
        };
        let keys: Vec<u64> = batch.iter().map(|(_, key, _)| *key).collect();
        let wanted = &self.wanted;
        let won = match &self.threads {
            None => batch.into_iter().enumerate().find_map(|(nth, (place, _, script))| {
                shows(&mut *self.runner, script, wanted, limit).map(|won| (nth, place, won))
            }),
            Some(pool) => {
                let system = self.system;
                pool.install(|| {
                    let runs = batch.into_par_iter().enumerate().map_init(
                        || system.runner(),
                        |runner, (nth, (place, _, script))| {
                            shows(&mut **runner, script, wanted, limit).map(|won| (nth, place, won))
                        },
                    );
                    runs.find_first(Option::is_some).flatten()
                })
            }
        };
        let tried = won.as_ref().map_or(keys.len(), |(nth, ..)| *nth);
        self.failed.extend(&keys[..tried]);
        self.runs += tried as u64 + u64::from(won.is_some());
        let place = won.map(|(_, place, (script, steps))| {
            self.adopt(script, steps);
            place
        });
        self.show();
        place
    }

    fn adopt(&mut self, script: Script, steps: u64) {
        self.best = script;
        self.steps = steps;
    }

    fn show(&self) {
        self.progress.runs.store(self.runs, Ordering::Relaxed);
        let lines = Size::of(&self.best).all_lines() as u64;
        self.progress.lines.store(lines, Ordering::Relaxed);
    }

    fn key(&self, script: &Script) -> u64 {
        let mut text = Text(Digest::new());
        write!(text, "{script}{}", self.without_limit).expect("a digest takes any text");
        text.0.value()
    }
}

/// Returns `script` with its fixed luck in front, in the order of what it decides. The time of such
/// a line is a hint for readers, so where it stands must not decide what is tried.
fn luck_first(mut script: Script) -> Script {
    for line in &mut script.lines {
        if matches!(line.action, Action::Luck(_)) {
            line.at = Instant::ZERO;
        }
    }
    // Stable: the other lines keep their order.
    script.lines.sort_by_cached_key(|line| match &line.action {
        Action::Luck(luck) => (false, Instant::ZERO, Some(luck.clone())),
        _ => (true, line.at, None),
    });
    script
}

/// Runs `script` for so many steps: itself and the steps that it took, if it shows `wanted`.
fn shows(
    runner: &mut dyn AnyRunner,
    mut script: Script,
    wanted: &Fingerprint,
    limit: u64,
) -> Option<(Script, u64)> {
    let steps = script.steps;
    script.steps = steps.min(limit);
    let (shown, report) = Fingerprint::take(runner, &script)?;
    script.steps = steps;
    (shown == *wanted).then_some((script, report.steps))
}

/// Text on its way into a digest.
struct Text(Digest);

impl std::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
