//! A read-write lock: several readers or one writer (CHUBBY section 2.4).

use squall_process::{Outcome, Span};

use crate::database::LockMode;
use crate::recipes::{Next, Recipe, failure, open};
use crate::{Error, HandleName, Op, OpenOptions, Reply, Sequencer};

/// One claim to a read-write lock.
#[derive(Clone, Debug)]
pub struct ReadWriteLock {
    handle: HandleName,
    name: String,
    mode: LockMode,
    lock_delay: Span,
}

/// What a claimant is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LockReport {
    /// It holds the lock, and fences what it does by this.
    Held(Sequencer),
    /// It does not get it.
    Failed(Error),
    /// It has let the lock go.
    Released,
}

impl ReadWriteLock {
    /// Returns a claim to the lock of `name`: shared to read, exclusive to write.
    #[must_use]
    pub fn new(handle: HandleName, name: &str, mode: LockMode, lock_delay: Span) -> Self {
        Self { handle, name: name.to_owned(), mode, lock_delay }
    }

    /// Returns the calls that let the lock go.
    #[must_use]
    pub fn release(&self) -> Vec<Op> {
        vec![Op::Release(self.handle), Op::Close(self.handle)]
    }
}

impl Recipe for ReadWriteLock {
    type Report = LockReport;

    fn begin(&mut self) -> Vec<Op> {
        let options = OpenOptions { lock_delay: self.lock_delay, ..OpenOptions::default() };
        vec![open(self.handle, &self.name, options), Op::Acquire(self.handle, self.mode)]
    }

    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<LockReport> {
        match (op, outcome) {
            (Op::GetSequencer(_), Outcome::Done(Reply::Sequencer(sequencer))) => {
                Next::report(LockReport::Held(sequencer.clone()))
            }
            (Op::Close(_), _) => Next::report(LockReport::Released),
            (Op::Open(_) | Op::Acquire(..) | Op::GetSequencer(_), outcome)
                if failure(outcome).is_some() =>
            {
                let error = failure(outcome).unwrap_or(Error::SessionExpired);
                Next::report(LockReport::Failed(error))
            }
            (Op::Acquire(..), _) => Next::call([Op::GetSequencer(self.handle)]),
            _ => Next::nothing(),
        }
    }
}
