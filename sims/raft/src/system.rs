//! The system: knobs, judges, workload.

use squall_process::{Process, ProcessId, Span};
use squall_script::{Profile, Reading, Refused, Script, Sizes, System};
use squall_world::{Action, Draw, Fault, Group};

use super::knobs::{DRIFT_PPM, ReadMode, Settings, Wakes};
use super::{Logs, Raft, Server, knobs, marks};
use squall_service::{self as service, Cluster, KvPanel, Op, Patience, kv_panel};

/// The system: a cluster of servers and its clients.
#[derive(Clone, Copy, Debug, Default)]
pub struct RaftSystem {
    /// The leases that reads use, if they use leases.
    pub leases: Leases,
    /// When a server wakes by itself.
    pub wakes: Wakes,
}

/// The leases that reads use, if they use leases.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Leases {
    /// The leases of the adapter.
    #[default]
    OfAdapter,
    /// The leases of the library, which are not safe (`docs/found.md`). All reads use them.
    OfLibrary,
}

impl RaftSystem {
    /// With safe leases, so that a sweep finds only unknown bugs.
    pub const SAFE: Self = Self { leases: Leases::OfAdapter, wakes: Wakes::WhenDue };
    /// With the library's own leases. This system is not part of the program `squall`, whose
    /// systems hold.
    pub const LIBRARY_LEASES: Self = Self { leases: Leases::OfLibrary, ..Self::SAFE };
    /// With servers that wake at each tick, to check that this makes no difference.
    pub const AT_EACH_TICK: Self = Self { wakes: Wakes::AtEachTick, ..Self::SAFE };

    fn settings(self, script: &Script) -> Result<Settings, Refused> {
        let settings = Settings::new(script.servers, &script.knobs)?.with_wakes(self.wakes);
        Ok(match self.leases {
            Leases::OfAdapter => settings,
            Leases::OfLibrary => settings.with_library_leases(),
        })
    }
}

/// The most servers of a generated run.
const SERVERS_MOST: u32 = 5;

impl System for RaftSystem {
    type Process = Raft;
    type Setup = Cluster<Server>;
    type Panel = KvPanel<Logs>;

    fn profile(&self) -> Profile {
        let (name, about) = match self.leases {
            Leases::OfAdapter => {
                ("raft", "the crate raft 0.7 of TiKV: a key-value store on a replicated log")
            }
            Leases::OfLibrary => {
                ("raft-library-leases", "the crate raft 0.7 of TiKV, with its own leases for reads")
            }
        };
        Profile {
            sizes: Sizes {
                servers: 3..=SERVERS_MOST,
                clients: 1..=3,
                ops: 2..=16,
                servers_max: 32,
            },
            knobs: &knobs::ALL,
            roles: &["leader"],
            marks: &marks::ALL,
            ..Profile::new(name, about, "put x 1")
        }
    }

    fn setup(&self, script: &Script) -> Result<Cluster<Server>, Refused> {
        let settings = self.settings(script)?;
        Ok(Cluster::new(script.servers, Patience::of(&script.knobs), settings))
    }

    fn build(&self, cluster: &Cluster<Server>, id: ProcessId) -> Raft {
        cluster.build(id)
    }

    fn panel(&self, script: &Script, cluster: &Cluster<Server>) -> KvPanel<Logs> {
        let settings = cluster.settings();
        let by_lease = matches!(settings.reads, ReadMode::Lease | ReadMode::LibraryLease);
        kv_panel(Logs, settings.quorum_min(), !by_lease || !breaks_leases(script))
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op {
        service::draw_op(draw, SERVERS_MOST, number)
    }

    fn read_claim(&self, claim: &<Raft as Process>::Claim) -> Reading {
        Reading { role: claim.role(), ..Reading::default() }
    }

    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        self.settings(script).is_ok_and(|settings| settings.is_enough(alive))
    }

    fn bound(&self, script: &Script) -> Span {
        self.settings(script).map_or(Span::ZERO, |settings| settings.bound())
    }
}

/// Returns whether a clock of a server leaves the bound within which leases are safe: it drifts too
/// far, or it stands while time passes.
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
