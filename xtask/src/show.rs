//! One bug, shown: planted, hunted, and its finding printed.

use std::fs;
use std::path::Path;

use crate::bug::{self, Bug};
use crate::failure::Failure;
use crate::figures::{grouped, seconds};
use crate::program::Hunt;
use crate::scratch::Scratch;

/// The seeds that are looked through, if time is left.
const SEEDS: u64 = 1_000_000_000;

/// Prints every bug and the rules that must catch it.
pub(crate) fn list(root: &Path) -> Result<(), Failure> {
    for bug in bug::all(root)? {
        println!("{}\n  {}\n  caught by {}", bug.name, bug.label.breaks, rules(&bug));
    }
    Ok(())
}

fn rules(bug: &Bug) -> String {
    bug.label.caught_by.join(", or ")
}

/// Plants the bug called `name`, hunts it for at most `time` seconds, and prints the finding.
pub(crate) fn show(root: &Path, name: &str, time: u64) -> Result<(), Failure> {
    let bug = bug::read(root, name)?;
    println!("{}: {}", bug.name, bug.label.breaks);
    println!("  exposed by: {}", bug.label.exposed_by);
    println!("  source: {}", bug.label.source);
    let scratch = Scratch::claim(root)?;
    scratch.plant(Some(&bug))?;
    eprintln!("building the program with {name} planted ...");
    let program = scratch.build(name, bug.feature())?;
    let folder = scratch.findings(name)?;
    eprintln!("hunting ...");
    let hunt = Hunt {
        system: &bug.system,
        seeds: 0..SEEDS,
        seconds: time,
        threads: None,
        folder: &folder,
    };
    let hunted = program.hunt(&hunt)?;
    let Some((found, path)) =
        hunted.findings.first().and_then(|found| Some((found, found.path.as_ref()?)))
    else {
        let (bug, seconds) = (name.to_owned(), format!("{} s", seconds(hunted.elapsed_ms)));
        return Err(Failure::NotFound { bug, seeds: hunted.runs, seconds });
    };
    if !bug.label.names(&found.rule) {
        let (bug, rule, named) = (name.to_owned(), found.rule.clone(), rules(&bug));
        return Err(Failure::OtherRule { bug, rule, named });
    }
    let (runs, time) = (grouped(hunted.runs), seconds(hunted.elapsed_ms));
    println!("  found in {runs} seeds, {time} s, by seed {}", found.seed());
    eprintln!("shrinking ...");
    let shrunk = program.shrink(path, &folder.join("shrunk.squall"))?;
    println!("  shrunk in {} s\n", seconds(shrunk.elapsed_ms));
    let text = fs::read_to_string(&shrunk.shrunk).map_err(Failure::file("read", path))?;
    println!("{}\n", text.trim_end());
    println!("{} replay {}", program.shown(), program.short(&shrunk.shrunk));
    Ok(())
}
