//! What is agreed on: any type that is [`Proposable`], and [`Value`], one short word held in place.
//!
//! Limits of [`Value`]: 1 to 15 bytes, ASCII letters, digits, `-`, `_` and `.`, so that it prints
//! in scripts and traces without quotes, and costs no allocation.

use std::fmt::{self, Debug, Display};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// What a type needs to be agreed on. Every type that has it all is proposable.
///
/// It should print as one word without `=`, since messages print as `accept 2.n1=apple`.
pub trait Proposable: Clone + Eq + Hash + Debug + Display {}

impl<V: Clone + Eq + Hash + Debug + Display> Proposable for V {}

/// A word of at most 15 bytes, held in place.
#[derive(Clone, Copy, Eq, PartialOrd, Ord)]
pub struct Value {
    /// The word, then zeros; its length in the last byte.
    bytes: [u8; Value::LENGTH_MAX + 1],
}

impl Value {
    /// The most bytes that a word may have.
    pub const LENGTH_MAX: usize = 15;

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let word = &self.bytes[..usize::from(self.bytes[Self::LENGTH_MAX])];
        std::str::from_utf8(word).expect("only ASCII is let in")
    }
}

impl Value {
    /// Returns all of it as one number: it is compared and hashed with every message.
    #[inline]
    fn number(&self) -> u128 {
        u128::from_le_bytes(self.bytes)
    }
}

impl PartialEq for Value {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Hash for Value {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.number());
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.as_str(), f)
    }
}

/// Why a text is no [`Value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseValueError {
    /// There is nothing.
    Empty,
    /// It has more than [`Value::LENGTH_MAX`] bytes.
    TooLong {
        /// How many it has.
        length: usize,
    },
    /// It has a byte other than a letter, a digit, `-`, `_` and `.`.
    NotAWord {
        /// Where, from 0.
        at: usize,
    },
}

impl Display for ParseValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a value has at least one letter"),
            Self::TooLong { length } => {
                write!(f, "a value has at most {} bytes, not {length}", Value::LENGTH_MAX)
            }
            Self::NotAWord { at } => {
                write!(f, "byte {at} is not a letter, a digit, '-', '_' or '.'")
            }
        }
    }
}

impl std::error::Error for ParseValueError {}

impl FromStr for Value {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if let Some(at) = text.bytes().position(|byte| !letter(byte)) {
            return Err(ParseValueError::NotAWord { at });
        }
        let too_long = ParseValueError::TooLong { length: text.len() };
        let length = u8::try_from(text.len()).map_err(|_| too_long)?;
        let mut bytes = [0; Self::LENGTH_MAX + 1];
        let (word, last) = bytes.split_at_mut(Self::LENGTH_MAX);
        match word.get_mut(..text.len()) {
            None => Err(too_long),
            Some([]) => Err(ParseValueError::Empty),
            Some(word) => {
                word.copy_from_slice(text.as_bytes());
                last[0] = length;
                Ok(Self { bytes })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_print_as_they_parse_and_order_as_text() {
        let texts = ["a", "aa", "ab", "apple", "b", "pear-2", "x".repeat(15).as_str()]
            .map(|text| text.parse::<Value>().unwrap().to_string());
        let values = texts.each_ref().map(|text| text.parse::<Value>().unwrap());
        assert!(values.is_sorted() && texts.is_sorted());
        assert_eq!(texts[5], "pear-2");
        assert_eq!(size_of::<Value>(), 16);
    }

    #[test]
    fn what_is_not_a_word_says_why() {
        let parse = |text: &str| text.parse::<Value>();
        assert_eq!(parse(""), Err(ParseValueError::Empty));
        assert_eq!(parse(&"x".repeat(16)), Err(ParseValueError::TooLong { length: 16 }));
        assert_eq!(parse(&"x".repeat(300)), Err(ParseValueError::TooLong { length: 300 }));
        assert_eq!(parse("a b"), Err(ParseValueError::NotAWord { at: 1 }));
        assert_eq!(parse("a=b"), Err(ParseValueError::NotAWord { at: 1 }));
        assert_eq!(parse("äpfel"), Err(ParseValueError::NotAWord { at: 0 }));
    }
}
