//! What the file of a finding says that it was, and how a run of today compares with it.
//!
//! A script means nearly the same after the code has changed: luck has addresses, so what the
//! change does not touch goes on as it was. The recorded trace tells where the two runs part.

use std::fmt::{self, Display};

use serde::Serialize;
use squall_hunt::{Fingerprint, STAMPS_MAX, TRACE_MAX};
use squall_judge::Verdict;
use squall_script::Report;
use squall_trace::Line;

use crate::finding_file::{STAMPS_TITLE, TRACE_TITLE, printable};

/// What the comments of a finding say of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recorded {
    /// The rule that was broken.
    pub rule: String,
    /// The fingerprint, if the file has one.
    pub fingerprint: Option<Fingerprint>,
    /// The digest of the run, as text.
    pub digest: String,
    /// The run, event by event, as text; or its first events.
    pub trace: Vec<String>,
    /// The stamps of events behind these.
    pub stamps: Vec<u16>,
}

/// How a finding stands now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The same rule is broken by the same events.
    StillFails,
    /// All rules hold.
    Fixed,
    /// A rule is broken, but not as it was.
    Diverged,
    /// No rule is broken, and not all could be judged.
    Unknown,
}

/// Where a run parts from the recorded one: the first event that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Parting {
    /// Its number.
    pub number: u64,
    /// What it was, or that nobody knows; nothing if the recorded run was over.
    pub recorded: Option<String>,
    /// What it is now; nothing if the run is over.
    pub now: Option<String>,
}

impl Recorded {
    /// What the comments in `source` say, if it is a finding.
    #[must_use]
    pub fn of(source: &str) -> Option<Self> {
        let mut recorded = Self::default();
        let above = source.lines().take_while(|line| line.starts_with('#') || line.is_empty());
        for (key, value) in above.filter_map(|line| line.strip_prefix("# ")?.split_once(' ')) {
            match key {
                "rule" => recorded.rule = value.to_owned(),
                "fingerprint" => recorded.fingerprint = value.parse().ok(),
                "digest" => recorded.digest = value.to_owned(),
                _ => {}
            }
        }
        recorded.trace = beneath(source, TRACE_TITLE).map(str::to_owned).collect();
        let stamps = beneath(source, STAMPS_TITLE).flat_map(str::split_whitespace);
        recorded.stamps = stamps.map_while(|stamp| u16::from_str_radix(stamp, 16).ok()).collect();
        let is_finding = !recorded.rule.is_empty() && !recorded.digest.is_empty();
        is_finding.then_some(recorded)
    }

    /// How the finding stands, by what its script came to now.
    #[must_use]
    pub fn standing(&self, report: &Report, fingerprint: Option<&Fingerprint>) -> Standing {
        match report.verdict() {
            Verdict::Holds => Standing::Fixed,
            Verdict::Unknown(_) => Standing::Unknown,
            Verdict::Broken(_) if report.digest.to_string() != self.digest => Standing::Diverged,
            Verdict::Broken(_) if !self.is_alike(fingerprint) => Standing::Diverged,
            Verdict::Broken(_) => Standing::StillFails,
        }
    }

    /// Whether a run with this fingerprint breaks the same rule in the same way. A file without a
    /// fingerprint is compared by the rule.
    pub fn is_alike(&self, fingerprint: Option<&Fingerprint>) -> bool {
        match (&self.fingerprint, fingerprint) {
            (Some(was), Some(is)) => was == is,
            (None, Some(is)) => self.rule == is.rule(),
            (_, None) => false,
        }
    }

    /// Where the run whose events are `lines` parts from the recorded one, if it does as far as
    /// that was recorded.
    #[must_use]
    pub fn parting(&self, lines: &[Line]) -> Option<Parting> {
        let text = |line: &Line| printable(&line.to_string()).trim_end().to_owned();
        let told = self.trace.iter().zip(lines).take_while(|(was, is)| **was == text(is)).count();
        let behind = lines.get(self.trace.len()..).unwrap_or_default();
        let stamped = self.stamps.iter().zip(behind).take_while(|(was, is)| **was == is.stamp());
        let same = if told == self.trace.len() { told + stamped.count() } else { told };
        let is_stamped = same < self.trace.len() + self.stamps.len();
        let recorded = self.trace.get(same).cloned();
        let recorded = recorded.or_else(|| is_stamped.then(|| UNTOLD.to_owned()));
        let now = lines.get(same).map(text);
        let is_known = recorded.is_some() || (self.is_whole() && now.is_some());
        is_known.then(|| Parting { number: same as u64 + 1, recorded, now })
    }

    /// Whether the recorded run is over where the record ends.
    fn is_whole(&self) -> bool {
        match self.trace.len() {
            0 => false,
            TRACE_MAX.. => (1..STAMPS_MAX).contains(&self.stamps.len()),
            _ => true,
        }
    }
}

/// What stands for an event of which the file keeps a stamp alone.
const UNTOLD: &str = "another event; of those so far behind, the file keeps no text";

/// What stands indented in the comments of `source` beneath `title`.
fn beneath<'a>(source: &'a str, title: &str) -> impl Iterator<Item = &'a str> {
    let is_title = move |line: &&str| line.strip_prefix("# ") == Some(title);
    let beneath = source.lines().skip_while(move |line| !is_title(line)).skip(1);
    beneath.map_while(|line| line.strip_prefix("#   "))
}

impl Standing {
    /// In one or two words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::StillFails => "still fails",
            Self::Fixed => "fixed",
            Self::Diverged => "diverged",
            Self::Unknown => "unknown",
        }
    }
}

impl Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |event: &Option<String>| event.clone().unwrap_or("the run is over".to_owned());
        writeln!(f, "parts from the recorded run at event {}", self.number)?;
        writeln!(f, "  was  {}", text(&self.recorded))?;
        write!(f, "  is   {}", text(&self.now))
    }
}
