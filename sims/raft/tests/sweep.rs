//! The crate `raft` under faults: a sweep is clean, repeats itself and reaches every mark; mistakes
//! that adapters make are caught; and a seed means the same on every machine.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use squall_canary::Canary;
use squall_hunt::{Finding, Plan, Progress, Sweep, generate, sweep};
use squall_script::{Runner, Script, System, parse};
use squall_sim_raft::{RaftFlaw, RaftSystem};
use squall_trace::Lines;

fn sweep_of<S: System>(system: &S, seeds: u64, findings_max: usize) -> Sweep {
    let plan = Plan { seeds: 0..seeds, threads: 1, findings_max, repeat_every: 10 };
    sweep(system, &plan, &Progress::default(), &|| false).expect("one thread")
}

/// Election timeouts are drawn from the world and not by the library, so every run repeats itself.
#[test]
fn a_sweep_is_clean_repeats_itself_and_reaches_every_mark() {
    const SEEDS: u64 = 6_000;
    let swept = sweep_of(&RaftSystem::SAFE, SEEDS, 1);
    let found = swept.findings.first();
    assert!(found.is_none(), "{}", found.map(|f| f.script.to_string()).unwrap_or_default());
    assert_eq!((swept.tally.runs, swept.tally.clean), (SEEDS, SEEDS), "{:?}", swept.tally.unknown);
    assert_eq!(swept.tally.diverged, []);
    assert!(swept.tally.repeated >= SEEDS / 10);
    let missed: Vec<_> = swept.tally.marks.iter().filter(|(_, count)| *count == 0).collect();
    assert_eq!(missed, [], "marks never reached");
}

/// n1 is sent a snapshot and has it in its log, and its disk stalls before the snapshot is durable.
/// Its election timeout must not run meanwhile, because the library would look for entries that are
/// gone. A sweep found the script, and the shrinker made it small.
#[test]
fn nobody_holds_an_election_while_a_snapshot_is_on_its_way_to_the_disk() {
    let script = "squall 1\nsystem raft\nseed 0\nservers 3\nclients 1\nknob tick 7.7ms\n\
                  knob members changing\nend 1s\n\n\
                  100ms c1 add n2\n100ms c1 add n2\n100ms disk n1 stalls\n\
                  370ms crash n1 keep 0\n370ms boot n1\n400ms loss 50%\n";
    let script = parse(&RaftSystem::SAFE, script, "snapshot on its way").unwrap();
    let report = Runner::new(&RaftSystem::SAFE).run(&script, ()).unwrap();
    assert_eq!(report.broken(), None);
}

/// A server sleeps through the ticks at which the library only counts. A server that wakes at each
/// tick does the same at the same moments, except for the timers. Left out are changes of members,
/// which the leader checks whenever it wakes, and late timers and slow servers, because a server
/// that wakes more often is late more often.
#[test]
fn a_server_that_sleeps_through_ticks_misses_nothing() {
    let (mut compared, mut ticks) = (0, 0);
    for seed in 0..1_000 {
        let script = generate(&RaftSystem::SAFE, seed);
        let text = script.to_string();
        if ["members changing", "late", "lag"].iter().any(|word| text.contains(word)) {
            continue;
        }
        let (asleep, awake) =
            (told(&RaftSystem::SAFE, &script), told(&RaftSystem::AT_EACH_TICK, &script));
        let differ = asleep.0.iter().zip(&awake.0).find(|(one, other)| one != other);
        assert_eq!(differ, None, "seed {seed}");
        assert_eq!(asleep.0.len(), awake.0.len(), "seed {seed}");
        ticks += awake.1 - asleep.1;
        compared += 1;
    }
    assert!(compared >= 150 && ticks > 100 * compared, "{compared} scripts, {ticks} ticks");
}

/// Returns the events of a run without timers, and its number of steps.
fn told(system: &RaftSystem, script: &Script) -> (Vec<String>, u64) {
    let mut lines = Lines::all();
    let report = Runner::new(system).run(script, &mut lines).expect("sizes and knobs that fit");
    let timers = ["timer-set", "timer-cancelled", "fired"];
    let told = lines.as_slice().iter().filter(|line| !timers.contains(&line.kind.name()));
    (told.map(ToString::to_string).collect(), report.steps)
}

/// Checks that the first few findings break `rule`.
#[track_caller]
fn is_caught(flaw: RaftFlaw, rule: &str) {
    let swept = sweep_of(&Canary(flaw), 1_000, 10);
    let broken: Vec<_> = swept.findings.iter().map(|finding| finding.rule).collect();
    assert!(broken.contains(&rule), "{flaw:?} breaks {broken:?}, not {rule}");
    assert_eq!(swept.tally.diverged, [], "{flaw:?} does not repeat itself");
}

/// A vote or an acknowledgement leaves, the server is killed, and the record was never on its disk.
#[test]
fn an_adapter_that_sends_before_its_records_are_durable_is_caught() {
    is_caught(RaftFlaw::SendsEarly, "applied-is-durable");
}

