//! The system: knobs, judges, workload.

use std::sync::Arc;

use squall_judge::consensus::{
    AppliedIsDurable, ElectionSafety, LeaderCompleteness, LogMatching, StateEquality,
    StateMachineSafety,
};
use squall_judge::{Answered, AnsweredOnce};
use squall_process::{ProcessId, Span};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Blueprint, Draw};

use super::{Care, Claim, Participant, Server, Setup, Term, knobs, marks};
use crate::kv::{self, Client, KvLinearizable, Op, kv_linearizable};

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

/// Makes the participants of a cell.
#[derive(Clone, Debug)]
pub struct OmniPaxosBlueprint(Arc<Setup>);

impl Blueprint<Participant> for OmniPaxosBlueprint {
    fn build(&self, id: ProcessId) -> Participant {
        if id.is_server() {
            Participant::Server(Box::new(Server::new(id, Arc::clone(&self.0))))
        } else {
            Participant::Client(Client::new(self.0.servers, self.0.client))
        }
    }

    fn role(&self, claim: &Claim) -> Option<&'static str> {
        matches!(claim, Claim::Leads(_)).then_some("leader")
    }
}

/// The judges of a cell.
pub type OmniPaxosPanel = (
    ElectionSafety<Term>,
    LogMatching<Term>,
    LeaderCompleteness<Term>,
    AppliedIsDurable<Term>,
    StateMachineSafety,
    StateEquality,
    KvLinearizable,
    AnsweredOnce,
    Answered,
);

impl System for OmniPaxosSystem {
    type Process = Participant;
    type Blueprint = OmniPaxosBlueprint;
    type Panel = OmniPaxosPanel;

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
        Sizes { nodes: (3, 5), clients: (1, 3), nodes_max: 9, ops: (4, 24) }
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

    fn blueprint(&self, script: &Script<Op>) -> Result<OmniPaxosBlueprint, String> {
        if script.nodes < 2 {
            return Err("the library wants two servers at least".to_owned());
        }
        let setup = knobs::setup(script.nodes, &script.knobs);
        Ok(OmniPaxosBlueprint(Arc::new(Setup { care: self.care, ..setup })))
    }

    fn panel(&self, _: &Script<Op>, blueprint: &OmniPaxosBlueprint) -> OmniPaxosPanel {
        (
            ElectionSafety::default(),
            LogMatching::default(),
            LeaderCompleteness::default(),
            AppliedIsDurable::new(blueprint.0.quorum_min()),
            StateMachineSafety::default(),
            StateEquality::default(),
            kv_linearizable(true),
            AnsweredOnce::new(),
            Answered::new(),
        )
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op {
        kv::draw_op(draw, self.sizes().nodes.1, number)
    }

    /// With spare servers, members may come and go, and one that is dead may be any of them: so
    /// but one may be.
    fn is_enough(&self, script: &Script<Op>, alive: &[u32]) -> bool {
        let setup = knobs::setup(script.nodes, &script.knobs);
        let servers = script.nodes as usize;
        if servers > 3 {
            let can_lack_one = setup.rule.alive(3) < 3;
            return alive.len() >= servers - usize::from(can_lack_one);
        }
        alive.len() >= setup.rule.alive(servers)
    }

    fn bound(&self, script: &Script<Op>) -> Span {
        let setup = knobs::setup(script.nodes, &script.knobs);
        setup.longest_wait() * 20 + Span::from_secs(10)
    }
}
