//! Scripts made in code are judged by the same rules as text; and by some that no text can break.

use squall_process::{Instant, ProcessId, RecordNumber};
use squall_script::{
    Action, Domain, Knob, KnobValue, Line, Operation, Place, Problem, Script, Wrong, check, parse,
};
use squall_world::{Fault, Group, Kept, KeptRecords, Links, Names};

use crate::toy::{KNOBS, Request, Toy};

fn script(lines: impl IntoIterator<Item = Action>) -> Script {
    let mut script = Script::new("synod", 1, 5, 2);
    let line = |action| Line { at: Instant::ZERO, action };
    script.lines = lines.into_iter().map(line).collect();
    script
}

/// The only problem of a script of this one line.
fn problem(action: Action) -> Problem {
    let wrongs = check(&script([action]), &Toy).unwrap_err();
    assert_eq!(wrongs.len(), 1, "{wrongs:?}");
    assert_eq!(wrongs[0].place, Place::Line(0));
    wrongs[0].problem.clone()
}

fn ask(op: Request) -> Action {
    let process = ProcessId::client(1);
    Action::Ask { process, op: Operation::new(op) }
}

#[test]
fn an_operation_must_read_back_as_itself() {
    let propose = |value: &str| Request::Propose(value.to_owned());
    let write = |values: &[&str]| Request::Write(values.iter().map(|&v| v.to_owned()).collect());
    for op in [
        propose(""),
        propose("two words"),
        propose("two\nlines"),
        propose("windows\r"),
        propose("a #remark"),
        propose("tab\t"),
        write(&["r7", "fails"]),
        write(&["a", ""]),
    ] {
        let problem = problem(ask(op.clone()));
        assert!(matches!(problem, Problem::OpText { .. }), "{op:?}: {problem}");
    }
    for op in
        [propose("a#1"), propose("n1>n2#4"), write(&["r7", "fails", "now"]), write(&["", "a"])]
    {
        assert_eq!(check(&script([ask(op)]), &Toy), Ok(()));
    }
}

#[test]
fn lists_must_name_somebody() {
    let nobody = || Group::Processes(Names::new());
    assert_eq!(problem(Action::Fault(Fault::Boot(nobody()))), Problem::EmptyGroup);
    assert_eq!(problem(Action::Calm(Some(Vec::new()))), Problem::EmptyGroup);
    let links = Links::Between(Vec::new());
    assert_eq!(problem(Action::Fault(Fault::Cut(links))), Problem::EmptyGroup);
    let records = KeptRecords::These(Vec::new());
    let kept = Kept { records, torn: true };
    let crash = Fault::Crash(Group::All, Some(kept));
    assert_eq!(problem(Action::Fault(crash)), Problem::NoRecords);
    let records = KeptRecords::These(vec![RecordNumber(0)]);
    let kept = Kept { records, torn: true };
    let crash = Fault::Crash(Group::All, Some(kept));
    assert_eq!(problem(Action::Fault(crash)), Problem::Zero);
}

#[test]
fn knobs_must_be_the_systems_own_and_within_their_domains() {
    const STRANGER: Knob = Knob {
        name: "lease",
        about: "another system's",
        domain: Domain::Number { default: 0, low: 0, high: 9 },
    };
    let mut script = script([]);
    script.knobs.turn(&STRANGER, KnobValue::Number(3));
    script.knobs.turn(&KNOBS[1], KnobValue::Number(65));
    script.knobs.turn(&KNOBS[2], KnobValue::Word("triple"));
    let places: Vec<Place> = check(&script, &Toy).unwrap_err().iter().map(|w| w.place).collect();
    assert_eq!(places, ["lease", "batch", "backoff"].map(Place::Knob));
}

#[test]
fn the_system_has_the_last_word() {
    let mut script = Script::new("synod", 1, 1, 0);
    script.knobs.turn(&KNOBS[1], KnobValue::Number(2));
    let wrong = Wrong {
        place: Place::Header("system"),
        problem: Problem::Refused { system: "synod", reason: "batches need a second node".into() },
    };
    assert_eq!(check(&script, &Toy), Err(vec![wrong]));
    script.system = "lock".to_owned();
    let wrongs = check(&script, &Toy).unwrap_err();
    assert!(matches!(wrongs[0].problem, Problem::OtherSystem { .. }));
}

#[test]
fn a_line_may_have_no_effect() {
    let source = "squall 1\nsystem synod\nseed 1\nservers 3\n\
                  0s heal all\n0s boot n1\n0s crash n1\n0s crash n1\n1s cut n1 | n1\n1s calm\n";
    assert!(parse(&Toy, source, "idle").is_ok());
}

#[test]
fn the_search_ends_after_a_few_problems() {
    let wrong = || Action::Fault(Fault::Boot(Group::Rest));
    let script = script(std::iter::repeat_with(wrong).take(100_000));
    assert_eq!(check(&script, &Toy).unwrap_err().len(), 10);
}
