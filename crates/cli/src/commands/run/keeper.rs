//! What is found is kept at once, so that nothing that ends the process can lose it. A smaller
//! finding takes the place of the larger one later.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use squall::{Kept, WrittenFinding};
use squall_hunt::{Finding, Fingerprint, Overseer};

use super::watchdog::Watchdog;
use crate::logbook;

/// Keeps the findings of one sweep.
pub(super) struct Keeper<'a> {
    folder: &'a Path,
    /// How this program was called.
    program: String,
    stop: &'a (dyn Fn() -> bool + Sync),
    watchdog: &'a Watchdog,
    kept: Mutex<Vec<(Fingerprint, Kept)>>,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(
        folder: &'a Path,
        program: &str,
        stop: &'a (dyn Fn() -> bool + Sync),
        watchdog: &'a Watchdog,
    ) -> Self {
        Self { folder, program: program.to_owned(), stop, watchdog, kept: Mutex::default() }
    }

    /// Keeps `finding` in place of what was kept when it was found, and returns where.
    ///
    /// # Errors
    ///
    /// What the operating system says when it cannot be kept.
    pub(super) fn settle(&self, finding: &WrittenFinding) -> io::Result<PathBuf> {
        let command = |path: &Path| self.command(path);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut larger = kept.iter().filter(|(print, _)| *print == finding.fingerprint);
        let settled = match larger.next() {
            Some((_, larger)) => finding.keep_instead(larger, &command),
            None => finding.keep(self.folder, &command),
        };
        settled.map(|kept| kept.path)
    }

    fn command(&self, path: &Path) -> String {
        format!("{} replay {}", self.program, path.display())
    }
}

impl Overseer for Keeper<'_> {
    fn is_over(&self) -> bool {
        (self.stop)()
    }

    fn begins(&self, thread: usize, seed: u64) {
        logbook::seed(thread, Some(seed));
        self.watchdog.begins(thread, seed);
    }

    fn ends(&self, thread: usize) {
        logbook::seed(thread, None);
        self.watchdog.ends(thread);
    }

    fn found(&self, finding: &Finding) {
        let written = WrittenFinding::new(finding);
        // One that cannot be kept now is kept or printed in the end.
        if let Ok(kept) = written.keep(self.folder, &|path| self.command(path)) {
            let fingerprint = finding.fingerprint.clone();
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push((fingerprint, kept));
        }
    }
}
