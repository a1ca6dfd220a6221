//! A calmer header: each condition fair, each knob as the system has it, nothing else said.
//!
//! A condition governs the luck of the whole run, so a change of one is tried with a few other
//! seeds, too: what matters is that the script shows the same, not by which luck.

use squall_script::{Judged, Script};
use squall_world::Conditions;

use super::trials::Trials;

/// Other seeds that are tried with each change of a header.
pub(super) const RETRIES: u64 = 8;
/// And with the change of all conditions at once.
const RETRIES_AT_ONCE: u64 = 48;

/// `script`, and the same under so many other seeds, if it has anything left to chance.
pub(super) fn reseeded(script: &Script, count: u64) -> impl Iterator<Item = Script> {
    let others = (0..count).map(|seed| Script { seed, ..script.clone() });
    std::iter::once(script.clone()).chain(others)
}

impl Trials<'_> {
    /// Puts as much of the header as can be back to what it is when nothing is said.
    pub(super) fn calmer_header(&mut self) {
        let script = self.best().clone();
        if script.conditions != Conditions::default() {
            let calm = Script { conditions: Conditions::default(), ..script };
            self.first(reseeded(&calm, RETRIES_AT_ONCE));
        }
        loop {
            let script = self.best().clone();
            let calmer: Vec<_> = calmer(&script).collect();
            let tried = calmer.iter().flat_map(|calmer| reseeded(calmer, RETRIES));
            if self.first(tried).is_none() {
                return;
            }
        }
    }
}

/// `script` with one thing less said in its header.
fn calmer(script: &Script) -> impl Iterator<Item = Script> {
    let conditions = script.conditions.unusual().map(|condition| {
        let mut calmer = script.clone();
        calmer.conditions.set(condition.fair());
        calmer
    });
    let knobs = script.knobs.iter().map(|(name, _)| {
        let mut calmer = script.clone();
        calmer.knobs.put_back(name);
        calmer
    });
    let judged =
        (script.judged != Judged::All).then(|| Script { judged: Judged::All, ..script.clone() });
    let steps = (script.steps != Script::STEPS_DEFAULT)
        .then(|| Script { steps: Script::STEPS_DEFAULT, ..script.clone() });
    let end = script.end.map(|_| Script { end: None, ..script.clone() });
    conditions.chain(knobs).chain(judged).chain(steps).chain(end)
}
