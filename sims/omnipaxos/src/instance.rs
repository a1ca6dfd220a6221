//! An instance of the library, for one configuration.

use std::mem;
use std::sync::Arc;

use omnipaxos::ClusterConfig;
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::HeartbeatMsg;
use omnipaxos::storage::StopSign;
use omnipaxos::util::{FlexibleQuorum, LogEntry};
use squall_process::ProcessId;

use super::cabinet::{Cabinet, Drawer, Noted, Workarounds};
use super::command::Command;
use super::knobs::{Compaction, QuorumRule, Settings};
use super::library::Library;
use super::library_message::{self, LibraryMessage};
use super::record::{Configuration, hash_of_stop};
use super::term::Term;
use super::{node, server_of};
use squall_service::{self as service, Call, Op, Store, decode_call, encode_call, hash_of};

/// An instance of the library and what it has stored.
pub(super) struct Instance {
    pub(super) configuration: Arc<Configuration>,
    library: Library,
    cabinet: Cabinet,
    me: u64,
    rule: QuorumRule,
    /// The members that were heard in this configuration.
    heard: Vec<u64>,
    /// Whether the library did anything since its messages were last taken. Taking them costs an
    /// allocation, even if there are none.
    is_stirred: bool,
}

/// The next item of the log.
pub(super) enum Next {
    /// A call, and the hash of its entry.
    Call(Call, u64),
    /// A state that includes everything before it, and the number of entries before it.
    State(Store, u64),
    /// The end of the configuration: the call that asked for it, its hash, and the members of the
    /// next one.
    Stop(Call, u64, Vec<u64>),
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("configuration", &self.configuration)
            .field("cabinet", &self.cabinet)
            .finish_non_exhaustive()
    }
}

impl Instance {
    /// Returns the instance of `me` in `configuration`, which begins with the contents of `drawer`.
    pub(super) fn new(
        me: ProcessId,
        configuration: Arc<Configuration>,
        drawer: Drawer,
        settings: &Settings,
    ) -> Self {
        let cabinet = Cabinet::new(drawer, configuration.origin.clone(), settings.workarounds);
        let (me, rule) = (node(me), settings.rule);
        let cluster = cluster(configuration.id, &configuration.members, rule);
        let library = Library::new(cluster, me, settings, &cabinet);
        Self { configuration, library, cabinet, me, rule, heard: Vec::new(), is_stirred: true }
    }

    /// Returns the other members.
    pub(super) fn others(&self) -> impl Iterator<Item = ProcessId> {
        let me = self.me;
        let members = self.configuration.members.iter();
        members.filter(move |member| **member != me).map(|member| server_of(*member))
    }

    /// Returns the members that were not yet heard in this configuration.
    pub(super) fn unheard(&self) -> Vec<ProcessId> {
        self.others().filter(|other| !self.heard.contains(&node(*other))).collect()
    }

    /// Lets `ticks` ticks pass.
    pub(super) fn tick(&mut self, ticks: u64) {
        self.is_stirred = true;
        (0..ticks).for_each(|_| self.library.tick());
    }

    pub(super) fn reconnected(&mut self, peer: ProcessId) {
        if self.configuration.members.contains(&node(peer)) {
            self.is_stirred = true;
            self.library.reconnected(node(peer));
        }
    }

    pub(super) fn handle(&mut self, message: LibraryMessage) {
        let mut message = message.0;
        // Answers to a heartbeat are counted, and have no effect before the next tick.
        self.is_stirred |= !is_beat(&message);
        let sender = message.get_sender();
        if !self.heard.contains(&sender) {
            self.heard.push(sender);
        }
        let contents = self.cabinet.contents();
        if contents.workarounds == Workarounds::On {
            library_message::correct(&mut message, contents.drawer.end());
        }
        drop(contents);
        self.library.handle_incoming(*message);
    }

    /// Proposes `call`: a change of members as the end of this configuration, any other call as an
    /// entry. Returns whether the log accepts it.
    ///
    /// A change that would change nothing, or leave fewer than three members, is an ordinary entry.
    pub(super) fn propose(&mut self, call: Call, servers: u32) -> bool {
        self.is_stirred = true;
        match self.changed(&call.op, servers) {
            Some(members) => {
                let next = cluster(self.configuration.id + 1, &members, self.rule);
                self.library.reconfigure(next, Some(encode_call(&call))).is_ok()
            }
            None => self.library.append(Command(call)).is_ok(),
        }
    }

