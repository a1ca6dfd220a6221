//! Errors of reading a history: where, what, and what to do.

use std::io;

use miette::{Diagnostic, SourceSpan};
use squall_snippet::Snippet;
use thiserror::Error;

use crate::entries::Text;
use crate::entry::Format;
use crate::form::Span;
use crate::syntax::SyntaxError;

/// Why a file is not a history.
#[derive(Debug, Error, Diagnostic)]
pub enum HistoryError {
    /// Something in the file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistake(Box<Mistake>),
    /// The file has no operation of a client.
    #[error("{name} holds no operation of a client{}", passed(*passed_over))]
    #[diagnostic(help("docs/histories.md shows the formats that are read"))]
    Empty {
        /// The file.
        name: String,
        /// Entries that do not belong to a client.
        passed_over: u64,
    },
    /// The file is not text.
    #[error("{name} is not text: byte {offset} is {byte:#04x}")]
    #[diagnostic(help("a history is UTF-8 text; is this the file that you mean?"))]
    NotText {
        /// The file.
        name: String,
        /// The offset of the byte, from 0.
        offset: u64,
        /// The byte.
        byte: u8,
    },
    /// The list around the entries is not closed.
    #[error("{name} ends within the list that begins in line {line}")]
    #[diagnostic(help("the file is cut off, or it is still being written"))]
    Unclosed {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
    },
    /// The operating system could not read it.
    #[error("cannot read {name}: {error}")]
    Input {
        /// The file.
        name: String,
        /// The error of the operating system.
        error: io::Error,
    },
}

/// Returns what was ignored, and why.
fn passed(entries: u64) -> String {
    match entries {
        0 => String::new(),
        1 => ": its one entry is of a process that is no number, as the nemesis is".to_owned(),
        _ => format!(
            ": its {entries} entries are of processes that are no numbers, as the nemesis is"
        ),
    }
}

/// A mistake and its place in the file.
#[derive(Clone, PartialEq, Eq, Debug, Error, Diagnostic)]
#[error("{problem}")]
pub struct Mistake {
    problem: Problem,
    #[source_code]
    snippet: Snippet,
    #[label]
    span: SourceSpan,
    #[help]
    hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(name: &str, entry: &Text, problem: Problem, place: Span) -> Self {
        let (snippet, span) = snippet(name, entry, place);
        let hint = problem.hint();
        Self { problem, snippet, span, hint }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.snippet.line()
    }

    /// Returns the column, in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.snippet.column()
    }
}

impl HistoryError {
    /// Returns the whole error as text for a terminal, or as plain text without `color`.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let Self::Mistake(mistake) = self else {
            let help = self.help().map(|help| format!("\n  {help}"));
            return format!("{self}{}", help.unwrap_or_default());
        };
        squall_snippet::render(mistake.as_ref(), color)
    }
}

/// Returns the line of `entry` that contains its byte `start`, shortened around that byte, and the
/// span of `length` bytes to mark.
fn snippet(name: &str, entry: &Text, place: Span) -> (Snippet, SourceSpan) {
    let Span { start, length } = place;
    let text = [entry.indent.as_str(), entry.text.as_str()].concat();
    let start = text.floor_char_boundary((entry.indent.len() + start).min(text.len()));
    let from = text[..start].rfind('\n').map_or(0, |place| place + 1);
    let to = text[start..].find('\n').map_or(text.len(), |place| start + place);
    let number = entry.line + text[..start].matches('\n').count();
    let end = text.floor_char_boundary((start + length).min(to)).max(start);
    let (snippet, span) = Snippet::new(name, number, &text[from..to], start - from, end - start);
    // Only the last characters of a long line before the entry are known.
    let hidden = entry.column.saturating_sub(entry.indent.chars().count());
    (if number == entry.line { snippet.behind(hidden) } else { snippet }, span)
}

