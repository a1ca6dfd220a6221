//! The system: knobs, judges, workload.

use squall_process::{Process, ProcessId, Span};
use squall_script::{Profile, Reading, Refused, Script, Sizes, System};
use squall_world::Draw;

use super::{Logs, OmniPaxos, Server, Settings, Workarounds, knobs, marks};
use squall_service::{self as service, Cluster, KvPanel, Op, Patience, kv_panel};

/// The system: a cluster of servers and its clients.
#[derive(Clone, Copy, Debug, Default)]
pub struct OmniPaxosSystem {
    /// Whether the adapter works around the known bugs of the library.
    pub workarounds: Workarounds,
}

impl OmniPaxosSystem {
    /// With workarounds, so that a sweep finds only unknown bugs.
    pub const SAFE: Self = Self { workarounds: Workarounds::On };
    /// Without workarounds: a sweep finds the bugs that `docs/found.md` describes.
    pub const AS_PUBLISHED: Self = Self { workarounds: Workarounds::Off };
}

/// The most servers of a generated run.
const SERVERS_MOST: u32 = 5;

impl System for OmniPaxosSystem {
    type Process = OmniPaxos;
    type Setup = Cluster<Server>;
    type Panel = KvPanel<Logs>;

    fn profile(&self) -> Profile {
        let (name, about) = match self.workarounds {
            Workarounds::On => ("omnipaxos", "the crate omnipaxos: a replicated key-value store"),
            Workarounds::Off => (
                "omnipaxos-as-published",
                "the crate omnipaxos, without workarounds for its known bugs",
            ),
        };
        Profile {
            sizes: Sizes { servers: 3..=SERVERS_MOST, clients: 1..=3, ops: 4..=24, servers_max: 9 },
            knobs: &knobs::ALL,
            roles: &["leader"],
            marks: &marks::ALL,
            ..Profile::new(name, about, "put x 1")
        }
    }

    fn setup(&self, script: &Script) -> Result<Cluster<Server>, Refused> {
        if script.servers < 2 {
            return Err("the library wants two servers at least".into());
        }
        let settings = Settings {
            workarounds: self.workarounds,
            ..Settings::new(script.servers, &script.knobs)
        };
        Ok(Cluster::new(script.servers, Patience::of(&script.knobs), settings))
    }

    fn build(&self, cluster: &Cluster<Server>, id: ProcessId) -> OmniPaxos {
        cluster.build(id)
    }

    fn panel(&self, _: &Script, cluster: &Cluster<Server>) -> KvPanel<Logs> {
        kv_panel(Logs, cluster.settings().quorum_min(), true)
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op {
        service::draw_op(draw, SERVERS_MOST, number)
    }

    fn read_claim(&self, claim: &<OmniPaxos as Process>::Claim) -> Reading {
        Reading { role: claim.role(), ..Reading::default() }
    }

    /// With spare servers, members may change, and a dead server may be any of them. Therefore only
    /// one may be dead.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        let settings = Settings::new(script.servers, &script.knobs);
        let servers = script.servers as usize;
        if servers > 3 {
            let can_lack_one = settings.rule.alive(3) < 3;
            return alive.len() >= servers - usize::from(can_lack_one);
        }
        alive.len() >= settings.rule.alive(servers)
    }

    fn bound(&self, script: &Script) -> Span {
        let settings = Settings::new(script.servers, &script.knobs);
        settings.longest_wait() * 20 + Span::from_secs(10)
    }
}
