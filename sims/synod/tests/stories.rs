//! Stories: scripts written by hand, each with the trace beneath that shows what came of it.
//!
//! A comment on top of each script says what happens and why that is right. The snapshot holds the
//! script, the trace, the verdicts and the digest; a person reads it when it changes. A trace
//! leaves out what a reader can think for himself: that a message was sent which arrives after the
//! usual time, that timers are set, that a sync is asked for and told of.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use squall_process::Process;
use squall_script::{Op, Report, Runner, Script, System, parse};
use squall_sims::echo::EchoSystem;
#[cfg(feature = "omnipaxos")]
use squall_sims::omnipaxos::OmniPaxosSystem;
use squall_sims::synod::Synod;
use squall_trace::{Fate, Line, Lines};
use squall_world::Delay;

/// What a reader need not be told.
const LEFT_OUT: [&str; 4] = ["timer-set", "timer-cancelled", "sync-asked", "synced"];

fn folder<S: System>(system: &S) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(system.name()).join("scripts")
}

fn source<S: System>(system: &S, name: &str) -> String {
    let path = folder(system).join(format!("{name}.squall"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read<S: System>(system: &S, name: &str) -> Script<Op<S>> {
    let file = format!("{name}.squall");
    parse(system, &source(system, name), &file).unwrap_or_else(|error| panic!("{error}"))
}

fn run<S: System>(system: &S, script: &Script<Op<S>>) -> (Report, Lines) {
    let mut lines = Lines::all();
    let report = Runner::new(system).run(script, &mut lines).expect("sizes and knobs that fit");
    (report, lines)
}

/// Whether a line tells of a message that will arrive after the usual time: it is shown there.
fn is_usual<O>(line: &Line, script: &Script<O>) -> bool {
    let Delay::Uniform(usual) = script.conditions.delay else { return false };
    let usual = format!("({})", Fate::Takes(usual.low()));
    line.kind.name() == "sent" && line.text.ends_with(&usual)
}

/// The script, what came of it, and what the judges say.
fn tell<S: System>(system: &S, name: &str) -> String {
    let script = read(system, name);
    let (report, lines) = run(system, &script);
    assert_eq!(report.unused_luck, [], "{name}: luck that did not come up");
    let mut story = source(system, name);
    story.push_str("\n---- trace ----\n");
    for line in lines.as_slice() {
        if !LEFT_OUT.contains(&line.kind.name()) && !is_usual(line, &script) {
            let _ = writeln!(story, "{line}");
        }
    }
    story.push_str("\n---- verdicts ----\n");
    for (rule, verdict) in &report.rulings {
        let _ = writeln!(story, "{:<18} {verdict}", rule.name);
    }
    let _ = writeln!(story, "\nend: {}, at {}", report.end, report.simulated);
    let _ = writeln!(story, "digest: {}", report.digest);
    story
}

fn check<S: System>(system: &S, name: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(format!("{}__{name}", system.name()), tell(system, name));
    });
}

/// One test for each story, and the list of them.
macro_rules! stories {
    ($module:ident, $system:expr, $($name:ident)+) => {
        mod $module {
            use super::*;

            pub(super) const NAMES: &[&str] = &[$(stringify!($name)),+];

            $(#[test]
            fn $name() {
                check(&$system, stringify!($name));
            })+
        }
    };
}

stories! { echo, EchoSystem,
    a_word_comes_back
    a_lost_word_is_said_again
    a_word_heard_twice_is_answered_once
}

stories! { synod, Synod,
    bridge
    client_dies_with_its_operation_open
    clogged_link_released_in_a_burst
    disk_full_then_free
    distinguished_learner_dies
    duelling_proposers
    everyone_counts
    failed_sync_halts
    isolated_leader
    late_learner
    mail_of_a_dead_incarnation
    majorities_ring
    minority_decides
    one_way_cut
    promise_survives_a_crash
    replaced_disk_makes_mute
    suspended_leader
    torn_vote_is_dropped
    uncontested_choice
    unsynced_promise_is_lost
    value_of_the_highest_ballot
    vote_survives_a_crash
}

#[cfg(feature = "omnipaxos")]
stories! { omnipaxos, OmniPaxosSystem::MENDED,
    a_log_is_trimmed
    a_server_takes_the_lead
    chained_connectivity
    election
    leader_cut_off
    member_replaced
    priority_decides
    restart_in_the_middle_of_an_append
    snapshot_to_a_laggard
}

#[cfg(feature = "omnipaxos")]
stories! { omnipaxos_as_published, OmniPaxosSystem::AS_PUBLISHED,
    a_delta_forgets_what_was_before
    a_stop_sign_is_counted_twice
}

#[cfg(feature = "raft")]
stories! { raft, squall_sims::raft::RaftSystem::SAFE,
    election
    leader_cut_off
    leader_hands_over
    learner_is_promoted
    low_priority_is_refused
    member_replaced
    promise_outlives_a_restart
    read_index_under_a_cut
    restart_in_the_middle_of_an_append
    snapshot_to_a_laggard
    votes_of_a_new_disk_do_not_count
}

/// The names of the scripts in a folder.
fn files<S: System>(system: &S) -> BTreeSet<String> {
    names_in(folder(system)).map(|name| name.replace(".squall", "")).collect()
}

fn names_in(folder: PathBuf) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("a readable entry").file_name());
    names.map(|name| name.to_string_lossy().into_owned())
}

