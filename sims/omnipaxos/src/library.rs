//! The part of the library's interface that differs between versions. `sims/older` replaces this
//! file and shares all others.

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
    /// Returns the library at server `pid` of `cluster_config`, with the contents of `cabinet`.
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

    /// Returns whether this server leads and has the necessary promises.
    pub(super) fn leads(&self) -> bool {
        self.0.get_current_leader() == Some((self.0.get_pid(), true))
    }

    /// Takes the lead from any other server.
    pub(super) fn take_lead(&mut self) {
        self.0.try_become_leader();
    }

    /// If this server leads, lets all servers drop the entries that every one of them has. Returns
    /// whether there were any. If the library refuses, a later call tries again.
    pub(super) fn trim(&mut self) -> bool {
        let before = self.0.get_compacted_idx();
        self.0.trim(None).is_ok() && self.0.get_compacted_idx() > before
    }

    /// Returns the decided entries from `place` on.
    pub(super) fn decided_from(&self, place: u64) -> Vec<LogEntry<Command>> {
        self.0.read_decided_suffix(place as usize).unwrap_or_default()
    }

    /// Moves the messages of the library to `buffer`.
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
