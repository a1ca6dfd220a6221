//! JSON, read by `serde_json` level by level, so that each datum has its place and each number
//! stays as it is written.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::form::{Form, Kind, Unreadable};
use crate::syntax::SyntaxError;

/// Returns the object in `text`, with its fields in order.
pub(crate) fn read(text: &str) -> Result<Form, Unreadable> {
    let pairs = pairs(text, text)?;
    Ok(Form { kind: Kind::Map(pairs), start: 0, length: text.len() })
}

/// Returns the datum in `raw`, a part of `text`.
fn form(raw: &str, text: &str) -> Result<Form, Unreadable> {
    let kind = match raw.as_bytes().first() {
        Some(b'{') => Kind::map(pairs(raw, text)?),
        Some(b'[') => {
            let items: Vec<&RawValue> = parsed(raw, text)?;
            let items = items.into_iter().map(|item| form(item.get(), text));
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Kind::Text(parsed(raw, text)?),
        Some(b't' | b'f') => Kind::Bool(raw.starts_with('t')),
        Some(b'n') => Kind::Nil,
        _ => Kind::number(raw),
    };
    Ok(Form { kind, start: place(raw, text), length: raw.len() })
}

/// Returns the fields of the object in `raw`.
fn pairs(raw: &str, text: &str) -> Result<Vec<(Form, Form)>, Unreadable> {
    let Fields(fields) = parsed(raw, text)?;
    let pairs = fields.into_iter().map(|(name, value)| {
        let value = form(value.get(), text)?;
        let key = Form { kind: Kind::Text(name), start: value.start, length: value.length };
        Ok((key, value))
    });
    pairs.collect()
}

/// Returns the offset of `raw` in `text`, of which it is a part.
fn place(raw: &str, text: &str) -> usize {
    raw.as_ptr() as usize - text.as_ptr() as usize
}

fn parsed<'a, T: serde::Deserialize<'a>>(raw: &'a str, text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(raw).map_err(|error| {
        let lines = raw.split_inclusive('\n').take(error.line().saturating_sub(1));
        let before: usize = lines.map(str::len).sum();
        let within = (before + error.column().saturating_sub(1)).min(raw.len());
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        let error = SyntaxError::Json(why.to_owned());
        Unreadable { error, place: place(raw, text) + within }
    })
}

/// The fields of an object, in order, with each value as it is written.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
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
