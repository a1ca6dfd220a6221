//! Findings as files.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use squall::{Recorded, WrittenFinding};

use crate::parrot::{Mood, Parrot};

fn command(path: &Path) -> String {
    format!("squall replay {}", path.file_name().unwrap().display())
}

fn finding() -> WrittenFinding {
    WrittenFinding::new(&squall::sweep(&Parrot(Mood::Lying)).finds("faithful"))
}

#[test]
fn a_finding_tells_what_it_is_and_parses_as_a_script() {
    let finding = finding();
    let text = finding.text("squall replay it");
    assert_snapshot!(text, @r#"
    # faithful: what is heard is what was said
    # c1 said thunder and heard rain
    #
    # replay: squall replay it
    #
    # rule faithful
    # seed 1
    # digest 4ef329d9f092fc42
    #
    # what proves it
    #   519.1ms      c1 asks o1 say thunder
    #   549.524626ms c1 is told o1 done say rain
    #
    # the last events
    #   213.7ms      n1 crashes
    #   252.8ms      ! Cut(Between([Sides { left: Processes([n1]), right: Rest, both: true }]))
    #   256.7ms      ! Heal(Between([Sides { left: Processes([n1]), right: Rest, both: true }]))
    #   311.7ms      ! Boot(Processes([n1]))
    #   311.7ms      n1 boots again (1)
    #   519.1ms      c1 asks o1 say thunder
    #   519.1ms      c1>n1#1 sends o1 say thunder (takes 20.598926ms)
    #   539.698926ms c1>n1#1 arrives o1 say thunder
    #   539.698926ms n1>c1#1 sends o1 echo say rain 0 (takes 9.8257ms)
    #   549.524626ms n1>c1#1 arrives o1 echo say rain 0
    #   549.524626ms c1 reaches "echo"
    #   549.524626ms c1 is told o1 done say rain

    squall 1
    system parrot
    seed 1
    nodes 1
    clients 1
    delay 3.2ms + exp 9.9ms
    loss 2%
    order kept
    sync 0ms..2.3ms
    torn 3%
    late 0.1% 160ms

    47.8ms    clog n1 | rest
    48.16ms   release n1 | rest
    81.1ms    disk n1 full
    88.7ms    disk n1 works
    213.7ms   crash n1
    252.8ms   cut n1 | rest
    256.7ms   heal n1 | rest
    311.7ms   boot n1
    519.1ms   c1 say thunder
    625.4ms   disk n1 stalls
    679.4ms   disk n1 works
    816.3ms   crash c1
    988.6ms   clock c1 drift -192782ppm
    1.0007s   pause n1
    1.1607s   resume n1
    1.2508s   c1 say hello
    1.3577s   lag c1 15ms
    1.5977s   lag c1 0ms
    1.6s      calm n1
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
    let first = finding.keep(dir.path(), &command).unwrap();
    assert_eq!(finding.keep(dir.path(), &command).unwrap(), first, "the same finding again");
    fs::write(&first, "# what somebody wrote\nsquall 1\n").unwrap();
    let second = finding.keep(dir.path(), &command).unwrap();
    assert_ne!(first, second);
    assert_eq!(finding.keep(dir.path(), &command).unwrap(), second);
    assert!(second.to_str().unwrap().ends_with("-2.squall"));
    assert!(fs::read_to_string(&second).unwrap().contains("replay: squall replay faithful-"));
    assert_eq!(fs::read_to_string(&first).unwrap(), "# what somebody wrote\nsquall 1\n");
    assert_eq!(dir.path().read_dir().unwrap().count(), 2, "no draft is left behind");
}

#[test]
fn a_story_of_several_lines_stays_a_comment() {
    let mut finding = finding();
    finding.story = "assertion failed\n  left: 1\x1b[31m\nright: 2".to_owned();
    let text = finding.text("squall replay it");
    assert!(text.contains("# assertion failed\n#   left: 1 [31m\n# right: 2\n"), "{text}");
    squall::script::parse(&Parrot(Mood::Lying), &text, "it").unwrap();
}
