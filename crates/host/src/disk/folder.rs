//! The few things that a disk asks of a file system.
//!
//! Two implementations: [`RealFolder`](super::RealFolder), and
//! [`MemoryFolder`](super::MemoryFolder), which can crash at every call.

use std::fmt::Debug;
use std::io;

/// A folder without folders in it.
pub trait Folder: Debug {
    /// What its files are.
    type File: File + Debug;

    /// Returns the names of the files in it, sorted.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Creates the file `name`. The name is durable only after [`sync`](Self::sync).
    ///
    /// # Errors
    ///
    /// If the file exists or cannot be created.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens the file `name` for reading and writing.
    ///
    /// # Errors
    ///
    /// If the file does not exist or cannot be opened.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Gives the file `from` the name `to` and replaces a file that has that name. Durable only
    /// after [`sync`](Self::sync); never half done.
    ///
    /// # Errors
    ///
    /// If the file does not exist or cannot be renamed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes the file `name`. Durable only after [`sync`](Self::sync).
    ///
    /// # Errors
    ///
    /// If the file does not exist or cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names in it durable, not what is in the files.
    ///
    /// # Errors
    ///
    /// If the device reports an error.
    fn sync(&self) -> io::Result<()>;
}

/// An open file.
pub trait File {
    /// Returns all of its bytes.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Writes `bytes` at `offset`, and makes the file longer if they reach beyond its end.
    ///
    /// # Errors
    ///
    /// If they cannot be written. A part of them may be.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes its bytes and its length durable, not its name.
    ///
    /// # Errors
    ///
    /// If the device reports an error. What is durable then is not known.
    fn sync(&mut self) -> io::Result<()>;
}
