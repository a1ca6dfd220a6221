//! The text of a script from a file, or why it cannot be read.
//!
//! A script is readable text of at most a few megabytes. A larger or binary file is refused before
//! it is parsed: a core dump named by mistake gives one clear sentence, and no terminal receives
//! control characters.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// The largest size of a script file: 8 MiB.
pub const BYTES_MAX: u64 = 8 << 20;

/// Why the text of a script cannot be read.
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
        /// The size of the file, or a lower bound of it.
        size: u64,
        /// The largest size allowed.
        limit: u64,
    },
    /// It is not UTF-8.
    #[error("{} is not text: byte {offset} is {byte:#04x}", .path.display())]
    #[diagnostic(help("a script is UTF-8 text without control characters"))]
    NotText {
        /// The file.
        path: PathBuf,
        /// The offset of the first invalid byte, from 0.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// The operating system could not read it.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
}

/// Returns the text in the file `path`.
///
/// # Errors
///
/// Returns an error if there is no such file, or it cannot be a script.
pub fn read(path: &Path) -> Result<String, ReadError> {
    text(read_bytes(path)?).map_err(|(offset, byte)| ReadError::NotText {
        path: path.to_owned(),
        offset,
        byte,
    })
}

/// Returns the bytes in the file `path`, which need not be text.
///
/// # Errors
///
/// Returns an error if there is no such file, or it is too large.
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
    // One more byte than allowed, because the length of a pipe is not known beforehand.
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Returns `bytes` as text, or the offset and the value of the first invalid byte.
fn text(bytes: Vec<u8>) -> Result<String, (usize, u8)> {
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    let control = bytes.iter().position(is_control);
    let invalid = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
    match control.into_iter().chain(invalid).min() {
        Some(offset) => Err((offset, bytes[offset])),
        None => Ok(String::from_utf8(bytes).expect("checked on the lines above")),
    }
}

/// Returns the scripts in `folder` and in the folders within it, by name. Hidden folders are
/// skipped, and links to folders are not followed, because they may form a cycle.
///
/// # Errors
///
/// Returns the error of the operating system if a folder cannot be listed.
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

/// Returns whether `path` has the file name extension of scripts.
#[must_use]
pub fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "squall")
}
