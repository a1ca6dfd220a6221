//! One entry, in any format: the process, whether it calls or is answered, and the operation.

use std::fmt;

use crate::entries::Text;
use crate::error::Problem;
use crate::form::{Form, Kind, Span};
use crate::{edn, json};

/// The format of a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Jepsen's EDN: `{:type :invoke, :f :read, :value nil, :process 0}`.
    Edn,
    /// Jepsen's JSON: `{"type": "invoke", "f": "read", "value": null, "process": 0}`.
    Json,
    /// Plain JSON lines: `{"process": "c1", "type": "call", "op": "read"}`.
    Lines,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Edn => "Jepsen's EDN",
            Self::Json => "Jepsen's JSON",
            Self::Lines => "JSON lines",
        })
    }
}

/// Whether an entry is a call, or an outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// The operation is called.
    Call,
    /// The operation was done.
    Done,
    /// The operation was definitely not done.
    Refused,
    /// The outcome is unknown.
    Unknown,
}

/// One entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) format: Format,
    pub(crate) turn: Turn,
    /// The process; `None` if it is not a client.
    pub(crate) process: Option<String>,
    /// The operation.
    pub(crate) op: Option<Form>,
    /// Its key, if the key has a field of its own.
    pub(crate) key: Option<Form>,
    /// The value of the operation.
    pub(crate) value: Option<Form>,
    form: Form,
}

/// A problem, and the bytes of the entry that contain it.
pub(crate) type Wrong = (Problem, Span);

impl Entry {
    /// Reads an entry in `format`, or in the format that it appears to have if `format` is `None`.
    pub(crate) fn read(text: &Text, format: Option<Format>) -> Result<Self, Wrong> {
        let text = &text.text;
        let is_edn = match format {
            Some(format) => format == Format::Edn,
            None => is_edn(text),
        };
        let form = if is_edn { edn::read(text) } else { json::read(text) };
        let form =
            form.map_err(|it| (Problem::Syntax(it.error), Span { start: it.place, length: 1 }))?;
        if !matches!(form.kind, Kind::Map(_)) {
            return Err((Problem::NoMap, form.span()));
        }
        if let Some((key, value)) = form.doubled() {
            let field = key.to_string();
            return Err((Problem::Doubled { field }, value.span()));
        }
        let format = format.unwrap_or_else(|| match is_edn {
            true => Format::Edn,
            false if is_jepsen(&form) => Format::Json,
            false => Format::Lines,
        });
        let field = |name: &'static str| {
            form.get(name).ok_or((
                Problem::Missing { field: name, format },
                Span { start: 0, length: text.len() },
            ))
        };
        let turn = turn(field("type")?, format)?;
        let process = process(field("process")?, turn, format)?;
        let op = form.get(if format == Format::Lines { "op" } else { "f" }).cloned();
        let key = if format == Format::Lines { form.get("key").cloned() } else { None };
        let value = form.get("value").cloned();
        Ok(Self { format, turn, process, op, key, value, form })
    }

    /// Returns the place of the field `name`, or the whole entry if it has none.
    pub(crate) fn place(&self, name: &str) -> Span {
        self.form.get(name).unwrap_or(&self.form).span()
    }
}

/// Returns whether a text with this beginning is EDN and not JSON.
fn is_edn(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('{') else { return true };
    !inner.trim_start().starts_with(['"', '}'])
}

/// Returns whether a JSON entry is one of Jepsen's: it has an `f`, or a type of Jepsen's and no
/// `op`.
fn is_jepsen(form: &Form) -> bool {
    let has_type = || {
        let word = form.get("type").and_then(Form::text).unwrap_or_default();
        words(Format::Json).iter().any(|(known, _)| *known == word)
    };
    form.get("f").is_some() || (form.get("op").is_none() && has_type())
}

fn turn(form: &Form, format: Format) -> Result<Turn, Wrong> {
    let words = words(format);
    let word = form.text().unwrap_or_default();
    let turn = words.iter().find(|(known, _)| *known == word).map(|(_, turn)| *turn);
    turn.ok_or_else(|| {
        let known = words.iter().map(|(known, _)| *known).collect();
        (Problem::Turn { found: form.to_string(), known }, form.span())
    })
}

fn words(format: Format) -> [(&'static str, Turn); 4] {
    let [call, done, refused, unknown] = match format {
        Format::Edn | Format::Json => ["invoke", "ok", "fail", "info"],
        Format::Lines => ["call", "done", "refused", "unknown"],
    };
    [(call, Turn::Call), (done, Turn::Done), (refused, Turn::Refused), (unknown, Turn::Unknown)]
}

/// Reads the process. In Jepsen's histories clients are numbers. Other names belong to the nemesis
/// and the like, which report their progress and are asked for nothing.
fn process(form: &Form, turn: Turn, format: Format) -> Result<Option<String>, Wrong> {
    match (&form.kind, format) {
        (Kind::Int(number), _) => Ok(Some(number.to_string())),
        (_, Format::Lines) => Ok(Some(form.quoted())),
        _ if turn == Turn::Unknown || form.text() == Some("nemesis") => Ok(None),
        _ => Err((Problem::NoClient { found: form.to_string() }, form.span())),
    }
}
