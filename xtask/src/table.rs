//! The power table: how fast the bugs of the protocol are found, and how small the findings become.
//! Those of adapters are not in it: each asks for a program of its own, with a library in it.
//!
//! What was measured of a bug is kept below `target/museum/measured`, so a table that was broken
//! off goes on where it was; it counts for as long as the code is the same.

mod page;

use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::TableAsked;
use crate::bug::{self, Bug};
use crate::failure::Failure;
use crate::measure::{Laboratory, Measured};
use crate::program::{Hunt, Program};
use crate::scratch::Scratch;

/// The page, and what it must be made of to be written without being asked for.
const PAGE: &str = "docs/power.md";
const STREAMS_OF_PAGE: u16 = 20;
const CORRECT_OF_PAGE: u64 = 1_000_000;

/// What the correct code is kept under.
const CORRECT: &str = "correct-code";

/// A sweep of the correct code ends by then.
const SECONDS_MAX: u64 = 3_600;

/// The sweep of the correct code.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Correct {
    /// The code that was swept.
    code: u32,
    runs: u64,
    elapsed_ms: u64,
}

/// All that the page says.
struct Table {
    bugs: Vec<(Bug, Measured)>,
    correct: Option<Correct>,
    streams: u16,
    threads: usize,
}

/// Measures what is asked for, prints the table, and writes the page.
pub(crate) fn table(root: &Path, asked: &TableAsked) -> Result<(), Failure> {
    let bugs = named(root, &asked.bugs)?;
    let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = asked.threads.map_or_else(cores, usize::from);
    let scratch = Scratch::claim(root)?;
    let bench = Bench { scratch, asked, threads, bar: bar(bugs.len(), asked) };
    bench.say("building the correct code".to_owned());
    let code = bench.scratch.plant(None)?;
    let correct = bench.scratch.build(CORRECT, None)?;
    let mut measured = Vec::new();
    for bug in bugs {
        let of_bug = bench.measure(&bug, &correct)?;
        measured.push((bug, of_bug));
    }
    let correct = if asked.correct > 0 { Some(bench.sweep(code, &correct)?) } else { None };
    bench.bar.finish_and_clear();
    let table = Table { bugs: measured, correct, streams: asked.streams, threads };
    let page = page::write(&table);
    println!("{page}");
    let is_whole = asked.bugs.is_empty()
        && asked.streams >= STREAMS_OF_PAGE
        && asked.correct >= CORRECT_OF_PAGE;
    let path = match &asked.page {
        Some(path) => Some(path.clone()),
        None => is_whole.then(|| root.join(PAGE)),
    };
    path.map_or(Ok(()), |path| fs::write(&path, page).map_err(Failure::file("write", &path)))
}

/// The bugs of the protocol with these names, each once, or all of them.
fn named(root: &Path, names: &[String]) -> Result<Vec<Bug>, Failure> {
    let is_named = |bug: &Bug| names.is_empty() || names.contains(&bug.name);
    let bugs = bug::all(root)?.into_iter();
    Ok(bugs.filter(Bug::is_in_protocol).filter(is_named).collect())
}

/// A bar of all streams, on a terminal.
fn bar(bugs: usize, asked: &TableAsked) -> ProgressBar {
    let bar = ProgressBar::new(bugs as u64 * u64::from(asked.streams));
    if let Ok(style) = ProgressStyle::with_template("[{bar:24}] {pos}/{len} {msg}, {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// Where bugs are measured.
struct Bench<'a> {
    scratch: Scratch,
    asked: &'a TableAsked,
    threads: usize,
    bar: ProgressBar,
}

impl Bench<'_> {
    fn measure(&self, bug: &Bug, correct: &Program) -> Result<Measured, Failure> {
        let streams = u64::from(self.asked.streams);
        let code = self.scratch.plant(Some(bug))?;
        if let Some(known) = self.known::<Measured>(&bug.name)
            && (known.code, known.streams.len() as u64) == (code, streams)
        {
            self.say(format!("{}: measured before", bug.name));
            self.bar.inc(streams);
            return Ok(known);
        }
        self.say(format!("{}: building", bug.name));
        let program = self.scratch.build(&bug.name, None)?;
        self.say(format!("{}: hunting", bug.name));
        let folder = self.scratch.findings(&bug.name)?;
        let laboratory = Laboratory { bug, program: &program, correct, folder: &folder };
        let measured = laboratory.measure(code, streams, self.threads, &|| self.bar.inc(1))?;
        self.keep(&bug.name, &measured)?;
        Ok(measured)
    }

    /// Sweeps the correct code.
    fn sweep(&self, code: u32, program: &Program) -> Result<Correct, Failure> {
        if let Some(known) = self.known::<Correct>(CORRECT)
            && (known.code, known.runs) == (code, self.asked.correct)
        {
            return Ok(known);
        }
        self.say("the correct code: sweeping".to_owned());
        let swept = program.hunt(&Hunt {
            system: bug::PROTOCOL,
            seeds: 0..self.asked.correct,
            seconds: SECONDS_MAX,
            threads: u16::try_from(self.threads).ok(),
            folder: &self.scratch.findings(CORRECT)?,
        })?;
        if let Some(found) = swept.findings.first() {
            let (rule, seed, story) = (found.rule.clone(), found.seed(), found.story.clone());
            return Err(Failure::Incorrect { rule, seed, story });
        }
        let correct = Correct { code, runs: swept.clean, elapsed_ms: swept.elapsed_ms };
        self.keep(CORRECT, &correct)?;
        Ok(correct)
    }

    /// What was measured before under this name, unless it is to be measured anew.
    fn known<T: for<'d> Deserialize<'d>>(&self, name: &str) -> Option<T> {
        let text = fs::read(self.scratch.measured().join(format!("{name}.json"))).ok()?;
        if self.asked.fresh { None } else { serde_json::from_slice(&text).ok() }
    }

    fn keep(&self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let folder = self.scratch.measured();
        let path = folder.join(format!("{name}.json"));
        let text = serde_json::to_vec_pretty(value).unwrap_or_default();
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
        written.map_err(Failure::file("write", &path))
    }

    /// Says on the bar what goes on, or in a line where there is no terminal for a bar.
    fn say(&self, text: String) {
        if std::io::stderr().is_terminal() {
            self.bar.set_message(text);
        } else {
            eprintln!("{text}");
        }
    }
}
