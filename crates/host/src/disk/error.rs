//! Why a disk was not opened, and why a journal refused.

use std::io;

use super::Owner;

/// Why a disk was not opened.
#[derive(Debug, thiserror::Error)]
pub enum DiskOpenError {
    /// A new disk was to be made where files are.
    #[error("the folder is not empty: it holds `{name}`; open it, or choose another folder")]
    NotEmpty {
        /// The first of the files.
        name: String,
    },
    /// A disk that was used before is not there. What its owner promised is forgotten, and other
    /// processes may rely on it.
    #[error(
        "there is no disk in this folder: if the disk of a member was lost, replace the member; \
         create a disk only for a new member"
    )]
    Lost,
    /// The disk belongs to another process or another cluster.
    #[error("the disk belongs to {found}, not to {expected}")]
    Foreign {
        /// Whose disk it is.
        found: Owner,
        /// Whose disk was wanted.
        expected: Owner,
    },
    /// Nothing says reliably whose disk this is.
    #[error("the file `identity` is damaged: restore it from a backup, or replace the member")]
    IdentityDamaged,
    /// A later version of the program wrote this disk.
    #[error("the disk has format {found}; this program reads formats up to {newest}")]
    TooNew {
        /// The version that the disk has.
        found: u16,
        /// The newest version that this program reads.
        newest: u16,
    },
    /// The file system reported an error.
    #[error("cannot {doing}: {error}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the file system said.
        error: io::Error,
    },
}

impl DiskOpenError {
    /// Returns a function that adds what was being done to an error of the file system.
    pub(crate) fn while_doing(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Io { doing, error }
    }
}

/// Why a journal refused a request.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The record is longer than the settings allow.
    #[error("a record of {length} bytes is longer than {length_max} bytes")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The longest record in bytes.
        length_max: usize,
    },
    /// No space is left on the disk. The record was not written.
    #[error("no space is left on the disk")]
    Full,
    /// The file system refused the write. The record was not written.
    #[error("the write was refused: {0}")]
    Refused(io::Error),
    /// The sync failed. Nothing is known of the records that it covered.
    #[error("the sync failed: {0}")]
    SyncFailed(io::Error),
    /// An earlier sync failed. The disk must be opened again.
    #[error("an earlier sync failed: the disk must be opened again")]
    Poisoned,
}
