//! Operations and replies of the key-value service, in the notation of scripts.

use std::fmt;
use std::str::FromStr;

use squall_process::ProcessId;

/// A key: one lower-case letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(u8);

impl Key {
    /// Returns the key `letter`, if it is a lower-case letter from a to z.
    #[must_use]
    pub const fn new(letter: char) -> Option<Self> {
        if letter.is_ascii_lowercase() { Some(Self(letter as u8)) } else { None }
    }

    /// Returns the letter, as a byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }
}

impl Default for Key {
    /// Returns the key `x`.
    fn default() -> Self {
        Self(b'x')
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, char::from(self.0))
    }
}

/// An operation of a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// `get x`: read the value of `x`.
    Get(Key),
    /// `put x 1`: set `x` to 1.
    Put(Key, u32),
    /// `cas x 1 2`: set `x` to 2 if its value is 1; `cas x nothing 2`: if it has no value.
    CompareAndSet(Key, Option<u32>, u32),
    /// A change of members.
    Change(Change),
    /// `lead n2`: make n2 the leader, if it is a member and the library can do it.
    Lead(ProcessId),
}

/// A change of members.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// `add n4`.
    Add(ProcessId),
    /// `remove n2`.
    Remove(ProcessId),
    /// `replace n2 n4`: n4 takes the place of n2.
    Replace(ProcessId, ProcessId),
}

/// The reply to an operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reply {
    /// To `get`: the value, or `nothing`.
    Value(Option<u32>),
    /// To `put`: `written`.
    Written,
    /// To `cas`: `swapped`.
    Swapped,
    /// `kept`: to `cas`, because the key has another value; to a change of members or of the
    /// leader, because it is not possible.
    Kept,
    /// To a change of members: `changed`; to `lead`: the change has begun.
    Changed,
}

/// What a key holds: a value, or `nothing`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Held(pub Option<u32>);

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(key) => write!(f, "get {key}"),
            Self::Put(key, value) => write!(f, "put {key} {value}"),
            Self::CompareAndSet(key, expected, value) => {
                write!(f, "cas {key} {} {value}", Held(*expected))
            }
            Self::Change(change) => change.fmt(f),
            Self::Lead(server) => write!(f, "lead {server}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(server) => write!(f, "add {server}"),
            Self::Remove(server) => write!(f, "remove {server}"),
            Self::Replace(old, new) => write!(f, "replace {old} {new}"),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => Held(*value).fmt(f),
            Self::Written => f.write_str("written"),
            Self::Swapped => f.write_str("swapped"),
            Self::Kept => f.write_str("kept"),
            Self::Changed => f.write_str("changed"),
        }
    }
}

/// Why a text is not an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseOpError {
    /// The first word is none of the verbs.
    #[error("expected get, put, cas, add, remove, replace or lead")]
    Verb,
    /// A word is missing, or there is one too many.
    #[error("expected {0}")]
    Shape(&'static str),
    /// A word that is not a key.
    #[error("expected a key: one letter from a to z")]
    Key,
    /// A word that is not a value.
    #[error("expected a value: a whole number up to 4294967295, without a sign or a leading zero")]
    Value,
    /// A word that is not a server.
    #[error("expected a server, such as n4")]
    Server,
}

impl FromStr for Op {
    type Err = ParseOpError;

    fn from_str(text: &str) -> Result<Self, ParseOpError> {
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["get", key] => Ok(Self::Get(parse_key(key)?)),
            ["put", key, value] => Ok(Self::Put(parse_key(key)?, parse_value(value)?)),
            ["cas", key, expected, value] => {
                let expected =
                    if expected == "nothing" { None } else { Some(parse_value(expected)?) };
                Ok(Self::CompareAndSet(parse_key(key)?, expected, parse_value(value)?))
            }
            ["add", server] => Ok(Self::Change(Change::Add(parse_server(server)?))),
            ["remove", server] => Ok(Self::Change(Change::Remove(parse_server(server)?))),
            ["replace", old, new] => {
                Ok(Self::Change(Change::Replace(parse_server(old)?, parse_server(new)?)))
            }
            ["lead", server] => Ok(Self::Lead(parse_server(server)?)),
            ["get", ..] => Err(ParseOpError::Shape("get and a key, such as get x")),
            ["put", ..] => Err(ParseOpError::Shape("put, a key and a value, such as put x 1")),
            ["cas", ..] => Err(ParseOpError::Shape("cas, a key and two values, such as cas x 1 2")),
            ["add", ..] => Err(ParseOpError::Shape("add and a server, such as add n4")),
            ["remove", ..] => Err(ParseOpError::Shape("remove and a server, such as remove n2")),
            ["replace", ..] => {
                Err(ParseOpError::Shape("replace and two servers, such as replace n2 n4"))
            }
            ["lead", ..] => Err(ParseOpError::Shape("lead and a server, such as lead n2")),
            _ => Err(ParseOpError::Verb),
        }
    }
}

fn parse_key(text: &str) -> Result<Key, ParseOpError> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Key::new(letter).ok_or(ParseOpError::Key),
        _ => Err(ParseOpError::Key),
    }
}

fn parse_value(text: &str) -> Result<u32, ParseOpError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if !plain || leading_zero {
        return Err(ParseOpError::Value);
    }
    text.parse().map_err(|_| ParseOpError::Value)
}

fn parse_server(text: &str) -> Result<ProcessId, ParseOpError> {
    let server: ProcessId = text.parse().map_err(|_| ParseOpError::Server)?;
    if server.is_server() { Ok(server) } else { Err(ParseOpError::Server) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_print_as_they_parse() {
        let changes = ["add n4", "remove n2", "replace n2 n4", "lead n2"];
        for text in ["get x", "put y 0", "cas z 1 2", "cas z nothing 2"].into_iter().chain(changes)
        {
            assert_eq!(text.parse::<Op>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_operation_says_why() {
        let cases = [
            ("take x", ParseOpError::Verb),
            ("", ParseOpError::Verb),
            ("put x", ParseOpError::Shape("put, a key and a value, such as put x 1")),
            ("get X", ParseOpError::Key),
            ("get xy", ParseOpError::Key),
            ("put x -1", ParseOpError::Value),
            ("put x 01", ParseOpError::Value),
            ("put x ", ParseOpError::Value),
            ("put x 4294967296", ParseOpError::Value),
            ("add c1", ParseOpError::Server),
            ("lead", ParseOpError::Shape("lead and a server, such as lead n2")),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Op>(), Err(error), "{text}");
        }
    }
}
