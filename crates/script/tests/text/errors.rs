//! What a file and its header can have wrong, and how it is told.

use insta::assert_snapshot;
use squall_script::{parse, system_of};

use crate::toy::Toy;

/// What the reader says to `source`, as on a terminal without colour.
pub(crate) fn told(source: &str) -> String {
    parse(&Toy, source, "story.squall").unwrap_err().render(false)
}

/// What it says to `header` below a sound beginning.
fn told_header(header: &str) -> String {
    told(&format!("squall 1\nsystem synod\nseed 1\nservers 5\n{header}\n"))
}

#[test]
fn an_empty_file() {
    assert_snapshot!(told(""), @"
     × this is not a script
      ╭─[story.squall:1:1]
    1 │  
      · ┬
      · ╰── expected `squall 1`
      ╰────
     help: the first line of every script is `squall 1`; comments may stand above it
    ");
}

#[test]
fn a_file_of_something_else() {
    assert_snapshot!(told("# notes\n\nDear diary, squall 1\n"), @"
     × this is not a script
      ╭─[story.squall:3:1]
    3 │ Dear diary, squall 1
      · ──────────┬─────────
      ·           ╰── expected `squall 1`
      ╰────
     help: the first line of every script is `squall 1`; comments may stand above it
    ");
}

#[test]
fn a_version_without_a_number() {
    assert_snapshot!(told("squall one\nsystem synod\n"), @"
     × this is not a script
      ╭─[story.squall:1:1]
    1 │ squall one
      · ─────┬────
      ·      ╰── expected `squall 1`
      ╰────
     help: the first line of every script is `squall 1`; comments may stand above it
    ");
}

#[test]
fn a_newer_version() {
    assert_snapshot!(told("squall 2\nsystem synod\nweather fair\n"), @"
     × version 2 of the script format is not understood
      ╭─[story.squall:1:8]
    1 │ squall 2
      ·        ┬
      ·        ╰── expected `squall 1`
      ╰────
     help: this program understands version 1: use the squall that wrote it
    ");
}

#[test]
fn a_version_that_never_was() {
    assert_snapshot!(told("squall 0\n"), @"
     × version 0 of the script format is not understood
      ╭─[story.squall:1:8]
    1 │ squall 0
      ·        ┬
      ·        ╰── expected `squall 1`
      ╰────
     help: this program understands version 1
    ");
}

#[test]
fn more_behind_the_version() {
    assert_snapshot!(told("squall 1 beta\n"), @"
     × expected the end of the line, found `beta`
      ╭─[story.squall:1:10]
    1 │ squall 1 beta
      ·          ──┬─
      ·            ╰── expected the end of the line
      ╰────
    ");
}

#[test]
fn nothing_said() {
    assert_snapshot!(told("squall 1\n"), @"
     × the header does not say `system`
      ╭─[story.squall:1:1]
    1 │ squall 1
      · ────┬───
      ·     ╰── expected a line `system …` below this one
      ╰────
     help: name the system that is under test, such as `system synod`

     × the header does not say `seed`
      ╭─[story.squall:1:1]
    1 │ squall 1
      · ────┬───
      ·     ╰── expected a line `seed …` below this one
      ╰────
     help: all luck that no line fixes comes from it: `seed 1`

     × the header does not say `servers`
      ╭─[story.squall:1:1]
    1 │ squall 1
      · ────┬───
      ·     ╰── expected a line `servers …` below this one
      ╰────
     help: for example `servers 5`
    ");
}

#[test]
fn no_seed() {
    assert_snapshot!(told("squall 1\nsystem synod\nservers 5\n\n0ms crash n9\n"), @"
     × the header does not say `seed`
      ╭─[story.squall:1:1]
    1 │ squall 1
      · ────┬───
      ·     ╰── expected a line `seed …` below this one
      ╰────
     help: all luck that no line fixes comes from it: `seed 1`
    ");
}

#[test]
fn no_system_name() {
    assert_snapshot!(told("squall 1\nsystem\nseed 1\nservers 5\n"), @"
     × expected a name, found the end of the line
      ╭─[story.squall:2:7]
    2 │ system 
      ·       ┬
      ·       ╰── expected a name
      ╰────
    ");
}

/// The name is marked where it stands, though more stands behind it: a fuzzer found a mark in the
/// middle of a letter.
#[test]
fn another_system_and_more() {
    assert_snapshot!(told("squall 1\nsystem é\u{fffd} 2\nseed 1\nservers 1\n"), @"
     × this is a script of the system `é�`, not of `synod`
      ╭─[story.squall:2:8]
    2 │ system é� 2
      ·        ─┬
      ·         ╰── expected `synod`
      ╰────
    ");
}

#[test]
fn another_system() {
    assert_snapshot!(told("squall 1\nsystem lock # of Chubby\nseed 1\nservers 5\nknob lease 3s\n0ms acquire a\n"), @"
     × this is a script of the system `lock`, not of `synod`
      ╭─[story.squall:2:8]
    2 │ system lock # of Chubby
      ·        ──┬─
      ·          ╰── expected `synod`
      ╰────
    ");
}

#[test]
fn an_unknown_key() {
    assert_snapshot!(told_header("lose 3%"), @"
     × there is no header key `lose`
      ╭─[story.squall:5:1]
    5 │ lose 3%
      · ──┬─
      ·   ╰── expected a header key, or a line with a time
      ╰────
     help: did you mean `loss`?
    ");
}

#[test]
fn a_key_like_no_other() {
    assert_snapshot!(told_header("weather fair"), @"
     × there is no header key `weather`
      ╭─[story.squall:5:1]
    5 │ weather fair
      · ───┬───
      ·    ╰── expected a header key, or a line with a time
      ╰────
    ");
}

#[test]
fn an_action_in_the_header() {
    assert_snapshot!(told_header("crash n1"), @"
     × `crash …` is an action, and an action needs a time in front
      ╭─[story.squall:5:1]
    5 │ crash n1
      · ──┬──
      ·   ╰── expected a time in front of this
      ╰────
     help: for example `0ms crash …`
    ");
}

#[test]
fn a_request_in_the_header() {
    assert_snapshot!(told_header("n1 propose apple"), @"
     × `n1 …` is an action, and an action needs a time in front
      ╭─[story.squall:5:1]
    5 │ n1 propose apple
      · ─┬
      ·  ╰── expected a time in front of this
      ╰────
     help: for example `0ms n1 …`
    ");
}

#[test]
fn a_key_said_twice() {
    assert_snapshot!(told_header("loss 1%\nkeep all\nloss 2%"), @"
     × `loss` is said twice
      ╭─[story.squall:7:1]
    7 │ loss 2%
      · ───┬───
      ·    ╰── line 5 says it already
      ╰────
    ");
}

#[test]
fn a_knob_turned_twice() {
    assert_snapshot!(told_header("knob batch 2\nknob batch 2"), @"
     × `batch` is said twice
      ╭─[story.squall:6:1]
    6 │ knob batch 2
      · ──────┬─────
      ·       ╰── line 5 says it already
      ╰────
    ");
}

#[test]
fn a_key_below_the_header() {
    assert_snapshot!(told_header("clients 1\n0ms crash n1\nclients 2"), @"
     × `clients` belongs to the header, above the first line with a time
      ╭─[story.squall:7:1]
    7 │ clients 2
      · ───┬───
      ·    ╰── expected a time
      ╰────
     help: move it up; or change a condition at a time: `40ms loss 50%`
    ");
}

#[test]
fn servers_that_are_no_number() {
    assert_snapshot!(told("squall 1\nsystem synod\nseed 1\nservers five\n\n0ms crash n9\n"), @"
     × expected a whole number, found `five`
      ╭─[story.squall:4:9]
    4 │ servers five
      ·         ──┬─
      ·           ╰── expected a whole number
      ╰────
    ");
}

#[test]
fn a_number_too_large() {
    assert_snapshot!(told_header("clients 99999999999"), @"
     × 99999999999 is too large
      ╭─[story.squall:5:9]
    5 │ clients 99999999999
      ·         ─────┬─────
      ·              ╰── expected a number up to 4294967295
      ╰────
    ");
}

#[test]
fn a_seed_below_zero() {
    assert_snapshot!(told("squall 1\nsystem synod\nseed -1\nservers 5\n"), @"
     × expected a whole number, found `-1`
      ╭─[story.squall:3:6]
    3 │ seed -1
      ·      ─┬
      ·       ╰── expected a whole number
      ╰────
    ");
}

#[test]
fn no_servers() {
    assert_snapshot!(told("squall 1\nsystem synod\nseed 1\nservers 0\n0ms crash n1\n"), @"
     × `synod` cannot run with 0 servers
      ╭─[story.squall:4:9]
    4 │ servers 0
      ·         ┬
      ·         ╰── expected a number from 1 to 100
      ╰────
    ");
}

#[test]
fn an_old_name_of_a_key() {
    assert_snapshot!(told("squall 1\nsystem synod\nseed 1\nnodes 5\n"), @"
     × the header key `nodes` is called `servers` now
      ╭─[story.squall:4:1]
    4 │ nodes 5
      · ──┬──
      ·   ╰── expected `servers`
      ╰────
     help: write `servers 5`
    ");
}

#[test]
fn too_many_servers() {
    assert_snapshot!(told("squall 1\nsystem synod\nseed 1\nservers 101\n"), @"
     × `synod` cannot run with 101 servers
      ╭─[story.squall:4:9]
    4 │ servers 101
      ·         ─┬─
      ·          ╰── expected a number from 1 to 100
      ╰────
    ");
}

#[test]
fn too_many_clients() {
    assert_snapshot!(told_header("clients 1000001"), @"
     × 1000001 clients are too many
      ╭─[story.squall:5:9]
    5 │ clients 1000001
      ·         ───┬───
      ·            ╰── expected a number up to 1000000
      ╰────
    ");
}

#[test]
fn no_steps() {
    assert_snapshot!(told_header("steps 0"), @"
     × a run of 0 steps
      ╭─[story.squall:5:7]
    5 │ steps 0
      ·       ┬
      ·       ╰── expected a number from 1
      ╰────
    ");
}

#[test]
fn a_value_missing() {
    assert_snapshot!(told_header("loss"), @"
     × expected a chance such as 3%, found the end of the line
      ╭─[story.squall:5:5]
    5 │ loss 
      ·     ┬
      ·     ╰── expected a chance such as 3%
      ╰────
    ");
}

#[test]
fn a_value_too_many() {
    assert_snapshot!(told_header("loss 3% 4%"), @"
     × expected the end of the line, found `4%`
      ╭─[story.squall:5:9]
    5 │ loss 3% 4%
      ·         ─┬
      ·          ╰── expected the end of the line
      ╰────
    ");
}

#[test]
fn a_judge_unknown() {
    assert_snapshot!(told_header("judge saftey"), @"
     × expected `all` or `safety`, found `saftey`
      ╭─[story.squall:5:7]
    5 │ judge saftey
      ·       ───┬──
      ·          ╰── expected `all` or `safety`
      ╰────
     help: did you mean `safety`?
    ");
}

#[test]
fn a_chance_without_percent() {
    assert_snapshot!(told_header("loss 0.3"), @"
     × `0.3` is not a chance
      ╭─[story.squall:5:6]
    5 │ loss 0.3
      ·      ─┬─
      ·       ╰── expected a percentage, such as 3% or 0.1%
      ╰────
    ");
}

#[test]
fn a_chance_too_fine() {
    assert_snapshot!(told_header("loss 0.00001%"), @"
     × `0.00001%` is not a chance
      ╭─[story.squall:5:6]
    5 │ loss 0.00001%
      ·      ────┬───
      ·          ╰── finer than a millionth, which is 0.0001%
      ╰────
    ");
}

#[test]
fn a_chance_above_always() {
    assert_snapshot!(told_header("loss 101%"), @"
     × `101%` is not a chance
      ╭─[story.squall:5:6]
    5 │ loss 101%
      ·      ──┬─
      ·        ╰── more than always, which is 100%
      ╰────
    ");
}

#[test]
fn a_time_without_unit() {
    assert_snapshot!(told_header("restart 500"), @"
     × `500` is not a time
      ╭─[story.squall:5:9]
    5 │ restart 500
      ·         ─┬─
      ·          ╰── expected a unit of time: ns, us, ms or s
      ╰────
    ");
}

#[test]
fn a_time_too_fine() {
    assert_snapshot!(told_header("restart 0.5ns"), @"
     × `0.5ns` is not a time
      ╭─[story.squall:5:9]
    5 │ restart 0.5ns
      ·         ──┬──
      ·           ╰── expected whole nanoseconds
      ╰────
    ");
}

#[test]
fn a_time_too_long() {
    assert_snapshot!(told_header("end 20000000000s"), @"
     × `20000000000s` is not a time
      ╭─[story.squall:5:5]
    5 │ end 20000000000s
      ·     ──────┬─────
      ·           ╰── expected less than 584 years
      ╰────
    ");
}

#[test]
fn a_range_the_wrong_way_round() {
    assert_snapshot!(told_header("delay 10ms..1ms"), @"
     × the range 10ms..1ms is empty: its low end is above its high end
      ╭─[story.squall:5:7]
    5 │ delay 10ms..1ms
      ·       ────┬────
      ·           ╰── expected LOW..HIGH
      ╰────
     help: did you mean `1ms..10ms`?
    ");
}

#[test]
fn a_range_without_an_end() {
    assert_snapshot!(told_header("sync 1ms.."), @"
     × expected a time such as 15.2ms, found the end of the line
      ╭─[story.squall:5:6]
    5 │ sync 1ms..
      ·      ──┬──
      ·        ╰── expected a time such as 15.2ms
      ╰────
    ");
}

#[test]
fn a_delay_of_an_unknown_kind() {
    assert_snapshot!(told_header("delay 1ms + normal 5ms"), @"
     × expected `exp`, found `normal`
      ╭─[story.squall:5:13]
    5 │ delay 1ms + normal 5ms
      ·             ───┬──
      ·                ╰── expected `exp`
      ╰────
    ");
}

#[test]
fn a_tail_without_its_span() {
    assert_snapshot!(told_header("tail 0.1%"), @"
     × expected a time such as 15.2ms, found the end of the line
      ╭─[story.squall:5:10]
    5 │ tail 0.1% 
      ·          ┬
      ·          ╰── expected a time such as 15.2ms
      ╰────
    ");
}

#[test]
fn an_order_unknown() {
    assert_snapshot!(told_header("order keep"), @"
     × expected `kept` or `free`, found `keep`
      ╭─[story.squall:5:7]
    5 │ order keep
      ·       ──┬─
      ·         ╰── expected `kept` or `free`
      ╰────
    ");
}

#[test]
fn an_unknown_knob() {
    assert_snapshot!(told_header("knob batsh 2"), @"
     × there is no knob `batsh`
      ╭─[story.squall:5:6]
    5 │ knob batsh 2
      ·      ──┬──
      ·        ╰── expected the name of a knob
      ╰────
     help: did you mean `batch`? The knobs are: retry, batch, backoff
    ");
}

#[test]
fn a_knob_without_a_name() {
    assert_snapshot!(told_header("knob"), @"
     × expected a name, found the end of the line
      ╭─[story.squall:5:5]
    5 │ knob 
      ·     ┬
      ·     ╰── expected a name
      ╰────
    ");
}

#[test]
fn a_knob_outside_its_domain() {
    assert_snapshot!(told_header("knob batch 65"), @"
     × the knob `batch` cannot be `65`
      ╭─[story.squall:5:12]
    5 │ knob batch 65
      ·            ─┬
      ·             ╰── expected 1 to 64
      ╰────
    ");
}

#[test]
fn a_knob_of_spans() {
    assert_snapshot!(told_header("knob retry 1h"), @"
     × the knob `retry` cannot be `1h`
      ╭─[story.squall:5:12]
    5 │ knob retry 1h
      ·            ─┬
      ·             ╰── expected 1ms to 60s
      ╰────
    ");
}

#[test]
fn a_knob_of_words() {
    assert_snapshot!(told_header("knob backoff double with  dice"), @"
     × the knob `backoff` cannot be `double with dice`
      ╭─[story.squall:5:14]
    5 │ knob backoff double with  dice
      ·              ────────┬────────
      ·                      ╰── expected one of none, double, double with noise
      ╰────
    ");
}

#[test]
fn sizes_and_knobs_that_do_not_go_together() {
    assert_snapshot!(told("squall 1\nknob batch 2\nsystem synod\nseed 1\nservers 1\n"), @"
     × `synod` cannot run with these sizes and knobs: batches need a second node
      ╭─[story.squall:3:8]
    3 │ system synod
      ·        ──┬──
      ·          ╰── expected sizes and knobs that go together
      ╰────
    ");
}

#[test]
fn several_mistakes_at_once() {
    assert_snapshot!(told("squall 1\nsystem synod\nlos 3%\nservers 5\n0ms crsh n1\n1ms crash n9\n2ms c1 prose apple\n"), @"
     × the header does not say `seed`
      ╭─[story.squall:1:1]
    1 │ squall 1
      · ────┬───
      ·     ╰── expected a line `seed …` below this one
      ╰────
     help: all luck that no line fixes comes from it: `seed 1`

     × there is no header key `los`
      ╭─[story.squall:3:1]
    3 │ los 3%
      · ─┬─
      ·  ╰── expected a header key, or a line with a time
      ╰────
     help: did you mean `loss`?

     × there is no action `crsh`
      ╭─[story.squall:5:5]
    5 │ 0ms crsh n1
      ·     ──┬─
      ·       ╰── expected an action
      ╰────
     help: did you mean `crash`?

     × `prose apple` is not an operation of `synod`: expected `propose` or `write`
      ╭─[story.squall:7:8]
    7 │ 2ms c1 prose apple
      ·        ─────┬─────
      ·             ╰── expected an operation
      ╰────
     help: an operation looks like this: `propose apple`
    ");
}

#[test]
fn more_mistakes_than_anybody_reads() {
    assert_snapshot!(told_header(&"1s crsh n1\n".repeat(20)).lines().last().unwrap_or_default(), @"these are the first 10 mistakes; there may be more");
}

#[test]
fn the_name_of_the_system_alone() {
    assert_snapshot!(system_of("squall 1\nseed 1\nweather fair\nsystem lock\n", "a").unwrap(), @"lock");
}

#[test]
fn no_name_of_a_system() {
    assert_snapshot!(system_of("squall 1\nseed 1\n0ms calm\nsystem lock\n", "a").unwrap_err().render(false), @"
     × the header does not say `system`
      ╭─[a:1:1]
    1 │ squall 1
      · ────┬───
      ·     ╰── expected a line `system …` below this one
      ╰────
     help: name the system that is under test, such as `system synod`
    ");
}

#[test]
fn no_script_to_find_a_system_in() {
    assert_snapshot!(system_of("<html>", "a").unwrap_err().render(false), @"
     × this is not a script
      ╭─[a:1:1]
    1 │ <html>
      · ───┬──
      ·    ╰── expected `squall 1`
      ╰────
     help: the first line of every script is `squall 1`; comments may stand above it
    ");
}

#[test]
fn in_one_line_for_a_log() {
    assert_snapshot!(parse(&Toy, "squall 1\nsystem lock\n", "a.squall").unwrap_err(), @"a.squall:2:8: this is a script of the system `lock`, not of `synod`");
}
