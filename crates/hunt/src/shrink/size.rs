//! The size of a script, as a reader sees it.

use squall_process::Span;
use squall_script::{Action, Judged, Script};

/// The parts of a script that a reader reads, and its length in time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Size {
    /// Servers and clients.
    pub processes: u32,
    /// Requests.
    pub operations: usize,
    /// Faults and ends of faults, including `calm`.
    pub faults: usize,
    /// Lines of fixed luck.
    pub luck: usize,
    /// Optional lines of the header: conditions, knobs, and the like.
    pub header: usize,
    /// The time of the last line that is not fixed luck.
    pub time: Span,
}

impl Size {
    /// Returns the size of `script`.
    #[must_use]
    pub fn of(script: &Script) -> Self {
        let count =
            |is: fn(&Action) -> bool| script.lines.iter().filter(|line| is(&line.action)).count();
        let others = usize::from(script.judged == Judged::Safety)
            + usize::from(script.steps != Script::STEPS_DEFAULT)
            + usize::from(script.end.is_some());
        Self {
            processes: script.servers + script.clients,
            operations: count(|action| matches!(action, Action::Ask { .. })),
            faults: count(|action| matches!(action, Action::Fault(_) | Action::Calm(_))),
            luck: count(|action| matches!(action, Action::Luck(_))),
            header: script.conditions.unusual().count() + script.knobs.iter().len() + others,
            time: script.last_at().since(squall_process::Instant::ZERO),
        }
    }

    /// Returns the number of lines with a time.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.operations + self.faults + self.luck
    }

    /// Returns the number of optional lines: all with a time, and those of the header.
    #[must_use]
    pub fn all_lines(&self) -> usize {
        self.lines() + self.header
    }
}
