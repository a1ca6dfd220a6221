//! What sweeps found in the log, as the shrinker left it. Each script broke a rule once.

use squall_script::{Runner, parse};
use squall_sim_log::Log;

#[track_caller]
fn holds(script: &str) {
    let script = format!("squall 1\nsystem log\n{script}");
    let script = parse(&Log, &script, "script").unwrap_or_else(|error| panic!("{error}"));
    let report = Runner::new(&Log).run(&script, ()).expect("sizes and knobs that fit");
    assert_eq!(report.broken(), None);
}

/// n2 promised and voted before its identity was on its disk, and its disk refused the identity.
#[test]
fn a_server_takes_no_part_before_its_identity_is_durable() {
    holds(
        "seed 4\nservers 2\n\n0ms n2 sync#1 takes 1ns\n0ms disk n2 full\n0ms crash n2\n\
         0ms n2 crash#1 keep 0\n0ms boot n2\n0ms n1 if epoch is 2 then else\n0ms disk n2 works\n",
    );
    holds(
        "seed 1\nservers 1\nclients 1\n\n0ms n1 sync#1 fails after 40ms\n0ms c1 put x 1\n0ms calm\n",
    );
}

/// The leader handed leadership to the server of a higher priority, which had lost its disk: it was
/// taken for the founder of its name.
#[test]
fn a_server_without_identity_is_no_founder() {
    holds("seed 1378\nservers 3\nknob priority n2\n\n0ms crash n2\n0ms replace n2\n0ms calm\n");
}

/// A round of confirmation was begun anew before its answers could come.
#[test]
fn a_round_waits_for_its_answers() {
    holds(
        "seed 1805\nservers 2\nclients 1\nknob lease 4.9ms\nknob rate-error 182\n\n\
         0ms c1 read confirmed get z\n0ms calm\n",
    );
}

/// Each step put the end of the wait off.
#[test]
fn commands_that_linger_travel_in_the_end() {
    holds(
        "seed 2379\nservers 1\nclients 1\nknob queue-bytes 38\nknob resend 10ms\n\
         knob linger 13.1ms\n\n0ms c1 put x 7*12\n0ms calm\n",
    );
}

/// The disk refused a snapshot, and it was written again at once, and so on forever.
#[test]
fn a_full_disk_is_left_alone() {
    holds(
        "seed 725\nservers 1\nclients 1\nsteps 20000\nknob snapshot 1\n\n\
         100ms c1 put x 1\n150ms disk n1 full\n1s calm\n",
    );
}

/// n2 had promised a lower ballot only, and was asked to confirm a leader that others elected.
#[test]
fn an_acceptor_confirms_a_leader_that_others_elected() {
    holds(
        "seed 3\nservers 3\nclients 1\n\n0ms c1 read follower get x\n0ms disk n3 stalls\n\
         0ms cut n3 > n2\n50ms disk n3 works\n100ms calm n2 n3\n",
    );
}

/// Servers took over from one another, each before the last one could prove itself.
#[test]
fn a_new_leader_has_time_to_prove_itself() {
    holds(
        "seed 9\nservers 5\n\n65.1ms clog n5 | rest\n86.9ms crash n1\n98.5ms crash n2\n\
         260ms calm n1 n2 n3 n4 n5\n",
    );
}

/// A leader that reached too few for phase 2 took over from itself, round after round.
#[test]
fn a_leader_does_not_take_over_from_itself() {
    holds(
        "seed 7\nservers 3\nknob quorums small-phase1\nknob heartbeat 22ms\n\n\
         49.6ms crash n3\n141.2ms cut n1 | rest\n149.6ms boot n3\n380ms calm n2 n3\n",
    );
}

/// A leader that was deposed learned what its successor chose before it heard of the successor, and
/// told a follower that what it had proposed itself was chosen. `bugs/deposed-leader-goes-on.squall`
/// tells it in words.
#[test]
fn a_deposed_leader_does_not_speak_for_what_it_proposed() {
    holds(
        "seed 8\nservers 5\nclients 1\nknob heartbeat 200ms\nknob catch-up 5ms\nend 1.5s\n\n\
         250ms c1 put x 1\n300ms cut n1 n2 | n3 n4 n5\n310ms c1 put x 2\n850ms heal n1 | n4\n",
    );
}
