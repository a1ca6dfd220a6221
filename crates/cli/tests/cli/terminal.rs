//! Colours, completions, and readers that go away.

use std::io::{self, Write};

use squall_cli::{Console, Squall, Status};

use crate::parrot::{Mood, Parrot};
use crate::tools::{call, call_in};

/// A reader that is gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run_into(out: &mut (dyn Write + Send), arguments: &[&str]) -> (Status, String) {
    let mut err = Vec::new();
    let status = Squall::new().system(Parrot(Mood::Honest)).run(
        ["squall"].iter().chain(arguments),
        &mut Console {
            out,
            err: &mut err,
            out_is_terminal: false,
            err_is_terminal: false,
            variable: &|_| None,
            is_interrupted: &|| false,
        },
    );
    (status, String::from_utf8(err).unwrap())
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let calls: [&[&str]; 5] = [
        &["list"],
        &["--help"],
        &["run", "--seeds", "5"],
        &["trace", "parrot", "--seed", "1"],
        &["completions", "bash"],
    ];
    for arguments in calls {
        let (status, err) = run_into(&mut Gone, arguments);
        assert_eq!(status, Status::Holds, "{arguments:?}: {err}");
    }
}

#[test]
fn data_that_cannot_be_written_is_told() {
    let (status, err) = run_into(&mut Full, &["list"]);
    assert_eq!(status.code(), 70);
    assert!(err.starts_with("error: cannot write: "), "{err}");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let dir = tempfile::tempdir().unwrap();
    let is_colored = |arguments, set: &'static str| {
        let variable = |name: &str| (name == set).then(|| "1".to_owned());
        call_in(Mood::Honest, dir.path(), arguments, &variable, &|| false).out.contains('\x1b')
    };
    assert!(!is_colored("list", ""));
    assert!(is_colored("list --color always", "NO_COLOR"));
    assert!(!is_colored("list --color never", ""));
}

#[test]
fn a_terminal_has_colours_unless_they_are_unwanted() {
    let is_colored = |set: &'static str| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console {
            out: &mut out,
            err: &mut err,
            out_is_terminal: true,
            err_is_terminal: true,
            variable: &|name| (name == set).then(|| "1".to_owned()),
            is_interrupted: &|| false,
        };
        Squall::new().system(Parrot(Mood::Honest)).run(["squall", "list"], &mut console);
        out.contains(&0x1b)
    };
    assert!(is_colored(""));
    assert!(!is_colored("NO_COLOR"));
    assert!(!is_colored("CI"));
}

#[test]
fn every_shell_has_completions() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let called = call(Mood::Honest, dir.path(), &format!("completions {shell}"));
        assert_eq!(called.status, Status::Holds);
        assert!(called.out.contains("findings-dir"), "{shell}");
    }
}

#[test]
fn help_is_data_and_its_absence_wrong_use() {
    let dir = tempfile::tempdir().unwrap();
    let called = call(Mood::Honest, dir.path(), "--help");
    assert_eq!((called.status, called.err.as_str()), (Status::Holds, ""));
    assert!(called.out.contains("Exit status: 0 every rule holds, 1 a rule is broken"));
    let called = call(Mood::Honest, dir.path(), "");
    assert_eq!((called.status, called.out.as_str()), (Status::Misuse, ""));
}