/// What is wrong in an entry.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Problem {
    /// The entry is not written in the format.
    #[error(transparent)]
    Syntax(SyntaxError),
    /// The file ends within an entry.
    #[error("the file ends within this entry")]
    CutOff,
    /// An entry is too large.
    #[error("an entry of more than {limit} bytes")]
    TooLong {
        /// The largest size allowed.
        limit: usize,
    },
    /// A datum is nested too deeply.
    #[error("more than {limit} brackets and tags, one within the other")]
    TooDeep {
        /// The largest number allowed.
        limit: usize,
    },
    /// A closing bracket without an opening one, or an entry after the list.
    #[error("nothing may stand here")]
    Stray,
    /// The entry is not a map.
    #[error("an entry is a map")]
    NoMap,
    /// A field is missing.
    #[error("this entry does not say its `{field}`")]
    Missing {
        /// The field.
        field: &'static str,
        /// The format in which it was read.
        format: Format,
    },
    /// A field occurs twice.
    #[error("this entry says its `{field}` twice")]
    Doubled {
        /// The field.
        field: String,
    },
    /// The type is neither a call nor an outcome.
    #[error("`{found}` is neither a call nor what came of one")]
    Turn {
        /// What was found.
        found: String,
        /// The known types.
        known: Vec<&'static str>,
    },
    /// The name of a Jepsen process is not a number, but the process calls or is answered.
    #[error("the process `{found}` is no number, so it is no client, and yet it calls")]
    NoClient {
        /// What was found.
        found: String,
    },
    /// An entry has a key, but the model is of a single object.
    #[error("a {model} has no keys")]
    Keys {
        /// The model.
        model: &'static str,
    },
    /// The model has no such operation.
    #[error("a {model} has no operation `{found}`")]
    Operation {
        /// What was found.
        found: String,
        /// The model.
        model: &'static str,
        /// The operations that it has.
        known: &'static [&'static str],
    },
    /// The value does not fit the operation.
    #[error("`{found}` does not fit `{op}`")]
    Value {
        /// What was found.
        found: String,
        /// The operation.
        op: String,
        /// A description of the values that fit.
        expected: &'static str,
    },
    /// A process is answered that has no open call.
    #[error("process {process} is answered, and has called nothing")]
    EndWithoutStart {
        /// The process.
        process: String,
    },
    /// A process calls while an earlier call is open.
    #[error("process {process} calls while it waits for what it called in line {line}")]
    TwoOpen {
        /// The process.
        process: String,
        /// The line of the first call.
        line: u32,
    },
    /// The answer is to another operation than the one that was called.
    #[error("process {process} called `{called}`, and this answers `{answered}`")]
    OtherOperation {
        /// The process.
        process: String,
        /// What it called.
        called: String,
        /// What is answered.
        answered: String,
    },
    /// The answer has another value than the call.
    #[error("this answers `{op}` with another value than the one that was called")]
    OtherValue {
        /// The operation.
        op: String,
    },
    /// A read returns another value than the one that it was called with.
    #[error("`{op}` was called with {called}, and returns another value")]
    OtherRead {
        /// The operation.
        op: String,
        /// What it was called with.
        called: String,
    },
    /// The answer has another key than the call.
    #[error("this answers `{op}` for another key than the one that was called")]
    OtherKey {
        /// The operation.
        op: String,
    },
    /// Values and names take too much memory.
    #[error("values and names of processes of more than {limit} bytes up to here")]
    TooMuch {
        /// The largest size allowed, in bytes.
        limit: usize,
    },
    /// There are too many operations.
    #[error("more than {limit} operations")]
    TooMany {
        /// The largest number allowed.
        limit: usize,
    },
}

impl Problem {
    /// Returns what to do about it.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Syntax(_) => {
                "the format is told by the first entry; --format says which it is".to_owned()
            }
            Self::CutOff => "the file is cut off, or it is still being written".to_owned(),
            Self::TooLong { .. } | Self::TooDeep { .. } => "is this a history at all?".to_owned(),
            Self::Stray => "all entries stand in one list, or all stand alone".to_owned(),
            Self::NoMap => match_formats().to_owned(),
            Self::Missing { format, .. } => {
                format!("it was read as {format}; docs/histories.md shows the formats")
            }
            Self::Doubled { .. } => "which of them is meant?".to_owned(),
            Self::Turn { known, .. } => format!("one of {}", known.join(", ")),
            Self::NoClient { .. } => {
                "in Jepsen's histories clients are numbers; plain JSON lines have processes of any \
                 name"
                    .to_owned()
            }
            Self::Keys { model: "register" } => {
                "--model map holds a register for each key; else keep the entries of one key"
                    .to_owned()
            }
            Self::Keys { .. } => "keep the entries of one key".to_owned(),
            Self::OtherValue { .. } => {
                "what is written is said by the call; an answer says nothing of it, or the same"
                    .to_owned()
            }
            Self::OtherRead { .. } => {
                "a read is called with nothing, or with the value that it returns".to_owned()
            }
            Self::Operation { found, model: "queue", .. } if found == "drain" => {
                "a drain is many dequeues: write one for each element, and one that is empty"
                    .to_owned()
            }
            Self::Operation { found, .. } if found == "txn" => {
                "an entry is of one operation; for transactions of several, ask a checker of \
                 transactions"
                    .to_owned()
            }
            Self::Operation { known, model, .. } => {
                format!("a {model} has {}; --model names another model", known.join(", "))
            }
            Self::Value { expected, .. } => format!("expected {expected}"),
            Self::EndWithoutStart { .. } => {
                "each answer follows a call of the same process".to_owned()
            }
            Self::TwoOpen { .. } => "a process has one operation open at a time; if it gave up, \
                                     an entry says that the outcome is unknown"
                .to_owned(),
            Self::OtherOperation { .. } | Self::OtherKey { .. } => {
                "a process is answered what it called, before it calls again".to_owned()
            }
            Self::TooMuch { .. } => {
                "keep a part of the history, or one key alone; each text is kept \
                                     once, and each entry of a log as often as it is read"
                    .to_owned()
            }
            Self::TooMany { .. } => {
                "keep a part of the history, or one key alone; memory is a hundred bytes or so for \
                 each operation"
                    .to_owned()
            }
        };
        Some(hint)
    }
}

fn match_formats() -> &'static str {
    "such as {:type :invoke, :f :read, :value nil, :process 0}, or \
     {\"process\": \"c1\", \"type\": \"call\", \"op\": \"read\"}"
}