#[test]
fn an_adapter_that_applies_before_the_commit_is_caught() {
    is_caught(RaftFlaw::AppliesEarly, "applied-is-durable");
}

/// The library itself notices that an entry which it had acknowledged is gone.
#[test]
fn an_adapter_that_trusts_a_new_disk_is_caught() {
    is_caught(RaftFlaw::TrustsNewDisk, "no-panic");
}

#[test]
fn an_adapter_that_does_a_call_again_is_caught() {
    is_caught(RaftFlaw::DoesAgain, "linearizable");
}

/// A leader that told another server to take over does not hear of its election, and answers reads
/// by its lease while the other server leads.
#[test]
fn an_adapter_that_keeps_its_lease_on_handing_over_is_caught() {
    let system = Canary(RaftFlaw::KeepsLease);
    let text = format!("squall 1\nsystem {}\n{HANDS_OVER}", system.name());
    let script = parse(&system, &text, "keeps its lease").expect("a script");
    let found = Finding::of(&mut Runner::new(&system), &script).expect("it is broken");
    assert_eq!(found.rule, "linearizable", "{}", found.evidence.story());
}

/// The library drops a change of members for lack of room, but considers it pending. A million
/// seeds found the script, and the shrinker made it small.
#[test]
fn a_change_that_was_dropped_is_not_pending() {
    holds(
        "seed 0\nservers 1\nclients 2\nknob members changing\nknob backlog scant\n\n\
         0ms c2 put z 1\n0ms c1 replace n5 n2\n601ms n1 sync#2 takes 1ns\n1s calm\n",
    );
}

/// n1 has a commit index on its disk, but not the entry that it is for, because that write was
/// refused. An older entry is at its position.
#[test]
fn a_commit_index_comes_behind_its_entries() {
    holds(
        "seed 4\nservers 3\nclients 1\ndelay 5ms\nloss 14%\nknob tick 9.8ms\n\n\
         0ms c1 put x 1\n200ms cut n1 | n3 n2\n250ms heal n3 | n1\n\
         1.082764014s n1 write r8 fails\n",
    );
}

/// n1 tells n2 to take over, n2 is elected by n3, and n1 does not hear of it and is asked to read.
/// The promises to n1 are void, so it has no lease.
#[test]
fn a_leader_that_hands_over_has_no_lease() {
    holds(HANDS_OVER);
}

const HANDS_OVER: &str = "seed 1\nservers 3\nclients 2\ndelay 5ms\nknob reads lease\n\n\
                          0ms cut n1 > n3\n310ms c1 get x\n310ms c1 lead n2\n\
                          330ms cut n2 > n1\n360ms c2 put x 2\n400ms c1 get x\n";

/// As `docs/found.md` describes: the library continues to read by its own lease.
#[test]
fn the_library_keeps_its_lease_on_handing_over() {
    let system = RaftSystem::LIBRARY_LEASES;
    let text = format!("squall 1\nsystem {}\n{HANDS_OVER}", system.name());
    let script = parse(&system, &text, "hands over").expect("a script");
    let found = Finding::of(&mut Runner::new(&system), &script).expect("it is broken");
    assert_eq!(found.rule, "linearizable", "{}", found.evidence.story());
}

/// The message that tells n2 to take over is late. By then the library has given up the transfer,
/// and a round was confirmed. n2 still does as it was told, so no round of that term gives a lease.
#[test]
fn a_leader_that_handed_over_in_vain_has_no_lease() {
    holds(
        "seed 1\nservers 3\nclients 2\ndelay 5ms\nsync 2ms\nknob reads lease\nknob answer 20ms\n\n\
         600ms c1 put x 1\n700ms cut n1 | n3\n1000ms c1 lead n2\n1000ms n1>n2#17 takes 430ms\n\
         1400ms c1 get x\n1437ms cut n1 | n2 n3\n1437ms cut n1 | c2\n1470ms c2 put x 2\n\
         1550ms c1 get x\n3s calm\n",
    );
}

#[track_caller]
fn holds(script: &str) {
    let text = format!("squall 1\nsystem raft\n{script}");
    let script =
        parse(&RaftSystem::SAFE, &text, "script").unwrap_or_else(|error| panic!("{error}"));
    let report = Runner::new(&RaftSystem::SAFE).run(&script, ()).expect("knobs that fit");
    assert_eq!(report.broken(), None);
}

/// As `docs/found.md` describes. The window is narrow, so the script runs under many seeds. With
/// leases that run from the beginning of a round, each of them holds.
#[test]
fn the_leases_of_the_library_are_not_safe() {
    let text = include_str!("../found/raft_library_lease.squall");
    let own = text.replace("system raft-library-leases", "system raft");
    let own = own.replace("knob election 12", "knob election 12\nknob reads lease");
    let of_library = parse(&RaftSystem::LIBRARY_LEASES, text, "raft_library_lease.squall");
    let mut of_library = of_library.unwrap_or_else(|error| panic!("{error}"));
    let own = parse(&RaftSystem::SAFE, &own, "raft_lease.squall");
    let mut own = own.unwrap_or_else(|error| panic!("{error}"));
    let (kept, mut broken) = (of_library.seed, Vec::new());
    for seed in 1..=100 {
        (of_library.seed, own.seed) = (seed, seed);
        if let Some(found) = Finding::of(&mut Runner::new(&RaftSystem::LIBRARY_LEASES), &of_library)
        {
            assert_eq!(found.rule, "linearizable", "seed {seed}: {}", found.evidence.story());
            broken.push(seed);
        }
        let report =
            Runner::new(&RaftSystem::SAFE).run(&own, ()).expect("sizes and knobs that fit");
        assert_eq!(report.verdict(), squall_judge::Verdict::Holds, "seed {seed}");
    }
    assert!(broken.contains(&kept), "the script's seed {kept} is none of {broken:?}");
}

