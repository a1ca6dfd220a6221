//! A task scheduler: the tasks are files in a directory, and a worker takes one by its lock.
//!
//! Model: a worker holds the lock of its task while it works, and deletes the file when the task is
//! done, under the sequencer of its lock. A worker that fails loses the lock, and another one takes
//! the task after the lock-delay: a task can be begun more than once, and is ended once. What it
//! does elsewhere is fenced by the sequencer.

use squall_process::{Outcome, Span};

use crate::database::{Access, Kind, LockMode};
use crate::recipes::{Next, Recipe, failure, open};
use crate::{Contents, Error, HandleName, Op, OpenCall, OpenOptions, Reply, Sequencer};

/// A worker.
#[derive(Clone, Debug)]
pub struct Scheduler {
    directory: HandleName,
    task: HandleName,
    name: String,
    lock_delay: Span,
    /// Tasks to try, the last one first.
    tasks: Vec<String>,
    taken: Option<String>,
    sequencer: Option<Sequencer>,
}

/// What a worker is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchedulerReport {
    /// Carry this out, then ask for [`Scheduler::done`].
    Run {
        /// The name of the task.
        task: String,
        /// What its file says.
        contents: Contents,
        /// Fences what is done.
        sequencer: Sequencer,
    },
    /// The task is done, and no other worker begins it again.
    Ended(String),
    /// No task is free. [`Scheduler::look`] looks again.
    Idle,
    /// It works no more.
    Failed(Error),
}

impl Scheduler {
    /// Returns a worker for the tasks in the directory `name`. It uses two handles.
    #[must_use]
    pub fn new(directory: HandleName, task: HandleName, name: &str, lock_delay: Span) -> Self {
        let (name, tasks) = (name.to_owned(), Vec::new());
        Self { directory, task, name, lock_delay, tasks, taken: None, sequencer: None }
    }

    /// Returns the calls that look for tasks.
    #[must_use]
    pub fn look(&self) -> Vec<Op> {
        vec![Op::ReadDir(self.directory)]
    }

    /// Returns the calls that end the task that was run.
    #[must_use]
    pub fn done(&self) -> Vec<Op> {
        vec![Op::Delete(self.task)]
    }

    /// Tries the next task.
    fn try_next(&mut self) -> Next<SchedulerReport> {
        (self.taken, self.sequencer) = (None, None);
        let Some(task) = self.tasks.pop() else {
            return Next::report(SchedulerReport::Idle);
        };
        self.taken = Some(task.clone());
        let (access, lock_delay) = (Access::WRITE, self.lock_delay);
        let options = OpenOptions { access, lock_delay, ..OpenOptions::default() };
        let directory = Some(self.directory);
        let open = OpenCall { handle: self.task, name: task, directory, options };
        Next::call([Op::Open(Box::new(open))])
    }

    fn next(&mut self) -> Next<SchedulerReport> {
        let mut next = self.try_next();
        next.calls.insert(0, Op::Close(self.task));
        next
    }
}

impl Recipe for Scheduler {
    type Report = SchedulerReport;

    fn begin(&mut self) -> Vec<Op> {
        let options = OpenOptions { kind: Kind::Directory, ..OpenOptions::default() };
        vec![open(self.directory, &self.name, options), Op::ReadDir(self.directory)]
    }

    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<SchedulerReport> {
        let failed = failure(outcome);
        match (op, outcome) {
            _ if failed == Some(Error::SessionExpired) => {
                Next::report(SchedulerReport::Failed(Error::SessionExpired))
            }
            (Op::ReadDir(_), Outcome::Done(Reply::Children(children))) => {
                self.tasks = children.iter().rev().map(|child| child.name.clone()).collect();
                self.try_next()
            }
            (Op::Open(open), _) if open.handle == self.task => match failed {
                // Another worker has ended it.
                Some(_) => self.try_next(),
                None => Next::call([Op::TryAcquire(self.task, LockMode::Exclusive)]),
            },
            (Op::TryAcquire(..), _) if failed.is_none() => {
                Next::call([Op::GetSequencer(self.task)])
            }
            (Op::GetSequencer(_), Outcome::Done(Reply::Sequencer(sequencer))) => {
                self.sequencer = Some(sequencer.clone());
                Next::call([
                    Op::SetSequencer(self.task, sequencer.clone()),
                    Op::GetContentsAndStat(self.task),
                ])
            }
            (Op::GetContentsAndStat(_), Outcome::Done(Reply::File { contents, .. })) => {
                match (self.taken.clone(), self.sequencer.clone()) {
                    (Some(task), Some(sequencer)) => {
                        let contents = contents.clone();
                        Next::report(SchedulerReport::Run { task, contents, sequencer })
                    }
                    _ => Next::nothing(),
                }
            }
            (Op::Delete(_), Outcome::Done(Reply::Done)) => {
                let ended = self.taken.take().map(SchedulerReport::Ended);
                Next { calls: vec![Op::Close(self.task)], report: ended }
            }
            (Op::TryAcquire(..) | Op::GetSequencer(_) | Op::Delete(_), _) => self.next(),
            (Op::Open(_) | Op::ReadDir(_), _) => failed
                .map_or_else(Next::nothing, |error| Next::report(SchedulerReport::Failed(error))),
            _ => Next::nothing(),
        }
    }
}
