//! What a script of a system may say: all that reading and checking one needs to know of the
//! system.

use crate::{Operation, Profile, Refused, Script};

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
