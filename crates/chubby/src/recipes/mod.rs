//! Recipes: what locks and small files are used for (CHUBBY sections 1 and 2.1), on top of the
//! client library.
//!
//! Model: a recipe is a small state machine. It says which calls to make, in order, is told how
//! each of them ended, and reports to its application. It never reads a clock and never acts while
//! the session is in jeopardy, since the library answers no call then.
//!
//! | recipe | what for |
//! | --- | --- |
//! | [`Election`] | one primary at a time, which fences what it does by its sequencer |
//! | [`Scheduler`] | workers that take tasks, each task by one worker at a time |
//! | [`Rendezvous`] | a value that one client writes and others wait for |
//! | [`Membership`] | who is there: an ephemeral file for each member |
//! | [`ReadWriteLock`] | several readers or one writer |
//! | [`Barrier`] | no party passes before enough have come |

mod barrier;
mod election;
mod membership;
mod read_write_lock;
mod rendezvous;
mod scheduler;

use squall_process::Outcome;

use crate::database::Access;
use crate::{Create, Error, HandleName, Op, OpenCall, OpenOptions, Reply};

pub use barrier::Barrier;
pub use election::{Election, ElectionReport};
pub use membership::{Membership, MembershipReport};
pub use read_write_lock::{LockReport, ReadWriteLock};
pub use rendezvous::Rendezvous;
pub use scheduler::{Scheduler, SchedulerReport};

/// A recipe.
pub trait Recipe {
    /// What its application is told.
    type Report;

    /// Returns the first calls to make, in order.
    fn begin(&mut self) -> Vec<Op>;

    /// A call ended.
    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<Self::Report>;
}

/// What a recipe does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Next<R> {
    /// Calls to make, in order.
    pub calls: Vec<Op>,
    /// What the application is told.
    pub report: Option<R>,
}

impl<R> Next<R> {
    fn nothing() -> Self {
        Self { calls: Vec::new(), report: None }
    }

    fn call(calls: impl IntoIterator<Item = Op>) -> Self {
        Self { calls: calls.into_iter().collect(), report: None }
    }

    fn report(report: R) -> Self {
        Self { calls: Vec::new(), report: Some(report) }
    }
}

/// Opens or creates `name` for reading and writing.
fn open(handle: HandleName, name: &str, options: OpenOptions) -> Op {
    let options = OpenOptions { access: Access::WRITE, create: Create::IfAbsent, ..options };
    Op::Open(Box::new(OpenCall { handle, name: name.to_owned(), directory: None, options }))
}

/// Why a call failed; none if it did not. A call of which nothing is known counts as one whose
/// session ended.
fn failure(outcome: &Outcome<Reply>) -> Option<Error> {
    match outcome {
        Outcome::Done(Reply::Failed(error)) => Some(*error),
        Outcome::Done(_) => None,
        Outcome::Refused | Outcome::Unknown => Some(Error::SessionExpired),
    }
}
