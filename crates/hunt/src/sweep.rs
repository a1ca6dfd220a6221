//! A sweep: many seeds, all cores, one world a thread, used again from seed to seed.
//!
//! Seeds are handed out in small chunks, and what came of them is added up in the order of the
//! seeds; so a sweep that is not stopped from outside tells the same on one thread and on many.
//! Memory does not grow with the number of seeds. What breaks a rule is sorted by its fingerprint
//! as it comes; the findings are written down at the end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use squall_judge::{Marks, Verdict};
use squall_script::{AnyRunner, AnySystem, NO_PANIC, Report, Script};
use squall_world::{Hits, Kind};

use crate::coverage::{Coverage, Lookout, Notes};
use crate::finding::{Divergence, Finding};
use crate::fingerprint::Fingerprint;
use crate::generate::generate_into;
use crate::overseer::Overseer;
use crate::panics;
use crate::sightings::Catch;

/// Seeds that a thread takes at a time.
const CHUNK: u64 = 64;

/// What a sweep is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which seeds.
    pub seeds: Range<u64>,
    /// On how many threads; at least one.
    pub threads: usize,
    /// After so many different findings it stops, of one fingerprint each; at least one.
    pub findings_max: usize,
    /// One seed in so many is run twice, and the digests compared; 0 for none.
    pub repeat_every: u64,
}

impl Default for Plan {
    /// 10,000 seeds on one thread, to the first finding; one seed in 20 twice.
    fn default() -> Self {
        Self { seeds: 0..10_000, threads: 1, findings_max: 1, repeat_every: 20 }
    }
}

/// How far a sweep has come: for whoever shows it while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs so far.
    pub runs: AtomicU64,
    /// Faults that fired so far.
    pub faults: AtomicU64,
    /// Different findings so far.
    pub findings: AtomicU64,
}

/// What came of a sweep.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The sums over all runs.
    pub tally: Tally,
    /// What they covered.
    pub coverage: Coverage,
    /// One finding for each fingerprint, its smallest script; by the first seed that had it, and no
    /// more than were asked for.
    pub findings: Vec<Finding>,
    /// The seeds that were run: a beginning of those planned, or all of them.
    pub seeds: Range<u64>,
    /// Whether it ended before all planned seeds were run, and not for its findings.
    pub interrupted: bool,
}

/// Why nothing was swept.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SweepError {
    /// The threads cannot be started.
    #[error("cannot start {threads} threads: {error}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the operating system says.
        error: String,
    },
}

/// Sums over runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Runs in which no rule was broken, and every rule that was to be judged was.
    pub clean: u64,
    /// Inputs handed to processes.
    pub steps: u64,
    /// Events.
    pub events: u64,
    /// Simulated time, in nanoseconds.
    pub simulated_ns: u128,
    /// How often each kind of fault fired.
    pub hits: Hits,
    /// How often each mark was reached.
    pub marks: Marks,
    /// For each rule, how it was judged.
    pub rules: Vec<RuleTally>,
    /// Why verdicts are unknown, and how often, without the figures of a run.
    pub unknown: BTreeMap<String, u64>,
    /// Seeds that were run twice.
    pub repeated: u64,
    /// Seeds whose two runs differed.
    pub diverged: Vec<Divergence>,
    /// Broken runs that held when they were run again: the code does not repeat itself.
    pub vanished: u64,
    /// The digests of all runs, folded: equal sweeps have equal ones.
    pub digest: u64,
}

/// How one rule was judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleTally {
    /// Its name.
    pub name: &'static str,
    /// The rule in a sentence.
    pub sentence: &'static str,
    /// Runs in which it held.
    pub holds: u64,
    /// Runs in which it was broken.
    pub broken: u64,
    /// Runs in which it was not judged, or could not be.
    pub unknown: u64,
}

/// Runs the seeds of `plan` until they are done, enough is found, or `overseer` says so.
///
/// # Errors
///
/// If the threads cannot be started.
pub fn sweep(
    system: &dyn AnySystem,
    plan: &Plan,
    progress: &Progress,
    overseer: &dyn Overseer,
) -> Result<Sweep, SweepError> {
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let ledger = Mutex::new(Ledger::new(plan, system.profile().marks));
    let chunks = (plan.seeds.end.saturating_sub(plan.seeds.start)).div_ceil(CHUNK);
    let work = |thread| {
        let mut worker = Worker::new(system, plan, progress);
        while !enough.load(Ordering::Relaxed) && !overseer.is_over() {
            let chunk = next.fetch_add(1, Ordering::Relaxed);
            if chunk >= chunks {
                break;
            }
            let part = worker.run_chunk(chunk, thread, overseer);
            let mut ledger = ledger.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if ledger.enter(chunk, part) {
                enough.store(true, Ordering::Relaxed);
            }
            progress.findings.store(ledger.found.0.len() as u64, Ordering::Relaxed);
            let new = ledger.untold();
            drop(ledger);
            new.iter().filter_map(|script| worker.write_down(script)).for_each(|finding| {
                overseer.found(&finding);
            });
        }
        overseer.ends(thread);
    };
    let threads = plan.threads.max(1);
    if threads == 1 {
        work(0);
    } else {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool =
            pool.map_err(|error| SweepError::Threads { threads, error: error.to_string() })?;
        pool.scope(|scope| (0..threads).for_each(|thread| scope.spawn(move |_| work(thread))));
    }
    let ledger = ledger.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(ledger.close(&mut *system.runner()))
}

