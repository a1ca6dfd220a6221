//! Why a text is neither EDN nor JSON.

use thiserror::Error;

/// Why an entry is not written in its format.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SyntaxError {
    /// It is not EDN.
    #[error("this is not EDN: {0}")]
    Edn(#[from] EdnError),
    /// It is not JSON, for this reason.
    #[error("this is not JSON: {0}")]
    Json(String),
}

/// Why an entry is not EDN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum EdnError {
    /// Too many forms are nested.
    #[error("too many forms, one within the other")]
    TooDeep,
    /// The text ends where a form is expected.
    #[error("something is missing")]
    Missing,
    /// A map has a key without a value.
    #[error("something is missing; a map has a value for each key")]
    MissingValue,
    /// A closing bracket that nothing opened.
    #[error("nothing opened this `{0}`")]
    Unopened(char),
    /// A namespace that stands before something else than a map.
    #[error("a namespace stands before a map")]
    Namespace,
    /// A tag without a name.
    #[error("a tag without a name")]
    Tag,
    /// A keyword without a name.
    #[error("a keyword without a name")]
    Keyword,
    /// A number that does not exist.
    #[error("a number that there is not")]
    Number,
    /// A character that does not exist.
    #[error("a character that there is not")]
    Character,
    /// A text without an end.
    #[error("a text without an end")]
    Unterminated,
    /// An escape that does not exist.
    #[error("an escape that there is not")]
    Escape,
}
