//! What can be wrong with a script, as values.
//!
//! A [`Problem`] knows nothing of files and columns: scripts made in code are judged by the same
//! rules as text. Its `Display` says what is wrong; what was expected and what to do about it is in
//! `advice.rs`. Text taken from a script is shortened before it goes in.

use squall_process::{Instant, ParseSpanError, ProcessId, RecordNumber, Span};
use squall_snippet::harmless;

use crate::{Domain, Refused};

/// One thing that is wrong with a script.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The first line is not `squall 1`.
    #[error("this is not a script")]
    NotAScript,
    /// `squall 2`, or a version that never was.
    #[error("version {found} of the script format is not understood")]
    Version {
        /// The version that the file claims.
        found: u64,
    },
    /// More lines than anybody would run.
    #[error("too many lines")]
    TooManyLines {
        /// The most that a script may have.
        limit: usize,
    },

    /// A header line that begins with an unknown word.
    #[error("there is no header key `{key}`")]
    UnknownKey {
        /// The word.
        key: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A header key under the name that it had before.
    #[error("the header key `{old}` is called `{new}` now")]
    RenamedKey {
        /// The old name.
        old: &'static str,
        /// The name that it has now.
        new: &'static str,
        /// What the line says under the key.
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
    /// A key, or a knob, that the header has twice.
    #[error("`{key}` is said twice")]
    KeyTwice {
        /// The key.
        key: String,
        /// The line of the file that says it first.
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
    /// No servers, or more than the system takes.
    #[error("`{system}` cannot run with {servers} servers")]
    Servers {
        /// The system.
        system: &'static str,
        /// How many the script asks for.
        servers: u32,
        /// The most that the system takes.
        max: u32,
    },
    /// More clients than fit into a world.
    #[error("{clients} clients are too many")]
    Clients {
        /// How many the script asks for.
        clients: u32,
        /// The most there can be.
        max: u32,
    },
    /// A run that may not take a single step.
    #[error("a run of 0 steps")]
    NoSteps,
    /// A knob that the system does not have.
    #[error("there is no knob `{name}`")]
    UnknownKnob {
        /// The name.
        name: String,
        /// The knobs that there are.
        knobs: Vec<&'static str>,
    },
    /// A knob turned to what it cannot be.
    #[error("the knob `{name}` cannot be `{value}`")]
    KnobValue {
        /// The knob.
        name: &'static str,
        /// The value.
        value: String,
        /// The values that it takes.
        domain: Domain,
    },
    /// Sizes and knobs that the system refuses, each of which is allowed.
    #[error("`{system}` cannot run with these sizes and knobs: {reason}")]
    Refused {
        /// The system.
        system: &'static str,
        /// What the system says.
        reason: Refused,
    },

    /// Something else stands where a certain thing must be.
    #[error("expected {what}, found {}", Found(.found))]
    Expected {
        /// What must be there.
        what: Expected,
        /// What is there; empty at the end of the line.
        found: String,
    },
    /// Not a length of time.
    #[error("`{text}` is not a time")]
    Span {
        /// The text.
        text: String,
        /// Why not.
        error: ParseSpanError,
    },
    /// Not a chance.
    #[error("`{text}` is not a chance")]
    Chance {
        /// The text.
        text: String,
        /// Why not.
        error: ChanceError,
    },
    /// A whole number that is too large.
    #[error("{text} is too large")]
    Number {
        /// The text.
        text: String,
        /// The most.
        max: u64,
    },
    /// A range whose ends are the wrong way round.
    #[error("the range {low}..{high} is empty: its low end is above its high end")]
    Range {
        /// The end that is written first.
        low: Span,
        /// The end that is written last.
        high: Span,
    },

    /// A line whose action nobody knows.
    #[error("there is no action `{word}`")]
    UnknownAction {
        /// Its first word.
        word: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A process that the sizes of the script leave no room for.
    #[error("there is no process {process} in this script")]
    NoSuchProcess {
        /// The process.
        process: ProcessId,
        /// How many servers there are.
        servers: u32,
        /// How many clients there are.
        clients: u32,
    },
    /// A text that is no operation of the system.
    #[error("`{text}` is not an operation of `{system}`: {error}")]
    Op {
        /// The text.
        text: String,
        /// The system.
        system: &'static str,
        /// What the operation's own parser says.
        error: String,
        /// An operation that parses.
        example: &'static str,
    },
    /// An operation whose text would be read as something else.
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
        /// The roles that there are.
        roles: &'static [&'static str],
    },
    /// A line that is earlier than the one above.
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
        /// When faults ended.
        calm: Instant,
    },
    /// A second `calm`.
    #[error("a second `calm`")]
    SecondCalm {
        /// When the first one was.
        first: Instant,
    },
    /// A draw that an earlier line has fixed.
    #[error("this draw is fixed twice")]
    LuckTwice {
        /// When the first line is.
        first: Instant,
    },
    /// A group, a list or a set of links that names nobody.
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
        /// The largest, either way.
        max: i32,
    },
}

/// What must stand at some place of a line.
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
    /// One or more processes, or what stands for some.
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
    /// Nothing more.
    End,
}

/// Why a text is no chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChanceError {
    /// Not a number and a percent sign.
    #[error("expected a percentage, such as 3% or 0.1%")]
    Form,
    /// Finer than a millionth.
    #[error("finer than a millionth, which is 0.0001%")]
    TooFine,
    /// Above 100 %.
    #[error("more than always, which is 100%")]
    TooHigh,
}

/// What was found, in words.
struct Found<'a>(&'a str);

impl std::fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            "" => f.write_str("the end of the line"),
            text => write!(f, "`{text}`"),
        }
    }
}

/// `text`, or its beginning, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 60;
    match text.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", harmless(&text[..end])),
        None => harmless(text),
    }
}