/// What came of one chunk of seeds, or of its first ones if the sweep was stopped.
struct Part {
    seeds: u64,
    is_whole: bool,
    tally: Tally,
    notes: Notes,
    found: Catch,
}

/// Adds up the parts in the order of their chunks.
struct Ledger {
    plan: Plan,
    next: u64,
    /// How many seeds were entered.
    seeds: u64,
    /// Whether one part was not whole: what comes after it does not count.
    is_cut_short: bool,
    waiting: BTreeMap<u64, Part>,
    tally: Tally,
    coverage: Coverage,
    found: Catch,
    /// How many of these were told to the overseer.
    told: usize,
    enough: bool,
}

impl Ledger {
    fn new(plan: &Plan, marks: &[&'static str]) -> Self {
        let tally = Tally { marks: Marks::expected(marks), ..Tally::default() };
        let (coverage, found) = (Coverage::default(), Catch::new());
        let (plan, waiting) = (plan.clone(), BTreeMap::new());
        let (next, seeds, is_cut_short, told, enough) = (0, 0, false, 0, false);
        Self { plan, next, seeds, is_cut_short, waiting, tally, coverage, found, told, enough }
    }

    /// Returns the scripts of the findings that were entered since this was asked last.
    fn untold(&mut self) -> Vec<Script> {
        let known = self.found.0.len().min(self.plan.findings_max.max(1));
        let untold = self.found.0[self.told..known].iter().map(|sighted| sighted.script.clone());
        let untold = untold.collect();
        self.told = known;
        untold
    }

    /// Enters a part. Says whether enough is found.
    fn enter(&mut self, chunk: u64, part: Part) -> bool {
        self.waiting.insert(chunk, part);
        while !self.enough
            && !self.is_cut_short
            && let Some(part) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            self.seeds += part.seeds;
            self.is_cut_short = !part.is_whole;
            self.tally.add(&part.tally);
            self.coverage.add(&part.notes);
            self.found.append(part.found);
            self.enough = self.found.0.len() >= self.plan.findings_max.max(1);
        }
        self.enough
    }

    /// Writes down what was found.
    fn close(mut self, runner: &mut dyn AnyRunner) -> Sweep {
        let Range { start, end } = self.plan.seeds;
        let reached = start + self.seeds;
        let mut findings = Vec::new();
        for sighted in self.found.0.into_iter().take(self.plan.findings_max.max(1)) {
            match Finding::of(runner, &sighted.script) {
                Some(finding) => findings.push(Finding { seeds: sighted.seeds, ..finding }),
                None => self.tally.vanished += 1,
            }
        }
        Sweep {
            tally: self.tally,
            coverage: self.coverage,
            findings,
            seeds: start..reached,
            interrupted: !self.enough && reached < end,
        }
    }
}

/// One thread's world, script and sums.
struct Worker<'a> {
    system: &'a dyn AnySystem,
    plan: &'a Plan,
    progress: &'a Progress,
    runner: Box<dyn AnyRunner + 'a>,
    marks: &'static [&'static str],
    script: Script,
    lookout: Lookout,
}

impl<'a> Worker<'a> {
    fn new(system: &'a dyn AnySystem, plan: &'a Plan, progress: &'a Progress) -> Self {
        let profile = system.profile();
        let script = Script::new(profile.name, 0, 1, 0);
        let (runner, lookout) = (system.runner(), Lookout::default());
        Self { system, plan, progress, runner, marks: profile.marks, script, lookout }
    }

    fn run_chunk(&mut self, chunk: u64, thread: usize, overseer: &dyn Overseer) -> Part {
        let start = self.plan.seeds.start + chunk * CHUNK;
        let end = start.saturating_add(CHUNK).min(self.plan.seeds.end);
        let tally = Tally { marks: Marks::expected(self.marks), ..Tally::default() };
        let (notes, found) = (Notes::default(), Catch::new());
        let mut part = Part { seeds: 0, is_whole: true, tally, notes, found };
        for seed in start..end {
            if seed > start && overseer.is_over() {
                part.is_whole = false;
                break;
            }
            overseer.begins(thread, seed);
            self.run_seed(seed, &mut part);
            part.seeds += 1;
            self.progress.runs.fetch_add(1, Ordering::Relaxed);
        }
        part.notes = self.lookout.take();
        self.progress.faults.fetch_add(part.tally.hits.total(), Ordering::Relaxed);
        part
    }

