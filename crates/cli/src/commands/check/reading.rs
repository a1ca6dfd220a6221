//! The file of a history while it is read: the progress, and whether the user interrupts it.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::course::{Course, part};
use squall::figures::{grouped, rate};

/// How far the reading of a file is.
pub(super) struct Reading {
    /// How many bytes it has; 0 if that is unknown.
    size: u64,
    bytes: AtomicU64,
}

impl Reading {
    pub(super) fn new(size: u64) -> Self {
        Self { size, bytes: AtomicU64::new(0) }
    }
}

impl Course for Reading {
    fn name(&self) -> &str {
        "check"
    }

    fn thousandths(&self, _: Duration) -> u64 {
        part(self.bytes.load(Ordering::Relaxed).into(), self.size.into())
    }

    fn text(&self, time: Duration) -> String {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let all =
            if self.size > 0 { format!(" of {}", mebibytes(self.size)) } else { String::new() };
        format!("{}{all} read, {}/s", mebibytes(bytes), mebibytes(rate(bytes, time)))
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{}.{} MiB", grouped(bytes >> 20), ((bytes & 0xf_ffff) * 10) >> 20)
}

/// A file that notes how much of it was read, and that ends in an error if the user interrupts it.
pub(super) struct Watched<'a, R> {
    pub(super) file: R,
    pub(super) reading: &'a Reading,
    pub(super) is_interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.is_interrupted)() {
            return Err(io::Error::other("interrupted"));
        }
        let bytes = self.file.read(buffer)?;
        self.reading.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_how_much_of_it_was_read() {
        let reading = Reading::new(3 << 20);
        let mut file =
            Watched { file: io::repeat(b' '), reading: &reading, is_interrupted: &|| false };
        file.read_exact(&mut vec![0; 3 << 19]).unwrap();
        assert_eq!(reading.thousandths(Duration::ZERO), 500);
        let text = reading.text(Duration::from_millis(500));
        assert_eq!(text, "1.5 MiB of 3.0 MiB read, 3.0 MiB/s");
    }

    #[test]
    fn of_a_pipe_nobody_knows_how_much_is_left() {
        let reading = Reading::new(0);
        assert_eq!(reading.thousandths(Duration::ZERO), 0);
        assert_eq!(reading.text(Duration::from_secs(1)), "0.0 MiB read, 0.0 MiB/s");
    }
}
