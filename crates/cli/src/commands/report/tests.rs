//! What a report looks like.

use insta::assert_snapshot;
use squall_hunt::{Coverage, Divergence, Sightings};
use squall_judge::Marks;
use squall_trace::{Details, Digest, Line, LineKind};
use squall_world::Hits;

use super::*;
use crate::console::Palette;

/// A tally of some runs of some protocol.
fn tally(runs: u64, clean: u64) -> Tally {
    let mut hits = Hits::none();
    (0..1_234).for_each(|_| hits.hit(Kind::N1));
    (0..56).for_each(|_| hits.hit(Kind::P10));
    let mut marks = Marks::expected(&["duel", "late learner"]);
    marks.reach("duel");
    let rule = |name, broken| RuleTally {
        name,
        sentence: "all learn the same",
        holds: runs - broken,
        broken,
        unknown: 0,
    };
    let rules = vec![rule("agreement", runs - clean), rule("validity", 0)];
    Tally {
        runs,
        clean,
        steps: runs * 100,
        simulated_ns: 200_000_000_000_000,
        hits,
        marks,
        rules,
        repeated: runs / 20,
        ..Tally::default()
    }
}

/// Three runs: two faults alone, two together, and a phase that was entered during a cut.
fn coverage() -> Coverage {
    let set = |kinds: &[Kind]| kinds.iter().fold(0, |set, kind| set | 1 << *kind as u64);
    let mut coverage = Coverage::default();
    let kinds = [set(&[Kind::N1]), set(&[Kind::N1, Kind::N5]), set(&[Kind::P10])];
    coverage.together.add(&kinds);
    [1, 2, 1].into_iter().for_each(|signature| coverage.newness.add(signature));
    coverage
}

fn report(tally: Tally) -> SystemReport {
    SystemReport {
        name: "synod",
        status: Status::Holds,
        seeds: 0..tally.runs,
        planned: 0..100_000,
        ended: Ended::Done,
        time: Duration::from_millis(2_000),
        findings: Vec::new(),
        coverage: coverage(),
        tally,
    }
}

fn text(report: &SystemReport) -> String {
    let mut out = Vec::new();
    write(&mut out, Palette { on: false }, "squall", report).unwrap();
    String::from_utf8(out).unwrap()
}

fn line(number: u64, text: &str) -> Line {
    let (kind, details, text) = (LineKind::Claimed, Details::default(), text.to_owned());
    let (process, peer, message) = (None, None, None);
    Line { number, at_ns: number * 1_000_000, kind, process, peer, message, details, text }
}

#[test]
fn the_last_line_says_how_each_system_ended() {
    let mut broken = report(tally(200, 180));
    broken.status = Status::Broken;
    let reports = [report(tally(1_000, 1_000)), broken];
    let text = all(&reports, Duration::from_secs(2), Palette { on: false });
    assert_eq!(text, "2 systems, 1,200 runs in 2.0s: synod holds, synod broken");
}