fn has_no_orphans<S: System>(system: &S, names: &[&str]) {
    let told: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files(system), told);
    let snapshots = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    for name in names_in(snapshots) {
        if let Some((of, story)) = name.split_once("__")
            && of == system.name()
        {
            let story = story.replace(".new", "").replace(".snap", "");
            assert!(told.contains(&story), "{name} is of no story any more");
        }
    }
}

#[test]
fn every_script_is_told() {
    has_no_orphans(&EchoSystem, echo::NAMES);
    has_no_orphans(&Synod, synod::NAMES);
    #[cfg(feature = "omnipaxos")]
    has_no_orphans(&OmniPaxosSystem::MENDED, omnipaxos::NAMES);
    #[cfg(feature = "omnipaxos")]
    has_no_orphans(&OmniPaxosSystem::AS_PUBLISHED, omnipaxos_as_published::NAMES);
    #[cfg(feature = "raft")]
    has_no_orphans(&squall_sims::raft::RaftSystem::SAFE, raft::NAMES);
}

/// A story is the same when it is told again, in a world that was used before, from its own print,
/// and on another thread.
fn repeats<S: System>(system: &S)
where
    Op<S>: Send + Sync,
    S::Process: Process,
{
    let mut used = Runner::new(system);
    for name in files(system) {
        let script = read(system, &name);
        let first = run(system, &script).0.digest;
        assert_eq!(run(system, &script).0.digest, first, "{name} again");
        for turn in ["first", "second"] {
            let again = used.run(&script, ()).expect("sizes and knobs that fit");
            assert_eq!(again.digest, first, "{name} in a used world, {turn} turn");
        }
        let printed = parse(system, &script.to_string(), &name).expect("what was printed");
        assert_eq!(printed, script, "{name} printed and parsed");
        assert_eq!(run(system, &printed).0.digest, first, "{name} printed and parsed");
        std::thread::scope(|scope| {
            let other = scope.spawn(|| run(system, &script).0.digest).join();
            assert_eq!(other.expect("no panic"), first, "{name} on another thread");
        });
    }
}

#[test]
fn every_script_repeats_itself() {
    repeats(&EchoSystem);
    repeats(&Synod);
    #[cfg(feature = "omnipaxos")]
    repeats(&OmniPaxosSystem::MENDED);
    #[cfg(feature = "omnipaxos")]
    repeats(&OmniPaxosSystem::AS_PUBLISHED);
    #[cfg(feature = "raft")]
    repeats(&squall_sims::raft::RaftSystem::SAFE);
}
