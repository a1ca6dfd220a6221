//! What a sweep covered, as far as it can be counted: faults that occurred together, phases of the
//! protocol that were entered during cuts, and how often a run still behaved in a new way.
//!
//! None of these proves anything. If a pair of faults never occurred together, nothing is known
//! about it. If it did, it was tried, which says little more.
//!
//! A thread notes what it saw of each run ([`Notes`]), and the sweep adds up the notes in the order
//! of the seeds. The memory is the same for any number of seeds.

mod lookout;
mod newness;
mod phases;
mod together;

pub use lookout::Lookout;
pub use newness::Newness;
pub use phases::{Phases, SHAPES};

use phases::Entered;
pub use together::{Share, Together};

/// What the runs of a sweep covered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// Which kinds of fault fired in one run.
    pub together: Together,
    /// Which phases were entered, and during which cuts.
    pub phases: Phases,
    /// Which signatures runs had.
    pub newness: Newness,
}

impl Coverage {
    /// Adds the notes of some runs.
    pub fn add(&mut self, notes: &Notes) {
        notes.kinds.chunks(64).for_each(|runs| self.together.add(runs));
        notes.phases.iter().for_each(|(phase, runs)| self.phases.add(phase, runs));
        self.phases.add_shapes(notes.shapes);
        notes.signatures.iter().for_each(|signature| self.newness.add(*signature));
    }
}

/// The notes of a few runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes {
    /// For each run, the kinds of fault that fired, as a set of bits in the order of
    /// [`Kind::ALL`](squall_world::Kind::ALL).
    pub kinds: Vec<u64>,
    /// For each run, its signature.
    pub signatures: Vec<u64>,
    /// The shapes of the cuts that were in force: bits in the order of [`SHAPES`].
    pub(crate) shapes: u8,
    /// In how many of the runs each phase was entered, and during which cuts.
    pub(crate) phases: Vec<(&'static str, Entered)>,
}