/// As `docs/found.md` describes: no adapter is needed.
#[test]
#[should_panic(expected = "term should be set when sending MsgRequestPreVoteResponse")]
fn a_fresh_server_of_the_library_panics_when_it_refuses_a_pre_vote() {
    let config = raft::Config { id: 1, priority: 1, ..raft::Config::default() };
    let storage = raft::storage::MemStorage::new_with_conf_state((vec![1, 2], vec![]));
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    let mut node =
        raft::RawNode::new(&config, storage, &logger).expect("a configuration that fits");
    let mut question = raft::eraftpb::Message { from: 2, to: 1, term: 1, ..Default::default() };
    question.set_msg_type(raft::eraftpb::MessageType::MsgRequestPreVote);
    let _ = node.step(question);
}

/// As `docs/found.md` describes, and no adapter is needed: of three members two are well, and
/// neither is ever elected. n1 has the higher priority and as many entries as n3; the last entry of
/// n3 is of a later term.
#[test]
fn a_server_of_high_priority_can_prevent_every_election() {
    let mut nodes = [bare_node(1, 1, &[1, 2]), bare_node(3, 0, &[1, 3])];
    let mut mail = Vec::new();
    for _ in 0..1_000 {
        for node in &mut nodes {
            node.tick();
            carry_out(node, &mut mail);
        }
        for message in std::mem::take(&mut mail) {
            if let Some(node) = nodes.iter_mut().find(|node| node.raft.id == message.to) {
                let _ = node.step(message);
                carry_out(node, &mut mail);
            }
        }
    }
    let roles = nodes.map(|node| node.raft.state);
    assert!(!roles.contains(&raft::StateRole::Leader), "{roles:?}");
}

type BareNode = raft::RawNode<raft::storage::MemStorage>;

/// Returns a node of n1, n2 and n3 that has an entry of each of `terms`.
fn bare_node(id: u64, priority: i64, terms: &[u64]) -> BareNode {
    let config = raft::Config { id, priority, pre_vote: true, ..raft::Config::default() };
    let storage = raft::storage::MemStorage::new_with_conf_state((vec![1, 2, 3], vec![]));
    let entry = |(place, term): (usize, &u64)| raft::eraftpb::Entry {
        index: place as u64 + 1,
        term: *term,
        ..Default::default()
    };
    let entries: Vec<_> = terms.iter().enumerate().map(entry).collect();
    storage.wl().append(&entries).expect("entries that follow one another");
    storage.wl().mut_hard_state().term = *terms.last().expect("a term");
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    raft::RawNode::new(&config, storage, &logger).expect("a configuration that fits")
}

/// Carries out what `node` requests, on a disk without faults.
fn carry_out(node: &mut BareNode, mail: &mut Vec<raft::eraftpb::Message>) {
    while node.has_ready() {
        let mut ready = node.ready();
        mail.append(&mut ready.take_messages());
        mail.append(&mut ready.take_persisted_messages());
        if let Some(hard) = ready.hs() {
            node.mut_store().wl().set_hardstate(hard.clone());
        }
        let entries = ready.take_entries();
        node.mut_store().wl().append(&entries).expect("entries that follow one another");
        let mut light = node.advance(ready);
        mail.append(&mut light.take_messages());
        node.advance_apply();
    }
}

/// The scripts that break a rule in an older version of the library (`sims/older/raft/kept.rs`)
/// hold in this one.
#[test]
fn what_broke_older_versions_holds() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../older/raft/scripts");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.display().to_string();
        let script = parse(&RaftSystem::SAFE, &fs::read_to_string(&path).expect("text"), &name);
        let script = script.unwrap_or_else(|error| panic!("{error}"));
        let report = Runner::new(&RaftSystem::SAFE).run(&script, ()).expect("knobs that fit");
        assert_eq!(report.broken(), None, "{name}");
        count += 1;
    }
    assert!(count >= 5, "scripts were lost");
}

/// The same on every machine, as long as the library and the adapter do not change.
#[test]
fn golden_digests() {
    let mut runner = Runner::new(&RaftSystem::SAFE);
    let mut text = String::new();
    for seed in 0..20 {
        let script = generate(&RaftSystem::SAFE, seed);
        let report = runner.run(&script, ()).expect("sizes and knobs that fit");
        let _ = writeln!(text, "{seed:>2} {}", report.digest);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("golden_digests_of_raft", text));
}
