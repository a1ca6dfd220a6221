//! What can go wrong, and whose affair it is.

use std::io;
use std::path::{Path, PathBuf};

/// Why a command ended without doing what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A patch without what must stand above its diff.
    #[error(
        "{}: above the diff there is no `{key}:`",
        .patch.display()
    )]
    Unlabelled { patch: PathBuf, key: &'static str },
    /// A patch that is no unified diff, or touches what no bug may.
    #[error("{}: {reason}", .patch.display())]
    NoDiff { patch: PathBuf, reason: String },
    /// A patch that does not fit the code any more.
    #[error(
        "{} does not apply any more: {file} has changed under hunk {number}\n\n{hunk}\n  mend the \
         patch: plant the bug by hand, and take the diff anew",
        .patch.display()
    )]
    Stale { patch: PathBuf, file: String, number: usize, hunk: String },
    /// The code with the bug in it does not build.
    #[error("with {bug} planted, the program does not build:\n{output}")]
    Build { bug: String, output: String },
    /// The code with the bug in it ended in an unforeseen way.
    #[error("`{call}` {ended}\n{output}")]
    Program { call: String, ended: String, output: String },
    /// The program does not take what it is given.
    #[error("{call} refuses: {output}")]
    Refused { call: String, output: String },
    /// A witness that does not show its bug.
    #[error("{}: {said}", .witness.display())]
    Blind { witness: PathBuf, said: String },
    /// A bug that was not found.
    #[error("{bug} was not found in {seeds} seeds, {seconds}")]
    NotFound { bug: String, seeds: u64, seconds: String },
    /// A bug that broke a rule that its patch does not name.
    #[error("{bug} was caught by {rule}, and its patch names {named} alone")]
    OtherRule { bug: String, rule: String, named: String },
    /// The correct code broke a rule.
    #[error("the correct code breaks {rule} at seed {seed}: {story}")]
    Incorrect { rule: String, seed: u64, story: String },
    /// The scratch copy belongs to another command at present.
    #[error("another command is at work in {}; wait until it has ended", .folder.display())]
    InUse { folder: PathBuf },
    /// A file that cannot be read or written.
    #[error("cannot {what} {}: {error}", .path.display())]
    File { what: &'static str, path: PathBuf, error: io::Error },
}

impl Failure {
    /// An error of the operating system, at a file.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { what, path, error }
    }
}
