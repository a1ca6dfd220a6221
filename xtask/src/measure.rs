//! One bug, measured: hunted in several streams of seeds, each finding shrunk and looked at anew.
//!
//! A stream starts a billion seeds after the one before, so that no two ever meet, and is swept on
//! one thread: what the clock says of it is what one core spent, or a little more on a busy
//! machine.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::bug::Bug;
use crate::failure::Failure;
use crate::figures::{grouped, seconds};
use crate::program::{Broken, Hunt, Program};
use crate::size;

/// Seeds between the beginnings of two streams.
const STREAM: u64 = 1_000_000_000;

/// A stream that has found nothing by then is given up.
const SECONDS_MAX: u64 = 600;

/// What is known of one bug.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The code that was measured.
    pub(crate) code: u32,
    pub(crate) witness: Size,
    pub(crate) streams: Vec<Stream>,
}

/// How long a script is, and what happens in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) lines: u64,
    pub(crate) events: u64,
}

/// What came of one stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stream {
    /// The rule that was broken.
    pub(crate) rule: String,
    /// Seeds up to the one that broke it.
    pub(crate) seeds: u64,
    pub(crate) hunt_ms: u64,
    pub(crate) found: Size,
    pub(crate) shrunk: Size,
    pub(crate) shrink_ms: u64,
    /// What happens when a line of the shrunk script is left out.
    pub(crate) slack: Slack,
    /// The shrunk script breaks another rule than the one that was found, or none; or the bug has
    /// no part in it.
    pub(crate) has_slipped: bool,
}

/// What becomes of a shrunk script when a line is left out: the worst of all its lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Slack {
    /// The rule holds.
    None,
    /// The rule is broken, and other evidence proves it: it is another finding.
    OtherFinding,
    /// It is the same finding still: the line need not have been there.
    SameFinding,
}

/// What all streams of a bug share.
pub(crate) struct Laboratory<'a> {
    pub(crate) bug: &'a Bug,
    pub(crate) program: &'a Program,
    /// The program without the bug.
    pub(crate) correct: &'a Program,
    /// Where findings go.
    pub(crate) folder: &'a Path,
}

impl Laboratory<'_> {
    /// Measures `streams` streams, on `threads` threads. Calls `done` after each stream.
    pub(crate) fn measure(
        &self,
        code: u32,
        streams: u64,
        threads: usize,
        done: &(dyn Fn() + Sync),
    ) -> Result<Measured, Failure> {
        let next = AtomicU64::new(1);
        let results = Mutex::new(Vec::new());
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > streams {
                    return;
                }
                let result = self.stream(number);
                if result.is_err() {
                    // The others need not go on.
                    next.store(streams + 1, Ordering::Relaxed);
                }
                done();
                let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                results.push((number, result));
            }
        };
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        results.sort_by_key(|(number, _)| *number);
        let streams = results.into_iter().map(|(_, result)| result).collect::<Result<_, _>>()?;
        Ok(Measured { code, witness: self.size(&self.bug.witness())?, streams })
    }

    /// Hunts in one stream, shrinks what is found, and looks at it anew.
    fn stream(&self, number: u64) -> Result<Stream, Failure> {
        let folder = self.folder.join(number.to_string());
        fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
        let start = number * STREAM;
        let hunted = self.program.hunt(&Hunt {
            system: &self.bug.system,
            seeds: start..start + STREAM,
            seconds: SECONDS_MAX,
            threads: Some(1),
            folder: &folder,
        })?;
        let Some(found) = hunted.findings.first() else {
            return Err(self.not_found(hunted.runs, hunted.elapsed_ms));
        };
        let Some(path) = &found.path else {
            return Err(self.not_found(hunted.runs, hunted.elapsed_ms));
        };
        let shrunk = self.program.shrink(path, &folder.join("shrunk.squall"))?;
        Ok(Stream {
            rule: found.rule.clone(),
            seeds: found.seed().saturating_sub(start) + 1,
            hunt_ms: hunted.elapsed_ms,
            found: self.size(path)?,
            shrunk: self.size(&shrunk.shrunk)?,
            shrink_ms: shrunk.elapsed_ms,
            slack: self.slack(&shrunk.shrunk)?,
            has_slipped: self.has_slipped(&shrunk.shrunk, &found.rule)?,
        })
    }

    /// Whether `script` is not a case of `rule` broken by the bug: with the bug another rule is
    /// broken, or none, or without the bug the rule is broken as well.
    fn has_slipped(&self, script: &Path, rule: &str) -> Result<bool, Failure> {
        let breaks = |program: &Program| -> Result<bool, Failure> {
            Ok(program.broken(script)?.is_some_and(|broken| broken.rule == rule))
        };
        Ok(!breaks(self.program)? || breaks(self.correct)?)
    }

    /// What becomes of `script` when any one line is left out.
    fn slack(&self, script: &Path) -> Result<Slack, Failure> {
        let whole = self.program.broken(script)?;
        let text = fs::read_to_string(script).map_err(Failure::file("read", script))?;
        let mut worst = Slack::None;
        for (place, text) in size::without_a_line(&text).into_iter().enumerate() {
            let path = script.with_extension(format!("without-{place}.squall"));
            fs::write(&path, text).map_err(Failure::file("write", &path))?;
            // One by one: without some lines the text is no longer a script.
            let broken = match self.program.broken(&path) {
                Err(Failure::Refused { .. }) => None,
                answer => answer?,
            };
            let rule = |of: &Option<Broken>| of.as_ref().map(|broken| broken.rule.clone());
            worst = worst.max(match broken {
                None => Slack::None,
                same if same == whole => Slack::SameFinding,
                other if rule(&other) == rule(&whole) => Slack::OtherFinding,
                Some(_) => Slack::None,
            });
        }
        Ok(worst)
    }

    fn size(&self, script: &Path) -> Result<Size, Failure> {
        let text = fs::read_to_string(script).map_err(Failure::file("read", script))?;
        Ok(Size { lines: size::lines(&text), events: self.program.events(script)? })
    }

    fn not_found(&self, seeds: u64, elapsed_ms: u64) -> Failure {
        let bug =
            format!("{} ({} seeds a second)", self.bug.name, grouped(rate(seeds, elapsed_ms)));
        Failure::NotFound { bug, seeds, seconds: format!("{} s", seconds(elapsed_ms)) }
    }
}

fn rate(runs: u64, milliseconds: u64) -> u64 {
    runs.saturating_mul(1_000) / milliseconds.max(1)
}
