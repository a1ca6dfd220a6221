//! The stories of two findings, one of safety and one of progress, in full.

use std::collections::BTreeSet;

use squall_canary::Canary;
use squall_cli::{Console, Squall};
use squall_hunt::{Decisive, Plan, Progress, Told, explain, sweep};
use squall_sim_synod::SynodFlaw;

/// Returns what `squall explain` says of `script`, in a file of this name.
fn story(flaw: SynodFlaw, script: &str, name: &str) -> String {
    let system = Canary(flaw);
    let path = std::env::temp_dir().join(format!("explain-{name}-{}.squall", std::process::id()));
    std::fs::write(&path, script).expect("room for a script");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["squall".into(), "explain".into(), path.clone().into_os_string()];
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        out_is_terminal: false,
        err_is_terminal: false,
        variable: &|_| None,
        is_interrupted: &|| false,
    };
    Squall::new().system(system).run(arguments, &mut console);
    std::fs::remove_file(path).expect("the file that was made");
    assert!(err.is_empty(), "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).expect("text")
}

/// Two of three servers answer before their records are durable. This matters because their disks
/// are slow. With one slow disk less there would be a quorum, so the second slow disk decides. The
/// story leaves out that n3 was paused for a while.
#[test]
fn a_choice_that_was_on_no_disk() {
    let script = "\
squall 1
system canary
seed 1
servers 3
clients 1

0ms       disk n2 slow 80ms
1ms       disk n3 slow 80ms
2ms       pause n3
3ms       resume n3
4ms       c1 propose apple
2s        calm
";
    insta::assert_snapshot!(story(SynodFlaw::SpeaksEarly, script, "safety"));
}

/// A client's request is lost in a cut, and the client does not ask again.
#[test]
fn an_operation_that_nobody_answers() {
    let script = "\
squall 1
system canary-never-retries
seed 1
servers 3
clients 2

0ms       c2 propose pear
20ms      cut c1 | rest
21ms      c1 propose apple
40ms      heal all
1s        calm
";
    insta::assert_snapshot!(story(SynodFlaw::NeverRetries, script, "progress"));
}

/// There are two cuts, and the one that lost the request says `rest`. The other is not part of the
/// story.
#[test]
fn a_cut_that_lost_nothing_is_not_told() {
    let script = "\
squall 1
system canary-never-retries
seed 1
servers 3
clients 1

0ms       cut c1 | rest
1ms       cut n2 | n3
2ms       c1 propose apple
50ms      calm
";
    let story = story(SynodFlaw::NeverRetries, script, "cut");
    assert!(story.contains("cut c1 | rest") && !story.contains("cut n2 | n3"), "{story}");
}

/// For every flaw, a story contains the evidence and everything that led to each of its events, it
/// is the same when it is told again, and no continuation holds after the decisive moment.
#[test]
fn every_flaw_has_a_story() {
    for flaw in SynodFlaw::ALL {
        let system = Canary(flaw);
        let plan = Plan { seeds: 0..2_000, ..Plan::default() };
        let swept = sweep(&system, &plan, &Progress::default(), &|| false).expect("one thread");
        let found = &swept.findings[0];
        let tell = || explain(&system, &found.script, Some(8), &|| false);
        let (finding, story) = tell().expect("it is broken");
        assert_eq!((&finding.fingerprint, finding.digest), (&found.fingerprint, found.digest));
        assert_eq!(tell().map(|(_, again)| again).as_ref(), Some(&story), "{flaw:?}");

        let told: BTreeSet<u64> = story.slice.iter().map(|told| told.line.number).collect();
        assert!(finding.evidence.events.iter().all(|event| told.contains(event)), "{flaw:?}");
        let decisive = match story.decisive {
            Decisive::Event { number, before, after } => {
                assert!(before.hold > 0 && after.hold == 0, "{flaw:?}: {before:?} {after:?}");
                Some(number)
            }
            Decisive::FromTheStart { sampled } => {
                assert_eq!(sampled.hold, 0, "{flaw:?}");
                None
            }
            Decisive::Stopped => panic!("the search was not stopped"),
        };
        // The fate of an open operation is told for its own sake, without everything that led to
        // it.
        let is_progress = ["answered", "everyone-learns"].contains(&finding.rule);
        let of_past = |told: &&Told| !is_progress && Some(told.line.number) != decisive;
        for event in story.slice.iter().filter(of_past) {
            let known = event.causes.iter().all(|cause| told.contains(cause));
            assert!(known, "{flaw:?}: {} has {:?}", event.line, event.causes);
        }
    }
}
