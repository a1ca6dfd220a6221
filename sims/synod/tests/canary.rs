//! Canaries must be caught: the rules that a flaw breaks catch it within a few seeds, by a finding
//! whose script prints, parses, replays, and is caught again in the same way.

use std::collections::BTreeSet;

use squall_canary::{Bent, Canary};
use squall_hunt::{Finding, Plan, Progress, Sweep, sweep};
use squall_judge::Panel;
use squall_script::{NO_PANIC, Runner, Script, System, parse};
use squall_sim_synod::SynodFlaw;

/// This number of seeds is enough for every flaw.
const SEEDS: u64 = 2_000;

fn sweep_of(flaw: SynodFlaw, findings_max: usize) -> Sweep {
    let plan = Plan { seeds: 0..SEEDS, threads: 1, findings_max, repeat_every: 50 };
    sweep(&Canary(flaw), &plan, &Progress::default(), &|| false).expect("one thread")
}

/// Returns the rules that the first few findings break.
fn rules_broken(flaw: SynodFlaw) -> BTreeSet<&'static str> {
    sweep_of(flaw, 20).findings.iter().map(|finding| finding.rule).collect()
}

#[track_caller]
fn is_caught(flaw: SynodFlaw, rule: &str) {
    let broken = rules_broken(flaw);
    assert!(broken.contains(rule), "{flaw:?} breaks {broken:?}, not {rule}");
}

/// A promise or an acceptance leaves, the server crashes, and the record was never on its disk. A
/// server therefore learns a value that no quorum has. This rule is the first to notice, because it
/// alone compares what is learned with what is durable.
#[test]
fn a_server_that_speaks_before_its_records_are_durable_is_caught() {
    is_caught(SynodFlaw::SpeaksEarly, "learned-is-chosen");
}

#[test]
fn an_acceptor_that_forgets_its_promises_is_caught() {
    is_caught(SynodFlaw::ForgetsPromises, "promises");
}

/// A second value is proposed over the first, and may be chosen. The disks show it before any
/// server learns it.
#[test]
fn an_acceptor_that_forgets_its_votes_is_caught() {
    is_caught(SynodFlaw::ForgetsVotes, "one-choice");
}

#[test]
fn a_client_that_presumes_is_caught() {
    is_caught(SynodFlaw::Presumes, "agreement");
}

#[test]
fn a_client_that_gives_up_is_caught() {
    is_caught(SynodFlaw::GivesUp, "patience");
}

#[test]
fn a_proposer_that_forgets_its_rounds_is_caught() {
    is_caught(SynodFlaw::ForgetsRounds, "ballots");
}

#[test]
fn a_learner_that_learns_again_is_caught() {
    is_caught(SynodFlaw::LearnsTwice, "integrity");
}

#[test]
fn a_server_that_proposes_what_nobody_said_is_caught() {
    is_caught(SynodFlaw::Mishears, "validity");
}

#[test]
fn a_server_that_answers_questions_from_one_memory_is_caught() {
    is_caught(SynodFlaw::SaysNothing, "questions");
}

#[test]
fn a_client_that_answers_twice_is_caught() {
    is_caught(SynodFlaw::AnswersTwice, "answered-once");
}

#[test]
fn a_client_that_never_retries_is_caught() {
    is_caught(SynodFlaw::NeverRetries, "answered");
}

#[test]
fn a_learner_that_never_asks_is_caught() {
    is_caught(SynodFlaw::NeverAsks, "everyone-learns");
}

#[test]
fn a_proposer_that_panics_is_caught() {
    is_caught(SynodFlaw::Panics, NO_PANIC.name);
}

/// Every rule of the Synod is broken by some canary.
#[test]
fn every_rule_has_a_canary() {
    let system = Canary(SynodFlaw::SpeaksEarly);
    let script = Script::new(system.name(), 0, 3, 1);
    let panel = system.panel(&script, &system.setup(&script).unwrap());
    let mut rules: BTreeSet<_> =
        Panel::<Bent<SynodFlaw>>::rules(&panel).iter().map(|rule| rule.name).collect();
    rules.insert(NO_PANIC.name);
    let broken: BTreeSet<_> = SynodFlaw::ALL.into_iter().flat_map(rules_broken).collect();
    assert_eq!(broken, rules);
}

/// The script of a finding is sufficient to reproduce the failure.
#[test]
fn a_finding_prints_parses_and_is_found_again() {
    for flaw in SynodFlaw::ALL {
        let system = Canary(flaw);
        let found = sweep_of(flaw, 1).findings.remove(0);
        let text = found.script.to_string();
        let script = parse(&system, &text, "finding.squall").unwrap();
        assert_eq!(script, found.script, "{flaw:?}");

        let mut runner = Runner::new(&system);
        let again = Finding::of(&mut runner, &script).unwrap();
        assert_eq!((again.rule, again.digest), (found.rule, found.digest), "{flaw:?}");
        assert_eq!((&again.evidence, &again.proof), (&found.evidence, &found.proof), "{flaw:?}");
        assert!(again.file_name().starts_with(found.rule), "{}", again.file_name());
        // The place of a panic identifies it; every other rule names events that show it.
        assert!(!found.evidence.events.is_empty() && !found.last.is_empty(), "{flaw:?}");
    }
}

/// One mistake that many seeds show gives few findings, each with the smallest of its scripts. The
/// seeds of all findings are the broken runs, and the number of threads makes no difference.
#[test]
fn findings_are_sorted_by_their_fingerprints() {
    for flaw in [SynodFlaw::SpeaksEarly, SynodFlaw::ForgetsVotes, SynodFlaw::NeverRetries] {
        let swept = sweep_of(flaw, usize::MAX);
        let broken: u64 = swept.tally.rules.iter().map(|rule| rule.broken).sum();
        let seen: u64 = swept.findings.iter().map(|finding| finding.seeds.count).sum();
        assert_eq!((seen, swept.tally.vanished), (broken, 0), "{flaw:?}");
        assert!(swept.findings.len() <= 8, "{flaw:?}: {}", swept.findings.len());
        let prints: BTreeSet<_> = swept.findings.iter().map(|f| &f.fingerprint).collect();
        assert_eq!(prints.len(), swept.findings.len(), "{flaw:?}");

        let plan = Plan { seeds: 0..SEEDS, threads: 3, findings_max: usize::MAX, repeat_every: 50 };
        let system = Canary(flaw);
        let threaded = sweep(&system, &plan, &Progress::default(), &|| false).expect("threads");
        let told = |swept: &Sweep| -> Vec<_> {
            let told = swept.findings.iter();
            told.map(|f| (f.fingerprint.clone(), f.script.clone(), f.seeds.clone())).collect()
        };
        assert_eq!(told(&threaded), told(&swept), "{flaw:?}");
    }
}

/// A canary is as deterministic as the system within it.
#[test]
fn a_canary_repeats_itself() {
    for flaw in SynodFlaw::ALL {
        let swept = sweep_of(flaw, usize::MAX);
        assert!(swept.tally.repeated > 0 && swept.tally.diverged.is_empty(), "{flaw:?}");
    }
}
