//! What a script of a system may contain: everything that parsing and checking a script need to
//! know about the system.

use crate::{Operation, Profile, Refused, Script};

/// Why a text is not an operation of a system.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ParseOperationError(String);

impl ParseOperationError {
    /// Returns the error with this `reason`, in a few words.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// What the scripts of one system may contain.
pub trait Language {
    /// Returns the profile of the system.
    fn profile(&self) -> Profile;

    /// Returns the operation with the text `text`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not an operation of the system.
    fn operation(&self, text: &str) -> Result<Operation, ParseOperationError>;

    /// Checks that the system can be run with the sizes and knobs of `script`.
    ///
    /// # Errors
    ///
    /// Returns the reason if it cannot.
    fn admit(&self, script: &Script) -> Result<(), Refused>;
}
