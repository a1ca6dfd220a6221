//! `squall script`: what a seed becomes, and a run with all its luck in lines.

use insta::assert_snapshot;

use crate::parrot::Mood;
use crate::tools::call;

/// Thunder on a windy day.
const WINDY: &str = "\
squall 1
system parrot
seed 1
servers 1
clients 1
delay 1ms..10ms
loss 20%

0ms       c1 say thunder
0ms       crash n1
3ms       loss 0%
500ms     boot n1
1s        calm
1.5s      c1 say rain
";

#[test]
fn a_materialised_script_says_its_luck_in_lines() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("windy.squall"), WINDY).unwrap();
    let called = call(Mood::Honest, dir.path(), "script {dir}/windy.squall --materialise");
    assert_snapshot!(called, @"
    status 0
    out | squall 1
    out | system parrot
    out | seed 1
    out | servers 1
    out | clients 1
    out | 
    out | 0ms       c1 say thunder
    out | 0ms       crash n1
    out | 0ms       c1>n1#1 takes 2.967607ms
    out | 500ms     boot n1
    out | 1s        calm
    out | 1.5s      c1 say rain
    ");
}

#[test]
fn a_script_in_a_file_is_printed_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("windy.squall"), format!("# A story.\n{WINDY}")).unwrap();
    let called = call(Mood::Honest, dir.path(), "script {dir}/windy.squall");
    assert_eq!(called.out, WINDY);
}

#[test]
fn a_system_without_a_seed_is_no_script() {
    let dir = tempfile::tempdir().unwrap();
    assert_snapshot!(call(Mood::Honest, dir.path(), "script parrot"), @"
    status 2
    err | error: which seed of the system `parrot`? say --seed N
    ");
}
