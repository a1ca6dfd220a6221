//! The script as a value.

use squall_process::Instant;
use squall_world::Conditions;

use crate::{Knobs, Operation};

/// One action of a script.
pub type Action = squall_world::Action<Operation>;

/// The version of the format: the `1` of `squall 1`. A file of a newer version is refused.
pub const VERSION: u32 = 1;

/// All that fixes a run, besides the code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// The name of the system that it runs.
    pub system: String,
    /// Where all luck comes from that no line fixes.
    pub seed: u64,
    /// How many servers there are.
    pub servers: u32,
    /// How many clients there are.
    pub clients: u32,
    /// Which rules are judged.
    pub judged: Judged,
    /// The conditions at the start.
    pub conditions: Conditions,
    /// The knobs of the system that are turned.
    pub knobs: Knobs,
    /// After so many steps the run is given up as endless.
    pub steps: u64,
    /// When the run ends if there is no `calm`. `None`: when all is done that judges wait for, or
    /// 10 s after the last line.
    pub end: Option<Instant>,
    /// What happens when, by rising time.
    pub lines: Vec<Line>,
}

/// One line of a script: a time, and what happens then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When, by the clock of the world. For fixed luck: a hint for readers, when it came to pass
    /// in the recorded run.
    pub at: Instant,
    /// What.
    pub action: Action,
}

/// Which rules a run is judged by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Judged {
    /// All rules. Such a run is recoverable by construction: enough copies are never harmed.
    #[default]
    All,
    /// Safety only: `judge safety`. More may be harmed than the protocol promises to survive.
    Safety,
}

impl Script {
    /// The steps after which a run is given up, when nothing is said.
    pub const STEPS_DEFAULT: u64 = 1_000_000;

    /// Returns a script without lines, with this many `servers` and `clients` of `system`, in fair
    /// conditions.
    #[must_use]
    pub fn new(system: &str, seed: u64, servers: u32, clients: u32) -> Self {
        Self {
            system: system.to_owned(),
            seed,
            servers,
            clients,
            judged: Judged::All,
            conditions: Conditions::default(),
            knobs: Knobs::default(),
            steps: Self::STEPS_DEFAULT,
            end: None,
            lines: Vec::new(),
        }
    }

    /// When the last thing happens that a line says. The time of fixed luck is a hint for readers
    /// and does not count.
    #[must_use]
    pub fn last_at(&self) -> Instant {
        let last = self.lines.iter().rev().find(|line| !matches!(line.action, Action::Luck(_)));
        last.map_or(Instant::ZERO, |line| line.at)
    }

    /// When faults end, if they do.
    #[must_use]
    pub fn calm_at(&self) -> Option<Instant> {
        let calm = self.lines.iter().rev().find(|line| matches!(line.action, Action::Calm(_)));
        calm.map(|line| line.at)
    }
}
