//! The disk of one process: an identity and a journal in a folder.
//!
//! # Fault model
//!
//! * A crash of the machine keeps any subset of the 512-byte blocks that were written and not
//!   synced, any of the lengths that a file had since its last sync, and any subset of the
//!   directory changes that were not synced. A crash of the process alone keeps everything
//!   readable and makes nothing durable.
//! * A sync can fail. What it covered may be on the disk wholly, in part or not at all, and stays
//!   readable until the machine restarts (Rebello et al., ATC 2020). The journal reports the
//!   failure once and refuses every later request; opening the disk again writes what is readable
//!   and not known to be durable a second time, and syncs it, before it hands it over.
//! * A write can be refused, for example because the disk is full. Its record does not exist.
//! * A block that was synced can become unreadable or wrong. The records in it are reported as
//!   [`Stored::Rotten`](squall_process::Stored::Rotten), never dropped.
//!
//! # What is not covered
//!
//! Damage to the last synced batch cannot be told from a torn write if the mark that follows each
//! sync is gone too: the mark is written after the sync and is not synced itself.
//!
//! # Layout
//!
//! `identity` says whose disk this is and which life of its owner opened it last. `lock` is held
//! while the disk is open. `0000000000000007.journal` is the seventh segment of the journal.

mod error;
mod folder;
mod frame;
mod identity;
mod journal;
mod memory;
mod open;
mod real;
mod recovery;
mod segment;

pub use error::{DiskOpenError, JournalError};
pub use folder::{File, Folder};
pub use identity::{Drawn, Identity, Owner};
pub use journal::{Journal, JournalSettings};
pub use memory::{BLOCK, MemoryFile, MemoryFolder};
pub use open::{Opened, create, open, replace};
pub use real::{RealFile, RealFolder};
