//! The library's storage on our disk.
//!
//! The library's trait is synchronous: when a write returns, the library considers it durable. Our
//! disk is a peer that answers later. A write is therefore carried out in memory and noted. The
//! server writes what was noted to its journal, and holds every later message of the library until
//! the disk has reported that the record is durable. To the other servers it looks as if the write
//! had taken that long, which is what the library's contract requires.
//!
//! The library cannot roll back a write that fails later, so the server halts and restarts from its
//! disk.

use std::cell::{Ref, RefCell};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;
use std::rc::Rc;

use omnipaxos::storage::StopSign;

use super::command::Command;
use super::record::{Change, Sign, hash_of_stop, write_entries};
use super::term::Term;
use squall_service::Store;

/// What the library has stored.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Drawer {
    /// The promised ballot, if one was ever written.
    pub promise: Option<Term>,
    /// The ballot under which the log was accepted.
    pub accepted: Term,
    /// The number of decided entries.
    pub decided: u64,
    /// The number of compacted entries.
    pub compacted: u64,
    /// The entries behind the compacted ones.
    pub log: Vec<Command>,
    /// The stop-sign that ends the log.
    pub stop: Option<StopSign>,
    /// The state after the compacted entries, if there are any and a snapshot includes them.
    pub snapshot: Option<Store>,
}

impl Drawer {
    /// Carries out `change`, in a log that begins with the state `origin`.
    pub(super) fn carry_out(&mut self, change: &Change, origin: &Store) {
        match change {
            Change::Promise(term) => self.promise = Some(*term),
            Change::Accepted(term) => self.accepted = *term,
            Change::Decided(count) => self.decided = *count,
            Change::Entries(from, calls) => {
                self.log.truncate(self.place(*from));
                self.log.extend_from_slice(calls);
            }
            Change::Stop(_, sign) => self.stop = sign.as_deref().cloned(),
            // The next change gives the position.
            Change::Trim(_) => {}
            Change::Compacted(count) => {
                let gone = self.place(*count).min(self.log.len());
                self.log.drain(..gone);
                self.compacted = *count;
            }
            Change::Snapshot(folded) => {
                self.snapshot = folded.as_deref().map(|folded| folded.clone().settle(origin));
            }
        }
    }

    /// Returns the position behind the last entry, without the stop-sign.
    pub(super) fn end(&self) -> u64 {
        self.compacted + self.log.len() as u64
    }

    /// Returns the entries from `from` to before `to`; none if some of them are missing.
    pub(super) fn entries(&self, from: u64, to: u64) -> Vec<Command> {
        let is_whole = from >= self.compacted && from <= to && to <= self.end();
        if is_whole { self.log[self.place(from)..self.place(to)].to_vec() } else { Vec::new() }
    }

    /// Returns the index in `log` of the entry at `place`.
    fn place(&self, place: u64) -> usize {
        place.saturating_sub(self.compacted) as usize
    }
}

impl Hash for Drawer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.promise, self.accepted, self.decided, self.compacted).hash(state);
        self.log.hash(state);
        self.stop.as_ref().map(hash_of_stop).hash(state);
        self.snapshot.hash(state);
    }
}

impl fmt::Display for Drawer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(promise) = self.promise {
            write!(f, ", promised {promise}, accepted under {}", self.accepted)?;
        }
        if let Some(store) = &self.snapshot {
            write!(f, ", snapshot of {} {store}", self.compacted)?;
        }
        if !self.log.is_empty() {
            f.write_str(", ")?;
            write_entries(f, self.compacted, &self.log)?;
        }
        if let Some(sign) = &self.stop {
            write!(f, ", {}", Sign(sign))?;
        }
        if self.decided > 0 {
            write!(f, ", decided {}", self.decided)?;
        }
        Ok(())
    }
}

/// Whether the adapter works around the known bugs of the library; see `docs/found.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Workarounds {
    /// The adapter works around two bugs, so that a sweep finds only unknown ones:
    ///
    /// * When a leader sends the library a delta, it makes a snapshot of its decided log to merge
    ///   the delta into. It has already counted the delta as decided, so it reads too far. The
    ///   storage therefore returns only entries that are decided on the disk.
    /// * A leader that brings a follower up to date which has accepted the stop-sign counts the
    ///   stop-sign as an entry, and the follower counts it again. The adapter corrects the position
    ///   in such a message.
    #[default]
    On,
    /// The adapter does what the library's documentation requires, and no more.
    Off,
}

/// An atomic write, and the ballot under which the log is accepted after it.
pub(super) type Noted = (Term, Vec<Change>);

/// The contents of a cabinet.
#[derive(Debug)]
pub(super) struct Contents {
    /// What the library has stored.
    pub(super) drawer: Drawer,
    /// The state with which the log begins.
    pub(super) origin: Store,
    /// Whether reads stop before the first undecided entry.
    pub(super) workarounds: Workarounds,
    /// The writes that are not in the journal yet.
    noted: Vec<Noted>,
}

/// The storage that the library is given. The library owns it, so the server keeps a second handle.
#[derive(Clone, Debug)]
pub(super) struct Cabinet(Rc<RefCell<Contents>>);

impl Cabinet {
    /// Returns a cabinet with these contents.
    pub(super) fn new(drawer: Drawer, origin: Store, workarounds: Workarounds) -> Self {
        Self(Rc::new(RefCell::new(Contents { drawer, origin, workarounds, noted: Vec::new() })))
    }

    /// Returns the contents.
    pub(super) fn contents(&self) -> Ref<'_, Contents> {
        self.0.borrow()
    }

    /// Moves the writes that must go to the journal to `buffer`, which is empty.
    pub(super) fn take_noted(&self, buffer: &mut Vec<Noted>) {
        mem::swap(&mut self.0.borrow_mut().noted, buffer);
    }

    /// Carries out `changes` in memory and notes them for the journal.
    pub(super) fn write(&self, changes: Vec<Change>) {
        let mut contents = self.0.borrow_mut();
        let Contents { drawer, origin, noted, .. } = &mut *contents;
        for change in &changes {
            drawer.carry_out(change, origin);
        }
        noted.push((drawer.accepted, changes));
    }
}
