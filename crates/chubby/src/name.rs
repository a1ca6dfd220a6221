//! Names of nodes: a [`Path`] within a cell, and the full [`Name`] that says which cell (CHUBBY
//! section 2.3).
//!
//! Model: `/ls/CELL/a/b` names the node `/a/b` of a cell. Components are neither empty nor `.` nor
//! `..`, and hold no control characters and no blanks, so a path stands in a line of text as it is.
//!
//! Limits: a path has at most [`Path::BYTES_MAX`] bytes and [`Path::DEPTH_MAX`] components.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The path of a node within its cell, `/` for the root.
///
/// Paths order by depth first and then by text, so that the children of a directory stand together
/// (CHUBBY section 2.10).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Path(Arc<str>);

/// Why a text is no name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NameError {
    /// It is empty.
    Empty,
    /// It does not begin with a slash.
    Relative,
    /// It does not begin with `/ls/` and a cell.
    NoCell,
    /// It is longer than [`Path::BYTES_MAX`] or deeper than [`Path::DEPTH_MAX`].
    TooLong,
    /// A component is empty: two slashes in a row, or one at the end.
    EmptyComponent,
    /// A component is `.` or `..`.
    Dots,
    /// It holds a blank or a control character.
    Character,
}

impl Path {
    /// The number of bytes of a path.
    pub const BYTES_MAX: usize = 1_024;
    /// The number of components of a path.
    pub const DEPTH_MAX: usize = 64;

    /// Returns the path of the root.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from("/"))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Returns the number of components.
    #[must_use]
    pub fn depth(&self) -> usize {
        if self.is_root() { 0 } else { self.0.bytes().filter(|byte| *byte == b'/').count() }
    }

    /// Returns the directory that holds it; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (parent, last) = self.0.rsplit_once('/')?;
        match (parent, last) {
            (_, "") => None,
            ("", _) => Some(Self::root()),
            _ => Some(Self(Arc::from(parent))),
        }
    }

    /// Returns the last component; empty for the root.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, last)| last)
    }

    /// Returns the path of `relative` below this one.
    ///
    /// # Errors
    ///
    /// If that is no path.
    pub fn join(&self, relative: &str) -> Result<Self, NameError> {
        if relative.is_empty() {
            return Err(NameError::Empty);
        }
        let base = if self.is_root() { "" } else { &self.0 };
        format!("{base}/{relative}").parse()
    }

    /// Returns whether this is a child of `directory`.
    #[must_use]
    pub fn is_child_of(&self, directory: &Self) -> bool {
        self.parent().is_some_and(|parent| parent == *directory)
    }

    /// Returns a bound that orders before every child of this directory and after all shallower
    /// paths.
    pub(crate) fn before_children(&self) -> BeforeChildren {
        let prefix = if self.is_root() { "/".to_owned() } else { format!("{}/", self.0) };
        BeforeChildren { depth: self.depth() + 1, prefix }
    }
}

/// Where the children of a directory begin in the order of paths.
pub(crate) struct BeforeChildren {
    depth: usize,
    prefix: String,
}

impl BeforeChildren {
    /// Returns a path to begin a range at.
    pub(crate) fn start(&self) -> Path {
        // The prefix alone has the depth of the children and orders before each of them.
        Path(Arc::from(self.prefix.as_str()))
    }

    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.depth() == self.depth && path.0.starts_with(&self.prefix)
    }
}

impl Ord for Path {
    fn cmp(&self, other: &Self) -> Ordering {
        self.depth().cmp(&other.depth()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Path {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(if text.is_empty() { NameError::Empty } else { NameError::Relative });
        };
        if text.len() > Self::BYTES_MAX {
            return Err(NameError::TooLong);
        }
        if rest.is_empty() {
            return Ok(Self::root());
        }
        for (index, component) in rest.split('/').enumerate() {
            match component {
                "" => return Err(NameError::EmptyComponent),
                "." | ".." => return Err(NameError::Dots),
                _ if component.chars().any(|c| c.is_whitespace() || c.is_control()) => {
                    return Err(NameError::Character);
                }
                _ if index >= Self::DEPTH_MAX => return Err(NameError::TooLong),
                _ => {}
            }
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The full name of a node. Prints and parses as `/ls/CELL/a/b`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name {
    /// The cell.
    pub cell: Arc<str>,
    /// The node in it.
    pub path: Path,
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let rest = text.strip_prefix("/ls/").ok_or(NameError::NoCell)?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (cell, path) = rest.split_at(end);
        // A cell is one component by the same rules.
        let cell = Path::root().join(cell).map_err(|_| NameError::NoCell)?;
        let path = if path.is_empty() { Path::root() } else { path.parse()? };
        Ok(Self { cell: Arc::from(cell.last()), path })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_root() { "" } else { self.path.as_str() };
        write!(f, "/ls/{}{path}", self.cell)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty-name",
            Self::Relative => "relative-name",
            Self::NoCell => "name-without-cell",
            Self::TooLong => "name-too-long",
            Self::EmptyComponent => "empty-component",
            Self::Dots => "dots-in-name",
            Self::Character => "blank-in-name",
        })
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_no_path_says_why() {
        let long = format!("/{}", "a".repeat(Path::BYTES_MAX));
        let deep = "/a".repeat(Path::DEPTH_MAX + 1);
        let cases = [
            ("", NameError::Empty),
            ("a", NameError::Relative),
            ("//", NameError::EmptyComponent),
            ("/a/", NameError::EmptyComponent),
            ("/a/../b", NameError::Dots),
            ("/.", NameError::Dots),
            ("/a b", NameError::Character),
            ("/a\u{7}", NameError::Character),
            (long.as_str(), NameError::TooLong),
            (deep.as_str(), NameError::TooLong),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Path>(), Err(error), "{text}");
        }
    }

    #[test]
    fn children_stand_together() {
        let mut paths = ["/b", "/a/z", "/", "/a-b/c", "/a", "/a/b", "/a/b/c"].map(path);
        paths.sort();
        assert_eq!(format!("{paths:?}"), "[/, /a, /b, /a-b/c, /a/b, /a/z, /a/b/c]");
        let children = path("/a").before_children();
        let held: Vec<&Path> = paths.iter().filter(|path| children.holds(path)).collect();
        assert_eq!(format!("{held:?}"), "[/a/b, /a/z]");
        assert!(children.start() < path("/a/b") && children.start() > path("/b"));
    }

    #[test]
    fn a_path_knows_its_place() {
        let path = path("/a/b");
        assert_eq!((path.depth(), path.last()), (2, "b"));
        assert_eq!(path.parent().unwrap().parent().unwrap(), Path::root());
        assert_eq!(Path::root().parent(), None);
        assert_eq!(Path::root().join("a/b").unwrap(), path);
        assert_eq!(path.join(""), Err(NameError::Empty));
        assert_eq!(path.join("../c"), Err(NameError::Dots));
    }

    #[test]
    fn a_name_has_a_cell() {
        for text in ["/ls/local", "/ls/local/a/b"] {
            assert_eq!(text.parse::<Name>().unwrap().to_string(), text);
        }
        assert_eq!("/ls/local/a".parse::<Name>().unwrap().path, path("/a"));
        assert_eq!("/a/b".parse::<Name>(), Err(NameError::NoCell));
        assert_eq!("/ls/".parse::<Name>(), Err(NameError::NoCell));
        assert_eq!("/ls/local/".parse::<Name>().map(|name| name.path), Ok(Path::root()));
        assert_eq!("/ls/local/..".parse::<Name>(), Err(NameError::Dots));
    }
}
