//! A session, as its master sees it.
//!
//! Model: the lease never moves back. A client has one KeepAlive under way; the master holds it
//! back until the lease is near its end or there is something to tell. Notices travel in the answer
//! to a KeepAlive and are kept until the client sends the next one, which it does when it has the
//! answer: so what is acknowledged is exactly what that answer held. An answer that is repeated
//! holds the same notices.

use std::collections::{BTreeMap, BTreeSet};

use squall_process::{Instant, ProcessId};

use crate::database::HandleNumber;
use crate::handle::Opened;
use crate::message::{Message, Notice};

#[derive(Clone, Debug)]
pub(crate) struct Lessee {
    pub(crate) client: ProcessId,
    pub(crate) lease_end: Instant,
    /// The lease is over, and the session expires after some patience, at this time.
    pub(crate) expires: Option<Instant>,
    /// The end of the session is on its way to the log.
    pub(crate) ending: bool,
    /// It has taken note of the fail-over.
    pub(crate) aware: bool,
    /// The KeepAlive that is held back.
    pub(crate) held: Option<KeepAlive>,
    /// The last KeepAlive that was answered, and the notices of the answer.
    pub(crate) answered: Option<(u64, Vec<Notice>)>,
    /// For the next answer.
    pub(crate) notices: Vec<Notice>,
    pub(crate) handles: BTreeMap<HandleNumber, Opened>,
    /// Handles of earlier epochs that were closed in this one.
    pub(crate) closed: BTreeSet<HandleNumber>,
    /// The number of the call that was taken in last.
    pub(crate) call: u64,
    /// The answer to it; none while it is under way.
    pub(crate) returned: Option<Message>,
}

/// A KeepAlive as it arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepAlive {
    pub(crate) number: u64,
    /// When it was sent, by the client's clock.
    pub(crate) sent: Instant,
    /// When it arrived, by ours.
    pub(crate) received: Instant,
}

impl Lessee {
    /// A session of this epoch.
    pub(crate) const fn new(client: ProcessId, lease_end: Instant) -> Self {
        Self {
            client,
            lease_end,
            expires: None,
            ending: false,
            aware: true,
            held: None,
            answered: None,
            notices: Vec::new(),
            handles: BTreeMap::new(),
            closed: BTreeSet::new(),
            call: 0,
            returned: None,
        }
    }

    /// A session of an earlier epoch.
    pub(crate) fn inherited(client: ProcessId, lease_end: Instant) -> Self {
        Self { aware: false, ..Self::new(client, lease_end) }
    }

    /// Adds a notice for the next answer. Of two that say the same the later one stays, so that the
    /// last of them follows the last change.
    pub(crate) fn add(&mut self, notice: Notice) {
        self.notices.retain(|other| *other != notice);
        self.notices.push(notice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    #[test]
    fn of_two_equal_notices_the_later_one_stays() {
        let mut lessee = Lessee::new(ProcessId::client(1), Instant::ZERO);
        let event = |event| Notice::Event(HandleNumber(1), event);
        let added = || event(Event::ChildAdded("a".to_owned()));
        let removed = event(Event::ChildRemoved("a".to_owned()));
        [added(), removed.clone(), added()].into_iter().for_each(|notice| lessee.add(notice));
        assert_eq!(lessee.notices, [removed, added()]);
    }
}
