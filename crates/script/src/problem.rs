//! The problems of a script, as values.
//!
//! A [`Problem`] does not contain files or columns, so the same rules apply to scripts made in code
//! and to text. Its `Display` says what is wrong; `advice.rs` says what was expected and what to do
//! about it. Text taken from a script is shortened first.

use squall_process::{Instant, ParseSpanError, ProcessId, RecordNumber, Span};
use squall_snippet::harmless;

use crate::{Domain, Refused};

/// One problem of a script.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The first line is not `squall 1`.
    #[error("this is not a script")]
    NotAScript,
    /// `squall 2`, or a version that never existed.
    #[error("version {found} of the script format is not understood")]
    Version {
        /// The version that the file claims.
        found: u64,
    },
    /// More lines than a script may have.
    #[error("too many lines")]
    TooManyLines {
        /// The largest number allowed.
        limit: usize,
    },

    /// A header line that begins with an unknown word.
    #[error("there is no header key `{key}`")]
    UnknownKey {
        /// The word.
        key: String,
        /// The word that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A header key under its former name.
    #[error("the header key `{old}` is called `{new}` now")]
    RenamedKey {
        /// The old name.
        old: &'static str,
        /// Its present name.
        new: &'static str,
        /// The value of the line.
        value: String,
    },
    /// An action without a time in front.
    #[error("`{word} …` is an action, and an action needs a time in front")]
    ActionWithoutTime {
        /// Its first word.
        word: String,
    },
    /// A header line below the first line with a time.
    #[error("`{key}` belongs to the header, above the first line with a time")]
    LateKey {
        /// The key.
        key: String,
    },
    /// A key that every header must have.
    #[error("the header does not say `{key}`")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A key, or a knob, that occurs twice in the header.
    #[error("`{key}` is said twice")]
    KeyTwice {
        /// The key.
        key: String,
        /// The first line of the file with the key.
        line: usize,
    },
    /// A script of one system given to another.
    #[error("this is a script of the system `{found}`, not of `{wanted}`")]
    OtherSystem {
        /// The system that the script names.
        found: String,
        /// The system that it was given to.
        wanted: &'static str,
    },
    /// No servers, or more than the system allows.
    #[error("`{system}` cannot run with {servers} servers")]
    Servers {
        /// The system.
        system: &'static str,
        /// The number in the script.
        servers: u32,
        /// The largest number that the system allows.
        max: u32,
    },
    /// More clients than a world can have.
    #[error("{clients} clients are too many")]
    Clients {
        /// The number in the script.
        clients: u32,
        /// The largest number allowed.
        max: u32,
    },
    /// A run without a single step.
    #[error("a run of 0 steps")]
    NoSteps,
    /// A knob that the system does not have.
    #[error("there is no knob `{name}`")]
    UnknownKnob {
        /// The name.
        name: String,
        /// The existing knobs.
        knobs: Vec<&'static str>,
    },
    /// A value that a knob cannot have.
    #[error("the knob `{name}` cannot be `{value}`")]
    KnobValue {
        /// The knob.
        name: &'static str,
        /// The value.
        value: String,
        /// The values that it can have.
        domain: Domain,
    },
    /// Sizes and knobs that are allowed one by one, but that the system refuses together.
    #[error("`{system}` cannot run with these sizes and knobs: {reason}")]
    Refused {
        /// The system.
        system: &'static str,
        /// The reason of the system.
        reason: Refused,
    },

    /// Another text is at a place where a certain one is required.
    #[error("expected {what}, found {}", Found(.found))]
    Expected {
        /// What is required.
        what: Expected,
        /// The text that was found; empty at the end of the line.
        found: String,
    },
    /// Not a length of time.
    #[error("`{text}` is not a time")]
    Span {
        /// The text.
        text: String,
        /// The reason.
        error: ParseSpanError,
    },
    /// Not a chance.
    #[error("`{text}` is not a chance")]
    Chance {
        /// The text.
        text: String,
        /// The reason.
        error: ChanceError,
    },
    /// An integer that is too large.
    #[error("{text} is too large")]
    Number {
        /// The text.
        text: String,
        /// The largest number allowed.
        max: u64,
    },
    /// A range whose ends are in the wrong order.
    #[error("the range {low}..{high} is empty: its low end is above its high end")]
    Range {
        /// The end that is written first.
        low: Span,
        /// The end that is written last.
        high: Span,
    },

    /// A line with an unknown action.
    #[error("there is no action `{word}`")]
    UnknownAction {
        /// Its first word.
        word: String,
        /// The word that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A process that does not exist with the sizes of the script.
    #[error("there is no process {process} in this script")]
    NoSuchProcess {
        /// The process.
        process: ProcessId,
        /// The number of servers.
        servers: u32,
        /// The number of clients.
        clients: u32,
    },
    /// A text that is not an operation of the system.
    #[error("`{text}` is not an operation of `{system}`: {error}")]
    Op {
        /// The text.
        text: String,
        /// The system.
        system: &'static str,
        /// The error of the operation's parser.
        error: String,
        /// An operation that can be parsed.
        example: &'static str,
    },
    /// An operation whose text would be parsed as something else.
    #[error("the operation `{text}` does not read back as itself")]
    OpText {
        /// The text.
        text: String,
    },
    /// A role that no process of the system claims.
    #[error("there is no role `{role}`")]
    UnknownRole {
        /// The role.
        role: String,
        /// The existing roles.
        roles: &'static [&'static str],
    },
    /// A line that is earlier than the line above it.
    #[error("time goes back from {before} to {at}")]
    Backwards {
        /// The time of this line.
        at: Instant,
        /// The time of the line above.
        before: Instant,
    },
    /// A fault below `calm`.
    #[error("a fault after `calm`")]
    FaultAfterCalm {
        /// The time when faults ended.
        calm: Instant,
    },
    /// A second `calm`.
    #[error("a second `calm`")]
    SecondCalm {
        /// The time of the first one.
        first: Instant,
    },
    /// A draw that an earlier line has fixed.
    #[error("this draw is fixed twice")]
    LuckTwice {
        /// The time of the first line.
        first: Instant,
    },
    /// An empty group, list or set of links.
    #[error("a group without a process")]
    EmptyGroup,
    /// `rest` where there is no other side.
    #[error("`rest` has nothing to be the rest of")]
    Rest,
    /// A process that one group names twice.
    #[error("{process} is named twice in one group")]
    ProcessTwice {
        /// The process.
        process: ProcessId,
    },
    /// A record that one list names twice.
    #[error("{record} is named twice")]
    RecordTwice {
        /// The record.
        record: RecordNumber,
    },
    /// `keep` without a number or a record.
    #[error("`keep` names no record")]
    NoRecords,
    /// `calm c1`: clients are healed without being named.
    #[error("`calm` names the client {process}")]
    CalmClient {
        /// The client.
        process: ProcessId,
    },
    /// `n1>n2#0` or `r0`.
    #[error("there is no number 0")]
    Zero,
    /// A drift with which a clock would stand still, run back, or run twice as fast.
    #[error("no clock drifts by {ppm}ppm")]
    Drift {
        /// The drift.
        ppm: i32,
        /// The largest absolute drift allowed.
        max: i32,
    },
}

