//! Group membership: each member has an ephemeral file in a directory, which goes when the member
//! does (CHUBBY section 2.3).

use squall_process::Outcome;

use crate::client::ClientEvent;
use crate::database::{Kind, Lifetime};
use crate::recipes::{Next, Recipe, failure, open};
use crate::{Contents, Error, EventKind, EventSet, HandleName, Op, OpenOptions, Reply};

/// A member.
#[derive(Clone, Debug)]
pub struct Membership {
    directory: HandleName,
    file: HandleName,
    name: String,
    member: String,
    address: Contents,
}

/// What a member is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MembershipReport {
    /// The members, by name. A member that failed is among them until its session expires.
    Members(Vec<String>),
    /// It is a member no more: its session is over.
    Left(Error),
}

impl Membership {
    /// Returns `member` of the group whose directory is `name`. It uses two handles.
    #[must_use]
    pub fn new(
        directory: HandleName,
        file: HandleName,
        name: &str,
        member: &str,
        address: Contents,
    ) -> Self {
        let (name, member) = (name.to_owned(), member.to_owned());
        Self { directory, file, name, member, address }
    }
}

impl Recipe for Membership {
    type Report = MembershipReport;

    fn begin(&mut self) -> Vec<Op> {
        let events = EventSet::of(EventKind::Children);
        let (kind, lifetime) = (Kind::Directory, Lifetime::Permanent);
        let group = OpenOptions { events, kind, lifetime, ..OpenOptions::default() };
        let (lifetime, contents) = (Lifetime::Ephemeral, self.address.clone());
        let own = OpenOptions { lifetime, contents, ..OpenOptions::default() };
        vec![
            open(self.directory, &self.name, group),
            open(self.file, &format!("{}/{}", self.name, self.member), own),
            Op::ReadDir(self.directory),
            Op::NextEvent,
        ]
    }

    fn on_outcome(&mut self, op: &Op, outcome: &Outcome<Reply>) -> Next<MembershipReport> {
        match (op, outcome) {
            (Op::NextEvent, Outcome::Done(Reply::Event(event))) => match event {
                ClientEvent::Expired => Next::report(MembershipReport::Left(Error::SessionExpired)),
                ClientEvent::Handle(handle, _) if *handle != self.directory => {
                    Next::call([Op::NextEvent])
                }
                ClientEvent::Jeopardy | ClientEvent::Safe => Next::call([Op::NextEvent]),
                ClientEvent::Handle(..) | ClientEvent::FailedOver => {
                    Next::call([Op::ReadDir(self.directory), Op::NextEvent])
                }
            },
            (Op::ReadDir(_), Outcome::Done(Reply::Children(children))) => {
                let names = children.iter().map(|child| child.name.clone());
                Next::report(MembershipReport::Members(names.collect()))
            }
            (Op::Open(_), outcome) => failure(outcome)
                .map_or_else(Next::nothing, |error| Next::report(MembershipReport::Left(error))),
            _ => Next::nothing(),
        }
    }
}
