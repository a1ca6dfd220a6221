//! The contents of a file: bytes that mean nothing here, and their checksum.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use squall_paxos::log::digest_of;

/// The contents of a file, read and written as a whole (CHUBBY section 2.3). Cheap to copy. Prints
/// as text, with anything unusual escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct Contents {
    bytes: Arc<[u8]>,
    checksum: u64,
}

impl Contents {
    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the checksum, which tells different contents apart with overwhelming probability.
    #[must_use]
    pub const fn checksum(&self) -> u64 {
        self.checksum
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl From<&[u8]> for Contents {
    fn from(bytes: &[u8]) -> Self {
        Self { bytes: Arc::from(bytes), checksum: digest_of(bytes) }
    }
}

impl From<&str> for Contents {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl Default for Contents {
    fn default() -> Self {
        Self::from("")
    }
}

impl Hash for Contents {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.bytes.len(), self.checksum).hash(state);
    }
}

impl fmt::Display for Contents {
    /// Up to 40 bytes, then how many follow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.bytes.len().min(40);
        write!(f, "{}", self.bytes[..shown].escape_ascii())?;
        let rest = self.bytes.len() - shown;
        if rest > 0 { write!(f, "…+{rest}") } else { Ok(()) }
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl FromStr for Contents {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_print_short() {
        assert_eq!(Contents::from("a\nb").to_string(), "a\\nb");
        assert_eq!(Contents::from("a".repeat(45).as_str()).to_string().len(), 40 + "…+5".len());
        assert_ne!(Contents::from("a").checksum(), Contents::from("b").checksum());
    }
}
