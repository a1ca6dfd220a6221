//! Other values of knobs, where they make lines unnecessary.
//!
//! A snapshot after seven entries takes seven operations; a snapshot after each entry takes one. A
//! knob at its least value often brings about with one line what takes many at another, so each
//! knob is tried at its least value, and each choice at its other words. The value is kept if the
//! script loses lines with it, the line of the knob itself included.

use squall_script::{Domain, Knob, KnobValue, Script};

use super::size::Size;
use super::trials::Trials;

/// A script of so few lines is left as it is: a knob takes a line of its own.
const LINES_MIN: usize = 3;

impl Trials<'_> {
    /// Turns knobs where that saves lines.
    pub(super) fn other_knobs(&mut self) {
        for knob in self.system.profile().knobs {
            for value in values(knob) {
                if Size::of(self.best()).lines() < LINES_MIN {
                    return;
                }
                self.turned(knob, value);
            }
        }
    }

    /// Turns `knob` to `value`, if the script shows the same with it and loses lines.
    fn turned(&mut self, knob: &Knob, value: KnobValue) {
        let before = self.saved();
        let script = &before.script;
        let mut knobs = script.knobs.clone();
        knobs.turn(knob, value);
        if knobs == script.knobs || self.first([Script { knobs, ..script.clone() }]).is_none() {
            return;
        }
        self.fewer_lines();
        if Size::of(self.best()).all_lines() >= Size::of(&before.script).all_lines() {
            self.restore(before);
        }
    }
}

/// Returns the values of `knob` that are worth a try.
fn values(knob: &Knob) -> Vec<KnobValue> {
    match knob.domain {
        Domain::Span { low, .. } => vec![KnobValue::Span(low)],
        Domain::Number { low, .. } => vec![KnobValue::Number(low)],
        Domain::Choice(words) => words.iter().map(|word| KnobValue::Word(word)).collect(),
    }
}
