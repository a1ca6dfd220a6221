//! The state machine: a key-value store. Keys are letters, values are numbers of some size.
//!
//! Model: a value has a size in bytes of its own, so that limits on bytes matter, and nothing is
//! stored but its number. Operations, queries and replies print as they parse.

use std::fmt;
use std::str::FromStr;

use smallvec::SmallVec;
use squall_paxos::log::{LogTime, StateMachine};

/// A key: one lower-case letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(u8);

impl Key {
    /// Returns the key `letter`; none if it is not a letter from a to z.
    #[must_use]
    pub const fn new(letter: char) -> Option<Self> {
        if letter.is_ascii_lowercase() { Some(Self(letter as u8)) } else { None }
    }
}

/// A value: a number, and how many bytes it has. Prints as `7`, or as `7*40` with 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Value {
    /// The number.
    pub number: u32,
    /// The size in bytes.
    pub size: u16,
}

/// What a key holds: a value, or `nothing`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Held(pub Option<Value>);

/// A change of the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// `put x 1`: the key has this value from now on.
    Put(Key, Value),
    /// `delete x`: the key has no value from now on.
    Delete(Key),
    /// `cas x 1 2`: the key has the second value if it had the first; `cas x nothing 2`: if it had
    /// none.
    CompareAndSet {
        /// The key.
        key: Key,
        /// What it must hold.
        old: Held,
        /// The value that it gets.
        new: Value,
    },
}

/// `get x`: what does the key hold?
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Get(pub Key);

/// What comes back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reply {
    /// To `get`: what the key holds.
    Holds(Held),
    /// To `put`.
    Written,
    /// To `delete`.
    Deleted,
    /// To `cas`, which found what it expected.
    Swapped,
    /// To `cas`, which found something else.
    Kept,
}

/// One key and its value, as a snapshot has them. Prints as `x=1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pair(Key, Value);

/// The store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Store {
    /// By key.
    pairs: SmallVec<[(Key, Value); 4]>,
    /// How many commands were applied: one that is applied twice shows, whatever it does.
    applied: u64,
}

impl Store {
    /// Returns what `key` holds.
    #[must_use]
    pub fn get(&self, key: Key) -> Held {
        let found = self.pairs.iter().find(|(other, _)| *other == key);
        Held(found.map(|(_, value)| *value))
    }

    fn put(&mut self, key: Key, value: Value) {
        match self.pairs.binary_search_by_key(&key, |(other, _)| *other) {
            Ok(place) => self.pairs[place].1 = value,
            Err(place) => self.pairs.insert(place, (key, value)),
        }
    }

    /// Carries `command` out.
    pub fn carry_out(&mut self, command: &Command) -> Reply {
        self.applied += 1;
        match *command {
            Command::Put(key, value) => {
                self.put(key, value);
                Reply::Written
            }
            Command::Delete(key) => {
                self.pairs.retain(|(other, _)| *other != key);
                Reply::Deleted
            }
            Command::CompareAndSet { key, old, new } => {
                if self.get(key) != old {
                    return Reply::Kept;
                }
                self.put(key, new);
                Reply::Swapped
            }
        }
    }

    /// Returns the same store, as one that counts no commands.
    #[must_use]
    pub fn uncounted(self) -> Self {
        Self { applied: 0, ..self }
    }
}

impl StateMachine for Store {
    type Command = Command;
    type Query = Get;
    type Reply = Reply;
    type Part = Part;

    fn size(command: &Command) -> usize {
        match command {
            Command::Put(_, value) | Command::CompareAndSet { new: value, .. } => {
                value.size.max(1).into()
            }
            Command::Delete(_) => 1,
        }
    }

    fn apply(&mut self, command: &Command, _at: LogTime) -> Reply {
        self.carry_out(command)
    }

    fn query(&self, query: &Get) -> Reply {
        Reply::Holds(self.get(query.0))
    }

    fn snapshot(&self) -> Vec<Part> {
        let pairs = self.pairs.iter().map(|(key, value)| Part::Pair(Pair(*key, *value)));
        std::iter::once(Part::Applied(self.applied)).chain(pairs).collect()
    }

    fn restore(parts: &[Part]) -> Option<Self> {
        let (Part::Applied(applied), pairs) = parts.split_first()? else { return None };
        let mut store = Self { applied: *applied, ..Self::default() };
        for part in pairs {
            let Part::Pair(Pair(key, value)) = part else { return None };
            store.put(*key, *value);
        }
        Some(store)
    }

