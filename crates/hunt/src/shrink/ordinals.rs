//! Fewer operations in front of fixed luck.
//!
//! A line such as `n2 sync#6 fails` names a draw by its ordinal. An operation that is removed takes
//! its messages and syncs with it, so the sixth sync may be the fourth without it. The line then
//! fixes another draw, and the operation seems to be needed. Here an operation is removed and the
//! ordinals behind it are lowered at once.

use squall_script::{Action, Script};
use squall_world::Luck;

use super::lines::without;
use super::trials::Trials;

/// An operation is assumed to account for at most this number of draws at one place.
const DISTANCE_MAX: u32 = 6;

impl Trials<'_> {
    /// Removes operations, and lowers the ordinals of fixed luck with each.
    pub(super) fn fewer_operations_before_luck(&mut self) {
        loop {
            let script = self.best().clone();
            let is_ask = |place: &usize| matches!(script.lines[*place].action, Action::Ask { .. });
            let asks = (0..script.lines.len()).rev().filter(is_ask);
            let candidates = asks.flat_map(|place| with_earlier_luck(&without(&script, &[place])));
            if self.first(candidates).is_none() {
                return;
            }
        }
    }
}

/// Returns `script` with fixed luck moved to earlier draws: at every place by the same distance,
/// and at one place alone.
fn with_earlier_luck(script: &Script) -> Vec<Script> {
    let places = places(script);
    let mut earlier = Vec::new();
    for distance in 1..=DISTANCE_MAX {
        earlier.extend(moved(script, distance, |_| true));
        // With one place, this is the same.
        if places.len() > 1 {
            let one = |place: &Luck| moved(script, distance, |luck| luck.is_beside(place));
            earlier.extend(places.iter().filter_map(one));
        }
    }
    earlier
}

/// Returns one line of luck for each place that fixed luck is at.
fn places(script: &Script) -> Vec<Luck> {
    let mut places: Vec<Luck> = Vec::new();
    for line in &script.lines {
        if let Action::Luck(luck) = &line.action
            && places.iter().all(|place| !place.is_beside(luck))
        {
            places.push(luck.clone());
        }
    }
    places
}

/// Returns `script` with the luck for which `is_meant` is true moved to earlier draws by
/// `distance`, as far as there are earlier ones. Returns `None` if nothing moves.
fn moved(script: &Script, distance: u32, is_meant: impl Fn(&Luck) -> bool) -> Option<Script> {
    let mut moved = script.clone();
    let mut any = false;
    for line in &mut moved.lines {
        if let Action::Luck(luck) = &mut line.action
            && is_meant(luck)
            && let Some(earlier) = luck.earlier(distance)
        {
            *luck = earlier;
            any = true;
        }
    }
    any.then_some(moved)
}
