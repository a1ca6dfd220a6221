//! `squall explain`: the story of a finding.

use std::fs;

use insta::assert_snapshot;
use squall_cli::Status;

use crate::parrot::{Mood, THUNDER};
use crate::tools::{Called, call, call_in};

/// Two birds, of which one hears rain, and is the client whose story is told.
const TWO: &str = "\
squall 1
system parrot
seed 1
servers 1
clients 2

0ms       c2 say wind
0ms       c1 say thunder
0ms       pause n1
500ms     resume n1
600ms     c2 say wind
1s        calm
";

fn explained(mood: Mood, script: &str, rest: &str) -> Called {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("it.squall"), script).unwrap();
    call(mood, dir.path(), &format!("explain {{dir}}/it.squall {rest}"))
}

/// What c2 asked has nothing to do with it, and is not told.
#[test]
fn a_story_tells_what_led_there_and_nothing_else() {
    assert_snapshot!(explained(Mood::Lying, TWO, ""), @r"
    status 1
    out | faithful is broken: what is heard is what was said
    out |   c1 said thunder and heard rain
    out |   parrot, seed 1, faithful/asked-completed-51a5
    out | 
    out |      0ms          n1 boots
    out |      0ms          c1 boots
    out |    * 0ms          c1 asks o2 say thunder
    out |                     c1>n1#1 sends o2 say thunder (takes 1ms)
    out |      0ms          ! pause n1
    out |      0ms          n1 pauses
    out |      500ms        ! resume n1
    out |      500ms        n1 goes on
    out |      500ms        c1>n1#1 arrives o2 say thunder
    out |                     n1>c1#1 sends o2 echo say rain 0 (takes 1ms)
    out |      501ms        n1>c1#1 arrives o2 echo say rain 0
    out |    *                c1 is told o2 done say rain
    out | 
    out |   12 of 21 events lead there; * proves it
    out |   no event decides it: none of 256 continuations from the start hold
    ");
}

#[test]
fn a_panic_is_explained_by_what_led_to_the_step() {
    let called = explained(Mood::Afraid, TWO, "");
    assert_eq!(called.status, Status::Broken);
    assert!(
        called.out.starts_with("no-panic is broken: no step of a process panics\n"),
        "{called}"
    );
    assert!(called.out.contains("c1>n1#1 arrives o2 say thunder\n"), "{called}");
    assert!(!called.out.contains("c2>n1"), "{called}");
}

#[test]
fn a_story_for_machines() {
    let called = explained(Mood::Lying, TWO, "--json --samples 8");
    let json: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!((&json["status"], &json["exit"]), (&"broken".into(), &1.into()));
    assert_eq!((&json["rule"], &json["system"]), (&"faithful".into(), &"parrot".into()));
    let slice = json["slice"].as_array().unwrap();
    assert!(slice.len() < usize::try_from(json["events"].as_u64().unwrap()).unwrap());
    let proof: Vec<_> = slice.iter().filter(|told| told["proves"] == true).collect();
    assert_eq!(proof.len(), 2);
    assert!(proof[1]["causes"].as_array().unwrap().len() == 1, "the step that answered");
    assert!(json["decisive"].is_object(), "{}", json["decisive"]);
}

#[test]
fn what_holds_has_no_story() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = "run --seeds 500 --findings-dir {dir}/kept --threads 1";
    call(Mood::Lying, dir.path(), arguments);
    let [kept] =
        fs::read_dir(dir.path().join("kept")).unwrap().collect::<Vec<_>>().try_into().unwrap();
    fs::copy(kept.unwrap().path(), dir.path().join("it.squall")).unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "explain {dir}/it.squall"), @"
    status 6
    err | DIR/it.squall breaks no rule, so there is nothing to explain
    err |   it broke faithful when it was found: squall replay DIR/it.squall
    ");
    let called = call(Mood::Honest, dir.path(), "explain {dir}/it.squall --json");
    assert_eq!(called.status, Status::NothingBroken);
    assert!(called.out.contains("\"status\":\"nothing-broken\",\"exit\":6"), "{called}");
}

#[test]
fn what_cannot_be_explained_is_said() {
    let other = THUNDER.replace("system parrot", "system parot");
    assert_snapshot!(explained(Mood::Lying, &other, ""), @"
    status 2
    err | error: DIR/it.squall: there is no system `parot`; did you mean `parrot`?
    err |   systems: parrot
    err |   a script names a system of the program that wrote it: another program may have it
    ");
    let newer = explained(Mood::Lying, &THUNDER.replace("squall 1", "squall 2"), "");
    assert_eq!(newer.status, Status::Misuse);
    assert!(newer.err.contains("version"), "{newer}");
    let none = explained(Mood::Lying, THUNDER, "--samples 0");
    assert_eq!(none.status, Status::Misuse);
    assert!(none.err.contains("--samples"), "{none}");
}

#[test]
fn ctrl_c_leaves_the_story_without_the_decisive_moment() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("it.squall"), TWO).unwrap();
    let called = call_in(Mood::Lying, dir.path(), "explain {dir}/it.squall", &|_| None, &|| true);
    assert_eq!(called.status, Status::Broken);
    assert!(called.out.contains("heard rain"), "{called}");
    assert!(called.out.ends_with("the search for the decisive event was stopped\n"), "{called}");
}
