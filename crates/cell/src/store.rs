//! The store: what a cell keeps. Keys and values are texts.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use squall_paxos::log::{LogTime, StateMachine};

/// Entries in one part of a snapshot.
const PART: usize = 64;

/// A map from keys to values, as the state machine of a replicated log.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Store {
    values: BTreeMap<String, String>,
}

/// A change of the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Sets a value.
    Put {
        /// The key.
        key: String,
        /// Its value from now on.
        value: String,
    },
    /// Removes a value.
    Delete {
        /// The key.
        key: String,
    },
    /// Sets a value if the present one is as expected.
    Cas {
        /// The key.
        key: String,
        /// The value that is expected; none if the key should be absent.
        expected: Option<String>,
        /// Its value from then on.
        value: String,
    },
}

/// A question to the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Query {
    /// The value of a key.
    Get {
        /// The key.
        key: String,
    },
}

/// What the store answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The value was set.
    Stored,
    /// Whether there was a value to remove.
    Deleted(bool),
    /// Whether the value was as expected and is set now.
    Swapped(bool),
    /// The value, if there is one.
    Value(Option<String>),
}

/// Some entries of the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Part(Vec<(String, String)>);

impl StateMachine for Store {
    type Command = Command;
    type Query = Query;
    type Reply = Reply;
    type Part = Part;

    fn size(command: &Command) -> usize {
        match command {
            Command::Put { key, value } => key.len() + value.len(),
            Command::Delete { key } => key.len(),
            Command::Cas { key, expected, value } => {
                key.len() + value.len() + expected.as_ref().map_or(0, String::len)
            }
        }
    }

    fn apply(&mut self, command: &Command, _at: LogTime) -> Reply {
        match command {
            Command::Put { key, value } => {
                self.values.insert(key.clone(), value.clone());
                Reply::Stored
            }
            Command::Delete { key } => Reply::Deleted(self.values.remove(key).is_some()),
            Command::Cas { key, expected, value } => {
                let holds = self.values.get(key) == expected.as_ref();
                if holds {
                    self.values.insert(key.clone(), value.clone());
                }
                Reply::Swapped(holds)
            }
        }
    }

    fn query(&self, query: &Query) -> Reply {
        let Query::Get { key } = query;
        Reply::Value(self.values.get(key).cloned())
    }

    fn snapshot(&self) -> Vec<Part> {
        let entries: Vec<_> = self.values.clone().into_iter().collect();
        entries.chunks(PART).map(|entries| Part(entries.to_vec())).collect()
    }

    fn restore(parts: &[Part]) -> Option<Self> {
        let entries = parts.iter().flat_map(|part| part.0.iter().cloned());
        Some(Self { values: entries.collect() })
    }

    fn digest(&self) -> u64 {
        // FNV-1a over the entries, each behind its length.
        let mut digest = 0xCBF2_9CE4_8422_2325_u64;
        let mut add = |bytes: &[u8]| {
            for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
                digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        };
        for (key, value) in &self.values {
            add(key.as_bytes());
            add(value.as_bytes());
        }
        digest
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { key, value } => write!(f, "put {key} {value}"),
            Self::Delete { key } => write!(f, "delete {key}"),
            Self::Cas { key, expected: Some(expected), value } => {
                write!(f, "cas {key} {expected} {value}")
            }
            Self::Cas { key, expected: None, value } => write!(f, "create {key} {value}"),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Get { key } = self;
        write!(f, "get {key}")
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Deleted(true) => f.write_str("deleted"),
            Self::Deleted(false) | Self::Value(None) => f.write_str("absent"),
            Self::Swapped(true) => f.write_str("swapped"),
            Self::Swapped(false) => f.write_str("not-swapped"),
            Self::Value(Some(value)) => f.write_str(value),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entries", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cas(expected: Option<&str>, value: &str) -> Command {
        let expected = expected.map(str::to_owned);
        Command::Cas { key: "a".to_owned(), expected, value: value.to_owned() }
    }

    #[test]
    fn a_value_is_swapped_if_it_is_as_expected() {
        let mut store = Store::default();
        let mut apply = |command| store.apply(&command, LogTime::default());
        assert_eq!(apply(cas(Some("1"), "2")), Reply::Swapped(false));
        assert_eq!(apply(cas(None, "1")), Reply::Swapped(true));
        assert_eq!(apply(cas(None, "9")), Reply::Swapped(false));
        assert_eq!(apply(cas(Some("1"), "2")), Reply::Swapped(true));
        let get = Query::Get { key: "a".to_owned() };
        assert_eq!(store.query(&get), Reply::Value(Some("2".to_owned())));
        let delete = Command::Delete { key: "a".to_owned() };
        assert_eq!(store.apply(&delete, LogTime::default()), Reply::Deleted(true));
        assert_eq!(store.query(&get), Reply::Value(None));
    }

    #[test]
    fn a_snapshot_holds_all_of_it() {
        let mut store = Store::default();
        for number in 0..200 {
            let (key, value) = (format!("key {number}"), format!("{number}"));
            store.apply(&Command::Put { key, value }, LogTime::default());
        }
        let parts = store.snapshot();
        assert_eq!(parts.len(), 4);
        let restored = Store::restore(&parts).unwrap();
        assert_eq!(restored, store);
        assert_ne!(Store::restore(&parts[1..]).unwrap().digest(), store.digest());
    }
}
