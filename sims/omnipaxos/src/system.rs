//! The system: knobs, judges, workload.

use squall_process::{ProcessId, Span};
use squall_script::{Knob, Script, Sizes, System};
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

impl System for OmniPaxosSystem {
    type Process = OmniPaxos;
    type Blueprint = Cluster<Server>;
    type Panel = KvPanel<Logs>;

    fn name(&self) -> &'static str {
        match self.care {
            Care::Mended => "omnipaxos",
            Care::AsPublished => "omnipaxos-as-published",
        }
    }

    fn about(&self) -> &'static str {
        match self.care {
            Care::Mended => "the crate omnipaxos: a replicated key-value store",
            Care::AsPublished => "the crate omnipaxos, its known bugs not gone round",
        }
    }

    fn sizes(&self) -> Sizes {
        Sizes { servers: (3, 5), clients: (1, 3), servers_max: 9, ops: (4, 24) }
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
        if script.servers < 2 {
            return Err("the library wants two servers at least".to_owned());
        }
        let settings = Settings { care: self.care, ..Settings::new(script.servers, &script.knobs) };
        Ok(Cluster::new(script.servers, Patience::of(&script.knobs), settings))
    }

    fn panel(&self, _: &Script, cluster: &Cluster<Server>) -> KvPanel<Logs> {
        kv_panel(Logs, cluster.settings().quorum_min(), true)
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op {
        service::draw_op(draw, self.sizes().servers.1, number)
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
