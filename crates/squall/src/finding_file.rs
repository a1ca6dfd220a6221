//! A finding as a file: a script that replays it, under comments that tell what it is, and above
//! the trace of the run.
//!
//! The comments are for people, but for the lines that a replay compares with: `# rule`,
//! `# fingerprint`, `# digest`. A file that is there already is never overwritten: the same finding
//! is left alone, another one gets a number in its name.

use std::fmt::{Display, Write as _};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use squall_hunt::{Finding, Fingerprint, Sightings};
use squall_trace::{Digest, Line};

use crate::figures::counted;
use crate::play::WrittenShrunk;

/// A finding with its script as text.
#[derive(Clone, Debug, Serialize)]
pub struct WrittenFinding {
    /// The system.
    pub system: String,
    /// The seed of the script.
    pub seed: u64,
    /// The rule's name.
    pub rule: String,
    /// The rule in a sentence.
    pub sentence: String,
    /// What it shares with findings of the same sort.
    pub fingerprint: Fingerprint,
    /// What happened, in one sentence.
    pub story: String,
    /// The events that prove it.
    pub proof: Vec<Line>,
    /// The last events before the end.
    pub last: Vec<Line>,
    /// The digest of the run.
    #[serde(serialize_with = "as_text")]
    pub digest: Digest,
    /// The seeds of the sweep that have a finding of this fingerprint.
    pub seeds: Sightings,
    /// How it was made smaller, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shrunk: Option<Shrinkage>,
    /// The run, event by event, or its first events.
    #[serde(skip)]
    pub trace: Vec<Line>,
    /// The stamps of events behind these.
    #[serde(skip)]
    pub stamps: Vec<u16>,
    /// The name of the file that keeps it.
    pub file_name: String,
    /// The text of the script.
    pub script: String,
}

/// Where a finding is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The file.
    pub path: PathBuf,
    /// Whether the file was written for it; otherwise it was there before, with the same script.
    pub is_new: bool,
}

/// How a finding was made smaller. Header lines that need not be there are counted, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Shrinkage {
    /// The lines of what the seed became.
    pub lines_before: usize,
    /// The lines that are left.
    pub lines_after: usize,
    /// How many runs that took.
    pub runs: u64,
    /// Whether no line can be left out.
    pub minimal: bool,
}

impl Display for Shrinkage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = |count: usize| counted(count as u64, "line");
        let (before, after) = (lines(self.lines_before), lines(self.lines_after));
        write!(f, "shrunk from {before} to {after} in {}", counted(self.runs, "run"))?;
        if self.minimal { Ok(()) } else { f.write_str("; not minimal yet") }
    }
}

fn as_text<T: Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl WrittenFinding {
    /// `finding`, written down.
    #[must_use]
    pub fn new(finding: &Finding) -> Self {
        Self {
            system: finding.script.system.clone(),
            seed: finding.script.seed,
            rule: finding.rule.to_owned(),
            sentence: finding.sentence.to_owned(),
            fingerprint: finding.fingerprint.clone(),
            story: finding.evidence.story(),
            proof: finding.proof.clone(),
            last: finding.last.clone(),
            digest: finding.digest,
            seeds: finding.seeds.clone(),
            shrunk: None,
            trace: finding.trace.clone(),
            stamps: finding.stamps.clone(),
            file_name: finding.file_name(),
            script: finding.script.to_string(),
        }
    }

    /// The smaller finding that it became, seen by the same seeds.
    #[must_use]
    pub fn shrunk_to(&self, smaller: WrittenShrunk) -> Self {
        let (before, after) = (smaller.before.0, smaller.after.0);
        Self {
            seed: self.seed,
            seeds: self.seeds.clone(),
            shrunk: Some(Shrinkage {
                lines_before: before.all_lines(),
                lines_after: after.all_lines(),
                runs: smaller.runs,
                minimal: smaller.stopped.is_none(),
            }),
            ..smaller.finding
        }
    }

    /// The text of the file. `command` replays it.
    #[must_use]
    pub fn text(&self, command: &str) -> String {
        let mut header = format!("{}: {}\n{}\n\n", self.rule, self.sentence, self.story);
        let _ = writeln!(header, "replay: {command}\n");
        let _ = writeln!(header, "rule {}\nfingerprint {}", self.rule, self.fingerprint);
        let _ = writeln!(header, "seed {}\ndigest {}", self.seed, self.digest);
        if let Some(shrunk) = self.shrunk {
            let _ = writeln!(header, "{shrunk}");
        }
        if self.seeds.count > 1 {
            let _ = writeln!(header, "seen by {}", sightings(&self.seeds));
        }
        if !self.proof.is_empty() {
            let _ = writeln!(header, "\nwhat proves it\n{}", indented(&self.proof));
        }
        let mut trace = format!("{TRACE_TITLE}\n{}", indented(&self.trace));
        if !self.stamps.is_empty() {
            let _ = write!(trace, "\n{STAMPS_TITLE}\n{}", rows(&self.stamps));
        }
        format!("{}\n{}\n{}", comment(&header), self.script, comment(&trace))
    }

    /// Keeps it in `folder`, which is made if it is not there, and says where. `command` makes the
    /// command that replays the file of a path.
    ///
    /// # Errors
    ///
    /// What the operating system says when the file cannot be written.
    pub fn keep(&self, folder: &Path, command: &dyn Fn(&Path) -> String) -> io::Result<Kept> {
        fs::create_dir_all(folder)?;
        for path in self.paths(folder) {
            let text = self.text(&command(&path));
            if !path.exists() && write_new(&path, &text)? {
                return Ok(Kept { path, is_new: true });
            }
            if self.is_kept_in(&path) {
                return Ok(Kept { path, is_new: false });
            }
        }
        Err(io::Error::other("too many files of one name"))
    }

    /// Keeps it in place of `larger`, which is a finding of the same kind with a larger script, and
    /// returns where. A file that was there before `larger` was kept is left alone.
    ///
    /// # Errors
    ///
    /// What the operating system says when the file cannot be written.
    pub fn keep_instead(
        &self,
        larger: &Kept,
        command: &dyn Fn(&Path) -> String,
    ) -> io::Result<Kept> {
        let folder = larger.path.parent().unwrap_or(Path::new("."));
        if !larger.is_new {
            return self.keep(folder, command);
        }
        let is_other = |path: &PathBuf| *path != larger.path;
        let mut others = self.paths(folder).take_while(|path| path.exists()).filter(is_other);
        if let Some(path) = others.find(|path| self.is_kept_in(path)) {
            fs::remove_file(&larger.path)?;
            return Ok(Kept { path, is_new: false });
        }
        write_over(&larger.path, &self.text(&command(&larger.path)))?;
        Ok(larger.clone())
    }

    /// Where in `folder` it may be kept: one name after the other, until one is free.
    fn paths<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
        let stem = self.file_name.trim_end_matches(".squall");
        (1_u32..).map(move |number| {
            folder.join(match number {
                1 => self.file_name.clone(),
                _ => format!("{stem}-{number}.squall"),
            })
        })
    }

    /// Whether the file `path` has this very script, whatever its comments say.
    fn is_kept_in(&self, path: &Path) -> bool {
        let text = fs::read_to_string(path).unwrap_or_default();
        let body = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        body(&text) == body(&self.script)
    }
}

