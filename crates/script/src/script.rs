//! The script as a value.

use squall_process::Instant;
use squall_world::Conditions;

use crate::{Knobs, Operation};

/// One action of a script.
pub type Action = squall_world::Action<Operation>;

/// The version of the format: the `1` of `squall 1`. A file of a newer version is refused.
pub const VERSION: u32 = 1;

/// Everything that determines a run, besides the code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// The name of the system that it runs.
    pub system: String,
    /// The source of all luck that no line fixes.
    pub seed: u64,
    /// The number of servers.
    pub servers: u32,
    /// The number of clients.
    pub clients: u32,
    /// The rules that are judged.
    pub judged: Judged,
    /// The conditions at the start.
    pub conditions: Conditions,
    /// The knobs that do not have their defaults.
    pub knobs: Knobs,
    /// The number of steps after which the run is abandoned as endless.
    pub steps: u64,
    /// When the run ends if there is no `calm`. `None` means when everything that judges wait for
    /// is done, or 10 s after the last line.
    pub end: Option<Instant>,
    /// The lines, in increasing order of time.
    pub lines: Vec<Line>,
}

/// One line of a script: a time, and what happens then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The time, by the clock of the world. For fixed luck it is a hint for readers: when the draw
    /// took place in the recorded run.
    pub at: Instant,
    /// The action.
    pub action: Action,
}

/// The rules by which a run is judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Judged {
    /// All rules. Such a run is recoverable by construction: enough servers are never harmed.
    #[default]
    All,
    /// Only rules of safety: `judge safety`. More servers may be harmed than the protocol survives.
    Safety,
}

impl Script {
    /// The default number of steps after which a run is abandoned.
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

    /// Returns the time of the last line. Fixed luck does not count, because its time is a hint for
    /// readers.
    #[must_use]
    pub fn last_at(&self) -> Instant {
        let last = self.lines.iter().rev().find(|line| !matches!(line.action, Action::Luck(_)));
        last.map_or(Instant::ZERO, |line| line.at)
    }

    /// Returns the time when faults end, if they do.
    #[must_use]
    pub fn calm_at(&self) -> Option<Instant> {
        let calm = self.lines.iter().rev().find(|line| matches!(line.action, Action::Calm(_)));
        calm.map(|line| line.at)
    }
}
