//! What EDN and JSON have in common: nil, truth values, numbers, texts, lists and maps, with their
//! places.

use std::collections::BTreeSet;
use std::fmt;

use crate::syntax::SyntaxError;

/// One datum, and the bytes of the entry that contain it.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Nil,
    Bool(bool),
    Int(i64),
    /// A number that is not an integer, or too large for one, as it is written.
    Number(String),
    /// A string, a keyword without its colon, a symbol, a character.
    Text(String),
    List(Vec<Form>),
    /// Sorted by the notation of the elements, because a set has no order of its own.
    Set(Vec<Form>),
    /// Sorted by the notation of the keys, except for the entry itself.
    Map(Vec<(Form, Form)>),
}

/// Why an entry cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unreadable {
    pub(crate) error: SyntaxError,
    /// The byte of the entry where the problem is.
    pub(crate) place: usize,
}

/// The bytes of an entry that a problem concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Kind {
    /// Returns a number as it is written, without a leading plus sign.
    pub(crate) fn number(text: &str) -> Self {
        let text = text.strip_prefix('+').unwrap_or(text);
        text.parse().map_or_else(|_| Self::Number(text.to_owned()), Self::Int)
    }

    /// Returns a set of `members`, in any order.
    pub(crate) fn set(mut members: Vec<Form>) -> Self {
        members.sort_by_cached_key(Form::quoted);
        Self::Set(members)
    }

    /// Returns a map of `pairs`, in any order.
    pub(crate) fn map(mut pairs: Vec<(Form, Form)>) -> Self {
        pairs.sort_by_cached_key(|(key, _)| key.quoted());
        Self::Map(pairs)
    }
}

impl Form {
    /// Returns the bytes that contain it.
    pub(crate) fn span(&self) -> Span {
        Span { start: self.start, length: self.length }
    }

    /// Returns the value under `name`, if this is a map and has one.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Kind::Map(pairs) = &self.kind else { return None };
        let named = |key: &Self| matches!(&key.kind, Kind::Text(text) if text == name);
        pairs.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
    }

    /// Returns the value under a key that occurs earlier in the map, with the key.
    pub(crate) fn doubled(&self) -> Option<&(Self, Self)> {
        let Kind::Map(pairs) = &self.kind else { return None };
        let mut names = BTreeSet::new();
        pairs.iter().find(|(key, _)| !names.insert(key.quoted()))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns its notation. A text is quoted if it could be taken for something else.
    pub(crate) fn quoted(&self) -> String {
        self.text().map_or_else(|| self.to_string(), |text| Quoted(text).to_string())
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(list) => Some(list),
            _ => None,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Nil => f.write_str("nil"),
            Kind::Bool(truth) => write!(f, "{truth}"),
            Kind::Int(number) => write!(f, "{number}"),
            Kind::Number(text) => f.write_str(text),
            Kind::Text(text) => f.write_str(text),
            Kind::List(list) => write_within(f, "[", list, "]"),
            Kind::Set(members) => write_within(f, "#{", members, "}"),
            Kind::Map(pairs) => {
                write_within(f, "{", pairs.iter().flat_map(|(key, value)| [key, value]), "}")
            }
        }
    }
}

/// Writes forms between brackets.
fn write_within<'a>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    forms: impl IntoIterator<Item = &'a Form>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (place, form) in forms.into_iter().enumerate() {
        let blank = if place == 0 { "" } else { " " };
        write!(f, "{blank}{}", form.quoted())?;
    }
    f.write_str(close)
}

/// A text, quoted if it could be taken for something else, or could affect a terminal.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) { f.write_str(self.0) } else { write!(f, "{:?}", self.0) }
    }
}

/// Returns whether a text needs no quotes, in any position.
fn is_plain(text: &str) -> bool {
    let is_odd = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "[](){}#,;\"\\".contains(letter)
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit());
    let is_word = matches!(text, "" | "nil" | "null" | "true" | "false" | "nothing");
    !is_word && !is_number && !text.contains(is_odd)
}
