//! Primary election: the primary holds the lock of a file and writes its name into it (CHUBBY
//! section 2.1).

use squall_process::{Outcome, Span};

use crate::client::ClientEvent;
use crate::database::LockMode;
use crate::recipes::{Next, Recipe, failure, open};
use crate::{Contents, Error, HandleName, Op, OpenOptions, Reply, Sequencer};

/// A candidate.
#[derive(Clone, Debug)]
pub struct Election {
    handle: HandleName,
    name: String,
    identity: Contents,
    lock_delay: Span,
    standing: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Opening,
    Waiting,
    Primary,
}

/// What a candidate is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ElectionReport {
    /// It is the primary, and fences its requests by this.
    Elected(Sequencer),
    /// It may not act: it is not known whether it is still the primary.
    Suspended,
    /// It may act again.
    Resumed,
    /// It is the primary no more, and a candidate again.
    Lost,
    /// It is no candidate.
    Failed(Error),
}

impl Election {
    /// Returns a candidate for `name`, which calls itself `identity`.
    #[must_use]
    pub fn new(handle: HandleName, name: &str, identity: Contents, lock_delay: Span) -> Self {
        let standing = Standing::Opening;
        Self { handle, name: name.to_owned(), identity, lock_delay, standing }
    }

    fn open(&self) -> Op {
        let options = OpenOptions { lock_delay: self.lock_delay, ..OpenOptions::default() };
        open(self.handle, &self.name, options)
    }

    /// Begins again, with a session and a handle of its own.
    fn restart(&mut self) -> Vec<Op> {
        if self.standing == Standing::Opening {
            return Vec::new();
        }
        self.standing = Standing::Opening;
        vec![Op::Close(self.handle), self.open()]
    }

    fn on_event(&mut self, event: &ClientEvent) -> Next<ElectionReport> {
        let primary = self.standing == Standing::Primary;
        let mut next = match event {
            ClientEvent::Jeopardy if primary => Next::report(ElectionReport::Suspended),
            ClientEvent::Safe if primary => Next::report(ElectionReport::Resumed),
            ClientEvent::Expired => {
                let report = primary.then_some(ElectionReport::Lost);
                Next { calls: self.restart(), report }
            }
            _ => Next::nothing(),
        };
        next.calls.push(Op::NextEvent);
        next
    }
}

impl Recipe for Election {
    type Report = ElectionReport;

    fn begin(&mut self) -> Vec<Op> {
        vec![self.open(), Op::NextEvent]
    }

    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<ElectionReport> {
        match (op, outcome) {
            (Op::NextEvent, Outcome::Done(Reply::Event(event))) => self.on_event(event),
            (Op::Open(_), outcome) => match failure(outcome) {
                Some(error) => Next::report(ElectionReport::Failed(error)),
                None => {
                    self.standing = Standing::Waiting;
                    Next::call([Op::Acquire(self.handle, LockMode::Exclusive)])
                }
            },
            (Op::Acquire(..), outcome) => match failure(outcome) {
                // The file was deleted, or the session is over: once more.
                Some(_) => Next::call(self.restart()),
                None => Next::call([
                    Op::SetContents(self.handle, self.identity.clone(), None),
                    Op::GetSequencer(self.handle),
                ]),
            },
            (Op::GetSequencer(_), Outcome::Done(Reply::Sequencer(sequencer))) => {
                self.standing = Standing::Primary;
                Next::report(ElectionReport::Elected(sequencer.clone()))
            }
            (Op::GetSequencer(_), _) => Next::call(self.restart()),
            _ => Next::nothing(),
        }
    }
}