    /// Runs `script` once more and tells what it finds, if it finds it again.
    fn write_down(&mut self, script: &Script) -> Option<Finding> {
        Finding::of(&mut *self.runner, script)
    }

    fn run_seed(&mut self, seed: u64, part: &mut Part) {
        generate_into(self.system, seed, &mut self.script);
        let mut watch = self.lookout.watch(&self.script);
        let report = match panics::hush(|| self.runner.scout(&self.script, &mut watch)) {
            Ok(report) => report,
            Err(reason) => {
                part.tally.runs += 1;
                *part.tally.unknown.entry(reason.to_string()).or_insert(0) += 1;
                return;
            }
        };
        part.tally.count(&report);
        part.tally.marks.add(self.runner.marks());
        let mut kinds = report.hits.seen();
        if self.script.knobs.iter().len() > 0 {
            part.tally.hits.hit(Kind::B5);
            kinds |= 1 << Kind::B5 as u64;
        }
        self.lookout.note(&report, kinds);
        let repeats = self.plan.repeat_every > 0 && seed.is_multiple_of(self.plan.repeat_every);
        if repeats {
            part.tally.repeated += 1;
            let again = panics::hush(|| self.runner.play(&self.script));
            if again.map(|again| again.digest) != Ok(report.digest) {
                let divergence = Divergence::find(&mut *self.runner, &self.script);
                part.tally.diverged.push(divergence);
            }
        }
        if report.broken().is_some() {
            match Fingerprint::of_report(&mut *self.runner, &self.script, &report) {
                Some(fingerprint) => part.found.note(fingerprint, &self.script),
                None => part.tally.vanished += 1,
            }
        }
    }
}

impl Tally {
    /// Counts one run.
    fn count(&mut self, report: &Report) {
        self.runs += 1;
        self.steps += report.steps;
        self.events += report.events;
        self.simulated_ns += u128::from(report.simulated.as_nanos());
        self.hits.add(&report.hits);
        self.digest = fold(self.digest, report.digest.value());
        if self.rules.is_empty() {
            let rules = report.rulings.iter().filter(|(rule, _)| *rule != NO_PANIC);
            self.rules = rules.map(|(rule, _)| RuleTally::new(*rule)).collect();
        }
        let mut clean = true;
        for (rule, verdict) in &report.rulings {
            let place = match self.rules.iter().position(|tally| tally.name == rule.name) {
                Some(place) => place,
                None => {
                    self.rules.push(RuleTally::new(*rule));
                    self.rules.len() - 1
                }
            };
            let tally = &mut self.rules[place];
            match verdict {
                Verdict::Holds => tally.holds += 1,
                Verdict::Broken(_) => tally.broken += 1,
                Verdict::Unknown(_) => tally.unknown += 1,
            }
            clean &= !matches!(verdict, Verdict::Broken(_));
        }
        if clean && let Verdict::Unknown(reason) = report.verdict() {
            clean = false;
            *self.unknown.entry(reason.summary().to_owned()).or_insert(0) += 1;
        }
        self.clean += u64::from(clean);
    }

    /// Adds the sums of later seeds.
    fn add(&mut self, later: &Self) {
        self.runs += later.runs;
        self.clean += later.clean;
        self.steps += later.steps;
        self.events += later.events;
        self.simulated_ns += later.simulated_ns;
        self.hits.add(&later.hits);
        self.marks.add(&later.marks);
        for theirs in &later.rules {
            match self.rules.iter_mut().find(|mine| mine.name == theirs.name) {
                Some(mine) => {
                    mine.holds += theirs.holds;
                    mine.broken += theirs.broken;
                    mine.unknown += theirs.unknown;
                }
                None => self.rules.push(theirs.clone()),
            }
        }
        for (reason, count) in &later.unknown {
            *self.unknown.entry(reason.clone()).or_insert(0) += count;
        }
        self.repeated += later.repeated;
        self.diverged.extend(later.diverged.iter().cloned());
        self.vanished += later.vanished;
        self.digest = fold(self.digest, later.digest);
    }

    /// The largest chance of a failure a run that would still show itself as clean, with a
    /// confidence of 95 %: about 3 in so many runs. `None` unless every run was clean.
    ///
    /// It speaks of scripts as they are drawn from seeds, and of nothing else (the rule of three:
    /// Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 1983).
    #[must_use]
    pub fn bound(&self) -> Option<(u64, u64)> {
        (self.clean == self.runs && self.runs > 0).then_some((3, self.runs))
    }
}

impl RuleTally {
    fn new(rule: squall_judge::Rule) -> Self {
        Self { name: rule.name, sentence: rule.sentence, holds: 0, broken: 0, unknown: 0 }
    }
}

fn fold(sum: u64, digest: u64) -> u64 {
    (sum.rotate_left(5) ^ digest).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
