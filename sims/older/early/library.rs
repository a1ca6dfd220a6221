//! The part of the library's interface that was different before 0.2.3. It does not report whether
//! a leader has the necessary promises, has no timer that flushes batches, and returns messages as
//! a list, which may name servers that do not exist.

use std::ops::{Deref, DerefMut};

use omnipaxos::messages::Message;
use omnipaxos::util::LogEntry;
use omnipaxos::{ClusterConfig, OmniPaxos, OmniPaxosConfig, ServerConfig};

use super::cabinet::Cabinet;
use super::knobs::Settings;
use super::term::Term;
use super::command::Command;

/// The library at one server.
pub(super) struct Library {
    paxos: OmniPaxos<Command, Cabinet>,
    cabinet: Cabinet,
    pid: u64,
    members: Vec<u64>,
    /// The ballot that was promised in an earlier incarnation. The library never leads under it
    /// again.
    earlier: Option<Term>,
}

impl Library {
    /// Returns the library at server `pid` of `cluster_config`, with the contents of `cabinet`.
    pub(super) fn new(
        cluster_config: ClusterConfig,
        pid: u64,
        settings: &Settings,
        cabinet: &Cabinet,
    ) -> Self {
        let members = cluster_config.nodes.clone();
        let earlier = cabinet.contents().drawer.promise;
        let server_config = ServerConfig {
            pid,
            election_tick_timeout: settings.election_ticks,
            resend_message_tick_timeout: settings.resend_ticks,
            batch_size: settings.batch,
            buffer_size: 16,
            leader_priority: u32::from(settings.first_leads && pid == 1),
            ..ServerConfig::default()
        };
        let config = OmniPaxosConfig { cluster_config, server_config };
        let paxos = config.build(cabinet.clone()).expect("the settings were checked");
        Self { paxos, cabinet: cabinet.clone(), pid, members, earlier }
    }

    /// Returns whether this server leads and has the necessary promises. From then on it accepts
    /// under the ballot that it promised itself.
    pub(super) fn leads(&self) -> bool {
        let drawer = &self.cabinet.contents().drawer;
        self.paxos.get_current_leader() == Some(self.pid)
            && drawer.promise == Some(drawer.accepted)
            && drawer.promise != self.earlier
    }

    /// Makes all servers take a snapshot. During a snapshot, these versions also tell the storage
    /// to drop entries, so the storage cannot know when it must keep their effects.
    pub(super) fn trim(&mut self) -> bool {
        let _ = self.paxos.snapshot(None, false);
        false
    }

    /// Does nothing: in these versions no server can take the lead on request.
    pub(super) const fn take_lead(&mut self) {}

    /// Returns the decided entries from `place` on.
    pub(super) fn decided_from(&self, place: u64) -> Vec<LogEntry<Command>> {
        self.paxos.read_decided_suffix(place).unwrap_or_default()
    }

    /// Moves the messages of the library to `buffer`. Those to servers that do not exist are
    /// dropped.
    pub(super) fn take_outgoing(&mut self, buffer: &mut Vec<Message<Command>>) {
        let messages = self.paxos.outgoing_messages().into_iter();
        buffer.extend(messages.filter(|message| self.members.contains(&message.get_receiver())));
    }
}

impl Deref for Library {
    type Target = OmniPaxos<Command, Cabinet>;

    fn deref(&self) -> &Self::Target {
        &self.paxos
    }
}

impl DerefMut for Library {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.paxos
    }
}
