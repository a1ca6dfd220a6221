//! `squall script --bytes`: what a fuzz target was given, as a script.

use std::path::Path;

use insta::assert_snapshot;
use squall_cli::Status;

use crate::parrot::{Mood, Parrot, THUNDER};
use crate::tools::{Called, call};

/// Asks for the script of `bytes`.
fn script_of(bytes: &[u8]) -> Called {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("input"), bytes).unwrap();
    call(Mood::Honest, dir.path(), "script parrot --bytes {dir}/input")
}

#[test]
fn the_bytes_of_a_seed_become_its_script() {
    let bytes = squall::hunt::encode(&Parrot(Mood::Honest), 7);
    let of_seed = call(Mood::Honest, Path::new("nowhere"), "script parrot --seed 7");
    let of_bytes = script_of(&bytes);
    assert_eq!((of_bytes.status, &of_bytes.out), (Status::Holds, &of_seed.out));
    let json = call(Mood::Honest, Path::new("nowhere"), "script parrot --seed 7 --json");
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["seed"], &json["script"]), (&7.into(), &of_seed.out.into()));
}

#[test]
fn a_text_stays_what_it_is() {
    assert_eq!(script_of(THUNDER.as_bytes()).out, THUNDER);
}

#[test]
fn no_bytes_are_the_quietest_script() {
    assert_snapshot!(script_of(b""), @r"
    status 0
    out | squall 1
    out | system parrot
    out | seed 0
    out | servers 1
    out | clients 1
    out | judge safety
    out | delay 0ms + exp 100us
    out | order kept
    out | write-error 1%
    out | sync-error 1%
    out | 
    out | 0ms       c1 say hello
    out | 50ms      calm
    ");
}

#[test]
fn bytes_that_are_no_script() {
    assert_snapshot!(script_of(b"squall 1\nsystem parrot\n\xff"), @r"
    status 2
    err | error: DIR/input: it begins as a script and is not text: byte 23 is 0xff
    ");
    assert_snapshot!(script_of(b"squall 1\nsystem parrot\nseed 1\nservers 1\nclimbs 2\n"), @r"
    status 2
    err | error: a mistake in DIR/input
    err |   × there is no header key `climbs`
    err |    ╭─[DIR/input:5:1]
    err |  5 │ climbs 2
    err |    · ───┬──
    err |    ·    ╰── expected a header key, or a line with a time
    err |    ╰────
    ");
    assert_snapshot!(script_of(&[7; 70_000]), @r"
    status 2
    err | error: DIR/input: 70000 bytes that do not begin with `squall` are no choices: at most 65536 are
    ");
    assert_snapshot!(call(Mood::Honest, Path::new("nowhere"), "script parrot --bytes missing"), @r"
    status 2
    err | error: there is no file missing
    ");
}

#[test]
fn a_seed_or_bytes_and_not_both() {
    let say = |arguments: &str| call(Mood::Honest, Path::new("nowhere"), arguments);
    assert_snapshot!(say("script parrot --seed 7 --bytes missing"), @r"
    status 2
    err | error: the argument '--seed <SEED>' cannot be used with '--bytes <FILE>'
    err | 
    err | Usage: squall script --seed <SEED> <FILE|SYSTEM>
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("script parrot --as-bytes"), @r"
    status 2
    err | error: the following required arguments were not provided:
    err |   --seed <SEED>
    err | 
    err | Usage: squall script --seed <SEED> --as-bytes <FILE|SYSTEM>
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("script parrot --seed 7 --as-bytes --json"), @r"
    status 2
    err | error: bytes are no JSON: leave out --json or --as-bytes
    ");
    assert_snapshot!(say("script carrot --bytes missing"), @r"
    status 2
    err | error: there is no system `carrot`; did you mean `parrot`?
    err |   systems: parrot
    ");
}