    /// FNV-1a over words.
    fn digest(&self) -> u64 {
        let words = self.pairs.iter().map(|(key, value)| {
            u64::from(key.0) << 48 | u64::from(value.size) << 32 | u64::from(value.number)
        });
        words.chain([self.applied]).fold(0xcbf2_9ce4_8422_2325, |digest, word| {
            let mixed = (digest ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            mixed ^ (mixed >> 29)
        })
    }
}

/// One part of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// How many commands were applied.
    Applied(u64),
    /// One key and its value.
    Pair(Pair),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied(count) => write!(f, "after {count} commands"),
            Self::Pair(Pair(key, value)) => write!(f, "{key}={value}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, char::from(self.0))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            1 => write!(f, "{}", self.number),
            size => write!(f, "{}*{size}", self.number),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(key, value) => write!(f, "put {key} {value}"),
            Self::Delete(key) => write!(f, "delete {key}"),
            Self::CompareAndSet { key, old, new } => write!(f, "cas {key} {old} {new}"),
        }
    }
}

impl fmt::Display for Get {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "get {}", self.0)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds(held) => held.fmt(f),
            Self::Written => f.write_str("written"),
            Self::Deleted => f.write_str("deleted"),
            Self::Swapped => f.write_str("swapped"),
            Self::Kept => f.write_str("kept"),
        }
    }
}

/// A text that is no word of the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseWordError;

impl fmt::Display for ParseWordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected put x 1, put x 1*40, delete x, cas x 1 2, or get x")
    }
}

impl std::error::Error for ParseWordError {}

impl FromStr for Key {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, ParseWordError> {
        let mut letters = text.chars();
        match (letters.next().and_then(Self::new), letters.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(ParseWordError),
        }
    }
}

impl FromStr for Value {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, ParseWordError> {
        let (number, size) = text.split_once('*').unwrap_or((text, "1"));
        let (number, size) = (number.parse(), size.parse());
        match (number, size) {
            (Ok(number), Ok(size)) if size > 0 => Ok(Self { number, size }),
            _ => Err(ParseWordError),
        }
    }
}

impl FromStr for Held {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, ParseWordError> {
        if text == "nothing" { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

impl FromStr for Command {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, ParseWordError> {
        match text.split(' ').collect::<SmallVec<[&str; 4]>>().as_slice() {
            ["put", key, value] => Ok(Self::Put(key.parse()?, value.parse()?)),
            ["delete", key] => Ok(Self::Delete(key.parse()?)),
            ["cas", key, old, new] => {
                let (key, old, new) = (key.parse()?, old.parse()?, new.parse()?);
                Ok(Self::CompareAndSet { key, old, new })
            }
            _ => Err(ParseWordError),
        }
    }
}

impl FromStr for Get {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, ParseWordError> {
        text.strip_prefix("get ").ok_or(ParseWordError)?.parse().map(Self)
    }
}

impl FromStr for Reply {
    type Err = ParseWordError;

    fn from_str(text: &str) -> Result<Self, ParseWordError> {
        match text {
            "written" => Ok(Self::Written),
            "deleted" => Ok(Self::Deleted),
            "swapped" => Ok(Self::Swapped),
            "kept" => Ok(Self::Kept),
            _ => text.parse().map(Self::Holds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_print_as_they_parse() {
        for text in ["put x 1", "put y 7*40", "delete x", "cas x nothing 2", "cas z 1 2*4"] {
            assert_eq!(text.parse::<Command>().unwrap().to_string(), text);
        }
        for text in ["", "put", "put X 1", "put x 1*0", "cas x 1", "delete xy"] {
            assert_eq!(text.parse::<Command>(), Err(ParseWordError), "{text}");
        }
    }

    #[test]
    fn a_snapshot_gives_the_store_back() {
        let mut store = Store::default();
        for text in ["put x 1", "put a 2*40", "cas x 1 3", "delete b"] {
            store.carry_out(&text.parse().unwrap());
        }
        let restored = Store::restore(&store.snapshot()).unwrap();
        assert_eq!((restored.digest(), &restored), (store.digest(), &store));
        assert_eq!(Store::restore(&store.snapshot()[1..]), None);
    }
}