/// The title of the trace beneath the script.
pub(crate) const TRACE_TITLE: &str = "the run, event by event";

/// The title of the stamps beneath the trace.
pub(crate) const STAMPS_TITLE: &str = "and behind these, a stamp of each event";

/// So many stamps stand in a row.
const STAMPS_IN_ROW: usize = 16;

fn rows(stamps: &[u16]) -> String {
    let mut text = String::new();
    for row in stamps.chunks(STAMPS_IN_ROW) {
        let row: Vec<String> = row.iter().map(|stamp| format!("{stamp:04x}")).collect();
        let _ = writeln!(text, "  {}", row.join(" "));
    }
    text
}

fn indented(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "  {}", line.to_string().replace('\n', " "));
    }
    text
}

/// `text` as lines of comments.
fn comment(text: &str) -> String {
    let mut commented = String::new();
    for line in text.trim_end().lines() {
        let line = format!("# {}", printable(line));
        commented.push_str(line.trim_end());
        commented.push('\n');
    }
    commented
}

/// How many seeds, and the first of them: `23 seeds, the first 1, 4, 9`.
pub fn sightings(seeds: &Sightings) -> String {
    let first: Vec<_> = seeds.first.iter().map(ToString::to_string).collect();
    format!("{}, the first {}", counted(seeds.count, "seed"), first.join(", "))
}

/// `line` without characters that a terminal would obey.
pub(crate) fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes a file in place of another, which is there until the new one is there as a whole.
fn write_over(path: &Path, text: &str) -> io::Result<()> {
    let draft = draft(path);
    let written = write_draft(&draft, text).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn draft(path: &Path) -> PathBuf {
    path.with_extension(format!("draft-{}", std::process::id()))
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Writes a file that is there as a whole or not at all. `false` if another came first.
pub fn write_new(path: &Path, text: &str) -> io::Result<bool> {
    let draft = draft(path);
    let written = write_draft(&draft, text);
    // A second name for a file, unlike a rename, never takes the place of another.
    let named = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Some file systems know no second names.
        Err(_) => fs::rename(&draft, path).map(|()| true),
        Ok(()) => Ok(true),
    });
    let _ = fs::remove_file(&draft);
    named
}

/// Whether findings could be written to `folder`, without leaving anything behind.
pub fn probe(folder: &Path) -> io::Result<()> {
    let mut place = folder;
    while !place.exists() {
        place = match place.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => break,
        };
    }
    if !place.is_dir() {
        let message = format!("{} is not a folder", place.display());
        return Err(io::Error::new(io::ErrorKind::NotADirectory, message));
    }
    let draft = place.join(format!(".squall-draft-{}", std::process::id()));
    File::create(&draft)?;
    fs::remove_file(draft)
}
