//! `squall replay`: what a finding says that it was, against what it is now.

use std::sync::atomic::{AtomicU64, Ordering};

use insta::assert_snapshot;
use squall::WrittenFinding;
use squall::hunt::Finding;
use squall::script::{Runner, parse};
use squall_cli::Status;
use tempfile::TempDir;

use crate::parrot::{Mood, Parrot, THUNDER};
use crate::tools::{call, call_in};

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
    out |   parts from the recorded run at event 10
    out |     was  500ms        n1>c1#1 sends o1 echo say rain 0 (takes 1ms)
    out |     is   500ms        n1>c1#1 sends o1 echo say thunder 0 (takes 1ms)
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

/// The recorded trace has an event that does not come any more: where the runs part is named.
#[test]
fn the_first_event_that_differs_is_named() {
    let dir = found();
    let path = dir.path().join("found.squall");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.starts_with("# digest ")).unwrap();
    let text = text.replace(line, "# digest 0123456789abcdef");
    let text =
        text.replacen("sends o1 say thunder (takes 1ms)", "sends o1 say thunder (takes 2ms)", 1);
    // Fixed luck that names a message that is not sent any more is named, and the rest goes on.
    std::fs::write(&path, text.replace("1s        calm", "500ms     c1>n1#9 lost\n1s        calm"))
        .unwrap();
    let called = call(Mood::Lying, dir.path(), "replay {dir}/found.squall").to_string();
    let end = called.find(" (digest ").unwrap();
    assert_snapshot!(&called[..end], @r"
    status 1
    out | DIR/found.squall: broken
    out |   faithful  broken: c1 said thunder and heard rain
    out |   nothing   unknown: another rule was broken first
    out |     0ms          c1 asks o1 say thunder
    out |     501ms        c1 is told o1 done say rain
    out |   fixed luck that did not come up: c1>n1#9 lost
    out |   parts from the recorded run at event 4
    out |     was  0ms          c1>n1#1 sends o1 say thunder (takes 2ms)
    out |     is   0ms          c1>n1#1 sends o1 say thunder (takes 1ms)
    out |   diverged: faithful is broken still, by other events than recorded
    ");
}

/// A finding of a run of more than 5,000 events: a thousand words, and then thunder.
fn long_found() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let parrot = Parrot(Mood::Lying);
    let words: String =
        (0..1_000).map(|number| format!("{number}ms c1 say word{number}\n")).collect();
    let header = "squall 1\nsystem parrot\nseed 1\nservers 1\nclients 1\n\n";
    let script = format!("{header}{words}1s c1 say thunder\n2s calm\n");
    let script = parse(&parrot, &script, "long").unwrap();
    let finding = Finding::of(&mut Runner::new(&parrot), &script).unwrap();
    assert!(finding.trace.len() == 5_000 && finding.stamps.len() > 500, "{}", finding.stamps.len());
    let text = WrittenFinding::new(&finding).text("squall replay found.squall");
    std::fs::write(dir.path().join("found.squall"), &text).unwrap();
    (dir, text)
}

/// Behind the events that stand in the file as text, the first one that differs is named by the
/// stamps.
#[test]
fn the_first_event_that_differs_is_named_far_behind() {
    let (dir, text) = long_found();
    let replayed = |text: String| {
        std::fs::write(dir.path().join("found.squall"), text).unwrap();
        call(Mood::Lying, dir.path(), "replay {dir}").to_string()
    };
    assert!(replayed(text.clone()).ends_with("as recorded\n"));
    assert_snapshot!(replayed(text.replace("c1 say word990\n", "c1 say other\n")));
    let shorter = text.replace("1s        c1 say thunder\n", "");
    assert_ne!(shorter, text);
    assert_snapshot!(replayed(shorter));
    // What was recorded before there were stamps says nothing of what comes behind the text.
    let (before, _) = text.split_once("# and behind these").unwrap();
    let old = before.replace("c1 say word990\n", "c1 say other\n");
    assert!(!replayed(old).contains("parts from"));
}

