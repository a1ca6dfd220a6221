//! The system: knobs, judges, workload.

use squall_process::{Process, ProcessId, Span};
use squall_script::{Profile, Reading, Refused, Script, Sizes, System};
use squall_world::Draw;

use super::{Care, Logs, OmniPaxos, Server, Settings, knobs, marks};
use squall_service::{self as service, Cluster, KvPanel, Op, Patience, kv_panel};

/// The system: a cell of servers and its clients.
#[derive(Clone, Copy, Debug, Default)]
pub struct OmniPaxosSystem {
    /// Whether the adapter goes round what is wrong in the library.
    pub care: Care,
}

impl OmniPaxosSystem {
    /// With care: what a sweep finds, nobody knows yet.
    pub const MENDED: Self = Self { care: Care::Mended };
    /// Without: a sweep finds what `docs/found.md` tells of.
    pub const AS_PUBLISHED: Self = Self { care: Care::AsPublished };
}

/// The most servers of a generated run.
const SERVERS_MOST: u32 = 5;

impl System for OmniPaxosSystem {
    type Process = OmniPaxos;
    type Setup = Cluster<Server>;
    type Panel = KvPanel<Logs>;

    fn profile(&self) -> Profile {
        let (name, about) = match self.care {
            Care::Mended => ("omnipaxos", "the crate omnipaxos: a replicated key-value store"),
            Care::AsPublished => {
                ("omnipaxos-as-published", "the crate omnipaxos, its known bugs not worked around")
            }
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
        let settings = Settings { care: self.care, ..Settings::new(script.servers, &script.knobs) };
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

    /// With spare servers, members may come and go, and one that is dead may be any of them: so
    /// but one may be.
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
