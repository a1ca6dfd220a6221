//! A node, one ready at a time.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use published::{Error, SnapshotStatus, StateRole};
use raft_proto::eraftpb::{ConfChange, ConfChangeV2, ConfState, Entry, Message};

use super::{Ready, Result, Storage, Stored, recast};
use crate::config::Config;
use crate::version;
use crate::wire::Priority;

/// Whether everything that must be written is synced, even if the library says otherwise: it
/// forgets entries (`docs/found.md`), and a sweep that trusts it finds nothing else.
const MISTRUSTS: bool = cfg!(not(feature = "syncs-as-told"));

/// A node: that of the library, and what waits for it.
pub struct RawNode<T: Storage> {
    pub raft: Raft<T>,
    /// The number of the last ready.
    number: u64,
    /// The ready that waits for the disk.
    flight: Option<Flight>,
    /// The events that arrived in the meantime.
    waiting: VecDeque<Event>,
    /// The entries that may be applied.
    committed: Vec<Entry>,
}

struct Flight {
    number: u64,
    ready: published::Ready,
    committed: Vec<Entry>,
}

enum Event {
    Message(Box<Message>),
    ReadIndex(Vec<u8>),
    Transfer(u64),
    Snapshot(u64, SnapshotStatus),
}

impl<T: Storage> RawNode<T> {
    /// Returns a node that begins with the contents of `store`.
    pub fn new(config: &Config, store: T, _: &slog::Logger) -> Result<Self> {
        Ok(Self {
            raft: Raft { node: version::start(config, Stored(store))?, priority: 0 },
            number: 0,
            flight: None,
            waiting: VecDeque::new(),
            committed: Vec::new(),
        })
    }

    pub fn store(&self) -> &T {
        &self.raft.node.get_store().0
    }

    pub fn mut_store(&mut self) -> &mut T {
        &mut self.raft.node.mut_store().0
    }

    /// Handles a tick of its clock, which stands while the node waits for the disk.
    pub fn tick(&mut self) -> bool {
        self.flight.is_none() && self.raft.node.tick()
    }

    pub fn step(&mut self, message: Message) -> Result<()> {
        self.on(Event::Message(Box::new(message)))
    }

    pub fn read_index(&mut self, context: Vec<u8>) {
        let _ = self.on(Event::ReadIndex(context));
    }

    pub fn transfer_leader(&mut self, to: u64) {
        let _ = self.on(Event::Transfer(to));
    }

    pub fn report_snapshot(&mut self, to: u64, status: SnapshotStatus) {
        let _ = self.on(Event::Snapshot(to, status));
    }

    fn on(&mut self, event: Event) -> Result<()> {
        if self.flight.is_some() {
            self.waiting.push_back(event);
            return Ok(());
        }
        let node = &mut self.raft.node;
        match event {
            Event::Message(message) => return node.step(recast(&*message)),
            Event::ReadIndex(context) => node.read_index(context),
            Event::Transfer(to) => node.transfer_leader(to),
            Event::Snapshot(to, status) => node.report_snapshot(to, status),
        }
        Ok(())
    }

    /// Proposes an entry. This is refused while the node waits for the disk.
    pub fn propose(&mut self, context: Vec<u8>, data: Vec<u8>) -> Result<()> {
        self.is_free()?;
        self.raft.node.propose(context, data)
    }

    /// Proposes a change of one member.
    pub fn propose_conf_change(&mut self, context: Vec<u8>, change: ConfChangeV2) -> Result<()> {
        self.is_free()?;
        self.raft.node.propose_conf_change(context, recast(&single(&change)))
    }

    fn is_free(&self) -> Result<()> {
        if self.flight.is_some() { Err(Error::ProposalDropped) } else { Ok(()) }
    }

    pub fn apply_conf_change(&mut self, change: &ConfChangeV2) -> Result<ConfState> {
        let change = recast(&single(change));
        let conf = version::apply_conf_change(&mut self.raft.node, &change)?;
        Ok(recast(&conf))
    }

    pub fn has_ready(&self) -> bool {
        self.flight.is_none() && (!self.committed.is_empty() || self.raft.node.has_ready())
    }

    pub fn ready(&mut self) -> Ready {
        self.number += 1;
        let number = self.number;
        if !self.committed.is_empty() {
            let committed = std::mem::take(&mut self.committed);
            return Ready { number, committed, ..Ready::default() };
        }
        let mut published = self.raft.node.ready();
        let mut ready = version::seen(&mut published);
        ready.number = number;
        ready.must_sync |= MISTRUSTS && ready.is_to_be_written();
        if self.raft.state == StateRole::Leader {
            std::mem::swap(&mut ready.messages, &mut ready.persisted_messages);
        }
        let committed = ready.take_committed_entries();
        self.flight = Some(Flight { number, ready: published, committed });
        ready
    }

    /// Does nothing: the ready is on its way to the disk.
    pub fn advance_append_async(&mut self, _: Ready) {}

    /// Records that the ready with this number is durable, or need not be.
    pub fn on_persist_ready(&mut self, number: u64) {
        let Some(flight) = self.flight.take_if(|flight| flight.number == number) else { return };
        self.raft.node.advance_append(flight.ready);
        self.committed = flight.committed;
        for event in std::mem::take(&mut self.waiting) {
            // The library refuses answers of former members.
            let _ = self.on(event);
        }
    }

    pub fn advance_apply_to(&mut self, index: u64) {
        self.raft.node.advance_apply(index);
    }
}

/// Returns the part of `change` that concerns one member, because more at once is not safe without
/// joint consensus. A replacement only adds the new member.
fn single(change: &ConfChangeV2) -> ConfChange {
    let mut single = ConfChange::default();
    if let Some(change) = change.get_changes().last() {
        single.set_change_type(change.get_change_type());
        single.node_id = change.node_id;
    }
    single
}

/// The state of a node: that of the library, with fields under their former names.
pub struct Raft<T: Storage> {
    pub(crate) node: published::RawNode<Stored<T>>,
    /// There were no priorities yet.
    pub priority: Priority,
}

impl<T: Storage> Raft<T> {
    pub fn heartbeat_timeout(&self) -> usize {
        self.get_heartbeat_timeout()
    }

    /// Returns the number of ticks since the last heartbeat. Not all versions report it, so this is
    /// the largest possible number, so that no server sleeps too long.
    pub fn heartbeat_elapsed(&self) -> usize {
        self.get_heartbeat_timeout() - 1
    }

    pub fn election_timeout(&self) -> usize {
        self.get_election_timeout()
    }

    /// Returns whether an entry of its own term is committed.
    pub fn commit_to_current_term(&self) -> bool {
        self.raft_log.term(self.raft_log.committed).is_ok_and(|term| term == self.term)
    }
}

impl<T: Storage> Deref for Raft<T> {
    type Target = published::Raft<Stored<T>>;

    fn deref(&self) -> &Self::Target {
        &self.node.raft
    }
}

impl<T: Storage> DerefMut for Raft<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.node.raft
    }
}