    /// Returns the members after `op`, if it changes them.
    fn changed(&self, op: &Op, servers: u32) -> Option<Vec<u64>> {
        let Op::Change(change) = op else { return None };
        let mut members = self.configuration.members.clone();
        let is_new =
            |server: &ProcessId| !members.contains(&node(*server)) && server.number() <= servers;
        match change {
            service::Change::Add(new) if is_new(new) => members.push(node(*new)),
            service::Change::Remove(old) if members.len() > 3 && members.contains(&node(*old)) => {
                members.retain(|member| *member != node(*old));
            }
            service::Change::Replace(old, new) if is_new(new) && members.contains(&node(*old)) => {
                members.retain(|member| *member != node(*old));
                members.push(node(*new));
            }
            _ => return None,
        }
        members.sort_unstable();
        Some(members)
    }

    /// Takes the lead from any other server.
    pub(super) fn take_lead(&mut self) {
        self.is_stirred = true;
        self.library.take_lead();
    }

    /// Returns the leader, if it is known here.
    pub(super) fn leader(&self) -> Option<ProcessId> {
        let owner = self.promise().owner;
        (owner > 0).then(|| server_of(owner))
    }

    /// Returns the promised ballot.
    pub(super) fn promise(&self) -> Term {
        self.cabinet.contents().drawer.promise.unwrap_or_default()
    }

    /// Returns the ballot under which this server leads, if it leads and has the necessary
    /// promises.
    pub(super) fn leads(&self) -> Option<Term> {
        self.library.leads().then(|| self.promise())
    }

    /// Returns the decided items after the first `applied` entries of the whole log.
    pub(super) fn decided_after(&self, applied: u64) -> Vec<Next> {
        let place = applied - self.configuration.base;
        if self.library.get_decided_idx() as u64 <= place {
            return Vec::new();
        }
        self.library.decided_from(place).into_iter().map(|entry| self.next(entry)).collect()
    }

    fn next(&self, entry: LogEntry<Command>) -> Next {
        match entry {
            LogEntry::Decided(Command(call)) => Next::Call(call, hash_of(&call)),
            LogEntry::Snapshotted(snapshot) => Next::State(
                snapshot.snapshot.settle(&self.configuration.origin),
                self.configuration.base + snapshot.trimmed_idx as u64,
            ),
            LogEntry::StopSign(sign, true) => {
                let StopSign { next_config, metadata } = &sign;
                let call = metadata.as_deref().and_then(decode_call).expect("as it was proposed");
                Next::Stop(call, hash_of_stop(&sign), next_config.nodes.clone())
            }
            other => panic!("{other:?} among decided entries"),
        }
    }

    /// Compacts the decided entries, if there are at least `every`. Returns whether entries were
    /// trimmed.
    pub(super) fn compact(&mut self, every: u64, compaction: Compaction) -> bool {
        let behind =
            self.library.get_decided_idx() as u64 - self.library.get_compacted_idx() as u64;
        if every == 0 || behind < every {
            return false;
        }
        self.is_stirred = true;
        if compaction == Compaction::Trim {
            return self.library.trim();
        }
        // Only decided entries are compacted, so the library can only refuse a stop-sign, which
        // stays.
        let _ = self.library.snapshot(None, compaction == Compaction::Own);
        false
    }

    /// Returns whether the library did anything since the last call.
    pub(super) fn was_stirred(&mut self) -> bool {
        mem::take(&mut self.is_stirred)
    }

    /// Moves the messages of the library to `buffer`.
    pub(super) fn take_outgoing(&mut self, buffer: &mut Vec<Message<Command>>) {
        self.library.take_outgoing(buffer);
    }

    /// Moves the writes that must go to the journal to `buffer`, which is empty.
    pub(super) fn take_noted(&self, buffer: &mut Vec<Noted>) {
        self.cabinet.take_noted(buffer);
    }

    /// Returns everything that the library has stored.
    pub(super) fn drawer(&self) -> Drawer {
        self.cabinet.contents().drawer.clone()
    }
}

/// Returns whether `message` answers a heartbeat.
fn is_beat(message: &Message<Command>) -> bool {
    matches!(message, Message::BLE(heartbeat) if matches!(heartbeat.msg, HeartbeatMsg::Reply(_)))
}

/// Returns configuration `id` of `members`, in the library's terms.
fn cluster(id: u32, members: &[u64], rule: QuorumRule) -> ClusterConfig {
    let flexible_quorum = rule
        .sizes(members.len())
        .map(|(read, write)| FlexibleQuorum { read_quorum_size: read, write_quorum_size: write });
    ClusterConfig { configuration_id: id, nodes: members.to_vec(), flexible_quorum }
}
