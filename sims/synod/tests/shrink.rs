//! A shrunk script breaks the same rule in the same way, and none of its lines can be left out.

use std::sync::atomic::Ordering;

use squall_canary::Canary;
use squall_hunt::{
    Budget, Fingerprint, ShrinkError, ShrinkProgress, Shrunk, Stopped, generate, hush, shrink,
};
use squall_script::{AnyRunner, Runner, Script, check, parse};
use squall_sim_synod::Synod;
use squall_sim_synod::SynodFlaw;

type Story = Script;

const CANARY: Canary<SynodFlaw> = Canary(SynodFlaw::SpeaksEarly);

/// Returns the first `count` scripts from seeds that break a rule of `system`, with their
/// fingerprints.
fn broken(system: Canary<SynodFlaw>, count: usize) -> Vec<(Story, Fingerprint)> {
    let mut runner = Runner::new(&system);
    let scripts = (0..20_000).map(|seed| generate(&system, seed));
    let shown = scripts.filter_map(|script| {
        let (fingerprint, _) = Fingerprint::take(&mut runner, &script)?;
        Some((script, fingerprint))
    });
    shown.take(count).collect()
}

fn shrunk(system: Canary<SynodFlaw>, script: &Story, budget: Budget) -> Shrunk {
    let progress = ShrinkProgress::default();
    let shrunk = shrink(&system, script, budget, &progress, &|| false);
    let shrunk = shrunk.expect("a script that breaks a rule is shrunk");
    assert_eq!(progress.runs.load(Ordering::Relaxed), shrunk.runs);
    shrunk
}

#[test]
fn each_flaw_shrinks_to_a_few_lines_of_which_none_can_go() {
    for flaw in SynodFlaw::ALL {
        let system = Canary(flaw);
        let mut runner = Runner::new(&system);
        for (script, wanted) in broken(system, 2) {
            let shrunk = shrunk(system, &script, Budget::default());
            let (small, seed) = (&shrunk.script, script.seed);
            let shown = |runner: &mut dyn AnyRunner, script: &Story| {
                Fingerprint::take(runner, script).is_some_and(|(shown, _)| shown == wanted)
            };
            assert!(shown(&mut runner, small), "{flaw:?}, seed {seed}\n{small}");
            assert_eq!(check(small, &system), Ok(()), "{flaw:?}, seed {seed}");
            let read = parse(&system, &small.to_string(), "shrunk").expect("it parses");
            assert_eq!(read, *small);
            assert_eq!(shrunk.stopped, None, "{flaw:?}, seed {seed}\n{small}");
            for place in 0..small.lines.len() {
                let mut fewer = small.clone();
                fewer.lines.remove(place);
                assert!(
                    !shown(&mut runner, &fewer),
                    "{flaw:?}, seed {seed}, line {place}\n{small}"
                );
            }
            let (before, after) = (shrunk.before.0, shrunk.after.0);
            assert!(after.all_lines() <= 16, "{flaw:?}, seed {seed}: {before:?}\n{small}");
            assert!(after.processes <= before.processes);
        }
    }
}

#[test]
fn a_shrunk_script_shrinks_to_itself() {
    for flaw in SynodFlaw::ALL {
        let system = Canary(flaw);
        for (script, _) in broken(system, 2) {
            let small = shrunk(system, &script, Budget::default()).script;
            let again = shrunk(system, &small, Budget::default()).script;
            assert_eq!(small.to_string(), again.to_string(), "{flaw:?}, seed {}", script.seed);
        }
    }
}

#[test]
fn on_many_threads_it_comes_to_the_same() {
    for (script, _) in broken(CANARY, 3) {
        let [one, many] = [1, 3].map(|threads| {
            let budget = Budget { threads, ..Budget::default() };
            shrunk(CANARY, &script, budget)
        });
        assert_eq!(one.script, many.script);
        assert_eq!((one.runs, one.after), (many.runs, many.after));
    }
}

#[test]
fn a_budget_that_is_used_up_leaves_the_best_so_far() {
    let (script, wanted) = broken(CANARY, 1).remove(0);
    for runs in [1, 10, 40] {
        let shrunk = shrunk(CANARY, &script, Budget { runs, threads: 2 });
        assert_eq!(shrunk.stopped, Some(Stopped::Budget), "{runs}");
        assert!(shrunk.runs <= runs + 1, "{} of {runs}", shrunk.runs);
        let shown = Fingerprint::take(&mut Runner::new(&CANARY), &shrunk.script);
        assert!(shown.is_some_and(|(shown, _)| shown == wanted));
    }
}

#[test]
fn who_stops_it_gets_the_best_so_far() {
    let (script, _) = broken(CANARY, 1).remove(0);
    let progress = ShrinkProgress::default();
    let stop = || progress.runs.load(Ordering::Relaxed) >= 50;
    let shrunk = shrink(&CANARY, &script, Budget::default(), &progress, &stop);
    let shrunk = shrunk.expect("the best so far");
    assert_eq!(shrunk.stopped, Some(Stopped::Asked));
    assert!(shrunk.after.0.all_lines() < shrunk.before.0.all_lines());
}

#[test]
fn a_script_that_breaks_no_rule_is_not_shrunk() {
    let script = generate(&Synod, 0);
    let report = hush(|| Runner::new(&Synod).run(&script, ())).expect("it runs");
    let progress = ShrinkProgress::default();
    let refused = shrink(&Synod, &script, Budget::default(), &progress, &|| false);
    assert_eq!(refused.map(|_| ()), Err(ShrinkError::NotBroken(report.verdict())));
    let other = Script { system: "canary".to_owned(), servers: 0, ..script };
    let refused = shrink(&Synod, &other, Budget::default(), &progress, &|| false);
    assert!(matches!(refused, Err(ShrinkError::Refused(_))), "{refused:?}");
}
