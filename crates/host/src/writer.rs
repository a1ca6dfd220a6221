//! The writer: carries out what a process asks of its disk, away from the loop of the process.
//!
//! Group commit: while a sync is under way, requests gather; all syncs among them are one sync of
//! the device. Each is answered with the last record that was written before it was asked for.
//!
//! It is a thread. Under madsim, which has no threads, it is a task that takes a random time.

use squall_process::{DiskError, RecordNumber};
use tokio::sync::mpsc;

use crate::disk::{Folder, Journal, JournalError};

/// What a process asks of its disk.
#[derive(Debug)]
pub(crate) enum Request {
    /// Write a record; `None` if it has no bytes because it cannot be encoded.
    Write { number: u64, payload: Option<Vec<u8>> },
    /// Give up the records below this one.
    Trim { before: u64 },
    /// Make everything durable up to this record.
    Sync { through: u64 },
}

/// What a disk answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Completion {
    Synced { through: RecordNumber },
    SyncFailed { through: RecordNumber },
    WriteFailed { number: RecordNumber, error: DiskError },
}

/// The requests of one step.
pub(crate) type Batch = Vec<Request>;

/// Where the loop of a process sends its batches, and finds the answers.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) batches: mpsc::UnboundedSender<Batch>,
    pub(crate) completions: mpsc::UnboundedReceiver<Completion>,
}

/// A journal with what is asked of it.
struct Work<F: Folder> {
    journal: Journal<F>,
    batches: mpsc::UnboundedReceiver<Batch>,
    completions: mpsc::UnboundedSender<Completion>,
}

impl<F: Folder> Work<F> {
    /// Carries out `first` and what gathered behind it. Returns false if nothing listens.
    fn carry_out(&mut self, first: Batch) -> bool {
        let mut syncs = Vec::new();
        let mut batch = Some(first);
        while let Some(requests) = batch {
            for request in requests {
                if let Some(failed) = self.request(request, &mut syncs)
                    && self.completions.send(failed).is_err()
                {
                    return false;
                }
            }
            batch = self.batches.try_recv().ok();
        }
        let Some(&last) = syncs.last() else { return true };
        let answers = match self.journal.sync() {
            Ok(_) => syncs.into_iter().map(|through| Completion::Synced { through }).collect(),
            // Reported once, with the last record that it covered.
            Err(_) => vec![Completion::SyncFailed { through: last }],
        };
        answers.into_iter().all(|answer| self.completions.send(answer).is_ok())
    }

    /// Carries out all but a sync, which is entered into `syncs`. Returns what failed.
    fn request(&mut self, request: Request, syncs: &mut Vec<RecordNumber>) -> Option<Completion> {
        match request {
            Request::Write { number, payload } => {
                // A record that cannot be encoded takes its number too, as one that is too long.
                let written = match &payload {
                    Some(payload) => self.journal.write(payload),
                    None => self.journal.skip(),
                };
                let error = match written {
                    Ok(written) => {
                        debug_assert_eq!(written, number, "the process counts as the journal does");
                        return None;
                    }
                    Err(JournalError::Full) => DiskError::Full,
                    Err(_) => DiskError::Failed,
                };
                Some(Completion::WriteFailed { number: RecordNumber(number), error })
            }
            Request::Trim { before } => {
                // What cannot be trimmed now is trimmed with the next request.
                let _ = self.journal.trim(before);
                None
            }
            Request::Sync { through } => {
                syncs.push(RecordNumber(through));
                None
            }
        }
    }
}

/// Starts the writer of `journal`. It ends when the sender of batches is dropped, after all that
/// was asked; then the receiver of completions ends.
#[cfg(not(madsim))]
pub(crate) fn start<F>(journal: Journal<F>) -> std::io::Result<Writer>
where
    F: Folder<File: Send> + Send + 'static,
{
    let (batches, waiting) = mpsc::unbounded_channel();
    let (sender, completions) = mpsc::unbounded_channel();
    let mut work = Work { journal, batches: waiting, completions: sender };
    std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
        while let Some(batch) = work.batches.blocking_recv() {
            if !work.carry_out(batch) {
                return;
            }
        }
    })?;
    Ok(Writer { batches, completions })
}

