//! How large a script is, to a reader.

use squall_process::Span;
use squall_script::{Action, Judged, Script};

/// What there is to read in a script, and how long it goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Size {
    /// Servers and clients.
    pub processes: u32,
    /// Requests.
    pub operations: usize,
    /// Faults and ends of faults, `calm` among them.
    pub faults: usize,
    /// Lines of fixed luck.
    pub luck: usize,
    /// Lines of the header that need not be there: conditions, knobs, and the like.
    pub header: usize,
    /// The time of the last line that is not fixed luck.
    pub time: Span,
}

impl Size {
    /// The size of `script`.
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

    /// Lines with a time.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.operations + self.faults + self.luck
    }

    /// Lines that need not be there: all with a time, and those of the header.
    #[must_use]
    pub fn all_lines(&self) -> usize {
        self.lines() + self.header
    }
}
