//! The library, by the part of its interface that other versions have otherwise: `sims/older` puts
//! a file of its own in this one's place, and shares all the rest.

use std::ops::{Deref, DerefMut};

use omnipaxos::messages::Message;
use omnipaxos::util::LogEntry;
use omnipaxos::{ClusterConfig, OmniPaxos, OmniPaxosConfig, ServerConfig};

use super::cabinet::Cabinet;
use super::command::Command;
use super::knobs::Settings;

/// The library at one server.
pub(super) struct Library(OmniPaxos<Command, Cabinet>);

impl Library {
    /// The library at server `pid` of `cluster_config`, with what is in `cabinet`.
    pub(super) fn new(
        cluster_config: ClusterConfig,
        pid: u64,
        settings: &Settings,
        cabinet: &Cabinet,
    ) -> Self {
        let server_config = ServerConfig {
            pid,
            leader_priority: u32::from(settings.first_leads && pid == 1),
            election_tick_timeout: settings.election_ticks,
            resend_message_tick_timeout: settings.resend_ticks,
            flush_batch_tick_timeout: settings.flush_ticks,
            batch_size: settings.batch,
            buffer_size: 16,
        };
        let config = OmniPaxosConfig { cluster_config, server_config };
        Self(config.build(cabinet.clone()).expect("the settings were checked"))
    }

    /// Whether it leads, and has the promises that it needs.
    pub(super) fn leads(&self) -> bool {
        self.0.get_current_leader() == Some((self.0.get_pid(), true))
    }

    /// Takes the lead, whoever has it.
    pub(super) fn take_lead(&mut self) {
        self.0.try_become_leader();
    }

    /// If it leads: has all servers give up the entries that every one of them has. Says whether
    /// there were any. Where the library refuses, there is a next time.
    pub(super) fn trim(&mut self) -> bool {
        let before = self.0.get_compacted_idx();
        self.0.trim(None).is_ok() && self.0.get_compacted_idx() > before
    }

    /// What is decided from `place` on.
    pub(super) fn decided_from(&self, place: u64) -> Vec<LogEntry<Command>> {
        self.0.read_decided_suffix(place as usize).unwrap_or_default()
    }

    /// The messages that it wants sent.
    pub(super) fn take_outgoing(&mut self, buffer: &mut Vec<Message<Command>>) {
        self.0.take_outgoing_messages(buffer);
    }
}

impl Deref for Library {
    type Target = OmniPaxos<Command, Cabinet>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Library {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
