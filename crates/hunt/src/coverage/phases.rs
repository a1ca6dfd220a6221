//! Phases of the protocol and shapes of cuts: in how many runs a phase was entered while a cut of a
//! shape was in force.
//!
//! A phase is what a system names by a claim ([`System::phase`](squall_script::System::phase)), or
//! a mark that a process reaches.

use std::collections::BTreeMap;

use squall_world::Kind;

use super::Share;

/// The shapes of cuts: split, one isolated, one way, bridge, ring, and around the holder of a role.
pub const SHAPES: [Kind; 6] = [Kind::N5, Kind::N6, Kind::N7, Kind::N8, Kind::N9, Kind::N10];

/// Runs in which a phase was entered: during a cut of each shape, and at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Entered {
    during: [u64; SHAPES.len()],
    at_all: u64,
}

impl Entered {
    /// Adds one run, in which cuts of `shapes` were in force: bits in the order of [`SHAPES`].
    #[inline]
    pub(super) fn add_run(&mut self, shapes: u8) {
        self.at_all += 1;
        for (shape, runs) in self.during.iter_mut().enumerate() {
            *runs += u64::from(shapes >> shape & 1);
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.at_all == 0
    }
}

/// In how many runs each phase was entered, and during which cuts; by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Phases {
    entered: BTreeMap<&'static str, Entered>,
    /// The shapes of cuts that were ever in force: bits in the order of [`SHAPES`].
    shapes: u8,
}

impl Phases {
    /// Adds the runs in which `phase` was entered.
    pub(super) fn add(&mut self, phase: &'static str, runs: &Entered) {
        let mine = self.entered.entry(phase).or_default();
        mine.at_all += runs.at_all;
        mine.during.iter_mut().zip(runs.during).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Returns each phase that was entered, and in how many runs it was.
    pub fn entered(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.entered.iter().map(|(phase, entered)| (*phase, entered.at_all))
    }

    /// Notes that cuts of `shapes` were in force in some run.
    pub(super) fn add_shapes(&mut self, shapes: u8) {
        self.shapes |= shapes;
    }

    /// Returns each phase that was entered, with each shape that was ever in force, and the number
    /// of runs in which they occurred together.
    pub fn cells(&self) -> impl Iterator<Item = (&'static str, Kind, u64)> + '_ {
        let places = (0..SHAPES.len()).filter(|shape| self.shapes >> shape & 1 == 1);
        self.entered.iter().flat_map(move |(phase, entered)| {
            places.clone().map(move |shape| (*phase, SHAPES[shape], entered.during[shape]))
        })
    }

    /// Returns how many of these cells were seen.
    #[must_use]
    pub fn share(&self) -> Share {
        let seen = self.cells().filter(|(_, _, runs)| *runs > 0).count() as u64;
        Share { seen, possible: self.cells().count() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a run in which `phase` was entered, during cuts of `shapes`.
    fn enter(phases: &mut Phases, phase: &'static str, shapes: u8) {
        let mut run = Entered::default();
        run.add_run(shapes);
        phases.add(phase, &run);
        phases.add_shapes(shapes);
    }

    /// By hand: three phases, two shapes.
    #[test]
    fn cells_are_counted_by_runs() {
        let mut phases = Phases::default();
        enter(&mut phases, "elects", 0b01);
        enter(&mut phases, "elects", 0b00);
        enter(&mut phases, "leads", 0b11);
        enter(&mut phases, "elects", 0b01);
        enter(&mut phases, "learns", 0b00);
        let entered: Vec<_> = phases.entered().collect();
        assert_eq!(entered, [("elects", 3), ("leads", 1), ("learns", 1)]);
        let cells: Vec<_> = phases.cells().collect();
        let counted = [
            ("elects", Kind::N5, 2),
            ("elects", Kind::N6, 0),
            ("leads", Kind::N5, 1),
            ("leads", Kind::N6, 1),
            ("learns", Kind::N5, 0),
            ("learns", Kind::N6, 0),
        ];
        assert_eq!(cells, counted);
        assert_eq!(phases.share(), Share { seen: 3, possible: 6 });
    }

    #[test]
    fn without_cuts_there_are_no_cells() {
        let mut phases = Phases::default();
        enter(&mut phases, "leads", 0);
        assert_eq!(phases.cells().count(), 0);
        // A cut during which no phase was entered is known as well.
        phases.add_shapes(0b10);
        assert_eq!(phases.cells().collect::<Vec<_>>(), [("leads", Kind::N6, 0)]);
    }
}
