//! When a run ends, and what its digest distinguishes.

use squall_canary::Canary;
use squall_judge::{End, Verdict};
use squall_script::{Report, Runner, System, parse};
use squall_sim_echo::EchoSystem;
use squall_sim_synod::Synod;
use squall_sim_synod::SynodFlaw;
use squall_trace::Lines;

fn run<S: System>(system: &S, lines: &str) -> (Report, String) {
    let source =
        format!("squall 1\nsystem {}\nseed 1\nservers 3\nclients 1\n{lines}", system.name());
    let script = parse(system, &source, "story").unwrap_or_else(|error| panic!("{error}"));
    let mut trace = Lines::all();
    let report = Runner::new(system).run(&script, &mut trace).expect("a system that can be run");
    let text = trace.as_slice().iter().map(|line| format!("{line}\n")).collect();
    (report, text)
}

/// No judge is satisfied before the last line has happened.
#[test]
fn a_request_on_the_last_line_is_handed_over() {
    let (report, trace) = run(&Synod, "\n0ms c1 propose apple\n");
    assert!(trace.contains("c1 is told o1 done chosen apple"), "{trace}");
    assert_eq!((report.end, report.verdict()), (End::Satisfied, Verdict::Holds));
}

/// Progress is due a whole bound after the last request, not after calm alone.
#[test]
fn a_request_after_calm_has_the_whole_bound() {
    let (report, trace) = run(&EchoSystem, "\n0ms calm\n999ms c1 say hello\n999.5ms c1 say rain\n");
    assert!(trace.contains("c1 is told o2 done say rain"), "{trace}");
    assert_eq!(report.verdict(), Verdict::Holds);
}

/// A script that leaves too few healthy servers owes no progress, so rules of progress do not
/// break: of three servers, n1 has lost its disk and n2 stays down, so nothing can be chosen.
#[test]
fn progress_is_due_where_enough_servers_are_sound() {
    let lost = "\n0ms crash n1\n1ms replace n1\n2ms c1 propose apple\n";
    assert_eq!(run(&Synod, &format!("{lost}3ms calm\n")).0.verdict(), Verdict::Holds);
    let (report, trace) = run(&Synod, &format!("{lost}3ms calm n1 n3\n"));
    assert!(!trace.contains("c1 is told o1"), "{trace}");
    assert_eq!((report.end, report.progress_due), (End::Overdue, false));
    assert_eq!(report.verdict(), Verdict::Holds);
    let (_, answered) = report.rulings.iter().find(|(rule, _)| rule.name == "answered").unwrap();
    assert!(matches!(answered, Verdict::Unknown(_)), "{answered}");
}

/// Four boots, the request, the word and its echo: seven steps, and no eighth is due.
#[test]
fn a_run_that_is_done_at_its_limit_is_not_endless() {
    let lines = |steps: u32| format!("steps {steps}\n\n0ms c1 say hello\n10ms calm\n");
    assert_eq!(run(&EchoSystem, &lines(7)).0.verdict(), Verdict::Holds);
    assert!(matches!(run(&EchoSystem, &lines(6)).0.verdict(), Verdict::Unknown(_)));
}

#[test]
fn runs_that_differ_in_a_fault_alone_have_digests_that_differ() {
    let one = run(&EchoSystem, "\n0ms clock n2 offset 5s\n1ms calm\n").0.digest;
    let other = run(&EchoSystem, "\n0ms disk n2 full\n1ms calm\n").0.digest;
    assert_ne!(one, other);
}

/// Calm does not affect what is under way: a sync on a disk that was slow, a timer that is late, a
/// sync whose time a line fixes. Progress is due a whole bound after it is over.
#[test]
fn progress_is_due_a_whole_bound_after_what_was_put_off() {
    let ask = "0ms cut c1 | rest\n1ms c1 propose apple\n2ms heal all\n";
    for (lines, put_off) in [
        ("\n0ms disk all slow 60s\n1ms c1 propose apple\n400ms calm\n", "60s"),
        (&format!("late 100% 60s\n\n{ask}300ms calm\n"), "1s"),
        (
            "\n0ms calm\n1ms n1 sync#1 takes 90s\n1ms n2 sync#1 takes 90s\n1ms c1 propose apple\n",
            "90s",
        ),
    ] {
        let (report, trace) = run(&Synod, lines);
        assert_eq!(report.verdict(), Verdict::Holds, "{lines}\n{trace}");
        assert!(trace.contains("c1 is told o1 done chosen apple"), "{lines}\n{trace}");
        let last: squall_process::Span = put_off.parse().unwrap();
        assert!(report.simulated >= last, "{lines}\n{}", report.simulated);
    }
}

/// An extended bound also ends, so a process that never does what is due is found.
#[test]
fn who_has_the_whole_bound_and_does_nothing_is_blamed() {
    let (report, _) = run(
        &Canary(SynodFlaw::NeverRetries),
        "\n0ms disk all slow 60s\n0ms cut c1 | rest\n1ms c1 propose apple\n2ms calm\n",
    );
    assert_eq!(report.end, End::Overdue);
    assert!(report.broken().is_some_and(|(rule, _)| rule.name == "answered"));
    assert_eq!(
        report.due_by.map(|at| at.since(squall_process::Instant::ZERO)),
        Some(report.simulated - squall_process::Span::from_nanos(1))
    );
}
