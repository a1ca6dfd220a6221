//! Findings as files.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use squall::hunt::Finding;
use squall::script::Runner;
use squall::{Recorded, WrittenFinding};

use crate::parrot::{Mood, Parrot, THUNDER};

fn command(path: &Path) -> String {
    format!("squall replay {}", path.file_name().unwrap().display())
}

fn finding() -> WrittenFinding {
    let parrot = Parrot(Mood::Lying);
    let script = squall::script::parse(&parrot, THUNDER, "thunder").unwrap();
    WrittenFinding::new(&Finding::of(&mut Runner::new(&parrot), &script).unwrap())
}

#[test]
fn a_finding_tells_what_it_is_and_parses_as_a_script() {
    let finding = finding();
    let text = finding.text("squall replay it");
    let masked = text.replace(&finding.digest.to_string(), "DIGEST");
    assert_snapshot!(masked, @r#"
    # faithful: what is heard is what was said
    # c1 said thunder and heard rain
    #
    # replay: squall replay it
    #
    # rule faithful
    # fingerprint faithful/asked-completed-51a5
    # seed 1
    # digest DIGEST
    #
    # what proves it
    #   0ms          c1 asks o1 say thunder
    #   501ms        c1 is told o1 done say rain

    squall 1
    system parrot
    seed 1
    servers 1
    clients 1

    0ms       c1 say thunder
    0ms       pause n1
    500ms     resume n1
    1s        calm

    # the run, event by event
    #   0ms          n1 boots
    #   0ms          c1 boots
    #   0ms          c1 asks o1 say thunder
    #   0ms          c1>n1#1 sends o1 say thunder (takes 1ms)
    #   0ms          ! pause n1
    #   0ms          n1 pauses
    #   500ms        ! resume n1
    #   500ms        n1 goes on
    #   500ms        c1>n1#1 arrives o1 say thunder
    #   500ms        n1>c1#1 sends o1 echo say rain 0 (takes 1ms)
    #   501ms        n1>c1#1 arrives o1 echo say rain 0
    #   501ms        c1 reaches "echo"
    #   501ms        c1 is told o1 done say rain
    "#);
    let script = squall::script::parse(&Parrot(Mood::Lying), &text, "it").unwrap();
    assert_eq!(script.to_string(), finding.script);
    let recorded = Recorded::of(&text).unwrap();
    assert_eq!((recorded.rule, recorded.digest), ("faithful".into(), finding.digest.to_string()));
}

#[test]
fn nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let finding = finding();
    let keep = || finding.keep(dir.path(), &command).unwrap().path;
    let first = keep();
    assert_eq!(keep(), first, "the same finding again");
    fs::write(&first, "# what somebody wrote\nsquall 1\n").unwrap();
    let second = keep();
    assert_ne!(first, second);
    assert_eq!(keep(), second);
    assert!(second.to_str().unwrap().ends_with("-2.squall"));
    assert!(fs::read_to_string(&second).unwrap().contains("replay: squall replay faithful-"));
    assert_eq!(fs::read_to_string(&first).unwrap(), "# what somebody wrote\nsquall 1\n");
    assert_eq!(dir.path().read_dir().unwrap().count(), 2, "no draft is left behind");
}

#[test]
fn a_smaller_finding_takes_the_place_of_the_larger() {
    let dir = tempfile::tempdir().unwrap();
    let large = finding();
    let mut small = large.clone();
    small.script = small.script.replace("0ms       pause n1\n", "");
    let kept = large.keep(dir.path(), &command).unwrap();
    assert!(kept.is_new);
    let settled = small.keep_instead(&kept, &command).unwrap();
    assert_eq!(settled.path, kept.path);
    assert!(fs::read_to_string(&kept.path).unwrap().contains(&small.script));
    // In a later sweep the larger one stands beside it for a while, and goes.
    let kept = large.keep(dir.path(), &command).unwrap();
    assert_ne!(kept.path, settled.path);
    let again = small.keep_instead(&kept, &command).unwrap();
    assert_eq!((again.path, again.is_new), (settled.path, false));
    assert_eq!(dir.path().read_dir().unwrap().count(), 1, "neither a draft nor the larger one");
}

/// What was there before a sweep is never written over, even if it has the same script.
#[test]
fn a_file_of_an_earlier_sweep_stays() {
    let dir = tempfile::tempdir().unwrap();
    let large = finding();
    let mut small = large.clone();
    small.script = small.script.replace("0ms       pause n1\n", "");
    let before = large.keep(dir.path(), &command).unwrap();
    let kept = large.keep(dir.path(), &command).unwrap();
    assert!(!kept.is_new);
    let settled = small.keep_instead(&kept, &command).unwrap();
    assert_ne!(settled.path, before.path);
    assert!(fs::read_to_string(&before.path).unwrap().contains("pause n1"));
}

#[test]
fn a_story_of_several_lines_stays_a_comment() {
    let mut finding = finding();
    finding.story = "assertion failed\n  left: 1\x1b[31m\nright: 2".to_owned();
    let text = finding.text("squall replay it");
    assert!(text.contains("# assertion failed\n#   left: 1 [31m\n# right: 2\n"), "{text}");
    squall::script::parse(&Parrot(Mood::Lying), &text, "it").unwrap();
}
