//! A trace that is kept: every event as text, for people, and as JSON lines, for machines.

use serde::{Deserialize, Serialize};
use squall_process::{Process, ProcessId};

use crate::{Event, EventKind, Observer};

/// One event, rendered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its place in the run, from 1.
    pub number: u64,
    /// Nanoseconds since the start of the run, by the world's clock.
    pub at_ns: u64,
    /// What sort of event, as one lower-case word.
    pub kind: String,
    /// The process it is about: the sender of what is sent, the receiver of what arrives.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<ProcessId>,
    /// The other end of the link, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peer: Option<ProcessId>,
    /// The number of the message on its link, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<u32>,
    /// The line of the trace, without number and time.
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = squall_process::Instant::from_nanos(self.at_ns);
        write!(f, "{at:<12} {}", self.text)
    }
}

impl Line {
    /// A number by which another line of the same place is told from this one, but for one in
    /// 65,536: where a whole line is too much to keep.
    #[must_use]
    pub fn stamp(&self) -> u16 {
        // FNV-1a, folded.
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        let bytes = self.at_ns.to_le_bytes().into_iter().chain(self.text.bytes());
        let hash = bytes.fold(0xCBF2_9CE4_8422_2325, fold);
        (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) as u16
    }

    /// The line as one JSON object, without a line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and options of them: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// An observer that keeps every line, or the last few.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    lines: Vec<Line>,
    last: Option<usize>,
}

impl Lines {
    /// Keeps every line.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Keeps the last `count` lines, and never more than twice as many in memory.
    #[must_use]
    pub fn last(count: usize) -> Self {
        Self { lines: Vec::new(), last: Some(count) }
    }

    /// The lines kept, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Line] {
        let skip = self.last.map_or(0, |last| self.lines.len().saturating_sub(last));
        &self.lines[skip..]
    }
}

impl<P: Process> Observer<P> for Lines {
    fn event(&mut self, event: &Event<'_, P>) {
        let Some((kind, process, peer, message)) = describe(&event.what) else {
            return;
        };
        if let Some(last) = self.last
            && self.lines.len() > last * 2
        {
            self.lines.drain(..=last);
        }
        self.lines.push(Line {
            number: event.number,
            at_ns: event.at.as_nanos(),
            kind: kind.to_owned(),
            process,
            peer,
            message,
            text: event.what.to_string(),
        });
    }
}

type Description = (&'static str, Option<ProcessId>, Option<ProcessId>, Option<u32>);

/// The fields of a line. `None` for what is not a line of a trace.
fn describe<P: Process>(what: &EventKind<'_, P>) -> Option<Description> {
    let about = |kind, process: &ProcessId| Some((kind, Some(*process), None, None));
    match what {
        EventKind::Stepped { .. } => None,
        EventKind::Fault(_) => Some(("fault", None, None, None)),
        EventKind::Calm => Some(("calm", None, None, None)),
        EventKind::Sent { link, number, .. } => {
            Some(("sent", Some(link.from), Some(link.to), Some(*number)))
        }
        EventKind::Arrived { link, number, .. } => {
            Some(("arrived", Some(link.to), Some(link.from), Some(*number)))
        }
        EventKind::Dropped { link, number, .. } => {
            Some(("dropped", Some(link.to), Some(link.from), Some(*number)))
        }
        EventKind::Asked { process, .. } => about("asked", process),
        EventKind::Booted { process, .. } => about("booted", process),
        EventKind::Crashed { process, .. } => about("crashed", process),
        EventKind::Halted { process, .. } => about("halted", process),
        EventKind::Paused { process, .. } => about("paused", process),
        EventKind::Resumed { process } => about("resumed", process),
        EventKind::TimerSet { process, .. } => about("timer-set", process),
        EventKind::TimerCancelled { process, .. } => about("timer-cancelled", process),
        EventKind::Fired { process, .. } => about("fired", process),
        EventKind::Wrote { process, .. } => about("wrote", process),
        EventKind::WriteFailed { process, .. } => about("write-failed", process),
        EventKind::SyncAsked { process } => about("sync-asked", process),
        EventKind::Durable { process, .. } => about("durable", process),
        EventKind::Synced { process, .. } => about("synced", process),
        EventKind::SyncFailed { process, .. } => about("sync-failed", process),
        EventKind::Trimmed { process, .. } => about("trimmed", process),
        EventKind::Completed { process, .. } => about("completed", process),
        EventKind::Claimed { process, .. } => about("claimed", process),
        EventKind::Reached { process, .. } => about("reached", process),
    }
}
