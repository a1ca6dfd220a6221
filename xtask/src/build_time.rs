//! The time that builds take: from a fresh clone to the summary of a sweep, with one system more,
//! and from one changed line to a running sweep.
//!
//! Model: the last commit is cloned to a folder below `target/`, which is emptied first, so that
//! nothing is built yet. Dependencies are downloaded before the first measurement. A package
//! `storm` beside the clone has one system, the one of `sims/echo`, as a user would write it.
//!
//! Each figure is CPU time of cargo and of all that it starts, and the time that passed. Only CPU
//! time can be compared between runs on a machine that does other work.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Below `target/`.
const FOLDER: &str = "build-time";

/// The program of a user before it has a system.
const EMPTY: &str = "use squall_cli as _;\n\nfn main() {}\n";

/// The main function of a user's program.
const MAIN: &str = "
fn main() -> std::process::ExitCode {
    squall_cli::Squall::new().system(EchoSystem).main()
}
";

/// The line that changes, and what it changes to.
const CHANGE: [&str; 2] = ["Span::from_millis(50)", "Span::from_millis(51)"];

const MANIFEST: &str = "\
[package]
name = \"storm\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
squall = { path = \"../tree/crates/squall\" }
squall-cli = { path = \"../tree/crates/cli\" }

[workspace]
";

/// What one step of building took.
struct Took {
    step: &'static str,
    cpu: Option<Duration>,
    passed: Duration,
}

/// Measures all builds and prints one line for each.
pub(crate) fn build_time(root: &Path) -> Result<(), Failure> {
    let folder = root.join("target").join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failure::file("empty", &folder))?;
    }
    fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
    let tree = folder.join("tree");
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet"]).arg(root).arg(&tree);
    run(&mut clone, &folder)?;
    run(&mut cargo(&["fetch", "--locked"], &tree), &tree)?;

    println!("{:<48} {:>8} {:>10}", "", "CPU, s", "passed, s");
    let run_all = ["run", "--release", "--quiet", "--offline", "--", "run"];
    print(&measured("a fresh clone to the summary of a sweep", cargo(&run_all, &tree), &tree)?);
    let storm = Storm::new(&folder, &tree)?;
    storm.measure(&["build", "--release", "--quiet", "--offline"], "release")?;
    storm.measure(&["build", "--quiet", "--offline"], "dev")
}

/// The package of a user.
struct Storm {
    folder: PathBuf,
    /// Its program, with one system.
    program: String,
}

impl Storm {
    fn new(beside: &Path, tree: &Path) -> Result<Self, Failure> {
        let folder = beside.join("storm");
        let source = folder.join("src");
        fs::create_dir_all(&source).map_err(Failure::file("make", &source))?;
        let echo = tree.join("sims/echo/src/lib.rs");
        let system = fs::read_to_string(&echo).map_err(Failure::file("read", &echo))?;
        let (lock, own) = (tree.join("Cargo.lock"), folder.join("Cargo.lock"));
        fs::copy(&lock, own).map_err(Failure::file("copy", &lock))?;
        let storm = Self { folder, program: system + MAIN };
        storm.write("Cargo.toml", MANIFEST)?;
        Ok(storm)
    }

    fn write(&self, file: &str, text: &str) -> Result<(), Failure> {
        let path = self.folder.join(file);
        fs::write(&path, text).map_err(Failure::file("write", &path))
    }

    /// Measures the steps of a user in one `profile`, which `build` builds.
    fn measure(&self, build: &[&str], profile: &str) -> Result<(), Failure> {
        let is_release = profile == "release";
        let name = |release, dev| if is_release { release } else { dev };
        let sweep: Vec<&str> = ["run"]
            .iter()
            .chain(&build[1..])
            .chain(&["--", "run", "--seeds", "100"])
            .copied()
            .collect();
        self.write("src/main.rs", EMPTY)?;
        let step = name("the library, release", "the library, dev");
        print(&measured(step, cargo(build, &self.folder), &self.folder)?);
        self.write("src/main.rs", &self.program)?;
        let step = name("one system more, release", "one system more, dev");
        print(&measured(step, cargo(build, &self.folder), &self.folder)?);
        self.write("src/main.rs", &self.program.replace(CHANGE[0], CHANGE[1]))?;
        let step = name(
            "one changed line to the end of a sweep, release",
            "one changed line to the end of a sweep, dev",
        );
        print(&measured(step, cargo(&sweep, &self.folder), &self.folder)?);
        Ok(())
    }
}

fn cargo(arguments: &[&str], folder: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(arguments).env("CARGO_TARGET_DIR", folder.join("target"));
    command
}

/// Runs `command` in `folder`, without its output.
fn run(command: &mut Command, folder: &Path) -> Result<(), Failure> {
    let call = format!("{command:?}");
    let output = command.current_dir(folder).output();
    let output = output.map_err(Failure::file("start a command in", folder))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    Err(Failure::Program { call, ended: format!("ended with {}", output.status), output: text })
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn measured(step: &'static str, mut command: Command, folder: &Path) -> Result<Took, Failure> {
    let (before, begun) = (cpu_of_children(), Instant::now());
    run(&mut command, folder)?;
    let cpu = cpu_of_children().zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(Took { step, cpu, passed: begun.elapsed() })
}

fn print(took: &Took) {
    let cpu = took.cpu.map_or("-".to_owned(), |cpu| format!("{:.1}", cpu.as_secs_f64()));
    println!("{:<48} {cpu:>8} {:>10.1}", took.step, took.passed.as_secs_f64());
}

/// The CPU time of all commands that have ended, where the system tells it.
fn cpu_of_children() -> Option<Duration> {
    cpu_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The CPU time of ended children in a line of `/proc/self/stat`: the user time and the system
/// time, in hundredths of a second (proc(5), fields 16 and 17).
fn cpu_in(stat: &str) -> Option<Duration> {
    // The second field is a name in brackets, which may have blanks.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis(10 * (user + system)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_of_children_is_read_behind_the_name() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 200 0 0 3 4 150 25 20 0 1 0 99";
        assert_eq!(cpu_in(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_in("7 (a"), None);
    }

    #[test]
    fn the_line_that_changes_is_in_the_system_of_the_user() {
        let echo = include_str!("../../sims/echo/src/lib.rs");
        assert_eq!(echo.matches(CHANGE[0]).count(), 1);
    }
}
