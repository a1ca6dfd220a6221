//! Everything that can be wrong with what the program is given: a clear message and the documented
//! status.

use std::fs::File;
use std::io::Write;

use insta::assert_snapshot;
use squall_cli::Status;

use crate::parrot::{Mood, THUNDER};
use crate::tools::{Called, call};

/// Replays `text`.
fn replay(text: &str) -> Called {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("story.squall"), text).unwrap();
    call(Mood::Honest, dir.path(), "replay {dir}/story.squall")
}

/// Calls the honest parrot.
fn say(arguments: &str) -> Called {
    let dir = tempfile::tempdir().unwrap();
    call(Mood::Honest, dir.path(), arguments)
}

#[test]
fn an_unknown_system() {
    assert_snapshot!(say("run parot"), @r"
    status 2
    err | error: invalid value 'parot' for '[SYSTEM]...'
    err |   [possible values: parrot]
    err | 
    err |   tip: a similar value exists: 'parrot'
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("script owl --seed 1"), @r"
    status 2
    err | error: there is no system `owl`
    err |   systems: parrot
    ");
    assert_snapshot!(say("trace parot --seed 1"), @r"
    status 2
    err | error: there is no system `parot`; did you mean `parrot`?
    err |   systems: parrot
    ");
    assert_snapshot!(replay(&THUNDER.replace("system parrot", "system carrot")), @r"
    status 2
    err | error: DIR/story.squall: there is no system `carrot`; did you mean `parrot`?
    err |   systems: parrot
    err |   a script names a system of the program that wrote it: another program may have it
    ");
}

#[test]
fn a_seed_that_is_not_a_number() {
    assert_snapshot!(say("run --seeds ten"), @r"
    status 2
    err | error: invalid value 'ten' for '--seeds <N|A..B>': a seed is a whole number from 0 to 18446744073709551615, and `ten` is none
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("script parrot --seed -1"), @r"
    status 2
    err | error: invalid value '-1' for '--seed <SEED>': a seed is a whole number from 0 to 18446744073709551615, and `-1` is none
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("run --seeds 9..3"), @r"
    status 2
    err | error: invalid value '9..3' for '--seeds <N|A..B>': it goes backwards; did you mean 3..9?
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("run --time 10"), @r"
    status 2
    err | error: invalid value '10' for '--time <60s>': expected a time with its unit, such as 500ms, 60s, 10m or 2h
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(replay(&THUNDER.replace("seed 1", "seed one")), @r"
    status 2
    err | error: a mistake in DIR/story.squall
    err |   × expected a whole number, found `one`
    err |    ╭─[DIR/story.squall:3:6]
    err |  3 │ seed one
    err |    ·      ─┬─
    err |    ·       ╰── expected a whole number
    err |    ╰────
    ");
}

#[test]
fn a_script_of_a_newer_version() {
    assert_snapshot!(replay(&THUNDER.replace("squall 1", "squall 2")), @r"
    status 2
    err | error: a mistake in DIR/story.squall
    err |   × version 2 of the script format is not understood
    err |    ╭─[DIR/story.squall:1:8]
    err |  1 │ squall 2
    err |    ·        ┬
    err |    ·        ╰── expected `squall 1`
    err |    ╰────
    err |   help: this program understands version 1: use the squall that wrote it
    ");
}

#[test]
fn a_process_that_does_not_exist() {
    assert_snapshot!(replay(&THUNDER.replace("c1 say", "c7 say")), @r"
    status 2
    err | error: a mistake in DIR/story.squall
    err |   × there is no process c7 in this script
    err |    ╭─[DIR/story.squall:7:11]
    err |  7 │ 0ms       c7 say thunder
    err |    ·           ─┬
    err |    ·            ╰── expected n1 or c1
    err |    ╰────
    err |   help: the header line `clients …` says how many there are
    ");
}

#[test]
fn a_fault_after_calm() {
    assert_snapshot!(replay(&format!("{THUNDER}2s crash n1\n")), @r"
    status 2
    err | error: a mistake in DIR/story.squall
    err |   × a fault after `calm`
    err |     ╭─[DIR/story.squall:11:4]
    err |  11 │ 2s crash n1
    err |     ·    ────┬───
    err |     ·        ╰── `calm` ended all faults at 1s
    err |     ╰────
    err |   help: only requests and fixed luck may stand below `calm`
    ");
}

#[test]
fn time_that_goes_backwards() {
    assert_snapshot!(replay(&format!("{THUNDER}500ms c1 say hello\n")), @r"
    status 2
    err | error: a mistake in DIR/story.squall
    err |   × time goes back from 1s to 500ms
    err |     ╭─[DIR/story.squall:11:1]
    err |  11 │ 500ms c1 say hello
    err |     · ──┬──
    err |     ·   ╰── expected 1s or later
    err |     ╰────
    err |   help: lines stand in the order of their times
    ");
}

#[test]
fn a_file_of_100_megabytes() {
    let dir = tempfile::tempdir().unwrap();
    File::create(dir.path().join("huge.squall")).unwrap().set_len(100 << 20).unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "replay {dir}/huge.squall"), @r"
    status 2
    err | error: DIR/huge.squall has 104857600 bytes; a script has at most 8388608
    ");
}

#[test]
fn a_binary_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = File::create(dir.path().join("core.squall")).unwrap();
    file.write_all(b"squall 1\n\x7fELF\x00\x01").unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "trace {dir}/core.squall"), @r"
    status 2
    err | error: DIR/core.squall is not text: byte 9 is 0x7f
    err |   a script is UTF-8 text without control characters
    ");
}

#[test]
fn a_folder_that_findings_cannot_be_kept_in() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "in the way").unwrap();
    assert_snapshot!(call(Mood::Lying, dir.path(), "run --findings-dir {dir}/file"), @r"
    status 2
    err | error: findings cannot be kept in DIR/file: DIR/file is not a folder
    err |   name another folder by --findings-dir
    ");
    assert_snapshot!(call(Mood::Lying, dir.path(), "run --findings-dir {dir}/file/below"), @r"
    status 2
    err | error: findings cannot be kept in DIR/file/below: DIR/file is not a folder
    err |   name another folder by --findings-dir
    ");
}

#[test]
fn a_protocol_that_panics_in_a_step() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = "run --seeds 300 --findings 2 --findings-dir {dir} --threads 1";
    let called = call(Mood::Afraid, dir.path(), arguments);
    assert_eq!(called.status, Status::Broken);
    assert!(called.out.contains("no-panic is broken: no step of a process panics"), "{called}");
    assert!(called.out.contains(": a step panicked: it thunders, at "), "{called}");
    assert!(called.out.contains("tests/cli/parrot.rs:"), "{called}");
    assert_eq!(called.err, "", "a panic that is a finding is not noise");
    let kept: Vec<_> = dir.path().read_dir().unwrap().collect();
    assert_eq!(kept.len(), 1, "one place in the code is one finding");
    assert!(called.out.contains("    the same in "), "the sweep goes on after the first: {called}");
    let called = call(Mood::Afraid, dir.path(), "replay {dir}");
    assert_eq!(called.status, Status::Broken);
    assert_eq!(called.out.matches("  as recorded\n").count(), 1, "{called}");
}

#[test]
fn a_protocol_that_never_stops_sending() {
    let dir = tempfile::tempdir().unwrap();
    let script = THUNDER.replace("clients 1", "clients 1\nsteps 10000");
    std::fs::write(dir.path().join("endless.squall"), script).unwrap();
    assert_snapshot!(call(Mood::Endless, dir.path(), "replay {dir}/endless.squall"), @r"
    status 3
    out | DIR/endless.squall: unknown
    out |   faithful  unknown: the limit of steps was reached after 10000 steps, at 4.998ms
    out |   nothing   unknown: the limit of steps was reached after 10000 steps, at 4.998ms
    ");
    let called = call(Mood::Endless, dir.path(), "run --seeds 4 --no-repeat --findings-dir {dir}");
    assert_eq!(called.status, Status::Unknown);
    let reason = "  the limit of steps was reached\n";
    assert!(called.out.contains("  unknown, because\n"), "{called}");
    assert!(called.out.contains(reason), "{called}");
}

#[test]
fn a_protocol_that_does_not_repeat_itself() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = "run --seeds 200 --findings-dir {dir} --threads 1";
    let called = call(Mood::Fickle, dir.path(), arguments);
    assert_eq!(called.status, Status::Diverged);
    assert!(called.out.starts_with("parrot: did not repeat itself\n"), "{called}");
    assert!(called.out.contains("  10 seeds run twice: "), "{called}");
    assert!(called.out.contains("    the one run    event "), "{called}");
    assert!(called.out.contains(" echo say "), "{called}");
}

#[test]
fn a_system_that_fails_outside_a_step() {
    let dir = tempfile::tempdir().unwrap();
    let called = call(Mood::Speechless, dir.path(), "script parrot --seed 1");
    assert_snapshot!(called, @r"
    status 70
    err | a fault in the harness itself, or in how a system is described: no word comes to mind
    ");
}
