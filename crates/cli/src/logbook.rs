//! What a process that runs code under test notes in a file: another process reads there what was
//! under way when this one ended in the middle of its work.
//!
//! The file has a state of two bytes (whether the work is finished, and its status), the name of
//! what is run, and eight bytes for each thread: the seed that it runs, plus one.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use crate::status::Status;

const SUBJECT_AT: usize = 2;
const SEEDS_AT: usize = 256;
const SEED_BYTES: usize = 8;

/// The logbook of this process, if another process reads it.
static OPEN: OnceLock<File> = OnceLock::new();

/// Notes from now on in the file `path`.
///
/// # Errors
///
/// What the operating system says when the file cannot be opened.
pub(crate) fn open(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    let _ = OPEN.set(file);
    Ok(())
}

/// Notes what is run from now on: a system or a script.
pub(crate) fn subject(name: &str) {
    let mut bytes = [0; SEEDS_AT - SUBJECT_AT];
    let end = name.floor_char_boundary(bytes.len());
    bytes[..end].copy_from_slice(&name.as_bytes()[..end]);
    write(SUBJECT_AT, &bytes);
}

/// Notes that `thread` runs `seed` from now on, or nothing.
pub(crate) fn seed(thread: usize, seed: Option<u64>) {
    let number = seed.map_or(0, |seed| seed.wrapping_add(1));
    write(SEEDS_AT + thread * SEED_BYTES, &number.to_le_bytes());
}

/// Notes that the work is finished and reported.
pub(crate) fn finish(status: Status) {
    write(0, &[1, status.code()]);
}

/// What cannot be noted is not known; the work goes on.
#[cfg(unix)]
fn write(at: usize, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    if let Some(file) = OPEN.get() {
        let _ = file.write_all_at(bytes, at as u64);
    }
}

#[cfg(not(unix))]
fn write(_: usize, _: &[u8]) {}

/// What a logbook says.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Entries {
    /// The status of the work, if it is finished.
    pub(crate) finished: Option<u8>,
    /// What was run last; empty if nothing was.
    pub(crate) subject: String,
    /// The seeds that were under way.
    pub(crate) seeds: Vec<u64>,
}

impl Entries {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        std::fs::read(path).map(|bytes| Self::of(&bytes))
    }

    fn of(bytes: &[u8]) -> Self {
        let end = bytes.len().min(SEEDS_AT);
        let subject = bytes.get(SUBJECT_AT..end).unwrap_or_default();
        let subject = subject.split(|byte| *byte == 0).next().unwrap_or_default();
        let (seeds, _) = bytes.get(SEEDS_AT..).unwrap_or_default().as_chunks::<SEED_BYTES>();
        let seeds = seeds.iter().map(|seed| u64::from_le_bytes(*seed));
        Self {
            finished: (bytes.first() == Some(&1)).then(|| bytes.get(1).copied().unwrap_or(0)),
            subject: String::from_utf8_lossy(subject).into_owned(),
            seeds: seeds.filter(|seed| *seed > 0).map(|seed| seed - 1).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_logbook_says_that_nothing_is_finished() {
        let nothing = Entries { finished: None, subject: String::new(), seeds: Vec::new() };
        assert_eq!(Entries::of(&[]), nothing);
    }

    #[test]
    fn a_logbook_says_what_was_under_way() {
        let mut bytes = vec![0; SEEDS_AT + 3 * SEED_BYTES];
        bytes[SUBJECT_AT..SUBJECT_AT + 6].copy_from_slice(b"parrot");
        bytes[SEEDS_AT + 8] = 18;
        let entries = Entries::of(&bytes);
        assert_eq!((entries.subject.as_str(), entries.seeds), ("parrot", vec![17]));
        assert_eq!(entries.finished, None);
        bytes[..2].copy_from_slice(&[1, 5]);
        assert_eq!(Entries::of(&bytes).finished, Some(5));
    }
}
