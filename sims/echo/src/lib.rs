//! Echo: the smallest system. A client says a word to a server and wants to hear it again.
//!
//! `docs/tutorial.md` builds it step by step.

mod process;

use squall_judge::{
    Answered, AnsweredOnce, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen,
};
use squall_process::{OpId, Outcome, ProcessId, Span};
use squall_script::{Script, Sizes, System};
use squall_world::{Blueprint, Draw};

pub use process::{Echo, Message, Never, Say, Timer};

/// The system: any number of servers, and clients that each talk to one of them.
#[derive(Clone, Copy, Debug)]
pub struct EchoSystem;

/// Makes servers, and clients that talk to the server of their own number, counted round.
#[derive(Clone, Copy, Debug)]
pub struct EchoBlueprint {
    /// How many servers there are.
    pub servers: u32,
}

impl Blueprint<Echo> for EchoBlueprint {
    fn build(&self, id: ProcessId) -> Echo {
        if id.is_server() {
            return Echo::Server;
        }
        let server = ProcessId::server((id.number() - 1) % self.servers + 1);
        Echo::Client { server, open: Vec::new() }
    }
}

const WORDS: [&str; 6] = ["hello", "world", "rain", "wind", "thunder", "sun"];

impl System for EchoSystem {
    type Process = Echo;
    type Blueprint = EchoBlueprint;
    type Panel = (Faithful, AnsweredOnce, Answered);

    fn name(&self) -> &'static str {
        "echo"
    }

    fn about(&self) -> &'static str {
        "servers that say everything back: the smallest system"
    }

    fn sizes(&self) -> Sizes {
        Sizes { servers: (1, 3), clients: (1, 3), servers_max: 100, ops: (1, 6) }
    }

    fn example(&self) -> &'static str {
        "say hello"
    }

    fn blueprint(&self, script: &Script) -> Result<EchoBlueprint, String> {
        Ok(EchoBlueprint { servers: script.servers })
    }

    fn panel(&self, _: &Script, _: &EchoBlueprint) -> Self::Panel {
        (Faithful::default(), AnsweredOnce::new(), Answered::new())
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, _: u32) -> Say {
        Say((*draw.pick(&WORDS)).to_owned())
    }

    /// Each client has a server of its own, so all must live.
    fn is_enough(&self, script: &Script, alive: &[u32]) -> bool {
        alive.len() == script.servers as usize
    }

    fn bound(&self, _: &Script) -> Span {
        Span::from_secs(1)
    }
}

/// What comes back is what was said.
#[derive(Clone, Debug, Default)]
pub struct Faithful {
    said: Vec<(OpId, Say, u64)>,
}

impl Judge<Echo> for Faithful {
    fn rule(&self) -> Rule {
        Rule::safety("faithful", "a client hears the word that it said")
    }

    fn see(&mut self, seen: &Seen<'_, Echo>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { id, op, .. } => self.said.push((*id, (*op).clone(), seen.number)),
            Observation::Completed { process, id, outcome: Outcome::Done(heard) } => {
                let said = self.said.iter().find(|(said, ..)| said == id);
                if let Some((_, word, event)) = said
                    && word != heard
                {
                    let story = format!("{process} said \"{word}\" and heard \"{heard}\"");
                    return Evidence::broken(story, [*event, seen.number]);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
