//! What the file of a finding says that it was, and how a run of today compares with it.
//!
//! A script means nearly the same after the code has changed: luck has addresses, so what the
//! change does not touch goes on as it was. The recorded trace tells where the two runs part.

use std::fmt::{self, Display};

use serde::Serialize;
use squall_hunt::Fingerprint;
use squall_judge::Verdict;
use squall_script::Report;
use squall_trace::Line;

use crate::finding_file::{TRACE_TITLE, printable};

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
    /// What it was; nothing if the recorded run was over.
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
        let is_title = |line: &&str| line.strip_prefix("# ") == Some(TRACE_TITLE);
        let beneath = source.lines().skip_while(|line| !is_title(line)).skip(1);
        let events = beneath.map_while(|line| line.strip_prefix("#   "));
        recorded.trace = events.map(str::to_owned).collect();
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
    pub(crate) fn is_alike(&self, fingerprint: Option<&Fingerprint>) -> bool {
        match (&self.fingerprint, fingerprint) {
            (Some(was), Some(is)) => was == is,
            (None, Some(is)) => self.rule == is.rule(),
            (_, None) => false,
        }
    }

    /// Where a run of these `lines` parts from the recorded one, if it does before the recorded
    /// trace ends. `is_over`: whether these are all its lines.
    pub(crate) fn parting(&self, lines: &[Line]) -> Option<Parting> {
        let text = |line: &Line| printable(&line.to_string()).trim_end().to_owned();
        let now: Vec<String> = lines.iter().take(self.trace.len() + 1).map(text).collect();
        let same = self.trace.iter().zip(&now).take_while(|(was, is)| was == is).count();
        let (recorded, now) = (self.trace.get(same), now.get(same));
        let number = same as u64 + 1;
        let differs = !self.trace.is_empty() && (recorded.is_some() || now.is_some());
        differs.then(|| Parting { number, recorded: recorded.cloned(), now: now.cloned() })
    }
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
