//! Synod: single-decree Paxos under storm. Clients propose words and ask what was chosen.

mod flaws;
mod knobs;
mod rules;

use std::sync::Arc;

use squall_judge::{Answered, AnsweredOnce};
use squall_paxos::{Claim, Configuration, MARKS, Op, Participant, ProcessSet, Value};
use squall_process::{ProcessId, Span};
use squall_script::{Knob, Script, Sizes, System};
use squall_world::{Blueprint, Draw};

pub use flaws::SynodFlaw;
pub use rules::{
    Agreement, Ballots, EveryoneLearns, Integrity, LearnedIsChosen, OneChoice, Patience, Promises,
    Questions, Validity,
};

/// The system: a cell of servers and its clients.
#[derive(Clone, Copy, Debug)]
pub struct Synod;

/// Makes the participants of a cell.
#[derive(Clone, Debug)]
pub struct SynodBlueprint {
    configuration: Arc<Configuration>,
}

impl SynodBlueprint {
    /// What is fixed for the life of the cell.
    #[must_use]
    pub fn configuration(&self) -> &Arc<Configuration> {
        &self.configuration
    }
}

impl Blueprint<Participant<Value>> for SynodBlueprint {
    fn build(&self, id: ProcessId) -> Participant<Value> {
        let configuration = Arc::clone(&self.configuration);
        if id.is_server() {
            Participant::server(configuration)
        } else {
            Participant::client(configuration)
        }
    }

    fn role(&self, claim: &Claim<Value>) -> Option<&'static str> {
        role(claim)
    }
}

/// Who has a phase-1 quorum is the leader, until another has one.
fn role(claim: &Claim<Value>) -> Option<&'static str> {
    matches!(claim, Claim::Leads { .. }).then_some("leader")
}

/// Marks of the protocol, and those that only somebody who sees all processes can tell.
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

/// The judges of a Synod, for any system whose processes speak its language.
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

/// The judges of the cell of `configuration`.
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
    type Blueprint = SynodBlueprint;
    type Panel = SynodPanel;

    fn name(&self) -> &'static str {
        "synod"
    }

    fn about(&self) -> &'static str {
        "single-decree Paxos: servers agree on one word"
    }

    fn sizes(&self) -> Sizes {
        Sizes { servers: (3, 6), clients: (1, 3), servers_max: 64, ops: (1, 6) }
    }

    fn knobs(&self) -> &'static [Knob] {
        &knobs::ALL
    }

    fn marks(&self) -> &'static [&'static str] {
        &ALL_MARKS
    }

    fn roles(&self) -> &'static [&'static str] {
        &["leader"]
    }

    fn phase(&self, claim: &Claim<Value>) -> Option<&'static str> {
        Some(match claim {
            Claim::Leads { .. } => "phase 1 done",
            Claim::Proposes { .. } => "phase 2 begins",
            Claim::Learned { .. } => "choice learned",
        })
    }

    fn example(&self) -> &'static str {
        "propose apple"
    }

    fn blueprint(&self, script: &Script) -> Result<SynodBlueprint, String> {
        let configuration = knobs::configuration(script.servers, &script.knobs)?;
        Ok(SynodBlueprint { configuration: Arc::new(configuration) })
    }

    fn panel(&self, _: &Script, blueprint: &SynodBlueprint) -> SynodPanel {
        synod_panel(&blueprint.configuration)
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, number: u32) -> Op<Value> {
        if number > 0 && draw.below(4) == 0 {
            return Op::Ask;
        }
        let word = *draw.pick(&WORDS);
        word.parse().map_or(Op::Ask, Op::Propose)
    }

    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        let alive: ProcessSet = alive.iter().map(|number| *number as usize - 1).collect();
        knobs::quorums(script.servers, &script.knobs)
            .is_ok_and(|quorums| quorums.is_phase1(alive) && quorums.is_phase2(alive))
    }

    /// Some ten of the longest waits that anybody has.
    fn bound(&self, script: &Script) -> Span {
        knobs::longest_wait(&script.knobs) * 10 + Span::from_secs(10)
    }
}
