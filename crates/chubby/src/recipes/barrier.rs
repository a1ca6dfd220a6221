//! A barrier: each party leaves a file in a directory and passes once there are enough.
//!
//! Model: the files are permanent, so a party that left its file counts though it died, and what
//! was seen once stays true. A barrier is used once.

use squall_process::Outcome;

use crate::client::ClientEvent;
use crate::database::Kind;
use crate::recipes::{Next, Recipe, failure, open};
use crate::{Error, EventKind, EventSet, HandleName, Op, OpenOptions, Reply};

/// A party of a barrier.
#[derive(Clone, Debug)]
pub struct Barrier {
    directory: HandleName,
    file: HandleName,
    name: String,
    party: String,
    parties: usize,
    passed: bool,
}

impl Barrier {
    /// Returns `party` of the barrier whose directory is `name`, which opens for `parties` parties.
    /// It uses two handles.
    #[must_use]
    pub fn new(
        directory: HandleName,
        file: HandleName,
        name: &str,
        party: &str,
        parties: usize,
    ) -> Self {
        let (name, party) = (name.to_owned(), party.to_owned());
        Self { directory, file, name, party, parties, passed: false }
    }
}

impl Recipe for Barrier {
    /// It may pass; or why it never will.
    type Report = Result<(), Error>;

    fn begin(&mut self) -> Vec<Op> {
        let events = EventSet::of(EventKind::Children);
        let directory = OpenOptions { events, kind: Kind::Directory, ..OpenOptions::default() };
        let own = format!("{}/{}", self.name, self.party);
        vec![
            open(self.directory, &self.name, directory),
            open(self.file, &own, OpenOptions::default()),
            Op::ReadDir(self.directory),
            Op::NextEvent,
        ]
    }

    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<Self::Report> {
        match (op, outcome) {
            _ if self.passed => Next::nothing(),
            (Op::NextEvent, Outcome::Done(Reply::Event(event))) => {
                let look = matches!(event, ClientEvent::Handle(..) | ClientEvent::FailedOver);
                let look = look.then_some(Op::ReadDir(self.directory));
                Next::call(look.into_iter().chain([Op::NextEvent]))
            }
            (Op::ReadDir(_), Outcome::Done(Reply::Children(children))) => {
                self.passed = children.len() >= self.parties;
                Next { calls: Vec::new(), report: self.passed.then_some(Ok(())) }
            }
            (_, outcome) => failure(outcome).map_or_else(Next::nothing, |e| Next::report(Err(e))),
        }
    }
}