/// Starts the writer of `journal`, as a task.
#[cfg(madsim)]
pub(crate) fn start<F>(journal: Journal<F>) -> std::io::Result<Writer>
where
    F: Folder<File: Send> + Send + 'static,
{
    use madsim::rand::{Rng, thread_rng};

    let (batches, waiting) = mpsc::unbounded_channel();
    let (sender, completions) = mpsc::unbounded_channel();
    let mut work = Work { journal, batches: waiting, completions: sender };
    crate::runtime::spawn(async move {
        while let Some(batch) = work.batches.recv().await {
            let micros = thread_rng().gen_range(20..3_000);
            crate::runtime::sleep(std::time::Duration::from_micros(micros)).await;
            if !work.carry_out(batch) {
                return;
            }
        }
    });
    Ok(Writer { batches, completions })
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use squall_process::ProcessId;

    use super::*;
    use crate::disk::{Drawn, JournalSettings, MemoryFolder, Owner, create};

    fn work(folder: &MemoryFolder) -> (Work<MemoryFolder>, Writer) {
        let owner = Owner { cluster: 1, process: ProcessId::server(1) };
        let settings = JournalSettings { record_length_max: 100, ..JournalSettings::default() };
        let drawn = Drawn { disk: 1, incarnation: 1 };
        let journal =
            create(folder.clone(), owner, drawn, settings).expect("the folder is empty").journal;
        let (batches, waiting) = mpsc::unbounded_channel();
        let (sender, completions) = mpsc::unbounded_channel();
        (Work { journal, batches: waiting, completions: sender }, Writer { batches, completions })
    }

    fn write(number: u64, length: usize) -> Request {
        Request::Write { number, payload: Some(vec![7; length]) }
    }

    fn answers(writer: &mut Writer) -> Vec<Completion> {
        std::iter::from_fn(|| writer.completions.try_recv().ok()).collect()
    }

    #[test]
    fn syncs_that_gather_are_one_sync_of_the_device() {
        let folder = MemoryFolder::new();
        let (mut work, mut writer) = work(&folder);
        writer.batches.send(vec![write(2, 5), Request::Sync { through: 2 }]).unwrap();
        writer.batches.send(vec![Request::Sync { through: 2 }, write(3, 5)]).unwrap();
        let calls = folder.calls();
        assert!(work.carry_out(vec![write(1, 5), Request::Sync { through: 1 }]));
        // Three writes, one sync, the mark behind it.
        assert_eq!(folder.calls() - calls, 5);
        let synced = |through| Completion::Synced { through: RecordNumber(through) };
        assert_eq!(answers(&mut writer), [synced(1), synced(2), synced(2)]);
    }

    #[test]
    fn a_refused_write_is_reported_and_the_records_around_it_become_durable() {
        let folder = MemoryFolder::new();
        let (mut work, mut writer) = work(&folder);
        let unencodable = Request::Write { number: 3, payload: None };
        work.carry_out(vec![write(1, 5), write(2, 101), unencodable, write(4, 5)]);
        work.carry_out(vec![Request::Sync { through: 4 }]);
        let failed = |number| Completion::WriteFailed {
            number: RecordNumber(number),
            error: DiskError::Failed,
        };
        let synced = Completion::Synced { through: RecordNumber(4) };
        assert_eq!(answers(&mut writer), [failed(2), failed(3), synced]);
    }

    #[test]
    fn a_failed_sync_is_reported_once_and_no_later_one_succeeds() {
        let folder = MemoryFolder::new();
        let (mut work, mut writer) = work(&folder);
        folder.fail_at(folder.calls() + 1, std::io::ErrorKind::Other);
        work.carry_out(vec![write(1, 5), Request::Sync { through: 1 }]);
        let failed = |through| Completion::SyncFailed { through: RecordNumber(through) };
        assert_eq!(answers(&mut writer), [failed(1)]);
        work.carry_out(vec![write(2, 5), Request::Sync { through: 2 }]);
        let refused = Completion::WriteFailed { number: RecordNumber(2), error: DiskError::Failed };
        assert_eq!(answers(&mut writer), [refused, failed(2)]);
    }
}
