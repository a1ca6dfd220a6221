//! `squall replay FILE…`: scripts, run again and judged.
//!
//! Each is run twice. A finding tells in its comments what it was when it was found:
//!
//! | now | status | it |
//! | --- | --- | --- |
//! | the same rule is broken by the same events | 1 | still fails |
//! | the same rule is broken by other events, or in another way | 1 | diverged |
//! | another rule is broken | 1 | diverged |
//! | all rules hold | 0 | is fixed |
//! | the two runs differ | 5 | does not repeat itself |
//!
//! Where the run parts from the recorded one, the first event that differs is named, and so is
//! fixed luck that did not come up: the script is run on all the same.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use squall::{is_script, scripts_in, write_divergence};
use squall_hunt::{Divergence, Fingerprint};
use squall_judge::{End, Verdict};
use squall_process::Instant;
use squall_script::Report;
use squall_trace::Line;

use super::trace;
use crate::command::Replay;
use crate::commands::source::Source;
use crate::program::{Failure, Session};
use crate::status::Status;
use squall::figures::counted;
use squall::play::{self, Replayed};
use squall::{Parting, Recorded, Standing};

/// What `--json` prints.
#[derive(Serialize)]
struct ReplayJson {
    status: &'static str,
    exit: u8,
    /// How many files stand how.
    standings: BTreeMap<&'static str, u64>,
    files: Vec<FileJson>,
    /// What was not run, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedJson>,
}

/// A file that is no script that can be run, or that was not come to.
#[derive(Serialize)]
struct RefusedJson {
    file: String,
    error: String,
}

/// One script.
#[derive(Serialize)]
struct FileJson {
    file: String,
    system: &'static str,
    seed: u64,
    verdict: &'static str,
    /// How it stands: `still-fails`, `fixed`, `diverged`, `unknown`; `null` if it is no finding.
    standing: Option<Standing>,
    rules: Vec<RuleJson>,
    /// How the run ended, as a sentence.
    end: String,
    /// By when progress was due; `null` if it was not.
    due_by_ns: Option<u64>,
    steps: u64,
    simulated_ns: u64,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
    /// What a finding says that it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<RecordedJson>,
    /// The first event that differs from the recorded run, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<Parting>,
    /// How two runs differ, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence: Option<DivergenceJson>,
    /// The events that prove that a rule is broken.
    proof: Vec<Line>,
    /// Luck that the script fixes and that did not come up.
    unused_luck: Vec<String>,
}

#[derive(Serialize)]
struct RecordedJson {
    rule: String,
    fingerprint: Option<Fingerprint>,
    digest: String,
}

/// The verdict on one rule.
#[derive(Serialize)]
pub(crate) struct RuleJson {
    name: &'static str,
    sentence: &'static str,
    verdict: &'static str,
    /// Why, unless it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The numbers of the events that prove it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<u64>,
}

/// A seed whose two runs differ.
#[derive(Serialize)]
pub(crate) struct DivergenceJson {
    seed: u64,
    /// The first event that differs, in the one run.
    one: Option<Line>,
    /// And in the other.
    other: Option<Line>,
}

impl DivergenceJson {
    pub(crate) fn new(divergence: &Divergence) -> Self {
        let (one, other) = divergence.first.clone().unwrap_or_default();
        Self { seed: divergence.seed, one, other }
    }
}

pub(crate) fn replay(session: &mut Session<'_, '_>, asked: &Replay) -> Result<Status, Failure> {
    let mut worst = None;
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    let mut standings = BTreeMap::new();
    let paths = scripts(&asked.files)?;
    for (nth, path) in paths.iter().enumerate() {
        if (session.console.is_interrupted)() {
            let left = (paths.len() - nth) as u64;
            let scripts = counted(left, "script");
            let _ = writeln!(session.console.err, "interrupted: {scripts} not run");
            *standings.entry("not run").or_insert(0) += left;
            let unrun = paths[nth..].iter().map(|path| path.display().to_string());
            refused.extend(unrun.map(|file| RefusedJson { file, error: INTERRUPTED.to_owned() }));
            worst = worst.max(Some(Status::NothingRun));
            break;
        }
        let told = one(session, path, asked.trace).and_then(|one| {
            if session.style.json {
                files.push(file_json(&one));
            } else if paths.len() == 1 || asked.trace {
                print(session, &one)?;
            } else {
                print_row(session, &one)?;
            }
            Ok((one.status, one.word()))
        });
        let (status, word) = match told {
            Ok(told) => told,
            Err(Failure::Misuse(message)) => {
                let error = message.trim_end().to_owned();
                let _ = writeln!(session.console.err, "error: {error}");
                refused.push(RefusedJson { file: path.display().to_string(), error });
                (Status::Misuse, "not run")
            }
            Err(other) => return Err(other),
        };
        *standings.entry(word).or_insert(0) += 1;
        worst = worst.max(Some(status));
    }
    let status = worst.unwrap_or(Status::NothingRun);
    if session.style.json {
        let (exit, status) = (status.code(), status.word());
        session.print_json(&ReplayJson { status, exit, standings, files, refused })?;
    } else if status == Status::NothingRun {
        let _ = writeln!(session.console.err, "no scripts were found, so nothing was run");
    } else if paths.len() > 1 {
        let counts: Vec<_> =
            standings.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let scripts = counted(paths.len() as u64, "script");
        writeln!(session.console.out, "\n{scripts}: {}", counts.join(", "))?;
    }
    Ok(status)
}

