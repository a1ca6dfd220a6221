//! The museum, checked: every patch applies and builds, every witness shows its bug by a rule that
//! the patch names, and two bugs, one of safety and one of progress, are found by a hunt.

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

/// Checks the museum of the project in `root`.
pub(crate) fn check(root: &Path) -> Result<(), Failure> {
    let bugs = bug::all(root)?;
    // What no longer applies is told before anything is built.
    for bug in &bugs {
        bug.apply(root)?;
    }
    let scratch = Scratch::claim(root)?;
    for bug in &bugs {
        scratch.plant(Some(bug))?;
        let program = scratch.build(&bug.name, bug.feature())?;
        let rule = witness(bug, &program)?;
        let found = match HUNTED.contains(&bug.name.as_str()) {
            true => hunt(bug, &program, &scratch)?,
            false => String::new(),
        };
        println!("{}: shown by {rule}{found}", bug.name);
    }
    println!("{} bugs: each patch applies and builds, each witness shows its bug", bugs.len());
    Ok(())
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
