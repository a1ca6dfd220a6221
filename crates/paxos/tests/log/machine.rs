//! The state machine of these tests: a list that numbers are added to, so that what was applied,
//! how often and in which order can be read from the state itself.

use std::fmt;
use std::str::FromStr;

use squall_paxos::log::{LogTime, StateMachine};

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct List(pub(crate) Vec<u32>);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Add {
    pub(crate) number: u32,
    pub(crate) size: usize,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct All;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Numbers(pub(crate) Vec<u32>);

impl fmt::Display for Add {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put {} {}", self.number, self.size)
    }
}

impl FromStr for Add {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, size) = text.strip_prefix("put ").and_then(|r| r.split_once(' ')).ok_or(())?;
        Ok(Self { number: number.parse().map_err(|_| ())?, size: size.parse().map_err(|_| ())? })
    }
}

impl fmt::Display for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all")
    }
}

impl FromStr for All {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "all" { Ok(Self) } else { Err(()) }
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl FromStr for Numbers {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or(())?;
        let numbers = list.split_whitespace().map(|word| word.parse().map_err(|_| ()));
        numbers.collect::<Result<_, _>>().map(Self)
    }
}

impl StateMachine for List {
    type Command = Add;
    type Query = All;
    type Reply = Numbers;
    type Part = Numbers;

    fn size(command: &Add) -> usize {
        command.size
    }

    fn apply(&mut self, command: &Add, _at: LogTime) -> Numbers {
        self.0.push(command.number);
        Numbers(vec![u32::try_from(self.0.len()).expect("a short list")])
    }

    fn query(&self, _query: &All) -> Numbers {
        Numbers(self.0.clone())
    }

    fn snapshot(&self) -> Vec<Numbers> {
        self.0.chunks(3).map(|chunk| Numbers(chunk.to_vec())).collect()
    }

    fn restore(parts: &[Numbers]) -> Option<Self> {
        Some(Self(parts.iter().flat_map(|part| part.0.iter().copied()).collect()))
    }

    fn digest(&self) -> u64 {
        self.0.iter().fold(7, |digest: u64, number| {
            digest.wrapping_mul(0x0000_0100_0000_01b3) ^ u64::from(*number)
        })
    }
}
