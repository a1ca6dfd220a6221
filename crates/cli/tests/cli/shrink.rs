//! `squall shrink`: a smaller script that shows the same, in a file of its own.

use std::path::Path;

use insta::assert_snapshot;
use squall_cli::Status;
use tempfile::TempDir;

use crate::parrot::{Mood, THUNDER};
use crate::tools::{Called, call, call_in};

/// Returns a folder with `text` as `story.squall`.
fn story(text: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("story.squall"), text).unwrap();
    dir
}

/// Returns what was written, without the time that it took.
fn timeless(called: &Called) -> String {
    let text = called.to_string();
    let lines = text.lines().map(|line| {
        let (before, after) = line.split_once(" in ").unwrap_or((line, ""));
        let behind = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        match behind.len() < after.len() && behind.starts_with('s') {
            true => format!("{before} in TIME{behind}"),
            false => line.to_owned(),
        }
    });
    lines.map(|line| line + "\n").collect()
}

fn exists(dir: &TempDir, name: &str) -> bool {
    dir.path().join(name).exists()
}

#[test]
fn a_story_is_told_in_its_one_line_that_matters() {
    let dir = story(THUNDER);
    let called = call(Mood::Lying, dir.path(), "shrink {dir}/story.squall --threads 1");
    assert_snapshot!(timeless(&called), @"
    status 1
    out | DIR/story.squall: faithful is broken: c1 said thunder and heard rain
    out |   lines 4 -> 1, header lines 0 -> 1, processes 2 -> 2, operations 1 -> 1, faults 3 -> 0, events 13 -> 9, time 1s -> 0ms
    out |   51 runs in TIMEs: no line can be left out
    out |   squall replay DIR/story.min.squall
    out | 
    out | squall 1
    out | system parrot
    out | seed 1
    out | servers 1
    out | clients 1
    out | end 2ms
    out | 
    out | 0ms       c1 say thunder
    ");
    // The new file replays, and says how it was made.
    let replayed = call(Mood::Lying, dir.path(), "replay {dir}/story.min.squall");
    assert!(replayed.out.contains("as recorded"), "{}", replayed.out);
}

#[test]
fn no_file_is_written_over() {
    let dir = story(THUNDER);
    for name in ["story.min.squall", "story.min-2.squall", "story.min-3.squall"] {
        assert!(!exists(&dir, name));
        let called = call(Mood::Lying, dir.path(), "shrink {dir}/story.squall");
        assert!(called.status == Status::Broken && exists(&dir, name), "{called}");
    }
    let called = call(Mood::Lying, dir.path(), "shrink {dir}/story.squall -o {dir}/story.squall");
    assert_snapshot!(called, @"
    status 2
    err | error: DIR/story.squall is there already; name another file by -o
    ");
    assert_eq!(std::fs::read_to_string(dir.path().join("story.squall")).unwrap(), THUNDER);
    let called = call(Mood::Lying, dir.path(), "shrink {dir}/story.squall -o {dir}/story.squall/x");
    assert_eq!(called.status, Status::Misuse, "{called}");
}

#[test]
fn a_script_that_breaks_no_rule_is_not_shrunk() {
    let dir = story(THUNDER);
    let called = call(Mood::Honest, dir.path(), "shrink {dir}/story.squall");
    assert_snapshot!(called, @"
    status 6
    err | DIR/story.squall: nothing to shrink: no rule is broken
    ");
    assert!(!exists(&dir, "story.min.squall"));
    let called = call(Mood::Honest, dir.path(), "shrink {dir}/story.squall --json");
    assert_snapshot!(called, @r#"
    status 6
    out | {"exit":6,"file":"DIR/story.squall","reason":"no rule is broken","status":"nothing-broken"}
    "#);
}

#[test]
fn bad_input_is_refused_with_a_way_out() {
    let dir = story(THUNDER);
    let say = |arguments: &str| call(Mood::Lying, dir.path(), arguments);
    assert_snapshot!(say("shrink {dir}/story.squall --budget 0"), @"
    status 2
    err | error: invalid value '0' for '--budget <RUNS>': without a run nothing can be shrunk; give it 1 or more
    err | 
    err | For more information, try '--help'.
    ");
    assert_snapshot!(say("shrink {dir}/none.squall"), @"
    status 2
    err | error: there is no file DIR/none.squall
    ");
    let other = story(&THUNDER.replace("system parrot", "system carrot"));
    assert_snapshot!(call(Mood::Lying, other.path(), "shrink {dir}/story.squall"), @"
    status 2
    err | error: DIR/story.squall: there is no system `carrot`; did you mean `parrot`?
    err |   systems: parrot
    err |   a script names a system of the program that wrote it: another program may have it
    ");
    let newer = story(&THUNDER.replace("squall 1", "squall 2"));
    let called = call(Mood::Lying, newer.path(), "shrink {dir}/story.squall");
    assert_eq!(called.status, Status::Misuse);
    assert!(called.err.contains("squall 2") || called.err.contains("version"), "{called}");
}

#[test]
fn ctrl_c_keeps_the_best_so_far() {
    let dir = story(THUNDER);
    let asked = || true;
    let called = call_in(Mood::Lying, dir.path(), "shrink {dir}/story.squall", &|_| None, &asked);
    assert_eq!(called.status, Status::Broken);
    let sentence = "not minimal yet, it was stopped by Ctrl-C";
    assert!(called.out.contains(sentence), "{called}");
    assert!(exists(&dir, "story.min.squall"));
}

#[test]
fn a_small_budget_and_a_short_time_say_so() {
    let dir = story(THUNDER);
    let say = |options: &str| {
        let arguments = format!("shrink {{dir}}/story.squall --threads 1 {options}");
        call(Mood::Lying, dir.path(), &arguments).out
    };
    assert!(say("--budget 1").contains("not minimal yet, its budget of runs was used up"));
    assert!(say("--time 0s").contains("not minimal yet, its time was up"));
    let json: serde_json::Value = serde_json::from_str(&say("--json")).unwrap();
    assert_eq!((&json["minimal"], &json["exit"]), (&true.into(), &1.into()));
    assert!(json["after"]["lines"].as_u64() < json["before"]["lines"].as_u64(), "{json}");
    let path = json["shrunk"].as_str().unwrap().replace("DIR", &dir.path().display().to_string());
    assert!(Path::new(&path).exists());
}

#[test]
fn a_sweep_shrinks_what_it_finds_unless_told_not_to() {
    let dir = tempfile::tempdir().unwrap();
    let say = |options: &str| {
        let arguments = format!("run --seeds 50 --findings-dir {{dir}} -q {options}");
        call(Mood::Lying, dir.path(), &arguments).out
    };
    let (shrunk, whole) = (say(""), say("--no-shrink"));
    assert!(
        shrunk.contains("shrunk from ") && !whole.contains("shrunk from "),
        "{shrunk}\n{whole}"
    );
}
