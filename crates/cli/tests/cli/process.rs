//! What becomes of a command whose process is ended by the code under test, or from outside.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::parrot::{Mood, THUNDER};

/// The program with a parrot in `mood`.
fn program(mood: Mood) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall-parrot"));
    command.env("PARROT", format!("{mood:?}")).stdin(Stdio::null());
    command
}

fn call(mood: Mood, dir: &Path, arguments: &str) -> Output {
    let words = arguments.split_whitespace().map(|word| word.replace("{dir}", &text(dir)));
    program(mood).args(words).output().unwrap()
}

fn text(dir: &Path) -> String {
    dir.display().to_string()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_process_that_ends_in_a_step_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    for (mood, how) in [(Mood::Leaving, "exit status: 0"), (Mood::Aborting, "signal: 6 (SIGABRT)")]
    {
        let arguments = "run parrot --seeds 100 --threads 2 --findings-dir {dir}/none";
        let called = call(mood, dir.path(), arguments);
        assert_eq!(called.status.code(), Some(70), "{}", err(&called));
        let told = err(&called);
        let first = told.lines().next().unwrap_or_default();
        let named = first.strip_prefix("error: parrot, seed ").unwrap_or_else(|| panic!("{told}"));
        let (seed, rest) = named.split_once(": ").unwrap();
        assert!(rest.starts_with("the process ended before the run did"), "{told}");
        assert!(rest.contains(how), "{told}");
        let again = format!("trace parrot --seed {seed}");
        assert!(told.contains(&again), "{told}");
        let again = call(mood, dir.path(), &again);
        assert_eq!(again.status.code(), Some(70), "{}", err(&again));
        assert!(err(&again).starts_with(&format!("error: seed {seed} of parrot: ")));
    }
}

#[test]
fn a_script_that_ends_the_process_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thunder.squall"), THUNDER).unwrap();
    for command in ["replay", "trace", "explain", "shrink"] {
        let called = call(Mood::Leaving, dir.path(), &format!("{command} {{dir}}/thunder.squall"));
        assert_eq!(called.status.code(), Some(70), "{command}: {}", err(&called));
        let told = format!("error: {}/thunder.squall: the process ended", text(dir.path()));
        assert!(err(&called).starts_with(&told), "{command}: {}", err(&called));
    }
    let called = call(Mood::Honest, dir.path(), "replay {dir}/thunder.squall");
    assert_eq!(called.status.code(), Some(0), "{}", err(&called));
}

/// The rest of the sweep is not held up for ever, and the run is kept to look at.
#[test]
fn a_step_that_never_returns_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = "run --seeds 1000 --threads 2 --watchdog 300ms --findings-dir {dir}";
    let called = call(Mood::Stuck, dir.path(), arguments);
    assert_eq!(called.status.code(), Some(1), "{}", err(&called));
    assert!(err(&called).contains("parrot: run-ends is broken: every run ends\n"));
    let [path] = dir.path().read_dir().unwrap().collect::<Vec<_>>().try_into().unwrap();
    let kept = std::fs::read_to_string(path.unwrap().path()).unwrap();
    assert!(kept.contains("# rule run-ends\n") && kept.contains("say thunder"), "{kept}");
    let json = call(Mood::Stuck, dir.path(), &format!("{arguments} --json"));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["exit"], &json["stuck"]["system"]), (&1.into(), &"parrot".into()));
}

/// What happened before the step is shown, though the process ends in it.
#[test]
fn a_trace_goes_out_as_it_is_made() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thunder.squall"), THUNDER).unwrap();
    let called = call(Mood::Leaving, dir.path(), "trace {dir}/thunder.squall");
    let out = String::from_utf8(called.stdout).unwrap();
    let last = out.lines().last().unwrap_or_default();
    assert!(last.contains("c1>n1#1 arrives o1 say thunder"), "{out}");
}

/// A signal asks for an end as Ctrl-C does: what was done is reported, what was found is kept.
#[cfg(unix)]
#[test]
fn a_signal_ends_a_sweep_with_a_report() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let dir = tempfile::tempdir().unwrap();
        let mut sweep = program(Mood::Lying);
        sweep.args(["run", "--seeds", "1000000000", "--findings", "1000", "--threads", "1"]);
        sweep.args(["--no-shrink", "--findings-dir"]).arg(dir.path());
        let sweep = sweep.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It is under way as soon as something is found, which is kept at once.
        while dir.path().read_dir().unwrap().count() == 0 {
            std::thread::yield_now();
        }
        let sent = Command::new("kill").args([signal, &sweep.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let ended = sweep.wait_with_output().unwrap();
        let out = String::from_utf8_lossy(&ended.stdout);
        assert_eq!(ended.status.code(), Some(1), "{signal}: {out} {}", err(&ended));
        assert!(out.contains("  stopped by Ctrl-C, before seed 1000000000\n"), "{out}");
    }
}

/// The end of the supervisor is no reason for what it supervises to go on for ever.
#[cfg(unix)]
#[test]
fn a_sweep_ends_with_its_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let mut sweep = program(Mood::Honest);
    sweep.args(["run", "--time", "10h", "--threads", "1", "--quiet", "--findings-dir"]);
    let mut sweep = sweep.arg(dir.path()).stdout(Stdio::piped()).spawn().unwrap();
    let out = sweep.stdout.take().unwrap();
    sweep.kill().unwrap();
    sweep.wait().unwrap();
    // The end of its output is the end of the last process that can write to it.
    BufReader::new(out).lines().for_each(|line| drop(line.unwrap()));
}
