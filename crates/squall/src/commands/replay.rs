//! `squall replay FILE…`: scripts, run again and judged.
//!
//! Each is run twice. A finding tells in its comments what it was when it was found:
//!
//! | now | status | what is said |
//! | --- | --- | --- |
//! | the same rule is broken by the same events | 1 | as recorded |
//! | the same rule is broken by other events | 1 | the code has changed since |
//! | another rule is broken | 1 | which it was |
//! | all rules hold | 0 | which it was |
//! | the two runs differ | 5 | the first event that differs |

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use squall_hunt::Divergence;
use squall_judge::Verdict;
use squall_script::Report;
use squall_trace::Line;

use super::trace;
use crate::any_system::Replayed;
use crate::command::Replay;
use crate::commands::source::Source;
use crate::finding_file::Recorded;
use crate::program::{Failure, Session};
use crate::status::Status;

/// What `--json` prints.
#[derive(Serialize)]
struct ReplayJson {
    status: &'static str,
    exit: u8,
    files: Vec<FileJson>,
}

/// One script.
#[derive(Serialize)]
struct FileJson {
    file: String,
    system: &'static str,
    seed: u64,
    verdict: &'static str,
    rules: Vec<RuleJson>,
    /// How the run ended, as a sentence.
    end: String,
    steps: u64,
    simulated_ns: u64,
    digest: String,
    /// What a finding says that it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<RecordedJson>,
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
    let mut files = Vec::new();
    for path in scripts(&asked.files)? {
        let status = match one(session, &path, asked.trace, &mut files) {
            Ok(status) => status,
            Err(Failure::Misuse(message)) => {
                let _ = writeln!(session.console.err, "error: {}", message.trim_end());
                Status::Misuse
            }
            Err(other) => return Err(other),
        };
        worst = worst.max(Some(status));
    }
    let status = worst.unwrap_or(Status::NothingRun);
    if session.style.json {
        session.print_json(&ReplayJson { status: status.word(), exit: status.code(), files })?;
    } else if status == Status::NothingRun {
        let _ = writeln!(session.console.err, "no scripts were found, so nothing was run");
    }
    Ok(status)
}

/// The files, with folders replaced by the scripts in them.
fn scripts(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let found = scripts_in(path);
            let refused =
                |error| Failure::Misuse(format!("cannot list {}: {error}", path.display()));
            files.extend(found.map_err(refused)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// The scripts in `folder`, by name.
pub(crate) fn scripts_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = folder.read_dir()?.collect::<io::Result<Vec<_>>>()?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "squall")).collect();
    paths.sort();
    Ok(paths)
}

fn one(
    session: &mut Session<'_, '_>,
    path: &Path,
    with_trace: bool,
    files: &mut Vec<FileJson>,
) -> Result<Status, Failure> {
    let source = session.read(path)?;
    let replayed = session.known(source.system)?.replay(&source.text, &source.name);
    let replayed = replayed.map_err(|error| session.unplayable(&error))?;
    let recorded = Recorded::of(&source.text);
    let mut status = trace::status(&replayed.report);
    if replayed.divergence.is_some() {
        status = Status::Diverged;
    }
    if with_trace {
        trace::print(session, &source)?;
    }
    if session.style.json {
        files.push(file_json(&source, &replayed, recorded, status));
    } else {
        print(session, &source, &replayed, recorded.as_ref(), status)?;
    }
    Ok(status)
}

fn print(
    session: &mut Session<'_, '_>,
    source: &Source,
    replayed: &Replayed,
    recorded: Option<&Recorded>,
    status: Status,
) -> io::Result<()> {
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
    if let Some(divergence) = &replayed.divergence {
        write_divergence(out, divergence)?;
    }
    for luck in &report.unused_luck {
        writeln!(out, "  fixed luck that did not come up: {luck}")?;
    }
    if let Some(recorded) = recorded {
        writeln!(out, "  {}", compare(report, recorded))?;
    }
    Ok(())
}

/// How a run relates to the finding that it was.
fn compare(report: &Report, recorded: &Recorded) -> String {
    let was = &recorded.rule;
    match report.broken() {
        None => format!("was: {was}; it is not broken any more"),
        Some((rule, _)) if rule.name != was => format!("was: {was}; it breaks another rule now"),
        Some(_) if report.digest.to_string() == recorded.digest => "as recorded".to_owned(),
        Some(_) => format!(
            "diverged: {was} is broken still, by other events than recorded (digest {}, was {}); \
             the code has changed since",
            report.digest, recorded.digest
        ),
    }
}

/// Tells where two runs part.
pub(crate) fn write_divergence(out: &mut dyn io::Write, found: &Divergence) -> io::Result<()> {
    writeln!(out, "  seed {} did not repeat itself", found.seed)?;
    let Some((one, other)) = &found.first else {
        return writeln!(out, "    the difference did not show again");
    };
    let text = |line: &Option<Line>| match line {
        Some(line) => format!("event {}: {line}", line.number),
        None => "the run is over".to_owned(),
    };
    writeln!(out, "    the one run    {}", text(one))?;
    writeln!(out, "    the other run  {}", text(other))
}

fn file_json(
    source: &Source,
    replayed: &Replayed,
    recorded: Option<Recorded>,
    status: Status,
) -> FileJson {
    let report = &replayed.report;
    FileJson {
        file: source.name.clone(),
        system: source.system,
        seed: replayed.seed,
        verdict: status.word(),
        rules: rules_json(report),
        end: report.end.to_string(),
        steps: report.steps,
        simulated_ns: report.simulated.as_nanos(),
        digest: report.digest.to_string(),
        recorded: recorded.map(|Recorded { rule, digest }| RecordedJson { rule, digest }),
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
                ("broken", Some(evidence.story.clone()), evidence.events.clone())
            }
            Verdict::Unknown(reason) => ("unknown", Some(reason.to_string()), Vec::new()),
        };
        RuleJson { name: rule.name, sentence: rule.sentence, verdict: word, reason, events }
    });
    rules.collect()
}
