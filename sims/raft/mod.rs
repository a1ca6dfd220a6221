//! Raft: the published crate `raft` 0.7 (of TiKV), as it is, under storm.
//!
//! Servers drive one `RawNode` each and keep a key-value store; clients call. What stands around
//! the library is in [`Server`], which says what whoever uses the library owes it. The rules are
//! those of consensus, told from disks and claims, and linearizability, told from what clients
//! hear.
//!
//! What is not used of the library: leader transfer, priorities, learners, group commit, snapshots
//! on request, its own leases (see `docs/found.md`), and forwarding of proposals by followers.
//!
//! Reads by lease are linearizable only while clocks keep to a bound of drift. A script in which a
//! server's clock is made to run further off, or to stand, is judged without the reads.

mod claim;
mod codec;
mod knobs;
mod log;
mod marks;
mod members;
mod message;
mod reads;
mod record;
mod replica;
mod server;
mod text;

use std::fmt;
use std::sync::Arc;

use squall_judge::consensus::{
    AppliedIsDurable, ElectionSafety, LeaderCompleteness, LogMatching, StateEquality,
    StateMachineSafety,
};
use squall_judge::{Answered, AnsweredOnce};
use squall_process::{Context, Input, Process, ProcessId, Span};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Action, Blueprint, Draw, Fault, Group};

use crate::kv::{Client, KvLinearizable, Op, Reply, Wait, draw_op, kv_linearizable};

pub use claim::Claim;
pub use knobs::{ReadMode, Settings};
pub use members::Leave;
pub use message::{Message, Peer};
pub use record::Record;
pub use server::Server;

/// A process of the system.
#[derive(Debug)]
pub enum Raft {
    /// A server.
    Server(Server),
    /// A client.
    Client(Client),
}

/// The timers of a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// A server's: the library's clock ticks.
    Tick,
    /// A client's.
    Client(Wait),
}

impl From<Wait> for Timer {
    fn from(wait: Wait) -> Self {
        Self::Client(wait)
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tick => f.write_str("tick"),
            Self::Client(wait) => wait.fmt(f),
        }
    }
}

impl Process for Raft {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Op;
    type Reply = Reply;
    type Claim = Claim;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let client = match self {
            Self::Server(server) => return server.step(input, context),
            Self::Client(client) => client,
        };
        match input {
            Input::Boot { incarnation, .. } => client.on_boot(incarnation),
            Input::Op { id, op } => client.on_op(id, op, context),
            Input::Timer(Timer::Client(wait)) => client.on_wait(wait, context),
            Input::Message { from, message: Message::Talk(talk) } => {
                client.on_talk(from, &talk, context);
            }
            _ => {}
        }
    }
}

/// The system: a cluster of servers and its clients.
#[derive(Clone, Copy, Debug)]
pub struct RaftSystem;

/// Makes the processes of a cluster.
#[derive(Clone, Debug)]
pub struct RaftBlueprint {
    settings: Arc<Settings>,
}

impl RaftBlueprint {
    /// For these settings.
    #[must_use]
    pub const fn new(settings: Arc<Settings>) -> Self {
        Self { settings }
    }

    /// How its processes are tuned.
    #[must_use]
    pub const fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}

impl Blueprint<Raft> for RaftBlueprint {
    fn build(&self, id: ProcessId) -> Raft {
        if id.is_server() {
            Raft::Server(Server::new(Arc::clone(&self.settings)))
        } else {
            Raft::Client(Client::new(self.settings.servers, self.settings.patience))
        }
    }

    fn role(&self, claim: &Claim) -> Option<&'static str> {
        matches!(claim, Claim::Leads(_)).then_some("leader")
    }
}

/// The judges of a cluster.
pub type RaftPanel = (
    ElectionSafety<u64>,
    LogMatching<u64>,
    LeaderCompleteness<u64>,
    AppliedIsDurable<u64>,
    StateMachineSafety,
    StateEquality,
    KvLinearizable,
    AnsweredOnce,
    Answered,
);