/// A folder of findings: which still fail, which are fixed, which diverged.
#[test]
fn a_folder_is_told_in_a_table() {
    let dir = found();
    let text = std::fs::read_to_string(dir.path().join("found.squall")).unwrap();
    let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
    write("a-fixed.squall", text.replace("c1 say thunder\n", "c1 say hello\n"));
    let digest = text.lines().find(|line| line.starts_with("# digest ")).unwrap();
    write("b-other-digest.squall", text.replace(digest, "# digest 0123456789abcdef"));
    write("c-other-print.squall", text.replace("asked-completed-51a5", "claimed-0001"));
    write("d-by-hand.squall", THUNDER.replace("thunder", "hello"));
    write("e-no-script.squall", "squall 1\n".to_owned());
    assert_snapshot!(call(Mood::Lying, dir.path(), "replay {dir}"), @r"
    status 2
    out | fixed          DIR/a-fixed.squall  was faithful/asked-completed-51a5
    out |   parts from the recorded run at event 3
    out |     was  0ms          c1 asks o1 say thunder
    out |     is   0ms          c1 asks o1 say hello
    out | diverged       DIR/b-other-digest.squall  faithful/asked-completed-51a5
    out | diverged       DIR/c-other-print.squall  faithful/asked-completed-51a5, was faithful/claimed-0001
    out | holds          DIR/d-by-hand.squall
    out | still fails    DIR/found.squall  faithful/asked-completed-51a5
    out | 
    out | 6 scripts: 2 diverged, 1 fixed, 1 holds, 1 not run, 1 still fails
    err | error: a mistake in DIR/e-no-script.squall
    err |   × the header does not say `system`
    err |    ╭─[DIR/e-no-script.squall:1:1]
    err |  1 │ squall 1
    err |    · ────┬───
    err |    ·     ╰── expected a line `system …` below this one
    err |    ╰────
    err |   help: name the system that is under test, such as `system synod`
    ");
    let called = call(Mood::Lying, dir.path(), "replay {dir} --json --color always");
    assert!(!called.out.contains("\\u001b"), "{}", called.out);
    let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(
        (&json["standings"]["fixed"], &json["standings"]["diverged"]),
        (&1.into(), &2.into())
    );
    assert_eq!(json["files"][0]["standing"], "fixed");
    assert_eq!(json["files"][0]["parting"]["number"], 3);
    assert_eq!(json["files"][3]["standing"], serde_json::Value::Null);
    assert!(json["refused"][0]["file"].as_str().unwrap().ends_with("e-no-script.squall"));
    assert!(json["refused"][0]["error"].as_str().unwrap().contains("expected a line `system …`"));
}

#[test]
fn a_folder_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "replay {dir}/findings"), @"
    status 2
    err | error: there is no file or folder DIR/findings
    err |   a sweep makes its folder of findings when it finds something
    ");
    // A folder may have a dot in its name.
    let called = call(Mood::Honest, dir.path(), "replay {dir}/findings.0.1");
    assert!(called.err.contains("no file or folder DIR/findings.0.1\n"), "{called}");
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
fn folders_within_a_folder_are_entered() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("parrot/2026");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(inner.join("thunder.squall"), THUNDER).unwrap();
    std::fs::write(dir.path().join("hello.squall"), THUNDER.replace("thunder", "hello")).unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "replay {dir}"), @r"
    status 0
    out | holds          DIR/hello.squall
    out | holds          DIR/parrot/2026/thunder.squall
    out | 
    out | 2 scripts: 2 holds
    ");
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

#[test]
fn ctrl_c_between_two_scripts_says_what_was_not_run() {
    let dir = found();
    for name in ["a", "b"] {
        let copy = dir.path().join(name).with_extension("squall");
        std::fs::copy(dir.path().join("found.squall"), copy).unwrap();
    }
    let asked = AtomicU64::new(0);
    let is_interrupted = || asked.fetch_add(1, Ordering::Relaxed) >= 1;
    let called = call_in(Mood::Lying, dir.path(), "replay {dir}", &|_| None, &is_interrupted);
    assert_snapshot!(called, @r"
    status 1
    out | still fails    DIR/a.squall  faithful/asked-completed-51a5
    out | 
    out | 3 scripts: 2 not run, 1 still fails
    err | interrupted: 2 scripts not run
    ");
    asked.store(0, Ordering::Relaxed);
    let called =
        call_in(Mood::Lying, dir.path(), "replay {dir} --json", &|_| None, &is_interrupted);
    let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(
        (&json["standings"]["not run"], &json["files"].as_array().unwrap().len()),
        (&2.into(), &1)
    );
    let unrun = json["refused"].as_array().unwrap();
    assert!(unrun.len() == 2 && unrun.iter().all(|file| file["error"] == "Ctrl-C came first"));
}
