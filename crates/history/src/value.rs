//! The values and keys of a history.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use squall_snippet::harmless;

use crate::edn;
use crate::form::{Form, Kind, Quoted};

/// A value of a history. Two values with the same notation are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Value {
    /// Nothing: `nil`, `null`.
    #[default]
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number that is not an integer, or too large for one, as it is written.
    Number(Arc<String>),
    /// A text, a keyword.
    Text(Arc<String>),
    /// A list, a set or a map, as it is written.
    Data(Arc<String>),
}

/// Every text is a value. If it is EDN, it has the meaning of EDN: `7` is a number, `"7"` a text.
pub type ParseValueError = Infallible;

impl FromStr for Value {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if text == "null" {
            return Ok(Self::Nil);
        }
        Ok(match edn::read(text) {
            Ok(form) if form.length == text.len() => Values::default().of(&form),
            _ => Self::Text(Arc::new(text.to_owned())),
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Number(text) | Self::Data(text) => f.write_str(text),
        }
    }
}

/// The name of a process, without characters that could affect a terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProcessName(Arc<str>);

impl ProcessName {
    pub(crate) fn of(name: &str) -> Self {
        Self(harmless(name).into())
    }
}

impl fmt::Display for ProcessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The largest number of bytes that a text takes in addition to its own: its place among others,
/// and a reference count.
const TEXT_BYTES: usize = 64;

/// Makes values, and keeps each text once.
#[derive(Default)]
pub(crate) struct Values {
    texts: BTreeSet<Arc<String>>,
    bytes: usize,
}

impl Values {
    /// Returns how many bytes all values take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts the name of a process, which is kept twice.
    pub(crate) fn count_name(&mut self, name: &str) {
        self.bytes += 2 * (name.len() + TEXT_BYTES);
    }

    pub(crate) fn of(&mut self, form: &Form) -> Value {
        self.bytes += size_of::<Value>();
        match &form.kind {
            Kind::Nil => Value::Nil,
            Kind::Int(number) => Value::Int(*number),
            Kind::Bool(truth) => Value::Bool(*truth),
            Kind::Number(text) => Value::Number(self.kept(text)),
            Kind::Text(text) => Value::Text(self.kept(text)),
            Kind::List(_) | Kind::Set(_) | Kind::Map(_) => {
                Value::Data(self.kept(&form.to_string()))
            }
        }
    }

    fn kept(&mut self, text: &String) -> Arc<String> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        self.bytes += text.len() + TEXT_BYTES;
        let new = Arc::new(text.clone());
        self.texts.insert(Arc::clone(&new));
        new
    }
}