impl System for RaftSystem {
    type Process = Raft;
    type Blueprint = RaftBlueprint;
    type Panel = RaftPanel;

    fn name(&self) -> &'static str {
        "raft"
    }

    fn about(&self) -> &'static str {
        "the crate raft 0.7 of TiKV: a key-value store on a replicated log"
    }

    fn sizes(&self) -> Sizes {
        Sizes { nodes: (3, 5), clients: (1, 3), nodes_max: 32, ops: (2, 16) }
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

    fn blueprint(&self, script: &Script<Op>) -> Result<RaftBlueprint, String> {
        Ok(RaftBlueprint::new(knobs::settings(script.nodes, &script.knobs)?))
    }

    fn panel(&self, script: &Script<Op>, blueprint: &RaftBlueprint) -> RaftPanel {
        let settings = blueprint.settings();
        let by_lease = matches!(settings.reads, ReadMode::Lease | ReadMode::LibraryLease);
        let reads = !by_lease || !breaks_leases(script);
        (
            ElectionSafety::default(),
            LogMatching::default(),
            LeaderCompleteness::default(),
            AppliedIsDurable::new(settings.quorum_min()),
            StateMachineSafety::default(),
            StateEquality::default(),
            kv_linearizable(reads),
            AnsweredOnce::new(),
            Answered::new(),
        )
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op {
        draw_op(draw, self.sizes().nodes.1, number)
    }

    fn is_enough(&self, script: &Script<Op>, alive: &[u32]) -> bool {
        knobs::settings(script.nodes, &script.knobs).is_ok_and(|settings| settings.is_enough(alive))
    }

    fn bound(&self, script: &Script<Op>) -> Span {
        knobs::settings(script.nodes, &script.knobs).map_or(Span::ZERO, |settings| settings.bound())
    }
}

/// The same cluster with the library's own leases for reads: they are not safe.
///
/// It is no part of the program `squall`, whose systems hold; `docs/found.md` tells of it.
#[derive(Clone, Copy, Debug)]
pub struct RaftLibraryLeases;

impl System for RaftLibraryLeases {
    type Process = Raft;
    type Blueprint = RaftBlueprint;
    type Panel = RaftPanel;

    fn name(&self) -> &'static str {
        "raft-library-leases"
    }

    fn about(&self) -> &'static str {
        "the crate raft 0.7 of TiKV, with its own leases for reads"
    }

    fn sizes(&self) -> Sizes {
        RaftSystem.sizes()
    }

    fn knobs(&self) -> &'static [Knob] {
        RaftSystem.knobs()
    }

    fn marks(&self) -> &'static [&'static str] {
        RaftSystem.marks()
    }

    fn roles(&self) -> &'static [&'static str] {
        RaftSystem.roles()
    }

    fn example(&self) -> &'static str {
        "get x"
    }

    fn blueprint(&self, script: &Script<Op>) -> Result<RaftBlueprint, String> {
        let settings = Settings::new(script.nodes, &script.knobs)?.with_library_leases();
        Ok(RaftBlueprint::new(Arc::new(settings)))
    }

    fn panel(&self, script: &Script<Op>, blueprint: &RaftBlueprint) -> RaftPanel {
        RaftSystem.panel(script, blueprint)
    }

    fn draw_op(&self, draw: &mut Draw, process: ProcessId, number: u32) -> Op {
        RaftSystem.draw_op(draw, process, number)
    }

    fn is_enough(&self, script: &Script<Op>, alive: &[u32]) -> bool {
        RaftSystem.is_enough(script, alive)
    }

    fn bound(&self, script: &Script<Op>) -> Span {
        RaftSystem.bound(script)
    }
}

/// Whether a clock of a server leaves the bound within which leases are safe: it drifts too much,
/// or it stands while time goes on.
fn breaks_leases(script: &Script<Op>) -> bool {
    script.lines.iter().any(|line| match &line.action {
        Action::Fault(Fault::ClockDrift(who, ppm)) => {
            ppm.unsigned_abs() > knobs::DRIFT_PPM && may_be_server(who)
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