const INTERRUPTED: &str = "Ctrl-C came first";

const HINT: &str = "a sweep makes its folder of findings when it finds something";

/// The files, with folders replaced by the scripts in them.
fn scripts(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let found = scripts_in(path);
            let refused =
                |error| Failure::Misuse(format!("cannot list {}: {error}", path.display()));
            files.extend(found.map_err(refused)?);
        } else if !path.exists() && !is_script(path) {
            return Err(Failure::Misuse(format!(
                "there is no file or folder {}\n  {HINT}",
                path.display()
            )));
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// One script, and what came of it.
struct One {
    source: Source,
    replayed: Replayed,
    status: Status,
    /// How it stands, if it is a finding.
    standing: Option<Standing>,
}

impl One {
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.replayed.finding.as_ref().map(|finding| &finding.fingerprint)
    }

    /// How it stands, in one or two words.
    fn word(&self) -> &'static str {
        match (self.status, self.standing) {
            (Status::Diverged, _) => "not repeatable",
            (_, Some(standing)) => standing.words(),
            (status, None) => status.word(),
        }
    }
}

fn one(session: &mut Session<'_, '_>, path: &Path, with_trace: bool) -> Result<One, Failure> {
    let source = session.read(path)?;
    let replayed = play::replay(session.known(source.system)?, &source.text, &source.name);
    let replayed = replayed.map_err(|error| session.unplayable(&error))?;
    let mut status = trace::status(&replayed.report);
    if replayed.divergence.is_some() {
        status = Status::Diverged;
    }
    if with_trace {
        trace::print(session, &source)?;
    }
    let mut one = One { source, replayed, status, standing: None };
    let recorded = one.replayed.recorded.as_ref();
    one.standing = recorded.map(|it| it.standing(&one.replayed.report, one.fingerprint()));
    Ok(one)
}

/// One script of several in a line, and what is not as it was beneath.
fn print_row(session: &mut Session<'_, '_>, one: &One) -> io::Result<()> {
    let palette = session.palette();
    let out = &mut session.console.out;
    let word = format!("{:<14}", one.word());
    let word = match one.status {
        Status::Holds => palette.good(&word),
        Status::Broken | Status::Diverged => palette.bad(&word),
        _ => palette.odd(&word),
    };
    let is = one.fingerprint().map(ToString::to_string);
    let was = one.replayed.recorded.as_ref().map(|recorded| match &recorded.fingerprint {
        Some(fingerprint) => fingerprint.to_string(),
        None => recorded.rule.clone(),
    });
    let what = match (is, was) {
        (Some(is), Some(was)) if is != was => format!("  {is}, was {was}"),
        (Some(is), _) => format!("  {is}"),
        (None, Some(was)) => format!("  was {was}"),
        (None, None) => String::new(),
    };
    writeln!(out, "{word} {}{what}", one.source.name)?;
    write_parting(out, &one.replayed)?;
    if let Some(divergence) = &one.replayed.divergence {
        write_divergence(out, divergence)?;
    }
    Ok(())
}

/// Where a run parts from the recorded one, and the fixed luck that did not come up.
fn write_parting(out: &mut dyn io::Write, replayed: &Replayed) -> io::Result<()> {
    for luck in &replayed.report.unused_luck {
        writeln!(out, "  fixed luck that did not come up: {luck}")?;
    }
    match &replayed.parting {
        Some(parting) => writeln!(out, "  {}", parting.to_string().replace('\n', "\n  ")),
        None => Ok(()),
    }
}

