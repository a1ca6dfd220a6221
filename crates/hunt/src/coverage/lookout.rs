//! The lookout: watches a run for the coverage of the report, and for nothing else.
//!
//! Limits: a cut counts as in force from its line to a `heal` of exactly the same links, of all
//! links, or to calm. A cut around a role counts if a process had the role, which the hits of the
//! run show; the generator aims at most once in a run. Marks that judges reach are not seen here,
//! because they are not events.

use squall_script::{Action, Line, Report, Scout, Script};
use squall_world::{Fault, Group, Kind, Links, Sides};

use super::phases::Entered;
use super::{Notes, SHAPES};

/// The bit of a cut that is aimed at a role, among [`SHAPES`].
const AIMED: u8 = 1 << 5;

/// Watches one run after another, and keeps its allocated memory.
#[derive(Debug, Default)]
pub struct Lookout {
    /// The phases ever entered.
    known: Vec<Phase>,
    /// The phases entered in this run, in order.
    entered: Vec<usize>,
    /// The cuts in force: the line of each, and the bit of its shape.
    cuts: Vec<(usize, u8)>,
    /// The bits of all shapes that were in force in this run.
    cut: u8,
    /// The number of script lines that have happened.
    line: usize,
    /// The hashes of the phases entered in this run, added up so that their order does not matter.
    signature: u64,
    /// The notes so far, without the phases.
    notes: Notes,
}

/// A phase, and how it was entered in this run.
#[derive(Debug)]
struct Phase {
    name: &'static str,
    hash: u64,
    /// Whether it was entered in this run.
    entered: bool,
    /// The shapes of the cuts that were in force when the phase was entered.
    shapes: u8,
    /// The noted runs.
    runs: Entered,
}

/// Returns a hash of a name that is the same on every machine (FNV-1a).
fn hash(name: &str) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    name.as_bytes().iter().fold(0xCBF2_9CE4_8422_2325, fold)
}

impl Lookout {
    /// Watches a run of `script`.
    pub fn watch<'a>(&'a mut self, script: &'a Script) -> Watch<'a> {
        for place in self.entered.drain(..) {
            self.known[place].entered = false;
            self.known[place].shapes = 0;
        }
        self.cuts.clear();
        self.cut = 0;
        self.line = 0;
        self.signature = 0;
        Watch { lookout: self, script }
    }

    /// Notes what was seen of the run of `report`, in which the faults `kinds` fired: bits in the
    /// order of [`Kind::ALL`].
    pub fn note(&mut self, report: &Report, kinds: u64) {
        let struck = if report.hits.of(Kind::N10) > 0 { u8::MAX } else { !AIMED };
        for place in &self.entered {
            let phase = &mut self.known[*place];
            phase.runs.add_run(phase.shapes & struck);
        }
        self.notes.shapes |= self.cut & struck;
        self.notes.kinds.push(kinds);
        self.notes.signatures.push(self.signature(report));
    }

    /// Returns the notes since the last call.
    pub fn take(&mut self) -> Notes {
        let entered = self.known.iter_mut().filter(|phase| !phase.runs.is_none());
        let phases = entered.map(|phase| (phase.name, std::mem::take(&mut phase.runs)));
        self.notes.phases.extend(phases);
        std::mem::take(&mut self.notes)
    }

    /// Returns the signature of the run of `report`: the set of phases that it entered, and its
    /// end.
    #[must_use]
    pub fn signature(&self, report: &Report) -> u64 {
        self.signature ^ (report.end as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    #[inline]
    fn enter(&mut self, name: &'static str) {
        let same = |known: &str| std::ptr::eq(known, name);
        let place = match self.known.iter().position(|phase| same(phase.name)) {
            Some(place) => place,
            None => self.learn(name),
        };
        let shapes = self.cuts.iter().fold(0, |all, (_, shape)| all | shape);
        let phase = &mut self.known[place];
        phase.shapes |= shapes;
        if !phase.entered {
            phase.entered = true;
            self.signature ^= phase.hash;
            self.entered.push(place);
        }
    }

    /// Returns the index of a phase whose name is not at a known address.
    #[cold]
    fn learn(&mut self, name: &'static str) -> usize {
        if let Some(place) = self.known.iter().position(|phase| phase.name == name) {
            return place;
        }
        self.known.push(Phase {
            name,
            hash: hash(name),
            entered: false,
            shapes: 0,
            runs: Entered::default(),
        });
        self.known.len() - 1
    }

    /// Records that the next fault of the script happens.
    fn fault(&mut self, lines: &[Line], servers: u32) {
        let is_fault = |line: &Line| matches!(line.action, Action::Fault(_));
        let Some(ahead) = lines[self.line..].iter().position(is_fault) else { return };
        let place = self.line + ahead;
        self.line = place + 1;
        match &lines[place].action {
            Action::Fault(Fault::Cut(links)) => {
                let shape = shape(links, servers as usize);
                self.cut |= shape.unwrap_or(0);
                self.cuts.extend(shape.map(|shape| (place, shape)));
            }
            Action::Fault(Fault::Heal(Links::All)) => self.cuts.clear(),
            Action::Fault(Fault::Heal(links)) => self.cuts.retain(|(cut, _)| {
                !matches!(&lines[*cut].action, Action::Fault(Fault::Cut(same)) if same == links)
            }),
            _ => {}
        }
    }
}

/// Returns the bit of the shape of a cut, among [`SHAPES`].
fn shape(links: &Links, servers: usize) -> Option<u8> {
    let Links::Between(pairs) = links else { return Some(1) };
    let kind = match pairs.as_slice() {
        [Sides { left: Group::Role(_), .. }] => Kind::N10,
        [_, _, _, ..] => Kind::N9,
        [sides, ..] => {
            let left = count(&sides.left, servers, 0);
            Kind::of_cut(left, count(&sides.right, servers, left), sides.both, servers)
        }
        [] => return None,
    };
    SHAPES.iter().position(|shape| *shape == kind).map(|place| 1 << place)
}

/// Returns the number of servers in `group`, if the other side has `others`.
fn count(group: &Group, servers: usize, others: usize) -> usize {
    match group {
        Group::Processes(all) => all.iter().filter(|id| id.is_server()).count(),
        Group::All => servers,
        Group::Rest => servers.saturating_sub(others),
        Group::Role(_) => 1,
    }
}

/// A lookout with the run that it watches.
#[derive(Debug)]
pub struct Watch<'a> {
    lookout: &'a mut Lookout,
    script: &'a Script,
}

impl Scout for Watch<'_> {
    fn entered(&mut self, phase: &'static str) {
        self.lookout.enter(phase);
    }

    fn fault(&mut self) {
        self.lookout.fault(&self.script.lines, self.script.servers);
    }

    fn calm(&mut self) {
        self.lookout.cuts.clear();
    }
}
