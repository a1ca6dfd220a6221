//! A trace that is kept: every event as text for people, and as JSON lines for programs.

use serde::{Deserialize, Serialize};
use squall_process::{OpId, Process, ProcessId, RecordNumber};

use crate::{AnyEvent, DropReason, Event, EventKind, Fate, Link, Observer};

/// One event, rendered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its place in the run, from 1.
    pub number: u64,
    /// Nanoseconds since the start of the run, by the world's clock.
    pub at_ns: u64,
    /// The kind of event.
    pub kind: LineKind,
    /// The process that the event is about: the sender of a sent message, the receiver of an
    /// arriving one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<ProcessId>,
    /// The other end of the link, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peer: Option<ProcessId>,
    /// The number of the message on its link, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<u32>,
    /// The other values of the event.
    #[serde(flatten)]
    pub details: Details,
    /// The line of the trace, without number and time.
    pub text: String,
}

/// The kind of event of a line. Its text is lower-case words joined by hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the variant of `EventKind` of the same name")]
pub enum LineKind {
    Arrived,
    Asked,
    Booted,
    Calm,
    Claimed,
    Completed,
    Crashed,
    Dropped,
    Durable,
    Fault,
    Fired,
    Halted,
    Paused,
    Reached,
    Resumed,
    Sent,
    Session,
    SyncAsked,
    SyncFailed,
    Synced,
    TimerCancelled,
    TimerSet,
    Trimmed,
    WriteFailed,
    Wrote,
}

impl LineKind {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Asked => "asked",
            Self::Booted => "booted",
            Self::Calm => "calm",
            Self::Claimed => "claimed",
            Self::Completed => "completed",
            Self::Crashed => "crashed",
            Self::Dropped => "dropped",
            Self::Durable => "durable",
            Self::Fault => "fault",
            Self::Fired => "fired",
            Self::Halted => "halted",
            Self::Paused => "paused",
            Self::Reached => "reached",
            Self::Session => "session",
            Self::Resumed => "resumed",
            Self::Sent => "sent",
            Self::SyncAsked => "sync-asked",
            Self::SyncFailed => "sync-failed",
            Self::Synced => "synced",
            Self::TimerCancelled => "timer-cancelled",
            Self::TimerSet => "timer-set",
            Self::Trimmed => "trimmed",
            Self::WriteFailed => "write-failed",
            Self::Wrote => "wrote",
        }
    }
}

/// The fate of a message, without its times.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the variant of `Fate` or `DropReason` of the same name")]
pub enum FateKind {
    Takes,
    Twice,
    Lost,
    Cut,
    Held,
    Overflow,
    Down,
}

/// The values of an event, in addition to the processes and the message that it is about. Each is
/// present if the event has it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Details {
    /// The fate of a message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fate: Option<FateKind>,
    /// How long a message takes, or the time until a timer fires, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delay_ns: Option<u64>,
    /// How long the second copy of a message takes, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub copy_delay_ns: Option<u64>,
    /// The number of a record: the one that is written, the last one synced, or the first one kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<RecordNumber>,
    /// The name of an operation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<OpId>,
    /// How many times the process was started before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub incarnation: Option<u64>,
    /// The number of unsynced records at a crash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unsynced: Option<u32>,
    /// How many of them are still on the disk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kept: Option<u32>,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = squall_process::Instant::from_nanos(self.at_ns);
        write!(f, "{at:<12} {}", self.text)
    }
}

impl Line {
    /// Returns the line of `event`, or `None` if it has none.
    pub(crate) fn of<P: Process>(event: &Event<'_, P>) -> Option<Self> {
        let head = Head::of(&event.what)?;
        Some(Self {
            number: event.number,
            at_ns: event.at.as_nanos(),
            kind: head.kind,
            process: head.process,
            peer: head.peer,
            message: head.message,
            details: details(&event.what),
            text: event.what.to_string(),
        })
    }

    /// Returns a 16-bit number that distinguishes this line from other lines of the same place,
    /// with an error rate of one in 65,536. It is used where a whole line takes too much room.
    #[must_use]
    pub fn stamp(&self) -> u16 {
        // FNV-1a, folded.
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        let bytes = self.at_ns.to_le_bytes().into_iter().chain(self.text.bytes());
        let hash = bytes.fold(0xCBF2_9CE4_8422_2325, fold);
        (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) as u16
    }