fn print(session: &mut Session<'_, '_>, one: &One) -> io::Result<()> {
    let One { source, replayed, status, standing } = one;
    let palette = session.palette();
    let out = &mut session.console.out;
    let word = match status {
        Status::Holds => palette.good(status.word()),
        Status::Broken | Status::Diverged => palette.bad(status.word()),
        _ => palette.odd(status.word()),
    };
    writeln!(out, "{}: {word}", source.name)?;
    let report = &replayed.report;
    let width = report.rulings.iter().map(|(rule, _)| rule.name.len()).max().unwrap_or(0);
    for (rule, verdict) in &report.rulings {
        let text = verdict.to_string();
        let text = match verdict {
            Verdict::Holds => text,
            Verdict::Broken(_) => palette.bad(&text),
            Verdict::Unknown(_) => palette.faint(&text),
        };
        writeln!(out, "  {:<width$}  {text}", rule.name)?;
    }
    for line in replayed.finding.iter().flat_map(|finding| &finding.proof) {
        writeln!(out, "    {line}")?;
    }
    if let Some(due_by) = report.due_by
        && report.end == End::Overdue
        && report.progress_due
    {
        writeln!(out, "  progress was due by {due_by}")?;
    }
    if let Some(divergence) = &replayed.divergence {
        write_divergence(out, divergence)?;
    }
    write_parting(out, replayed)?;
    if let (Some(recorded), Some(standing)) = (&replayed.recorded, standing) {
        let text = compare(report, recorded, *standing, one.fingerprint());
        writeln!(out, "  {text}")?;
    }
    Ok(())
}

/// How a run relates to the finding that it was.
fn compare(
    report: &Report,
    recorded: &Recorded,
    standing: Standing,
    is: Option<&Fingerprint>,
) -> String {
    let was = &recorded.rule;
    match (standing, is) {
        (Standing::StillFails, _) => "as recorded".to_owned(),
        (Standing::Fixed, _) => format!("was: {was}; it is not broken any more"),
        (Standing::Unknown, _) => format!("was: {was}; it is not broken, and not all is judged"),
        (Standing::Diverged, Some(is)) if is.rule() == was && !recorded.is_alike(Some(is)) => {
            let before = recorded.fingerprint.as_ref().map_or(was.clone(), ToString::to_string);
            format!("diverged: {was} is broken still, in another way ({is}, was {before})")
        }
        (Standing::Diverged, Some(is)) if is.rule() == was => format!(
            "diverged: {was} is broken still, by other events than recorded (digest {}, was {}); \
             the code has changed since",
            report.digest, recorded.digest
        ),
        (Standing::Diverged, _) => format!("was: {was}; it breaks another rule now"),
    }
}

fn file_json(one: &One) -> FileJson {
    let One { source, replayed, status, standing } = one;
    let report = &replayed.report;
    let recorded = replayed.recorded.as_ref().map(|recorded| RecordedJson {
        rule: recorded.rule.clone(),
        fingerprint: recorded.fingerprint.clone(),
        digest: recorded.digest.clone(),
    });
    FileJson {
        file: source.name.clone(),
        system: source.system,
        seed: replayed.seed,
        verdict: status.word(),
        standing: *standing,
        rules: rules_json(report),
        end: report.end.to_string(),
        due_by_ns: report.due_by.map(Instant::as_nanos),
        steps: report.steps,
        simulated_ns: report.simulated.as_nanos(),
        digest: report.digest.to_string(),
        fingerprint: one.fingerprint().cloned(),
        recorded,
        parting: replayed.parting.clone(),
        divergence: replayed.divergence.as_ref().map(DivergenceJson::new),
        proof: replayed.finding.as_ref().map(|finding| finding.proof.clone()).unwrap_or_default(),
        unused_luck: report.unused_luck.iter().map(ToString::to_string).collect(),
    }
}

/// The verdict on each rule.
pub(crate) fn rules_json(report: &Report) -> Vec<RuleJson> {
    let rules = report.rulings.iter().map(|(rule, verdict)| {
        let (word, reason, events) = match verdict {
            Verdict::Holds => ("holds", None, Vec::new()),
            Verdict::Broken(evidence) => {
                ("broken", Some(evidence.story()), evidence.events.clone())
            }
            Verdict::Unknown(reason) => ("unknown", Some(reason.to_string()), Vec::new()),
        };
        RuleJson { name: rule.name, sentence: rule.sentence, verdict: word, reason, events }
    });
    rules.collect()
}
