//! `squall replay`: what a finding says that it was, against what it is now.

use insta::assert_snapshot;
use squall::hunt::Finding;
use squall::script::{Runner, parse};
use squall::{Status, WrittenFinding};
use tempfile::TempDir;

use crate::parrot::{Mood, Parrot, THUNDER};
use crate::tools::call;

/// A folder with one finding of the lying parrot, `found.squall`.
fn found() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let parrot = Parrot(Mood::Lying);
    let script = parse(&parrot, THUNDER, "thunder").unwrap();
    let finding = Finding::of(&mut Runner::new(&parrot), &script).unwrap();
    let text = WrittenFinding::new(&finding).text("squall replay found.squall");
    std::fs::write(dir.path().join("found.squall"), text).unwrap();
    dir
}

#[test]
fn a_finding_replays() {
    let dir = found();
    let called = call(Mood::Lying, dir.path(), "replay {dir}/found.squall");
    assert_snapshot!(called, @r"
    status 1
    out | DIR/found.squall: broken
    out |   faithful  broken: c1 said thunder and heard rain
    out |   nothing   unknown: another rule was broken first
    out |     0ms          c1 asks o1 say thunder
    out |     501ms        c1 is told o1 done say rain
    out |   as recorded
    ");
}

#[test]
fn a_finding_that_holds_now_says_what_it_was() {
    let dir = found();
    assert_snapshot!(call(Mood::Honest, dir.path(), "replay {dir}"), @r"
    status 0
    out | DIR/found.squall: holds
    out |   faithful  holds
    out |   nothing   holds
    out |   was: faithful; it is not broken any more
    ");
}

#[test]
fn a_finding_that_breaks_another_rule_now_says_what_it_was() {
    let dir = found();
    let called = call(Mood::Afraid, dir.path(), "replay {dir}");
    assert_eq!(called.status, Status::Broken);
    assert!(called.out.contains("broken: a step panicked: it thunders"), "{}", called.out);
    assert!(
        called.out.ends_with("  was: faithful; it breaks another rule now\n"),
        "{}",
        called.out
    );
}

#[test]
fn a_finding_that_fails_by_other_events_diverged() {
    let dir = found();
    let path = dir.path().join("found.squall");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.starts_with("# digest ")).unwrap();
    std::fs::write(&path, text.replace(line, "# digest 0123456789abcdef")).unwrap();
    let called = call(Mood::Lying, dir.path(), "replay {dir}");
    assert_eq!(called.status, Status::Broken);
    assert!(called.out.contains("diverged: faithful is broken still"), "{}", called.out);
    assert!(called.out.contains("was 0123456789abcdef"), "{}", called.out);
}

#[test]
fn a_script_by_hand_replays_with_its_trace() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thunder.squall"), THUNDER).unwrap();
    assert_snapshot!(call(Mood::Lying, dir.path(), "replay {dir}/thunder.squall --trace"), @r#"
    status 1
    out | 0ms          n1 boots
    out | 0ms          c1 boots
    out | 0ms          c1 asks o1 say thunder
    out | 0ms          c1>n1#1 sends o1 say thunder (takes 1ms)
    out | 0ms          ! pause n1
    out | 0ms          n1 pauses
    out | 500ms        ! resume n1
    out | 500ms        n1 goes on
    out | 500ms        c1>n1#1 arrives o1 say thunder
    out | 500ms        n1>c1#1 sends o1 echo say rain 0 (takes 1ms)
    out | 501ms        n1>c1#1 arrives o1 echo say rain 0
    out | 501ms        c1 reaches "echo"
    out | 501ms        c1 is told o1 done say rain
    out | DIR/thunder.squall: broken
    out |   faithful  broken: c1 said thunder and heard rain
    out |   nothing   unknown: another rule was broken first
    out |     0ms          c1 asks o1 say thunder
    out |     501ms        c1 is told o1 done say rain
    "#);
}

#[test]
fn several_scripts_end_with_the_worst() {
    let dir = found();
    std::fs::write(dir.path().join("calm.squall"), THUNDER.replace("thunder", "hello")).unwrap();
    let called = call(Mood::Lying, dir.path(), "replay {dir} --json");
    let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!((called.status, &json["exit"]), (Status::Broken, &1.into()));
    assert_eq!(json["files"][0]["verdict"], "holds");
    assert_eq!(json["files"][1]["verdict"], "broken");
    assert_eq!(json["files"][1]["recorded"]["rule"], "faithful");
    assert_eq!(json["files"][1]["proof"].as_array().unwrap().len(), 2);
    let called = call(Mood::Lying, dir.path(), "replay {dir}/calm.squall {dir}/none.squall");
    assert_eq!(called.status, Status::Misuse);
    assert_eq!(called.err, "error: there is no file DIR/none.squall\n");
}

#[test]
fn an_empty_folder_is_nothing_run() {
    let dir = tempfile::tempdir().unwrap();
    let called = call(Mood::Honest, dir.path(), "replay {dir}");
    assert_eq!(called.status, Status::NothingRun);
    assert_eq!(called.err, "no scripts were found, so nothing was run\n");
}

#[test]
fn a_replay_that_differs_from_itself() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thunder.squall"), THUNDER).unwrap();
    let called = call(Mood::Fickle, dir.path(), "replay {dir}");
    assert_eq!(called.status, Status::Diverged);
    assert!(called.out.contains("thunder.squall: diverged\n"), "{}", called.out);
    assert!(called.out.contains("    the one run    event "), "{}", called.out);
    assert!(called.out.contains("sends o1 echo say thunder "), "{}", called.out);
}
