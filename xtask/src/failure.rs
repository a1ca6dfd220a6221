//! The errors of the commands, sorted by what is to be fixed.

use std::io;
use std::path::{Path, PathBuf};

/// The reasons for which a command fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A patch whose label lacks an entry.
    #[error(
        "{}: above the diff there is no `{key}:`",
        .patch.display()
    )]
    Unlabelled { patch: PathBuf, key: &'static str },
    /// A patch that is not a unified diff, or that changes a file that no bug may change.
    #[error("{}: {reason}", .patch.display())]
    NoDiff { patch: PathBuf, reason: String },
    /// A patch that no longer applies to the code.
    #[error(
        "{} no longer applies: {file} has changed under hunk {number}\n\n{hunk}\n  fix the \
         patch: plant the bug by hand, and take a new diff",
        .patch.display()
    )]
    Stale { patch: PathBuf, file: String, number: usize, hunk: String },
    /// The program with the bug does not build.
    #[error("with {bug} planted, the program does not build:\n{output}")]
    Build { bug: String, output: String },
    /// The program with the bug ended in an unexpected way.
    #[error("`{call}` {ended}\n{output}")]
    Program { call: String, ended: String, output: String },
    /// The program refused its arguments or its input.
    #[error("{call} refuses: {output}")]
    Refused { call: String, output: String },
    /// A witness that does not show its bug.
    #[error("{}: {said}", .witness.display())]
    Blind { witness: PathBuf, said: String },
    /// Bugs that do not build, or whose witnesses do not show them. Each was reported before.
    #[error("not shown: {bugs}")]
    NotShown { bugs: String },
    /// A bug that was not found.
    #[error("{bug} was not found in {seeds} seeds, {seconds}")]
    NotFound { bug: String, seeds: u64, seconds: String },
    /// A bug that was caught by a rule that its patch does not name.
    #[error("{bug} was caught by {rule}, and its patch names {named} alone")]
    OtherRule { bug: String, rule: String, named: String },
    /// The correct code broke a rule.
    #[error("the correct code breaks {rule} at seed {seed}: {story}")]
    Incorrect { rule: String, seed: u64, story: String },
    /// The scratch copy is in use by another command.
    #[error("another command is using {}; wait until it ends", .folder.display())]
    InUse { folder: PathBuf },
    /// A file that cannot be read or written.
    #[error("cannot {what} {}: {error}", .path.display())]
    File { what: &'static str, path: PathBuf, error: io::Error },
}

impl Failure {
    /// Returns a function that turns an error of the operating system into a failure at this file.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { what, path, error }
    }
}