    /// Returns the line as one JSON object, without a line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and options of them, all of which JSON can hold.
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

    /// Keeps the last `count` lines, and never more than twice that number in memory.
    #[must_use]
    pub fn last(count: usize) -> Self {
        Self { lines: Vec::new(), last: Some(count) }
    }

    /// Returns the lines kept, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Line] {
        let skip = self.last.map_or(0, |last| self.lines.len().saturating_sub(last));
        &self.lines[skip..]
    }

    /// Keeps the line of `event`, if it has one.
    pub fn keep(&mut self, event: &dyn AnyEvent) {
        let Some(line) = event.line() else {
            return;
        };
        if let Some(last) = self.last
            && self.lines.len() > last * 2
        {
            self.lines.drain(..=last);
        }
        self.lines.push(line);
    }
}

impl<P: Process> Observer<P> for Lines {
    fn event(&mut self, event: &Event<'_, P>) {
        self.keep(event);
    }
}

/// The kind of a line, and the processes that it is about.
struct Head {
    kind: LineKind,
    process: Option<ProcessId>,
    peer: Option<ProcessId>,
    message: Option<u32>,
}

impl Head {
    /// Returns `None` for an event that is not a line of a trace.
    fn of<P: Process>(what: &EventKind<'_, P>) -> Option<Self> {
        let (kind, process) = match what {
            EventKind::Stepped { .. } => return None,
            EventKind::Sent { link, number, .. } => {
                return Some(Self::at_sender(LineKind::Sent, *link, *number));
            }
            EventKind::Arrived { link, number, .. } => {
                return Some(Self::at_receiver(LineKind::Arrived, *link, *number));
            }
            EventKind::Dropped { link, number, .. } => {
                return Some(Self::at_receiver(LineKind::Dropped, *link, *number));
            }
            EventKind::Fault(_) => (LineKind::Fault, None),
            EventKind::Calm => (LineKind::Calm, None),
            EventKind::Asked { process, .. } => (LineKind::Asked, Some(process)),
            EventKind::Booted { process, .. } => (LineKind::Booted, Some(process)),
            EventKind::Crashed { process, .. } => (LineKind::Crashed, Some(process)),
            EventKind::Halted { process, .. } => (LineKind::Halted, Some(process)),
            EventKind::Paused { process, .. } => (LineKind::Paused, Some(process)),
            EventKind::Resumed { process } => (LineKind::Resumed, Some(process)),
            EventKind::TimerSet { process, .. } => (LineKind::TimerSet, Some(process)),
            EventKind::TimerCancelled { process, .. } => (LineKind::TimerCancelled, Some(process)),
            EventKind::Fired { process, .. } => (LineKind::Fired, Some(process)),
            EventKind::Wrote { process, .. } => (LineKind::Wrote, Some(process)),
            EventKind::WriteFailed { process, .. } => (LineKind::WriteFailed, Some(process)),
            EventKind::SyncAsked { process } => (LineKind::SyncAsked, Some(process)),
            EventKind::Durable { process, .. } => (LineKind::Durable, Some(process)),
            EventKind::Synced { process, .. } => (LineKind::Synced, Some(process)),
            EventKind::SyncFailed { process, .. } => (LineKind::SyncFailed, Some(process)),
            EventKind::Trimmed { process, .. } => (LineKind::Trimmed, Some(process)),
            EventKind::Completed { process, .. } => (LineKind::Completed, Some(process)),
            EventKind::Claimed { process, .. } => (LineKind::Claimed, Some(process)),
            EventKind::Reached { process, .. } => (LineKind::Reached, Some(process)),
            EventKind::SessionActed { process, session, .. }
            | EventKind::SessionTold { process, session, .. } => {
                let peer = Some(session.peer_of(*process));
                let process = Some(*process);
                return Some(Self { kind: LineKind::Session, process, peer, message: None });
            }
        };
        Some(Self { kind, process: process.copied(), peer: None, message: None })
    }

