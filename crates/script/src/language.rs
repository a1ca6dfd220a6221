//! What a script of a system may say: all that reading and checking one needs to know of the
//! system.

use std::borrow::Cow;

use crate::{Knob, Operation, Script, Sizes};

/// What a system is, apart from its code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name in scripts and on the command line: one lower-case word.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// How many servers and clients it takes.
    pub sizes: Sizes,
    /// What can be tuned.
    pub knobs: &'static [Knob],
    /// The roles that processes claim, as faults name them: `leader` for `@leader`.
    pub roles: &'static [&'static str],
    /// The situations that some run should reach.
    pub marks: &'static [&'static str],
    /// An operation, as an example for help and error messages: `propose apple`.
    pub example: &'static str,
}

/// Why a system cannot be run with the sizes and knobs of a script, in one sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(Cow<'static, str>);

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Self {
        Self(Cow::Borrowed(reason))
    }
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self(Cow::Owned(reason))
    }
}

/// A text that is no operation of a system, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ParseOperationError(String);

impl ParseOperationError {
    /// The error that says `reason`, in a few words.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// What the scripts of one system may say.
pub trait Language {
    /// Returns what the system is.
    fn profile(&self) -> Profile;

    /// Returns the operation that `text` means.
    ///
    /// # Errors
    ///
    /// If it is no operation of the system.
    fn operation(&self, text: &str) -> Result<Operation, ParseOperationError>;

    /// Checks that the system can be run with the sizes and knobs of `script`.
    ///
    /// # Errors
    ///
    /// If it cannot.
    fn admit(&self, script: &Script) -> Result<(), Refused>;
}
