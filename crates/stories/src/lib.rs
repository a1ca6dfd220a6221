//! Kept scripts as tests.
//!
//! [`stories!`] makes a test of each script in a folder: the snapshot holds the script, the trace
//! beneath that shows what came of it, the verdicts and the digest; a person reads it when it
//! changes. A trace leaves out what a reader can infer: that a message was sent which arrives after
//! the usual time, that timers are set, that a sync is asked for and told of.
//!
//! [`museum`] holds the witnesses of planted bugs to the correct code, and [`golden`] fixes what a
//! seed means.

mod golden;
pub mod museum;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use squall_process::Process;
use squall_script::{Report, Runner, Script, System, parse};
use squall_trace::{Fate, Line, Lines};
use squall_world::Delay;

pub use golden::golden;
#[doc(hidden)]
pub use insta;

/// Event kinds that a story leaves out.
const LEFT_OUT: [&str; 4] = ["timer-set", "timer-cancelled", "sync-asked", "synced"];

/// The scripts of a system that are kept in one folder.
#[derive(Clone, Debug)]
pub struct Shelf<'a, S> {
    system: &'a S,
    folder: PathBuf,
}

impl<'a, S: System> Shelf<'a, S> {
    /// Returns the scripts of `system` in `folder`.
    #[must_use]
    pub fn new(system: &'a S, folder: impl Into<PathBuf>) -> Self {
        Self { system, folder: folder.into() }
    }

    /// Returns the names of the scripts, without their ending.
    ///
    /// # Panics
    ///
    /// Panics if the folder cannot be read.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        names_in(&self.folder).map(|name| name.replace(".squall", "")).collect()
    }

    fn source(&self, name: &str) -> String {
        let path = self.folder.join(format!("{name}.squall"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn read(&self, name: &str) -> Script {
        let file = format!("{name}.squall");
        parse(self.system, &self.source(name), &file).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the script called `name`, what came of it, and what the judges say.
    ///
    /// # Panics
    ///
    /// Panics if the script cannot be run, or fixes luck that does not come up.
    #[must_use]
    pub fn tell(&self, name: &str) -> String {
        let script = self.read(name);
        let (report, lines) = run(self.system, &script);
        assert_eq!(report.unused_luck, [], "{name}: luck that did not come up");
        let mut story = self.source(name);
        story.push_str("\n---- trace ----\n");
        for line in lines.as_slice() {
            if !LEFT_OUT.contains(&line.kind.name()) && !is_usual(line, &script) {
                let _ = writeln!(story, "{line}");
            }
        }
        story.push_str("\n---- verdicts ----\n");
        for (rule, verdict) in &report.rulings {
            let _ = writeln!(story, "{:<18} {verdict}", rule.name);
        }
        let _ = writeln!(story, "\nend: {}, at {}", report.end, report.simulated);
        let _ = writeln!(story, "digest: {}", report.digest);
        story
    }

    /// Holds the folder and `snapshots` to have the scripts called `names`, and no other.
    ///
    /// # Panics
    ///
    /// Panics if a script has no test, or a snapshot no script.
    pub fn has_no_orphans(&self, names: &[&str], snapshots: &Path) {
        let told: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(self.names(), told);
        for name in names_in(snapshots) {
            if let Some((of, story)) = name.split_once("__")
                && of == self.system.name()
            {
                let story = story.replace(".new", "").replace(".snap", "");
                assert!(told.contains(&story), "{name} is of no story any more");
            }
        }
    }

    /// Holds each script to be the same when it is told again, in a world that was used before,
    /// from its own print, and on another thread.
    ///
    /// # Panics
    ///
    /// Panics if it is not.
    pub fn repeats(&self)
    where
        S::Process: Process,
    {
        let mut used = Runner::new(self.system);
        for name in self.names() {
            let script = self.read(&name);
            let first = run(self.system, &script).0.digest;
            assert_eq!(run(self.system, &script).0.digest, first, "{name} again");
            for turn in ["first", "second"] {
                let again = used.run(&script, ()).expect("sizes and knobs that fit");
                assert_eq!(again.digest, first, "{name} in a used world, {turn} turn");
            }
            let printed = parse(self.system, &script.to_string(), &name).expect("what was printed");
            assert_eq!(printed, script, "{name} printed and parsed");
            assert_eq!(run(self.system, &printed).0.digest, first, "{name} printed and parsed");
            std::thread::scope(|scope| {
                let other = scope.spawn(|| run(self.system, &script).0.digest).join();
                assert_eq!(other.expect("no panic"), first, "{name} on another thread");
            });
        }
    }
}

fn run<S: System>(system: &S, script: &Script) -> (Report, Lines) {
    let mut lines = Lines::all();
    let report = Runner::new(system).run(script, &mut lines).expect("sizes and knobs that fit");
    (report, lines)
}

/// Returns whether a line tells of a message that will arrive after the usual time: it is shown
/// there.
fn is_usual(line: &Line, script: &Script) -> bool {
    let Delay::Uniform(usual) = script.conditions.delay else { return false };
    let usual = format!("({})", Fate::Takes(usual.low()));
    line.kind.name() == "sent" && line.text.ends_with(&usual)
}

fn names_in(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let names = entries.map(|entry| entry.expect("a readable entry").file_name());
    names.map(|name| name.to_string_lossy().into_owned())
}

#[doc(hidden)]
pub fn name_of<S: System>(system: &S) -> &'static str {
    system.name()
}

/// Compares `text` with the snapshot that has exactly this name, in the `snapshots` folder beside
/// the file in which the macro stands.
#[macro_export]
macro_rules! assert_kept {
    ($name:expr, $text:expr) => {{
        let mut settings = $crate::insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| $crate::insta::assert_snapshot!($name, $text));
    }};
}

/// Makes a module with one test for each story of a system, and two for all of them: that no script
/// is without a test, and that each repeats itself.
///
/// `stories! { module, System, "folder", name name ... }`: the folder is below the package.
#[macro_export]
macro_rules! stories {
    ($module:ident, $system:expr, $folder:literal, $($name:ident)+) => {
        mod $module {
            use super::*;
            use $crate::Shelf;

            const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

            fn folder() -> std::path::PathBuf {
                std::path::Path::new(PACKAGE).join($folder)
            }

            $(#[test]
            fn $name() {
                let (system, name) = (&$system, stringify!($name));
                let kept = format!("{}__{name}", $crate::name_of(system));
                $crate::assert_kept!(kept, Shelf::new(system, folder()).tell(name));
            })+

            #[test]
            fn every_script_is_told() {
                let snapshots = std::path::Path::new(PACKAGE).join("tests/snapshots");
                let names = [$(stringify!($name)),+];
                Shelf::new(&$system, folder()).has_no_orphans(&names, &snapshots);
            }

            #[test]
            fn every_script_repeats_itself() {
                Shelf::new(&$system, folder()).repeats();
            }
        }
    };
}
