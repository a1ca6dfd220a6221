//! What EDN and JSON have in common: nothing, numbers, texts, lists and maps, with their places.

use std::collections::BTreeSet;
use std::fmt;

use clojure_reader::error::Code;
use clojure_reader::parse::{Node, NodeKind, SourceReader, parse};
use serde_json::value::RawValue;

/// One datum, and the bytes of the entry that it is written in.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Nil,
    Int(i64),
    /// A string, a keyword without its colon, a symbol, a truth value, a number that is not whole.
    Text(String),
    List(Vec<Form>),
    /// In the order of how they are written: it has none of its own.
    Set(Vec<Form>),
    /// In the order of how its keys are written.
    Map(Vec<(Form, Form)>),
}

/// Why an entry cannot be read, and at which of its bytes.
pub(crate) type Unreadable = (String, usize);

impl Form {
    /// The datum that is written in `text` as EDN.
    pub(crate) fn edn(text: &str) -> Result<Self, Unreadable> {
        let mut reader = SourceReader::new(text);
        match parse(&mut reader) {
            Ok(node) => Ok(Self::of_node(node)),
            Err(error) => {
                let place = error.ptr.unwrap_or(0).min(text.len());
                Err((why(&error.code), place))
            }
        }
    }

    fn of_node(node: Node<'_>) -> Self {
        let span = node.span;
        let (start, length) = (span.0.ptr, span.1.ptr - span.0.ptr);
        let list = |nodes: Vec<Node<'_>>| nodes.into_iter().map(Self::of_node).collect();
        let kind = match node.kind {
            NodeKind::Nil => Kind::Nil,
            NodeKind::Int(number) => Kind::Int(number),
            NodeKind::Bool(truth) => Kind::Text(truth.to_string()),
            NodeKind::Key(text) => Kind::Text(text.trim_start_matches(':').to_owned()),
            NodeKind::Symbol(text) | NodeKind::Str(text) => Kind::Text(text.to_owned()),
            NodeKind::Char(letter) => Kind::Text(letter.to_string()),
            NodeKind::Double(number) => Kind::Text(number.to_string()),
            NodeKind::Rational((over, under)) => Kind::Text(format!("{over}/{under}")),
            NodeKind::Vector(nodes, _) | NodeKind::List(nodes, _) => Kind::List(list(nodes)),
            NodeKind::Set(nodes, _) => {
                let mut members = list(nodes);
                members.sort_by_cached_key(Self::to_string);
                Kind::Set(members)
            }
            NodeKind::Map(pairs, _) => {
                let pairs = pairs.into_iter();
                let mut pairs: Vec<(Self, Self)> =
                    pairs.map(|(key, it)| (Self::of_node(key), Self::of_node(it))).collect();
                pairs.sort_by_cached_key(|(key, _)| key.to_string());
                Kind::Map(pairs)
            }
            // A record, such as #jepsen.history.Op{…}: what it holds counts.
            NodeKind::Tagged(_, _, inner) => Self::of_node(*inner).kind,
            _ => Kind::Text("?".to_owned()),
        };
        Self { kind, start, length }
    }

    /// The object that is written in `text` as JSON. What stands within a value has the place of
    /// the value.
    pub(crate) fn json(text: &str) -> Result<Self, Unreadable> {
        let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| {
            let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
            let before: usize = lines.map(str::len).sum();
            let place = (before + error.column().saturating_sub(1)).min(text.len());
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            (format!("this is not JSON: {why}"), place)
        })?;
        let Fields(fields) = fields;
        let mut pairs = Vec::with_capacity(fields.len());
        for (name, raw) in fields {
            // The raw text is a part of `text`, so this is its place.
            let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
            let length = raw.get().len();
            let value: serde_json::Value = serde_json::from_str(raw.get())
                .map_err(|error| (format!("this is not JSON: {error}"), start))?;
            let key = Self { kind: Kind::Text(name), start, length };
            pairs.push((key, Self::of_value(value, (start, length))));
        }
        Ok(Self { kind: Kind::Map(pairs), start: 0, length: text.len() })
    }

    fn of_value(value: serde_json::Value, (start, length): (usize, usize)) -> Self {
        use serde_json::Value as Json;
        let kind = match value {
            Json::Null => Kind::Nil,
            Json::Bool(truth) => Kind::Text(truth.to_string()),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Kind::Int(number),
                None => Kind::Text(number.to_string()),
            },
            Json::String(text) => Kind::Text(text),
            Json::Array(values) => Kind::List(
                values.into_iter().map(|value| Self::of_value(value, (start, length))).collect(),
            ),
            Json::Object(fields) => {
                let place = |kind| Self { kind, start, length };
                let pairs = fields.into_iter();
                let pairs = pairs.map(|(name, value)| {
                    (place(Kind::Text(name)), Self::of_value(value, (start, length)))
                });
                Kind::Map(pairs.collect())
            }
        };
        Self { kind, start, length }
    }

    /// What the map has under `name`, if it is a map and has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Kind::Map(pairs) = &self.kind else { return None };
        let named = |key: &Self| matches!(&key.kind, Kind::Text(text) if text == name);
        pairs.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
    }

    /// What the map has under a key that it has before, with the key.
    pub(crate) fn doubled(&self) -> Option<&(Self, Self)> {
        let Kind::Map(pairs) = &self.kind else { return None };
        let mut names = BTreeSet::new();
        pairs.iter().find(|(key, _)| !names.insert(key.to_string()))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
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
            Kind::Int(number) => write!(f, "{number}"),
            Kind::Text(text) => f.write_str(text),
            Kind::List(list) => write_within(f, "[", list, "]"),
            Kind::Set(members) => write_within(f, "#{", members, "}"),
            Kind::Map(pairs) => {
                write_within(f, "{", pairs.iter().flat_map(|(key, value)| [key, value]), "}")
            }
        }
    }
}

/// What is wrong, in words.
fn why(code: &Code) -> String {
    let what = match code {
        Code::InvalidNumber => {
            return "this number cannot be read: a whole one has 64 bits and no N behind it, a \
                    decimal no M"
                .to_owned();
        }
        Code::InvalidRadix(_) => "a number to a base that there is not".to_owned(),
        Code::InvalidChar => "a character that there is not".to_owned(),
        Code::InvalidEscape => "an escape that there is not".to_owned(),
        Code::InvalidKeyword => "a keyword without a name".to_owned(),
        Code::InvalidTag => "a tag without a name".to_owned(),
        Code::UnexpectedEOF => "something is missing; a map has a value for each key".to_owned(),
        Code::UnmatchedDelimiter(bracket) => format!("nothing opened this `{bracket}`"),
        other => format!("{other:?}"),
    };
    format!("this is not EDN: {what}")
}

/// Writes forms between brackets. A text that could be taken for something else is quoted.
fn write_within<'a>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    forms: impl IntoIterator<Item = &'a Form>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (place, form) in forms.into_iter().enumerate() {
        let blank = if place == 0 { "" } else { " " };
        match &form.kind {
            Kind::Text(text) if !is_plain(text) => write!(f, "{blank}{text:?}")?,
            _ => write!(f, "{blank}{form}")?,
        }
    }
    f.write_str(close)
}

/// Whether a text is one and nothing else, wherever it stands.
fn is_plain(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_whitespace() || "[](){}#,;\"\\".contains(letter);
    !text.is_empty() && text != "nil" && text.parse::<i64>().is_err() && !text.contains(is_odd)
}

/// The fields of an object, in order, each value as it is written.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Fields<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> serde::de::Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Collect).map(Self)
    }
}