    fn at_sender(kind: LineKind, link: Link, number: u32) -> Self {
        Self { kind, process: Some(link.from), peer: Some(link.to), message: Some(number) }
    }

    fn at_receiver(kind: LineKind, link: Link, number: u32) -> Self {
        Self { kind, process: Some(link.to), peer: Some(link.from), message: Some(number) }
    }
}

/// Returns the other values of an event.
fn details<P: Process>(what: &EventKind<'_, P>) -> Details {
    let none = Details::default();
    let record = |number: &RecordNumber| Details { record: Some(*number), ..Details::default() };
    match what {
        EventKind::Sent { fate, .. } => match *fate {
            Fate::Takes(span) => {
                Details { delay_ns: Some(span.as_nanos()), ..fated(FateKind::Takes) }
            }
            Fate::Twice(first, second) => Details {
                delay_ns: Some(first.as_nanos()),
                copy_delay_ns: Some(second.as_nanos()),
                ..fated(FateKind::Twice)
            },
            Fate::Lost => fated(FateKind::Lost),
            Fate::Cut => fated(FateKind::Cut),
            Fate::Held => fated(FateKind::Held),
            Fate::Overflow => fated(FateKind::Overflow),
        },
        EventKind::Dropped { reason: DropReason::Cut, .. } => fated(FateKind::Cut),
        EventKind::Dropped { reason: DropReason::Down, .. } => fated(FateKind::Down),
        EventKind::TimerSet { after, .. } => Details { delay_ns: Some(after.as_nanos()), ..none },
        EventKind::Wrote { number, .. }
        | EventKind::WriteFailed { number, .. }
        | EventKind::Durable { number, .. } => record(number),
        EventKind::Synced { through, .. } | EventKind::SyncFailed { through, .. } => {
            record(through)
        }
        EventKind::Trimmed { before, .. } => record(before),
        EventKind::Asked { id, .. } | EventKind::Completed { id, .. } => {
            Details { operation: Some(*id), ..none }
        }
        EventKind::Booted { incarnation, .. } => {
            Details { incarnation: Some(*incarnation), ..none }
        }
        EventKind::Crashed { survival, .. } => {
            Details { unsynced: Some(survival.unsynced), kept: Some(survival.kept), ..none }
        }
        _ => none,
    }
}

fn fated(fate: FateKind) -> Details {
    Details { fate: Some(fate), ..Details::default() }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use squall_process::{Context, Input, Mark};

    use super::*;

    /// A process that does nothing.
    #[derive(Debug)]
    struct Idle;

    impl Process for Idle {
        type Message = Infallible;
        type Timer = Infallible;
        type Record = Infallible;
        type Op = Infallible;
        type Reply = Infallible;
        type Claim = Infallible;

        fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
    }

    #[test]
    fn a_mark_is_told_with_its_note() {
        let told = |note| {
            let mark = Mark { name: "grows", note };
            let process = ProcessId::server(1);
            let what: EventKind<'_, Idle> = EventKind::Reached { process, mark: &mark };
            what.to_string()
        };
        assert_eq!(told(None), "n1 reaches \"grows\"");
        assert_eq!(told(Some("to 5 members".into())), "n1 reaches \"grows\": to 5 members");
    }

    #[test]
    fn the_name_of_a_kind_is_its_json() {
        for kind in [LineKind::Sent, LineKind::SyncAsked, LineKind::TimerCancelled] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
        }
    }

    #[test]
    fn a_line_has_its_values_as_fields_beside_its_text() {
        let line = Line {
            number: 3,
            at_ns: 7,
            kind: LineKind::Sent,
            process: Some(ProcessId::server(1)),
            peer: Some(ProcessId::server(2)),
            message: Some(4),
            details: Details { delay_ns: Some(5), ..fated(FateKind::Takes) },
            text: "n1>n2#4 sends hello (takes 5ns)".to_owned(),
        };
        let json = line.to_json();
        assert!(json.contains(r#""kind":"sent""#), "{json}");
        assert!(json.contains(r#""fate":"takes","delay_ns":5"#), "{json}");
        let back: Line = serde_json::from_str(&json).unwrap();
        assert_eq!(back, line);
    }
}