/// What is required at some place of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// A time or a length of time.
    Span,
    /// A time, or a range of times.
    SpanRange,
    /// A chance.
    Chance,
    /// A whole number.
    Number,
    /// The name of a process.
    Process,
    /// One or more processes, or a word for several.
    Group,
    /// `|` or `>`.
    Between,
    /// The number of a record.
    Record,
    /// An offset of a clock.
    Offset,
    /// A drift of a clock.
    Drift,
    /// A numbered message on a link.
    Message,
    /// An action.
    Action,
    /// An operation of the system.
    Operation,
    /// A name: of a system or a knob.
    Name,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The end of the line.
    End,
}

/// Why a text is not a chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChanceError {
    /// It is not a number and a percent sign.
    #[error("expected a percentage, such as 3% or 0.1%")]
    Form,
    /// Finer than a millionth.
    #[error("finer than a millionth, which is 0.0001%")]
    TooFine,
    /// Above 100 %.
    #[error("more than always, which is 100%")]
    TooHigh,
}

/// Describes the text that was found.
struct Found<'a>(&'a str);

impl std::fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            "" => f.write_str("the end of the line"),
            text => write!(f, "`{text}`"),
        }
    }
}

/// Returns `text`, or its beginning, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 60;
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", harmless(&text[..end])),
        None => harmless(text),
    }
}
