//! A materialised run equals the original run, and nothing in it is left to chance.

use squall_canary::Canary;
use squall_hunt::{generate, hush};
use squall_judge::Verdict;
use squall_process::Process;
use squall_script::{Report, Runner, Script, System, check, materialise, parse};
use squall_sims::echo::EchoSystem;
use squall_sims::synod::{Synod, SynodFlaw};
use squall_trace::{Digest, Event, EventKind, Observer};
use squall_world::{Action, Condition, Conditions, Fault, LuckKind};

/// The digest of a run without the events of script lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Deliveries(Digest);

impl<P: Process> Observer<P> for Deliveries {
    fn event(&mut self, event: &Event<'_, P>) {
        if !matches!(event.what, EventKind::Fault(_)) {
            self.0.event(event);
        }
    }
}

/// Returns the verdicts of the judges, without the numbers of the events.
fn verdicts(report: &Report) -> Vec<(&'static str, String)> {
    let text = |verdict: &Verdict| match verdict {
        Verdict::Broken(evidence) => format!("broken: {}", evidence.story()),
        other => other.to_string(),
    };
    report.rulings.iter().map(|(rule, verdict)| (rule.name, text(verdict))).collect()
}

fn played<S: System>(runner: &mut Runner<'_, S>, script: &Script) -> (Deliveries, Report) {
    let mut deliveries = Deliveries::default();
    let report = hush(|| runner.run(script, WatchedBy(&mut deliveries)));
    let report = report.expect("a generated script runs");
    (deliveries, report)
}

/// An observer that is borrowed.
struct WatchedBy<'a>(&'a mut Deliveries);

impl<P: Process> Observer<P> for WatchedBy<'_> {
    fn event(&mut self, event: &Event<'_, P>) {
        self.0.event(event);
    }
}

/// Checks that the materialised script of each seed has the same deliveries and verdicts, under any
/// seed; that all the luck that it fixes is used; and that it prints and parses.
fn same_runs<S: System>(system: &S, seeds: std::ops::Range<u64>) -> u64 {
    let mut runner = Runner::new(system);
    let mut broken = 0;
    for seed in seeds {
        let script = generate(system, seed);
        let (deliveries, report) = played(&mut runner, &script);
        let fixed = hush(|| materialise(&mut runner, &script, &LuckKind::ALL));
        let mut fixed = fixed.expect("a generated script runs");
        assert_eq!(check(&fixed, system), Ok(()), "seed {seed}");
        let read = parse(system, &fixed.to_string(), "materialised");
        let read = read.expect("what is printed parses");
        assert_eq!(read, fixed, "seed {seed}");
        for luck in [seed, seed ^ 0x5eed] {
            fixed.seed = luck;
            let (again, now) = played(&mut runner, &fixed);
            assert_eq!(again, deliveries, "seed {seed}\n{script}\n{fixed}");
            assert_eq!(verdicts(&now), verdicts(&report), "seed {seed}");
            assert_eq!(now.unused_luck, [], "seed {seed}");
        }
        assert!(is_fair(&fixed), "seed {seed}\n{fixed}");
        broken += u64::from(report.broken().is_some());
    }
    broken
}

/// Returns whether chance decides nothing.
fn is_fair(script: &Script) -> bool {
    let Conditions { in_order, queue, restart, .. } = script.conditions;
    let fair = Conditions { in_order, queue, restart, ..Conditions::default() };
    let changes = script.lines.iter().filter_map(|line| match line.action {
        Action::Fault(Fault::Condition(condition)) => Some(condition),
        _ => None,
    });
    let is_rule = |condition| {
        matches!(condition, Condition::InOrder(_) | Condition::Queue(_) | Condition::Restart(_))
    };
    script.conditions == fair && changes.into_iter().all(is_rule)
}

#[test]
fn echo_is_the_same_materialised() {
    same_runs(&EchoSystem, 0..2_000);
}

#[test]
fn the_synod_is_the_same_materialised() {
    same_runs(&Synod, 0..3_000);
}

#[cfg(feature = "raft")]
#[test]
fn raft_is_the_same_materialised() {
    same_runs(&squall_sims::raft::RaftSystem::SAFE, 0..200);
}

#[cfg(feature = "omnipaxos")]
#[test]
fn omnipaxos_is_the_same_materialised() {
    same_runs(&squall_sims::omnipaxos::OmniPaxosSystem::SAFE, 0..200);
}

#[test]
fn a_canary_is_the_same_materialised() {
    let broken = SynodFlaw::ALL.into_iter().map(|flaw| same_runs(&Canary(flaw), 0..150));
    let broken: u64 = broken.sum();
    assert!(broken > 100, "only {broken} runs break a rule");
}
