//! The system: knobs, judges, workload.

use squall_process::{ProcessId, Span};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Action, Draw, Fault, Group};

use super::knobs::{DRIFT_PPM, ReadMode, Settings, Wakes};
use super::{Logs, Raft, Server, knobs, marks};
use squall_service::{self as service, Cluster, KvPanel, Op, Patience, kv_panel};

/// The system: a cluster of servers and its clients.
#[derive(Clone, Copy, Debug, Default)]
pub struct RaftSystem {
    /// Whose leases reads go by, where they go by lease.
    pub leases: Leases,
    /// When a server wakes by itself.
    pub wakes: Wakes,
}

/// Whose leases reads go by, where they go by lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Leases {
    /// The adapter's.
    #[default]
    OfAdapter,
    /// The library's, which are not safe: `docs/found.md` tells of it. All reads go by them.
    OfLibrary,
}

impl RaftSystem {
    /// With leases that hold: what a sweep finds, nobody knows yet.
    pub const SAFE: Self = Self { leases: Leases::OfAdapter, wakes: Wakes::WhenDue };
    /// With the library's own leases. It is no part of the program `squall`, whose systems hold.
    pub const LIBRARY_LEASES: Self = Self { leases: Leases::OfLibrary, ..Self::SAFE };
    /// With servers that wake for nothing, to see that it makes no difference.
    pub const AT_EACH_TICK: Self = Self { wakes: Wakes::AtEachTick, ..Self::SAFE };

    fn settings(self, script: &Script) -> Result<Settings, String> {
        let settings = Settings::new(script.servers, &script.knobs)?.with_wakes(self.wakes);
        Ok(match self.leases {
            Leases::OfAdapter => settings,
            Leases::OfLibrary => settings.with_library_leases(),
        })
    }
}

impl System for RaftSystem {
    type Process = Raft;
    type Blueprint = Cluster<Server>;
    type Panel = KvPanel<Logs>;

    fn name(&self) -> &'static str {
        match self.leases {
            Leases::OfAdapter => "raft",
            Leases::OfLibrary => "raft-library-leases",
        }
    }

    fn about(&self) -> &'static str {
        match self.leases {
            Leases::OfAdapter => {
                "the crate raft 0.7 of TiKV: a key-value store on a replicated log"
            }
            Leases::OfLibrary => "the crate raft 0.7 of TiKV, with its own leases for reads",
        }
    }

    fn sizes(&self) -> Sizes {
        Sizes { servers: (3, 5), clients: (1, 3), servers_max: 32, ops: (2, 16) }
    }

    fn knobs(&self) -> &'static [Knob] {
        &knobs::ALL
    }

    fn marks(&self) -> &'static [&'static str] {
        &marks::ALL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["leader"]
    }

    fn example(&self) -> &'static str {
        "put x 1"
    }

    fn blueprint(&self, script: &Script) -> Result<Cluster<Server>, String> {
        let settings = self.settings(script)?;
        Ok(Cluster::new(script.servers, Patience::of(&script.knobs), settings))
    }

    fn panel(&self, script: &Script, cluster: &Cluster<Server>) -> KvPanel<Logs> {
        let settings = cluster.settings();
        let by_lease = matches!(settings.reads, ReadMode::Lease | ReadMode::LibraryLease);
        kv_panel(Logs, settings.quorum_min(), !by_lease || !breaks_leases(script))
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op {
        service::draw_op(draw, self.sizes().servers.1, number)
    }

    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        self.settings(script).is_ok_and(|settings| settings.is_enough(alive))
    }

    fn bound(&self, script: &Script) -> Span {
        self.settings(script).map_or(Span::ZERO, |settings| settings.bound())
    }
}

/// Whether a clock of a server leaves the bound within which leases are safe: it drifts too much,
/// or it stands while time goes on.
fn breaks_leases(script: &Script) -> bool {
    script.lines.iter().any(|line| match &line.action {
        Action::Fault(Fault::ClockDrift(who, ppm)) => {
            ppm.unsigned_abs() > DRIFT_PPM && may_be_server(who)
        }
        Action::Fault(Fault::Suspend(who)) => may_be_server(who),
        _ => false,
    })
}

fn may_be_server(group: &Group) -> bool {
    match group {
        Group::Processes(processes) => processes.iter().any(|process| process.is_server()),
        _ => true,
    }
}
