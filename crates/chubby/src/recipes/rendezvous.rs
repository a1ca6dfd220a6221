//! A rendezvous: a file through which clients find what one of them wrote, such as the address of a
//! server (CHUBBY section 2.1).

use squall_process::Outcome;

use crate::client::ClientEvent;
use crate::recipes::{Next, Recipe, failure, open};
use crate::{Contents, Error, Event, EventKind, EventSet, HandleName, Op, OpenOptions, Reply};

/// One side of a rendezvous.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    handle: HandleName,
    name: String,
    /// What it writes; none if it looks.
    value: Option<Contents>,
}

impl Rendezvous {
    /// Returns the side that writes `value`.
    #[must_use]
    pub fn announcing(handle: HandleName, name: &str, value: Contents) -> Self {
        Self { handle, name: name.to_owned(), value: Some(value) }
    }

    /// Returns a side that waits for a value.
    #[must_use]
    pub fn looking(handle: HandleName, name: &str) -> Self {
        Self { handle, name: name.to_owned(), value: None }
    }
}

impl Recipe for Rendezvous {
    /// The value, whenever it is another one; or why there is none.
    type Report = Result<Contents, Error>;

    fn begin(&mut self) -> Vec<Op> {
        let events = EventSet::of(EventKind::Contents);
        let open = open(self.handle, &self.name, OpenOptions { events, ..OpenOptions::default() });
        match &self.value {
            Some(value) => vec![open, Op::SetContents(self.handle, value.clone(), None)],
            None => vec![open, Op::GetContentsAndStat(self.handle), Op::NextEvent],
        }
    }

    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<Self::Report> {
        match (op, outcome) {
            (Op::NextEvent, Outcome::Done(Reply::Event(event))) => {
                let again = matches!(
                    event,
                    ClientEvent::Handle(_, Event::ContentsModified) | ClientEvent::FailedOver
                );
                let read = again.then_some(Op::GetContentsAndStat(self.handle));
                Next::call(read.into_iter().chain([Op::NextEvent]))
            }
            (Op::GetContentsAndStat(_), Outcome::Done(Reply::File { contents, .. })) => {
                let found = (!contents.is_empty()).then(|| Ok(contents.clone()));
                Next { calls: Vec::new(), report: found }
            }
            (Op::SetContents(_, value, _), Outcome::Done(Reply::Stat(_))) => {
                Next::report(Ok(value.clone()))
            }
            (_, outcome) => failure(outcome).map_or_else(Next::nothing, |e| Next::report(Err(e))),
        }
    }
}
