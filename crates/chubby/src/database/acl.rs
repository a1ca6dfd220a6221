//! Access control lists: files in a directory of the cell that name who may (CHUBBY section 2.3;
//! requirement N3).
//!
//! Model: a node has the names of three lists, for reading, writing and changing these names. The
//! list `team` is the file `/acl/team`, which holds the names of clients between blanks; `*` stands
//! for all. A list whose file is missing lets no client do anything. A new node has the names of
//! its directory unless others are given.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use squall_process::ProcessId;

use crate::{Contents, NameError, Path};

/// The directory of the files of lists.
pub(crate) const ACL_DIRECTORY: &str = "/acl";
/// The list that the root begins with, which lets all clients do everything.
pub(crate) const EVERY_CLIENT: &str = "all";

/// What a client may do with a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Right {
    /// Read contents, numbers and children.
    Read,
    /// Write contents, create children, delete, acquire the lock in either mode.
    Write,
    /// Change the names of the lists.
    ChangeAcl,
}

/// What a handle is opened for: a set of rights. Prints and parses as `read`, `read+write`, `acl`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Access(u8);

/// The name of a list: one component of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AclName(Arc<str>);

/// The lists of a node. Prints and parses as `readers,writers,owners`, or as one name for all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AclNames {
    /// Who may read.
    pub read: AclName,
    /// Who may write and lock.
    pub write: AclName,
    /// Who may change these names.
    pub change: AclName,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::ChangeAcl];

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::ChangeAcl => 4,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ChangeAcl => "acl",
        }
    }
}

impl Access {
    /// To read.
    pub const READ: Self = Self(1);
    /// To read, and to write and lock.
    pub const WRITE: Self = Self(3);
    /// Everything.
    pub const ALL: Self = Self(7);

    /// Returns whether `right` is in the set.
    #[must_use]
    pub const fn has(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// Returns the rights in the set.
    pub fn rights(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }
}

impl AclName {
    /// Returns the file of the list.
    #[must_use]
    pub fn file(&self) -> Path {
        // Both parts were checked: the name is one component.
        let directory: Result<Path, NameError> = ACL_DIRECTORY.parse();
        directory.and_then(|directory| directory.join(&self.0)).unwrap_or_else(|_| Path::root())
    }
}

impl AclNames {
    /// Returns the list `name` for everything.
    #[must_use]
    pub fn one(name: &AclName) -> Self {
        Self { read: name.clone(), write: name.clone(), change: name.clone() }
    }

    /// Returns the list for `right`.
    #[must_use]
    pub const fn name(&self, right: Right) -> &AclName {
        match right {
            Right::Read => &self.read,
            Right::Write => &self.write,
            Right::ChangeAcl => &self.change,
        }
    }
}

/// Returns whether the list in `contents` names `client`.
pub(crate) fn names(contents: &Contents, client: ProcessId) -> bool {
    let name = client.to_string();
    let mut words = contents.bytes().split(u8::is_ascii_whitespace);
    words.any(|word| word == b"*" || word == name.as_bytes())
}

impl FromStr for AclName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains(['/', ',']) {
            return Err(NameError::Character);
        }
        Path::root().join(text).map(|path| Self(Arc::from(path.last())))
    }
}

impl FromStr for AclNames {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut names = text.split(',');
        match (names.next(), names.next(), names.next(), names.next()) {
            (Some(all), None, ..) => Ok(Self::one(&all.parse()?)),
            (Some(read), Some(write), Some(change), None) => {
                Ok(Self { read: read.parse()?, write: write.parse()?, change: change.parse()? })
            }
            _ => Err(NameError::Character),
        }
    }
}

/// A text that is no set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseAccessError;

impl FromStr for Access {
    type Err = ParseAccessError;

    fn from_str(text: &str) -> Result<Self, ParseAccessError> {
        text.split('+').try_fold(Self(0), |set, word| {
            let right = Right::ALL.into_iter().find(|right| right.word() == word);
            right.map(|right| Self(set.0 | right.bit())).ok_or(ParseAccessError)
        })
    }
}

impl fmt::Display for ParseAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected read, write or acl, or several of them with + between")
    }
}

impl std::error::Error for ParseAccessError {}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, right) in self.rights().enumerate() {
            let plus = if index == 0 { "" } else { "+" };
            write!(f, "{plus}{}", right.word())?;
        }
        Ok(())
    }
}

impl fmt::Display for AclName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AclName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AclNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.read == self.write && self.write == self.change {
            return self.read.fmt(f);
        }
        write!(f, "{},{},{}", self.read, self.write, self.change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_rights_print_as_they_parse() {
        for text in ["read", "read+write", "read+write+acl", "acl"] {
            assert_eq!(text.parse::<Access>().unwrap().to_string(), text);
        }
        for text in ["", "read+", "lock"] {
            assert_eq!(text.parse::<Access>(), Err(ParseAccessError), "{text}");
        }
        for text in ["all", "team,owners,owners"] {
            assert_eq!(text.parse::<AclNames>().unwrap().to_string(), text);
        }
        for text in ["", "a,b", "a,b,c,d", "a/b", ".."] {
            assert!(text.parse::<AclNames>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_names_clients() {
        let (c1, c2) = (ProcessId::client(1), ProcessId::client(2));
        let list = Contents::from("c1 c3\nc4");
        assert!(names(&list, c1) && !names(&list, c2));
        assert!(names(&Contents::from("*"), c2));
        assert!(!names(&Contents::from("c12"), c1));
        assert!(!names(&Contents::default(), c1));
    }
}
