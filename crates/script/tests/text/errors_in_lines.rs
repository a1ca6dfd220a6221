//! What the lines of a script can have wrong, and how it is told.

use insta::assert_snapshot;

use crate::errors::told;

/// What the reader says to `lines` below a sound header.
fn told_lines(lines: &str) -> String {
    told(&format!("squall 1\nsystem synod\nseed 1\nservers 5\nclients 2\n\n{lines}\n"))
}

#[test]
fn an_unknown_action() {
    assert_snapshot!(told_lines("12ms  crsh n1  # and boot it later"), @"
     × there is no action `crsh`
      ╭─[story.squall:7:7]
    7 │ 12ms  crsh n1  # and boot it later
      ·       ──┬─
      ·         ╰── expected an action
      ╰────
     help: did you mean `crash`?
    ");
}

#[test]
fn an_action_like_no_other() {
    assert_snapshot!(told_lines("12ms explode n1"), @"
     × there is no action `explode`
      ╭─[story.squall:7:6]
    7 │ 12ms explode n1
      ·      ───┬───
      ·         ╰── expected an action
      ╰────
     help: a request to a process begins with its name, such as `c1 …`
    ");
}

#[test]
fn a_time_and_nothing_else() {
    assert_snapshot!(told_lines("12ms"), @"
     × expected an action, found the end of the line
      ╭─[story.squall:7:5]
    7 │ 12ms 
      ·     ┬
      ·     ╰── expected an action
      ╰────
    ");
}

#[test]
fn a_time_without_unit() {
    assert_snapshot!(told_lines("12 crash n1"), @"
     × `12` is not a time
      ╭─[story.squall:7:1]
    7 │ 12 crash n1
      · ─┬
      ·  ╰── expected a unit of time: ns, us, ms or s
      ╰────
    ");
}

#[test]
fn a_time_below_zero() {
    assert_snapshot!(told_lines("-12ms crash n1"), @"
     × `-12ms` is not a time
      ╭─[story.squall:7:1]
    7 │ -12ms crash n1
      · ──┬──
      ·   ╰── expected a number in front of the unit, such as 15.2ms
      ╰────
    ");
}

#[test]
fn no_time() {
    assert_snapshot!(told_lines("0ms crash n1\nboot n1"), @"
     × `boot …` is an action, and an action needs a time in front
      ╭─[story.squall:8:1]
    8 │ boot n1
      · ──┬─
      ·   ╰── expected a time in front of this
      ╰────
     help: for example `0ms boot …`
    ");
}

#[test]
fn a_word_in_place_of_a_time() {
    assert_snapshot!(told_lines("0ms crash n1\nlater boot n1"), @"
     × expected a time such as 15.2ms, found `later`
      ╭─[story.squall:8:1]
    8 │ later boot n1
      · ──┬──
      ·   ╰── expected a time such as 15.2ms
      ╰────
    ");
}

#[test]
fn a_server_that_does_not_exist() {
    assert_snapshot!(told_lines("12ms crash n1 n9 n2"), @"
     × there is no process n9 in this script
      ╭─[story.squall:7:15]
    7 │ 12ms crash n1 n9 n2
      ·               ─┬
      ·                ╰── expected n1 to n5 or c1 to c2
      ╰────
     help: the header line `servers …` says how many there are
    ");
}

#[test]
fn a_client_that_does_not_exist() {
    assert_snapshot!(told_lines("12ms c3 propose c3"), @"
     × there is no process c3 in this script
      ╭─[story.squall:7:6]
    7 │ 12ms c3 propose c3
      ·      ─┬
      ·       ╰── expected n1 to n5 or c1 to c2
      ╰────
     help: the header line `clients …` says how many there are
    ");
}

#[test]
fn a_server_number_zero() {
    assert_snapshot!(told_lines("12ms crash n0"), @"
     × expected a process such as n1 or c1, found `n0`
      ╭─[story.squall:7:12]
    7 │ 12ms crash n0
      ·            ─┬
      ·             ╰── expected a process such as n1 or c1
      ╰────
    ");
}

#[test]
fn a_link_to_nobody() {
    assert_snapshot!(told_lines("12ms n1>n6#4 lost"), @"
     × there is no process n6 in this script
      ╭─[story.squall:7:9]
    7 │ 12ms n1>n6#4 lost
      ·         ─┬
      ·          ╰── expected n1 to n5 or c1 to c2
      ╰────
     help: the header line `servers …` says how many there are
    ");
}

#[test]
fn an_operation_unknown() {
    assert_snapshot!(told_lines("12ms c1 promise apple"), @"
     × `promise apple` is not an operation of `synod`: expected `propose` or `write`
      ╭─[story.squall:7:9]
    7 │ 12ms c1 promise apple
      ·         ──────┬──────
      ·               ╰── expected an operation
      ╰────
     help: an operation looks like this: `propose apple`
    ");
}

#[test]
fn an_operation_without_its_value() {
    assert_snapshot!(told_lines("12ms c1 propose"), @"
     × `propose` is not an operation of `synod`: expected one value behind `propose`
      ╭─[story.squall:7:9]
    7 │ 12ms c1 propose
      ·         ───┬───
      ·            ╰── expected an operation
      ╰────
     help: an operation looks like this: `propose apple`
    ");
}

#[test]
fn no_operation() {
    assert_snapshot!(told_lines("12ms c1"), @"
     × expected an operation, found the end of the line
      ╭─[story.squall:7:8]
    7 │ 12ms c1 
      ·        ┬
      ·        ╰── expected an operation
      ╰────
    ");
}

#[test]
fn a_long_operation() {
    assert_snapshot!(told_lines(&format!("12ms c1 {} é", "promise apple ".repeat(30))), @"
     × `promise apple promise apple promise apple promise apple prom…` is not an operation of
     │ `synod`: expected `propose` or `write`
      ╭─[story.squall:7:9]
    7 │ 12ms c1 promise apple promise apple promise apple promise apple prom…
      ·         ──────────────────────────────┬──────────────────────────────
      ·                                       ╰── expected an operation
      ╰────
     help: an operation looks like this: `propose apple`
    ");
}

#[test]
fn an_unknown_role() {
    assert_snapshot!(told_lines("12ms crash @leadr"), @"
     × there is no role `leadr`
      ╭─[story.squall:7:12]
    7 │ 12ms crash @leadr
      ·            ───┬──
      ·               ╰── expected a role
      ╰────
     help: did you mean `leader`? The roles are: leader, learner
    ");
}

#[test]
fn time_going_backwards() {
    assert_snapshot!(told_lines("40ms crash n1\n9ms boot n1\n50ms crash n2"), @"
     × time goes back from 40ms to 9ms
      ╭─[story.squall:8:1]
    8 │ 9ms boot n1
      · ─┬─
      ·  ╰── expected 40ms or later
      ╰────
     help: lines stand in the order of their times
    ");
}

#[test]
fn a_fault_after_calm() {
    assert_snapshot!(told_lines("1s calm\n2s c1 propose apple\n3s n1>n2#4 lost\n4s crash n1"), @"
     × a fault after `calm`
       ╭─[story.squall:10:4]
    10 │ 4s crash n1
       ·    ────┬───
       ·        ╰── `calm` ended all faults at 1s
       ╰────
     help: only requests and fixed luck may stand below `calm`
    ");
}

#[test]
fn a_condition_after_calm() {
    assert_snapshot!(told_lines("1s calm\n2s loss 3%"), @"
     × a fault after `calm`
      ╭─[story.squall:8:4]
    8 │ 2s loss 3%
      ·    ───┬───
      ·       ╰── `calm` ended all faults at 1s
      ╰────
     help: only requests and fixed luck may stand below `calm`
    ");
}

#[test]
fn a_second_calm() {
    assert_snapshot!(told_lines("1s calm n1\n2s calm"), @"
     × a second `calm`
      ╭─[story.squall:8:4]
    8 │ 2s calm
      ·    ──┬─
      ·      ╰── faults ended at 1s
      ╰────
     help: a script has at most one `calm`
    ");
}

#[test]
fn luck_that_is_fixed_twice() {
    assert_snapshot!(told_lines("1ms n1>n2#1 lost\n2ms n1 sync#1 fails\n3ms n1>n2#1 takes 5ms"), @"
     × this draw is fixed twice
      ╭─[story.squall:9:5]
    9 │ 3ms n1>n2#1 takes 5ms
      ·     ────────┬────────
      ·             ╰── the line at 1ms fixes it
      ╰────
     help: keep one of the two lines
    ");
}

#[test]
fn calm_for_a_client() {
    assert_snapshot!(told_lines("1s calm n1 c1"), @"
     × `calm` names the client c1
      ╭─[story.squall:7:12]
    7 │ 1s calm n1 c1
      ·            ─┬
      ·             ╰── expected a server
      ╰────
     help: clients are always healed; a list names the servers that are
    ");
}

#[test]
fn calm_for_a_server_that_does_not_exist() {
    assert_snapshot!(told_lines("1s calm n1 n7"), @"
     × there is no process n7 in this script
      ╭─[story.squall:7:12]
    7 │ 1s calm n1 n7
      ·            ─┬
      ·             ╰── expected n1 to n5 or c1 to c2
      ╰────
     help: the header line `servers …` says how many there are
    ");
}

#[test]
fn calm_for_a_server_twice() {
    assert_snapshot!(told_lines("1s calm n1 n2 n1"), @"
     × n1 is named twice in one group
      ╭─[story.squall:7:15]
    7 │ 1s calm n1 n2 n1
      ·               ─┬
      ·                ╰── expected each process once
      ╰────
    ");
}

#[test]
fn calm_for_all() {
    assert_snapshot!(told_lines("1s calm all"), @"
     × expected a process such as n1 or c1, found `all`
      ╭─[story.squall:7:9]
    7 │ 1s calm all
      ·         ─┬─
      ·          ╰── expected a process such as n1 or c1
      ╰────
    ");
}

#[test]
fn an_empty_group() {
    assert_snapshot!(told_lines("1s crash"), @"
     × a group without a process
      ╭─[story.squall:7:9]
    7 │ 1s crash 
      ·         ┬
      ·         ╰── expected a group: processes, `all`, `rest` or a role such as @leader
      ╰────
    ");
}

#[test]
fn an_empty_side() {
    assert_snapshot!(told_lines("1s cut n1 n2 |"), @"
     × a group without a process
      ╭─[story.squall:7:15]
    7 │ 1s cut n1 n2 | 
      ·               ┬
      ·               ╰── expected a group: processes, `all`, `rest` or a role such as @leader
      ╰────
    ");
}

#[test]
fn an_empty_left_side() {
    assert_snapshot!(told_lines("1s cut | n1"), @"
     × a group without a process
      ╭─[story.squall:7:8]
    7 │ 1s cut | n1
      ·        ┬
      ·        ╰── expected a group: processes, `all`, `rest` or a role such as @leader
      ╰────
    ");
}

#[test]
fn an_empty_pair() {
    assert_snapshot!(told_lines("1s cut n1 | n2,"), @"
     × a group without a process
      ╭─[story.squall:7:16]
    7 │ 1s cut n1 | n2, 
      ·                ┬
      ·                ╰── expected a group: processes, `all`, `rest` or a role such as @leader
      ╰────
    ");
}

#[test]
fn one_side() {
    assert_snapshot!(told_lines("1s cut n1 n2"), @"
     × expected `|` or `>` and the other side, found the end of the line
      ╭─[story.squall:7:13]
    7 │ 1s cut n1 n2 
      ·             ┬
      ·             ╰── expected `|` or `>` and the other side
      ╰────
    ");
}

#[test]
fn sides_apart() {
    assert_snapshot!(told_lines("1s slow n1 and n2 5ms"), @"
     × expected `|` or `>` and the other side, found `and`
      ╭─[story.squall:7:12]
    7 │ 1s slow n1 and n2 5ms
      ·            ─┬─
      ·             ╰── expected `|` or `>` and the other side
      ╰────
    ");
}

#[test]
fn the_rest_on_the_left() {
    assert_snapshot!(told_lines("1s cut rest | n1"), @"
     × `rest` has nothing to be the rest of
      ╭─[story.squall:7:8]
    7 │ 1s cut rest | n1
      ·        ──┬─
      ·          ╰── expected a group that stands for itself
      ╰────
     help: `rest` is the right side of two, such as `cut n1 | rest`
    ");
}

#[test]
fn the_rest_of_nothing() {
    assert_snapshot!(told_lines("1s crash rest"), @"
     × `rest` has nothing to be the rest of
      ╭─[story.squall:7:10]
    7 │ 1s crash rest
      ·          ──┬─
      ·            ╰── expected a group that stands for itself
      ╰────
     help: `rest` is the right side of two, such as `cut n1 | rest`
    ");
}

#[test]
fn a_process_named_twice() {
    assert_snapshot!(told_lines("1s cut n1 n2 n1 | n3"), @"
     × n1 is named twice in one group
      ╭─[story.squall:7:14]
    7 │ 1s cut n1 n2 n1 | n3
      ·              ─┬
      ·               ╰── expected each process once
      ╰────
    ");
}

#[test]
fn a_group_of_something_else() {
    assert_snapshot!(told_lines("1s crash everybody"), @"
     × expected a group: processes, `all`, `rest` or a role such as @leader, found `everybody`
      ╭─[story.squall:7:10]
    7 │ 1s crash everybody
      ·          ────┬────
      ·              ╰── expected a group: processes, `all`, `rest` or a role such as @leader
      ╰────
    ");
}

#[test]
fn a_crash_with_more() {
    assert_snapshot!(told_lines("1s crash n1 torn"), @"
     × expected `keep`, found `torn`
      ╭─[story.squall:7:13]
    7 │ 1s crash n1 torn
      ·             ──┬─
      ·               ╰── expected `keep`
      ╰────
    ");
}

#[test]
fn a_crash_that_keeps_nothing_named() {
    assert_snapshot!(told_lines("1s crash n1 keep"), @"
     × `keep` names no record
      ╭─[story.squall:7:17]
    7 │ 1s crash n1 keep 
      ·                 ┬
      ·                 ╰── expected a number of records, or records
      ╰────
     help: `keep 0` keeps nothing
    ");
}

#[test]
fn a_record_kept_twice() {
    assert_snapshot!(told_lines("1s crash n1 keep r3 r4 r3 torn"), @"
     × r3 is named twice
      ╭─[story.squall:7:24]
    7 │ 1s crash n1 keep r3 r4 r3 torn
      ·                        ─┬
      ·                         ╰── expected each record once
      ╰────
    ");
}

#[test]
fn a_record_number_zero() {
    assert_snapshot!(told_lines("1s disk n1 rots r0"), @"
     × there is no number 0
      ╭─[story.squall:7:4]
    7 │ 1s disk n1 rots r0
      ·    ───────┬───────
      ·           ╰── expected a number from 1
      ╰────
    ");
}

#[test]
fn a_disk_that_does_something_else() {
    assert_snapshot!(told_lines("1s disk n1 rot"), @"
     × expected `full`, `slow`, `stalls`, `works` or `rots`, found `rot`
      ╭─[story.squall:7:12]
    7 │ 1s disk n1 rot
      ·            ─┬─
      ·             ╰── expected `full`, `slow`, `stalls`, `works` or `rots`
      ╰────
     help: did you mean `rots`?
    ");
}

#[test]
fn a_record_that_is_none() {
    assert_snapshot!(told_lines("1s disk n1 rots 7"), @"
     × expected a record such as r7, found `7`
      ╭─[story.squall:7:17]
    7 │ 1s disk n1 rots 7
      ·                 ┬
      ·                 ╰── expected a record such as r7
      ╰────
    ");
}

#[test]
fn a_clock_that_does_something_else() {
    assert_snapshot!(told_lines("1s clock n1 ofset 3s"), @"
     × expected `offset` or `drift`, found `ofset`
      ╭─[story.squall:7:13]
    7 │ 1s clock n1 ofset 3s
      ·             ──┬──
      ·               ╰── expected `offset` or `drift`
      ╰────
     help: did you mean `offset`?
    ");
}

#[test]
fn an_offset_too_long() {
    assert_snapshot!(told_lines("1s clock n1 offset -9999999999s"), @"
     × `-9999999999s` is not a time
      ╭─[story.squall:7:20]
    7 │ 1s clock n1 offset -9999999999s
      ·                    ──────┬─────
      ·                          ╰── expected less than 584 years
      ╰────
    ");
}

#[test]
fn a_drift_without_its_unit() {
    assert_snapshot!(told_lines("1s clock n1 drift 200"), @"
     × expected a drift such as 200ppm, found `200`
      ╭─[story.squall:7:19]
    7 │ 1s clock n1 drift 200
      ·                   ─┬─
      ·                    ╰── expected a drift such as 200ppm
      ╰────
    ");
}

#[test]
fn a_drift_too_fast() {
    assert_snapshot!(told_lines("1s clock n1 drift -1000000ppm"), @"
     × no clock drifts by -1000000ppm
      ╭─[story.squall:7:4]
    7 │ 1s clock n1 drift -1000000ppm
      ·    ─────────────┬────────────
      ·                 ╰── expected a drift from -999999ppm to 999999ppm
      ╰────
    ");
}

#[test]
fn a_message_without_a_number() {
    assert_snapshot!(told_lines("1s n1>n2 lost"), @"
     × expected a message such as n3>n5#4, found `n1>n2`
      ╭─[story.squall:7:4]
    7 │ 1s n1>n2 lost
      ·    ──┬──
      ·      ╰── expected a message such as n3>n5#4
      ╰────
    ");
}

#[test]
fn a_message_number_zero() {
    assert_snapshot!(told_lines("1s n1>n2#0 lost"), @"
     × there is no number 0
      ╭─[story.squall:7:4]
    7 │ 1s n1>n2#0 lost
      ·    ──────┬─────
      ·          ╰── expected a number from 1
      ╰────
    ");
}

#[test]
fn a_fate_unknown() {
    assert_snapshot!(told_lines("1s n1>n2#4 lots"), @"
     × expected `lost`, `takes` or `twice`, found `lots`
      ╭─[story.squall:7:12]
    7 │ 1s n1>n2#4 lots
      ·            ──┬─
      ·              ╰── expected `lost`, `takes` or `twice`
      ╰────
     help: did you mean `lost`?
    ");
}

#[test]
fn a_draw_that_is_nothing() {
    assert_snapshot!(told_lines("1s n2 random#3 = 1370"), @"
     × expected `is`, found `=`
      ╭─[story.squall:7:16]
    7 │ 1s n2 random#3 = 1370
      ·                ┬
      ·                ╰── expected `is`
      ╰────
    ");
}

#[test]
fn a_sync_without_a_number() {
    assert_snapshot!(told_lines("1s n2 sync#x fails"), @"
     × expected a whole number, found `x`
      ╭─[story.squall:7:7]
    7 │ 1s n2 sync#x fails
      ·       ───┬──
      ·          ╰── expected a whole number
      ╰────
    ");
}

#[test]
fn a_sync_that_does_something_else() {
    assert_snapshot!(told_lines("1s n2 sync#1 works"), @"
     × expected `takes` or `fails`, found `works`
      ╭─[story.squall:7:14]
    7 │ 1s n2 sync#1 works
      ·              ──┬──
      ·                ╰── expected `takes` or `fails`
      ╰────
    ");
}

#[test]
fn a_write_that_does_something_else() {
    assert_snapshot!(told_lines("1s n2 wrote r7 fails"), @"
     × `wrote r7 fails` is not an operation of `synod`: expected `propose` or `write`
      ╭─[story.squall:7:7]
    7 │ 1s n2 wrote r7 fails
      ·       ───────┬──────
      ·              ╰── expected an operation
      ╰────
     help: an operation looks like this: `propose apple`
    ");
}

#[test]
fn a_timer_that_is_early() {
    assert_snapshot!(told_lines("1s n2 timer#1 early 5ms"), @"
     × expected `late`, found `early`
      ╭─[story.squall:7:15]
    7 │ 1s n2 timer#1 early 5ms
      ·               ──┬──
      ·                 ╰── expected `late`
      ╰────
    ");
}

#[test]
fn more_than_the_line_needs() {
    assert_snapshot!(told_lines("1s boot n1 5ms"), @"
     × expected the end of the line, found `5ms`
      ╭─[story.squall:7:12]
    7 │ 1s boot n1 5ms
      ·            ─┬─
      ·             ╰── expected the end of the line
      ╰────
    ");
}

#[test]
fn a_line_with_control_characters() {
    assert_snapshot!(told_lines("1s crash \u{1b}[31mn1\u{85}"), @"
     × expected a group: processes, `all`, `rest` or a role such as @leader, found `?[31mn1·`
      ╭─[story.squall:7:10]
    7 │ 1s crash ?[31mn1·
      ·          ────┬───
      ·              ╰── expected a group: processes, `all`, `rest` or a role such as @leader
      ╰────
    ");
}

#[test]
fn two_mistakes_in_one_line() {
    assert_snapshot!(told_lines("1s cut n9 | n1, rest > n8"), @"
     × there is no process n9 in this script
      ╭─[story.squall:7:8]
    7 │ 1s cut n9 | n1, rest > n8
      ·        ─┬
      ·         ╰── expected n1 to n5 or c1 to c2
      ╰────
     help: the header line `servers …` says how many there are

     × `rest` has nothing to be the rest of
      ╭─[story.squall:7:17]
    7 │ 1s cut n9 | n1, rest > n8
      ·                 ──┬─
      ·                   ╰── expected a group that stands for itself
      ╰────
     help: `rest` is the right side of two, such as `cut n1 | rest`

     × there is no process n8 in this script
      ╭─[story.squall:7:24]
    7 │ 1s cut n9 | n1, rest > n8
      ·                        ─┬
      ·                         ╰── expected n1 to n5 or c1 to c2
      ╰────
     help: the header line `servers …` says how many there are
    ");
}