#[test]
fn all_holds() {
    assert_snapshot!(text(&report(tally(100_000, 100_000))), @r#"
    synod: holds
      100,000 runs, seeds 0..100000, in 2.0s: 50,000 runs/s, 5,000,000 steps/s, 2.3 days simulated

      rule                       holds      broken     unknown
      agreement                100,000           0           0
      validity                 100,000           0           0

      fault
      N1   message lost                          1,234
      P10  suspend, the clock stops too             56
      never fired: N2 N3 N4 N5 N6 N7 N8 N9 N10 N11 N12 N13 N14 N15 N16 N17 N18 P1 P2 P3 P4 P5 P6 P7 P8 P9 C1 C2 C3 C4 C5 C6 D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D13 K1 K2 K3 K4 K5 K6 R1 R2 R3 R4 R5 R6 B1 B2 B3 B4 B5

      mark
      duel              1
      never reached: "late learner"

      covered
      1 of 3 pairs of faults struck in one run; never N1 with P10, N5 with P10; rarest N1 with N5, in 1 run
      0 of 1 triples of faults; never N1 N5 P10

      5,000 seeds run twice: no difference
      at most 3 in 100,000 seeds are not clean, with 95 % confidence
      at most about 33.3 % of further runs enter a set of phases and marks that is new
      (2 sets so far; the estimate of Good and Turing)
    "#);
}

#[test]
fn a_rule_is_broken() {
    let finding = WrittenFinding {
        system: "synod".to_owned(),
        seed: 4711,
        rule: "agreement".to_owned(),
        sentence: "no two learn different values".to_owned(),
        fingerprint: "agreement/claimed-0001".parse().unwrap(),
        story: "n1 learned apple, n3 learned pear".to_owned(),
        proof: vec![line(12, "n1 claims learned apple"), line(40, "n3 claims learned pear")],
        last: Vec::new(),
        digest: Digest::new(),
        seeds: Sightings { count: 1_234, first: vec![4711, 4720] },
        shrunk: None,
        trace: Vec::new(),
        stamps: Vec::new(),
        file_name: "agreement-0001.squall".to_owned(),
        script: String::new(),
    };
    let mut report = report(tally(4_736, 4_735));
    report.status = Status::Broken;
    report.ended = Ended::Enough;
    report.findings = vec![(finding, Some("findings/agreement-0001.squall".into()))];
    assert_snapshot!(text(&report), @r#"
    synod: broken
      4,736 runs, seeds 0..4736, in 2.0s: 2,368 runs/s, 236,800 steps/s, 2.3 days simulated
      stopped at 1 finding

      agreement is broken: no two learn different values
        seed 4711: n1 learned apple, n3 learned pear
          12ms         n1 claims learned apple
          40ms         n3 claims learned pear
        the same in 1,234 seeds, the first 4711, 4720
        squall replay findings/agreement-0001.squall

      rule                       holds      broken     unknown
      agreement                  4,735           1           0
      validity                   4,736           0           0

      fault
      N1   message lost                          1,234
      P10  suspend, the clock stops too             56
      never fired: N2 N3 N4 N5 N6 N7 N8 N9 N10 N11 N12 N13 N14 N15 N16 N17 N18 P1 P2 P3 P4 P5 P6 P7 P8 P9 C1 C2 C3 C4 C5 C6 D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D13 K1 K2 K3 K4 K5 K6 R1 R2 R3 R4 R5 R6 B1 B2 B3 B4 B5

      mark
      duel              1
      never reached: "late learner"

      covered
      1 of 3 pairs of faults struck in one run; never N1 with P10, N5 with P10; rarest N1 with N5, in 1 run
      0 of 1 triples of faults; never N1 N5 P10

      236 seeds run twice: no difference
      no bound on what was missed: 1 run is not clean
      at most about 33.3 % of further runs enter a set of phases and marks that is new
      (2 sets so far; the estimate of Good and Turing)
    "#);
}

#[test]
fn runs_did_not_repeat_themselves() {
    let mut report = report(tally(640, 640));
    let first = Some((Some(line(7, "n1 claims 3")), None));
    report.tally.diverged =
        vec![Divergence { seed: 20, first }, Divergence { seed: 60, first: None }];
    report.tally.unknown.insert("the limit of steps was reached".to_owned(), 3);
    report.status = Status::Diverged;
    report.ended = Ended::Asked;
    report.tally.vanished = 2;
    let text = text(&report);
    let end = text.find("\n  rule ").unwrap();
    let tail = text.find("\n  32 seeds").unwrap();
    assert_snapshot!(format!("{}...{}", &text[..end], &text[tail..]), @r"
    synod: did not repeat itself
      640 runs, seeds 0..640, in 2.0s: 320 runs/s, 32,000 steps/s, 2.3 days simulated
      stopped by Ctrl-C, before seed 100000

      2 broken runs held when run again: the code does not repeat itself
    ...
      32 seeds run twice: 2 differences
      seed 20 did not repeat itself
        the one run    event 7: 7ms          n1 claims 3
        the other run  the run is over
      seed 60 did not repeat itself
        the difference did not show again
      no bound on what was missed: the code does not repeat itself
      at most about 33.3 % of further runs enter a set of phases and marks that is new
      (2 sets so far; the estimate of Good and Turing)
    ");
}

#[test]
fn few_seeds_prove_little() {
    assert!(
        text(&report(tally(20, 20)))
            .contains("\n  too few seeds to say what may have been missed\n")
    );
}
