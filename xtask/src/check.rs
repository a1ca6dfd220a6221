//! The museum, checked: every patch applies and builds, every witness shows its bug by a rule that
//! the patch names, and two bugs, one of safety and one of progress, are found by a hunt.
//!
//! A sample builds a part of the bugs. Every patch must still apply, and the two are still hunted.

use std::collections::BTreeMap;
use std::path::Path;

use crate::bug::{self, Bug};
use crate::failure::Failure;
use crate::figures::{grouped, seconds};
use crate::program::{Hunt, Program};
use crate::scratch::Scratch;

/// The bugs that are hunted.
const HUNTED: [&str; 2] = ["promise-before-sync", "accept-only-greater"];

/// A hunt that has found nothing by then has failed.
const SECONDS_MAX: u64 = 120;

/// A part of the museum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// How many bugs are built besides those that are hunted.
    pub(crate) size: usize,
    /// Decides which bugs these are.
    pub(crate) seed: u64,
}

impl Sample {
    /// Keeps the bugs of this sample and those that are hunted. Each system has its share, so that
    /// no system is left out while the sample has room.
    fn choose(self, mut bugs: Vec<Bug>) -> Vec<Bug> {
        let luck = |bug: &Bug| {
            let mut sum = crc32fast::Hasher::new();
            sum.update(&self.seed.to_le_bytes());
            sum.update(bug.name.as_bytes());
            sum.finalize()
        };
        bugs.sort_by_cached_key(luck);
        let mut rank = BTreeMap::new();
        let mut ranked = Vec::new();
        let (hunted, others): (Vec<_>, Vec<_>) = bugs.into_iter().partition(is_hunted);
        for bug in others {
            let next: &mut usize = rank.entry(bug.system.clone()).or_default();
            ranked.push((*next, bug));
            *next += 1;
        }
        // The sort is stable: within a rank, luck decides which system comes first.
        ranked.sort_by_key(|(rank, _)| *rank);
        let sampled = ranked.into_iter().take(self.size).map(|(_, bug)| bug);
        let mut chosen: Vec<_> = hunted.into_iter().chain(sampled).collect();
        chosen.sort_by(|one, other| one.name.cmp(&other.name));
        chosen
    }
}

/// Checks the museum of the project in `root`, or a sample of it.
pub(crate) fn check(root: &Path, sample: Option<Sample>) -> Result<(), Failure> {
    let bugs = bug::all(root)?;
    let total = bugs.len();
    // What no longer applies is told before anything is built.
    for bug in &bugs {
        bug.apply(root)?;
    }
    let scratch = Scratch::claim(root)?;
    let bugs = match sample {
        Some(sample) => sample.choose(bugs),
        None => bugs,
    };
    let mut failed = Vec::new();
    for bug in &bugs {
        match show(bug, &scratch) {
            Ok(shown) => println!("{}: {shown}", bug.name),
            Err(failure) => {
                eprintln!("{}: {failure}", bug.name);
                failed.push(bug.name.clone());
            }
        }
    }
    if !failed.is_empty() {
        return Err(Failure::NotShown { bugs: failed.join(", ") });
    }
    match bugs.len() {
        built if built == total => {
            println!("{total} bugs: each patch applies and builds, each witness shows its bug");
        }
        built => println!(
            "{total} bugs: each patch applies; {built} were built, and their witnesses show them; \
             the others were not built (without --sample all are)"
        ),
    }
    Ok(())
}

fn is_hunted(bug: &Bug) -> bool {
    HUNTED.contains(&bug.name.as_str())
}

/// Builds the program with `bug` planted. Returns what shows the bug.
fn show(bug: &Bug, scratch: &Scratch) -> Result<String, Failure> {
    scratch.plant(Some(bug))?;
    let program = scratch.build(&bug.name, bug.feature())?;
    let rule = witness(bug, &program)?;
    let found = match is_hunted(bug) {
        true => hunt(bug, &program, scratch)?,
        false => String::new(),
    };
    Ok(format!("shown by {rule}{found}"))
}

/// The rule that the witness of `bug` breaks.
fn witness(bug: &Bug, program: &Program) -> Result<String, Failure> {
    let witness = bug.witness();
    let blind = |said: String| Failure::Blind { witness: witness.clone(), said };
    match program.broken(&witness)?.map(|broken| broken.rule) {
        None => Err(blind(format!("every rule holds, though {} is planted", bug.name))),
        Some(rule) if !bug.label.names(&rule) => {
            let named = bug.label.caught_by.join(", ");
            Err(blind(format!("it breaks {rule}, and the patch names {named} alone")))
        }
        Some(rule) => Ok(rule),
    }
}

fn hunt(bug: &Bug, program: &Program, scratch: &Scratch) -> Result<String, Failure> {
    let folder = scratch.findings(&bug.name)?;
    let hunted = program.hunt(&Hunt {
        system: &bug.system,
        seeds: 0..u64::MAX,
        seconds: SECONDS_MAX,
        threads: None,
        folder: &folder,
    })?;
    let (runs, time) = (hunted.runs, format!("{} s", seconds(hunted.elapsed_ms)));
    match hunted.findings.first() {
        None => Err(Failure::NotFound { bug: bug.name.clone(), seeds: runs, seconds: time }),
        Some(found) if !bug.label.names(&found.rule) => {
            let named = bug.label.caught_by.join(", ");
            Err(Failure::OtherRule { bug: bug.name.clone(), rule: found.rule.clone(), named })
        }
        Some(found) => Ok(format!("; found by {} in {} seeds, {time}", found.rule, grouped(runs))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "\
breaks: it.
caught by: agreement
exposed by: luck.
source: none.

--- a/crates/paxos/src/lib.rs
+++ b/crates/paxos/src/lib.rs
@@ -1 +1 @@
-one
+two
";

    fn museum() -> Vec<Bug> {
        let names = ["accept-only-greater", "one", "promise-before-sync", "three", "two"];
        let synod = names.map(|name| ("synod", name));
        synod
            .into_iter()
            .chain([("raft", "four"), ("raft", "five")])
            .map(|(system, name)| {
                let file = format!("sims/{system}/bugs/{name}.patch");
                Bug::parse(system, Path::new(&file), PATCH.to_owned()).unwrap()
            })
            .collect()
    }

    fn chosen(size: usize, seed: u64) -> Vec<String> {
        let bugs = Sample { size, seed }.choose(museum());
        bugs.into_iter().map(|bug| bug.name).collect()
    }

    #[test]
    fn a_sample_has_the_hunted_bugs_and_a_share_of_each_system() {
        for seed in 0..100 {
            let names = chosen(2, seed);
            assert_eq!(names.len(), 4, "{names:?}");
            assert!(HUNTED.iter().all(|hunted| names.iter().any(|name| name == hunted)));
            let of_raft = names.iter().filter(|name| name.starts_with("raft-")).count();
            assert_eq!(of_raft, 1, "{names:?}");
        }
    }

    #[test]
    fn the_seed_decides_the_sample_and_every_bug_has_its_turn() {
        assert_eq!(chosen(2, 7), chosen(2, 7));
        let all: std::collections::BTreeSet<_> =
            (0..100).flat_map(|seed| chosen(2, seed)).collect();
        assert_eq!(all.len(), museum().len());
    }

    #[test]
    fn a_sample_larger_than_the_museum_is_the_museum() {
        assert_eq!(chosen(100, 1).len(), museum().len());
    }
}
