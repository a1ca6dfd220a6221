//! Synod: single-decree Paxos under faults. Clients propose words and ask for the choice.

mod flaws;
mod knobs;
mod rules;

use std::sync::Arc;

use squall_judge::{Answered, AnsweredOnce};
use squall_paxos::{Claim, Configuration, MARKS, Op, Participant, ProcessSet, Value};
use squall_process::{ProcessId, Span};
use squall_script::{Profile, Reading, Refused, Script, Sizes, System};
use squall_world::Draw;

pub use flaws::SynodFlaw;
pub use rules::{
    Agreement, Ballots, EveryoneLearns, Integrity, LearnedIsChosen, OneChoice, Patience, Promises,
    Questions, Validity,
};

/// The system: a cluster of servers and its clients.
#[derive(Clone, Copy, Debug)]
pub struct Synod;

/// Marks of the protocol, and those that only an observer of all processes can decide.
static ALL_MARKS: [&str; MARKS.len() + rules::MARKS.len()] = {
    let mut all = [""; MARKS.len() + rules::MARKS.len()];
    let mut place = 0;
    while place < all.len() {
        all[place] =
            if place < MARKS.len() { MARKS[place] } else { rules::MARKS[place - MARKS.len()] };
        place += 1;
    }
    all
};

/// The judges of a Synod, for any system with its messages and claims.
pub type SynodPanel = (
    Agreement,
    Validity,
    Integrity,
    OneChoice,
    LearnedIsChosen,
    Promises,
    Ballots,
    Questions,
    Patience,
    AnsweredOnce,
    EveryoneLearns,
    Answered,
);

/// Returns the judges of the cluster of `configuration`.
#[must_use]
pub fn synod_panel(configuration: &Arc<Configuration>) -> SynodPanel {
    (
        Agreement::default(),
        Validity::default(),
        Integrity::default(),
        OneChoice::new(configuration),
        LearnedIsChosen::new(configuration),
        Promises::default(),
        Ballots::default(),
        Questions::new(configuration),
        Patience::new(configuration),
        AnsweredOnce::new(),
        EveryoneLearns::new(configuration),
        Answered::new(),
    )
}

const WORDS: [&str; 8] = ["apple", "pear", "plum", "fig", "quince", "lemon", "cherry", "peach"];

impl System for Synod {
    type Process = Participant<Value>;
    type Setup = Arc<Configuration>;
    type Panel = SynodPanel;

    fn profile(&self) -> Profile {
        Profile {
            sizes: Sizes { servers: 3..=6, clients: 1..=3, ops: 1..=6, servers_max: 64 },
            knobs: &knobs::ALL,
            roles: &["leader"],
            marks: &ALL_MARKS,
            ..Profile::new(
                "synod",
                "single-decree Paxos: servers agree on one word",
                "propose apple",
            )
        }
    }

    fn setup(&self, script: &Script) -> Result<Arc<Configuration>, Refused> {
        knobs::configuration(script.servers, &script.knobs).map(Arc::new)
    }

    fn build(&self, configuration: &Arc<Configuration>, id: ProcessId) -> Participant<Value> {
        let configuration = Arc::clone(configuration);
        if id.is_server() {
            Participant::server(configuration)
        } else {
            Participant::client(configuration)
        }
    }

    fn panel(&self, _: &Script, configuration: &Arc<Configuration>) -> SynodPanel {
        synod_panel(configuration)
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op<Value> {
        if number > 0 && draw.below(4) == 0 {
            return Op::Ask;
        }
        let word = *draw.pick(&WORDS);
        word.parse().map_or(Op::Ask, Op::Propose)
    }

    /// The leader is the server that last had a phase-1 quorum.
    fn read_claim(&self, claim: &Claim<Value>) -> Reading {
        match claim {
            Claim::Leads { .. } => Reading { role: Some("leader"), phase: Some("phase 1 done") },
            Claim::Proposes { .. } => Reading { role: None, phase: Some("phase 2 begins") },
            Claim::Learned { .. } => Reading { role: None, phase: Some("choice learned") },
        }
    }

    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        let alive: ProcessSet = alive.iter().map(|number| *number as usize - 1).collect();
        knobs::quorums(script.servers, &script.knobs)
            .is_ok_and(|quorums| quorums.is_phase1(alive) && quorums.is_phase2(alive))
    }

    /// Returns ten times the longest wait of a process, and ten seconds.
    fn bound(&self, script: &Script) -> Span {
        knobs::longest_wait(&script.knobs) * 10 + Span::from_secs(10)
    }
}
