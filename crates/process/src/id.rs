//! Names of processes and operations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A participant: a server (`n1`, `n2`, …) or a client (`c1`, `c2`, …).
///
/// Numbers start at 1, in text and in code. Servers order before clients.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ProcessId(u32);

/// The bit that distinguishes a client from a server.
const CLIENT: u32 = 1 << 31;

impl ProcessId {
    /// The largest number of a server or a client.
    pub const NUMBER_MAX: u32 = CLIENT - 1;

    /// Returns server `number`, from 1. Panics if `number` is 0 or above [`Self::NUMBER_MAX`].
    #[must_use]
    pub const fn server(number: u32) -> Self {
        assert!(number >= 1 && number <= Self::NUMBER_MAX, "processes are numbered from 1");
        Self(number)
    }

    /// Returns client `number`, from 1. Panics if `number` is 0 or above [`Self::NUMBER_MAX`].
    #[must_use]
    pub const fn client(number: u32) -> Self {
        assert!(number >= 1 && number <= Self::NUMBER_MAX, "processes are numbered from 1");
        Self(CLIENT | number)
    }

    /// Returns whether this is a client.
    #[must_use]
    pub const fn is_client(self) -> bool {
        self.0 & CLIENT != 0
    }

    /// Returns whether this is a server.
    #[must_use]
    pub const fn is_server(self) -> bool {
        !self.is_client()
    }

    /// Returns its name as one unique number: even for servers, odd for clients.
    #[must_use]
    #[inline]
    pub const fn code(self) -> u32 {
        self.0.rotate_left(1)
    }

    /// Returns its number among the servers or among the clients, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 & !CLIENT
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_client() { 'c' } else { 'n' };
        write!(f, "{kind}{}", self.number())
    }
}

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ProcessId> for String {
    fn from(id: ProcessId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ProcessId {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl FromStr for ProcessId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let (client, digits) = match text.as_bytes().first() {
            Some(b'n') => (false, &text[1..]),
            Some(b'c') => (true, &text[1..]),
            _ => return Err(ParseIdError),
        };
        let number = parse_number(digits).ok_or(ParseIdError)?;
        if number == 0 || number > u64::from(Self::NUMBER_MAX) {
            return Err(ParseIdError);
        }
        let number = u32::try_from(number).map_err(|_| ParseIdError)?;
        Ok(if client { Self::client(number) } else { Self::server(number) })
    }
}

/// The number of an operation within a run: `o1`, `o2`, … in the order of the requests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId(pub u64);

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "o{}", self.0)
    }
}

impl fmt::Debug for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OpId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let digits = text.strip_prefix('o').ok_or(ParseIdError)?;
        parse_number(digits).map(Self).ok_or(ParseIdError)
    }
}

/// A text that is not a name. Expected `n` or `c` and a number from 1 (`n3`, `c1`), or `o` and a
/// number for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a name such as n3, c1 or o7")
    }
}

impl std::error::Error for ParseIdError {}

/// Parses plain digits: no sign, no space, no leading zero.
fn parse_number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    if plain && !leading_zero { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_as_they_parse() {
        for name in ["n1", "n12", "c1", "c40"] {
            assert_eq!(name.parse::<ProcessId>().unwrap().to_string(), name);
        }
        assert_eq!("o7".parse::<OpId>().unwrap(), OpId(7));
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        for text in ["", "n", "n0", "n01", "n-1", "n+1", "m1", "1", "n4294967296", "n2147483648"] {
            assert_eq!(text.parse::<ProcessId>(), Err(ParseIdError), "{text}");
        }
    }

    #[test]
    fn servers_order_before_clients() {
        assert!(ProcessId::server(900) < ProcessId::client(1));
        assert!(ProcessId::client(1).is_client() && !ProcessId::client(1).is_server());
    }
}
