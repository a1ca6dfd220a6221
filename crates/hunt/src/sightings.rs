//! What a sweep found, sorted by fingerprint: of each the smallest script, how many seeds have it,
//! and the first of them.
//!
//! Nothing else is kept while a sweep goes on, so its memory grows with the number of different
//! findings and not with the number of seeds that have one. Sums are made in the order of the seeds
//! and are the same on any number of threads.

use serde::Serialize;
use squall_script::Script;

use crate::fingerprint::Fingerprint;

/// So many of the first seeds are named.
const FIRST_SEEDS: usize = 5;

/// The seeds of a sweep that have one finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sightings {
    /// How many.
    pub count: u64,
    /// The first few of them, rising.
    pub first: Vec<u64>,
}

impl Sightings {
    /// One seed alone.
    #[must_use]
    pub fn one(seed: u64) -> Self {
        Self { count: 1, first: vec![seed] }
    }

    /// Adds those of later seeds.
    fn add(&mut self, later: &Self) {
        self.count += later.count;
        let room = FIRST_SEEDS.saturating_sub(self.first.len());
        self.first.extend(later.first.iter().take(room));
    }
}

/// One fingerprint.
#[derive(Clone, Debug)]
pub(crate) struct Sighted {
    pub(crate) fingerprint: Fingerprint,
    /// The smallest script that has it.
    pub(crate) script: Script,
    pub(crate) seeds: Sightings,
}

/// All that was found, by the first seed of each.
#[derive(Clone, Debug)]
pub(crate) struct Catch(pub(crate) Vec<Sighted>);

impl Catch {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Notes that `script` has `fingerprint`, and keeps it if it is the smallest that does.
    pub(crate) fn note(&mut self, fingerprint: Fingerprint, script: &Script) {
        let seeds = Sightings::one(script.seed);
        match self.find(&fingerprint) {
            None => self.0.push(Sighted { fingerprint, script: script.clone(), seeds }),
            Some(known) => {
                known.seeds.add(&seeds);
                if size(script) < size(&known.script) {
                    known.script.clone_from(script);
                }
            }
        }
    }

    /// Adds what later seeds brought.
    pub(crate) fn append(&mut self, later: Self) {
        for sighted in later.0 {
            match self.find(&sighted.fingerprint) {
                None => self.0.push(sighted),
                Some(known) => {
                    known.seeds.add(&sighted.seeds);
                    if size(&sighted.script) < size(&known.script) {
                        known.script = sighted.script;
                    }
                }
            }
        }
    }

    fn find(&mut self, fingerprint: &Fingerprint) -> Option<&mut Sighted> {
        self.0.iter_mut().find(|sighted| sighted.fingerprint == *fingerprint)
    }
}

/// What makes a script long to read: its lines, then its processes. Of two of one size, the earlier
/// is kept.
fn size(script: &Script) -> (usize, u32) {
    (script.lines.len(), script.servers + script.clients)
}

#[cfg(test)]
mod tests {
    use squall_process::{Instant, ProcessId};
    use squall_script::{Action, Line, Operation};

    use super::*;

    fn print(text: &str) -> Fingerprint {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    fn script(seed: u64, lines: usize) -> Script {
        let mut script = Script::new("synod", seed, 3, 1);
        let action =
            Action::Ask { process: ProcessId::client(1), op: Operation::new("propose fig") };
        script.lines = vec![Line { at: Instant::ZERO, action }; lines];
        script
    }

    #[test]
    fn the_smallest_script_is_kept_of_each() {
        let (one, other) = (print("agreement/claimed-0001"), print("agreement/claimed-0002"));
        let (mut early, mut late) = (Catch::new(), Catch::new());
        early.note(one.clone(), &script(3, 9));
        early.note(other.clone(), &script(4, 2));
        early.note(one.clone(), &script(5, 7));
        late.note(other, &script(8, 2));
        (20..30).for_each(|seed| late.note(one.clone(), &script(seed, 6)));
        early.append(late);
        let told: Vec<_> = early
            .0
            .iter()
            .map(|found| (found.script.seed, found.seeds.count, found.seeds.first.clone()))
            .collect();
        assert_eq!(told, [(20, 12, vec![3, 5, 20, 21, 22]), (4, 2, vec![4, 8])]);
    }
}
