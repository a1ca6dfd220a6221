//! The course of shrinking, and its two forms of luck: drawn from the seed, or said in lines.
//!
//! A header that says `loss 3%` is one line, and hides which message was lost; `n1>n2#4 lost` is
//! one line, too, and says it. Which is shorter differs from script to script and from one sort of
//! luck to the next. So each sort that the header leaves to chance is turned into lines in its
//! turn, those lines are left out as far as can be, and the form with fewer lines is kept. A line
//! that says what happened is worth more to a reader than a chance in the header, so the form in
//! lines may have [`LINES_MORE`].

use squall_script::{Action, Script};
use squall_world::{Condition, LuckKind};

use super::lines::without;
use super::size::Size;
use super::trials::Trials;

/// How many lines more a script may have in which less is left to chance.
const LINES_MORE: usize = 1;

impl Trials<'_> {
    /// All of it, as long as something gets smaller.
    pub(super) fn shrink(&mut self) {
        loop {
            let before = self.best().clone();
            self.reduce();
            self.settle_luck();
            self.other_knobs();
            self.simpler();
            if self.stopped.is_some() {
                return;
            }
            if *self.best() == before && self.is_minimal() {
                return;
            }
        }
    }

    /// Fewer processes and lines, and a calmer header, until nothing more can go.
    fn reduce(&mut self) {
        loop {
            let before = Size::of(self.best());
            self.fewer_processes();
            self.fewer_lines();
            self.fewer_operations_before_luck();
            self.calmer_header();
            if self.stopped.is_some() || Size::of(self.best()) == before {
                return;
            }
        }
    }

    /// Says in lines what the header leaves to chance, sort by sort, where that makes the script no
    /// longer.
    fn settle_luck(&mut self) {
        for kind in LuckKind::ALL {
            let before = self.saved();
            if !leaves_to_chance(&before.script, kind) {
                continue;
            }
            let Some(settled) = self.materialised(kind) else { continue };
            if self.first([settled]).is_none() {
                continue;
            }
            self.fewer_lines();
            self.calmer_header();
            if Size::of(self.best()).all_lines() > Size::of(&before.script).all_lines() + LINES_MORE
            {
                self.restore(before);
            }
        }
    }

    /// Leaves out each line once more, and lets every run go to its end. Says whether none can go.
    fn is_minimal(&mut self) -> bool {
        self.without_limit = true;
        let script = self.best().clone();
        let fewer = (0..script.lines.len()).rev().map(|place| without(&script, &[place]));
        let is_minimal = self.first(fewer).is_none() && self.stopped.is_none();
        self.without_limit = false;
        is_minimal
    }
}

/// Whether a condition, in the header or on a line, leaves luck of this kind to chance.
fn leaves_to_chance(script: &Script, kind: LuckKind) -> bool {
    let on_lines = script.lines.iter().filter_map(|line| match &line.action {
        Action::Fault(squall_world::Fault::Condition(condition)) => Some(*condition),
        _ => None,
    });
    let mut all = script.conditions.unusual().chain(on_lines);
    all.any(|condition: Condition| condition.governs() == Some(kind))
}
