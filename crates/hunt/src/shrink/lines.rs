//! Fewer lines: delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing
//! Input, IEEE TSE 2002).
//!
//! Of the lines of one kind, half are left out, then quarters, and so on down to single lines,
//! wherever possible. In the end no single line can be left out. Operations come first, then
//! faults, then luck, in the order of their importance to a reader. Luck without a line is keyed,
//! so leaving out a line does not change the luck of the others.
//!
//! Then lines that belong together, a fault and its end, are tried as one; in a short script, every
//! pair of lines is tried.

use squall_script::{Action, Line, Script};
use squall_world::{Fault, Luck};

use super::trials::Trials;

/// In a script with at most this many lines every pair is tried.
const PAIRS_MAX: usize = 24;

impl Trials<'_> {
    /// Leaves out as many lines as possible.
    pub(super) fn fewer_lines(&mut self) {
        self.fewer_of(|action| matches!(action, Action::Luck(Luck::Random { .. })));
        self.fewer_of(|action| matches!(action, Action::Ask { .. }));
        self.fewer_of(|action| matches!(action, Action::Fault(_) | Action::Calm(_)));
        self.fewer_of(|action| matches!(action, Action::Luck(_)));
        self.fewer_pairs();
        self.end_without_line();
    }

    /// If the last line is needed only for its time, because a run continues for a while after it,
    /// lets the header set the end of the run instead.
    fn end_without_line(&mut self) {
        let script = self.best().clone();
        let is_last = |line: &&Line| matches!(line.action, Action::Fault(_));
        if script.end.is_some() || script.lines.last().filter(is_last).is_none() {
            return;
        }
        let fewer = without(&script, &[script.lines.len() - 1]);
        let end = Some(script.last_at());
        self.first([Script { end, ..fewer }]);
    }

    /// Leaves out lines for which `is_meant` returns `true`.
    fn fewer_of(&mut self, is_meant: impl Fn(&Action) -> bool) {
        let meant = |script: &Script| -> Vec<usize> {
            let lines = script.lines.iter().enumerate();
            lines.filter(|(_, line)| is_meant(&line.action)).map(|(place, _)| place).collect()
        };
        let mut size = meant(self.best()).len();
        while size > 0 {
            // From the end, because later lines depend on earlier ones.
            let mut end = meant(self.best()).len();
            let mut any = false;
            while end > 0 {
                let script = self.best().clone();
                let places = meant(&script);
                let chunks = (0..end.div_ceil(size)).map(|nth| {
                    let end = end - nth * size;
                    (end.saturating_sub(size), end)
                });
                let without =
                    chunks.clone().map(|(start, end)| without(&script, &places[start..end]));
                let Some(nth) = self.first(without) else { break };
                any = true;
                end = chunks.clone().nth(nth).map_or(0, |(start, _)| start);
            }
            if self.stopped.is_some() {
                return;
            }
            // Single lines are tried until none can be left out.
            size = if any && size == 1 { 1 } else { size / 2 };
        }
    }

    /// Leaves out pairs of lines: a fault and its end, or any two lines in a short script.
    fn fewer_pairs(&mut self) {
        loop {
            let script = self.best().clone();
            let count = script.lines.len();
            let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
            let meant = pairs.filter(|(one, other)| {
                let (one, other) = (&script.lines[*one].action, &script.lines[*other].action);
                count <= PAIRS_MAX || ends(one, other)
            });
            if self.first(meant.map(|(one, other)| without(&script, &[one, other]))).is_none() {
                return;
            }
        }
    }
}

/// Returns `script` without the lines at these `places`, which are in increasing order.
pub(super) fn without(script: &Script, places: &[usize]) -> Script {
    let mut lines = Vec::with_capacity(script.lines.len() - places.len());
    let mut gone = places.iter().peekable();
    for (place, line) in script.lines.iter().enumerate() {
        if gone.next_if_eq(&&place).is_none() {
            lines.push(line.clone());
        }
    }
    Script {
        system: script.system.clone(),
        conditions: script.conditions,
        knobs: script.knobs.clone(),
        lines,
        ..*script
    }
}

/// Returns whether `other` ends what `one` began.
fn ends(one: &Action, other: &Action) -> bool {
    let (Action::Fault(one), Action::Fault(other)) = (one, other) else { return false };
    match (one, other) {
        (Fault::Cut(_), Fault::Heal(_))
        | (Fault::Clog(_), Fault::Release(_))
        | (Fault::Refuse(_) | Fault::Hang(_), Fault::Accept(_))
        | (Fault::Stop(_), Fault::Start(_) | Fault::Boot(_))
        | (Fault::Slow(..), Fault::Slow(..))
        | (Fault::Crash(..), Fault::Boot(_) | Fault::Replace(_))
        | (Fault::Pause(_) | Fault::Suspend(_), Fault::Resume(_))
        | (Fault::Lag(..), Fault::Lag(..))
        | (Fault::ClockOffset(..), Fault::ClockOffset(..))
        | (Fault::ClockDrift(..), Fault::ClockDrift(..))
        | (Fault::DiskFull(_) | Fault::DiskStalls(_), Fault::DiskWorks(_))
        | (Fault::DiskSlow(..), Fault::DiskSlow(..) | Fault::DiskWorks(_)) => true,
        (Fault::Condition(one), Fault::Condition(other)) => {
            std::mem::discriminant(one) == std::mem::discriminant(other)
        }
        _ => false,
    }
}
