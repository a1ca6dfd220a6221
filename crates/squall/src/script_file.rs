//! A script's text from a file, or why there is none.
//!
//! A script is text that a person can read, of a few megabytes at most. What is larger, or binary,
//! is refused before it is looked at as a script: a core dump named by mistake gives one clear
//! sentence, and no terminal is handed control characters.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// The most bytes that a script's file may hold: 8 MiB.
pub const BYTES_MAX: u64 = 8 << 20;

/// Why the text of a script could not be had.
#[derive(Debug, Error, Diagnostic)]
pub enum ReadError {
    /// There is no such file.
    #[error("there is no file {}", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is a directory.
    #[error("{} is a directory", .path.display())]
    #[diagnostic(help("name one script in it"))]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// It is too large to be a script.
    #[error("{} has {size} bytes; a script has at most {limit}", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes it has, or at least has.
        size: u64,
        /// How many it may have.
        limit: u64,
    },
    /// It is not text in UTF-8.
    #[error("{} is not text: byte {offset} is {byte:#04x}", .path.display())]
    #[diagnostic(help("a script is UTF-8 text without control characters"))]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where the first byte is that cannot be, from 0.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// The operating system could not read it.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        error: io::Error,
    },
}

/// The text in the file `path`.
///
/// # Errors
///
/// If there is no such file, or it cannot be a script.
pub fn read(path: &Path) -> Result<String, ReadError> {
    text(read_bytes(path)?).map_err(|(offset, byte)| ReadError::NotText {
        path: path.to_owned(),
        offset,
        byte,
    })
}

/// The bytes in the file `path`, which need not be text.
///
/// # Errors
///
/// If there is no such file, or it is too large.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed = |error: io::Error| {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => ReadError::Missing { path },
            io::ErrorKind::IsADirectory => ReadError::Directory { path },
            _ => ReadError::Unreadable { path, error },
        }
    };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let too_large = |size| ReadError::TooLarge { path: path.to_owned(), size, limit: BYTES_MAX };
    if about.len() > BYTES_MAX {
        return Err(too_large(about.len()));
    }
    let mut bytes = Vec::new();
    // One byte more: a pipe does not say beforehand how long it is.
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// `bytes` as text, or where they stop being text.
fn text(bytes: Vec<u8>) -> Result<String, (usize, u8)> {
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    let control = bytes.iter().position(is_control);
    let invalid = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
    match control.into_iter().chain(invalid).min() {
        Some(offset) => Err((offset, bytes[offset])),
        None => Ok(String::from_utf8(bytes).expect("checked on the lines above")),
    }
}

/// The scripts in `folder` and in the folders within it, by name. Hidden folders are passed over,
/// and links to folders are not followed, since they may lead in a circle.
///
/// # Errors
///
/// What the operating system says when a folder cannot be listed.
pub fn scripts_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if entry.file_type()?.is_dir() {
                folders.extend((!is_hidden).then(|| entry.path()));
            } else if is_script(&entry.path()) {
                scripts.push(entry.path());
            }
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// Whether `path` is called as scripts are.
#[must_use]
pub fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "squall")
}
