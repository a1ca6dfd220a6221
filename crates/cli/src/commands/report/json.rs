//! The report of a sweep for machines: `squall run --json`.
//!
//! Names of fields are stable; fields may be added. Numbers are whole, and may be larger than what
//! a float holds.

use serde::Serialize;
use squall_hunt::{Coverage, Share};
use squall_world::Kind;

use super::SystemReport;
use crate::commands::replay::DivergenceJson;
use crate::commands::run::Ended;
use crate::status::Status;
use squall::WrittenFinding;
use squall::figures::rate;

/// The whole of it.
#[derive(Serialize)]
pub(crate) struct RunJson<'a> {
    /// The version of the program.
    squall: &'static str,
    /// The worst of the systems, as a word: `holds`, `broken`, `unknown`, `diverged`,
    /// `nothing-run`.
    status: &'static str,
    /// And as the exit status.
    exit: u8,
    systems: Vec<SystemJson<'a>>,
    /// Systems that Ctrl-C left no time for.
    unswept: &'a [&'static str],
}

/// One system.
#[derive(Serialize)]
struct SystemJson<'a> {
    system: &'static str,
    status: &'static str,
    runs: u64,
    /// Runs in which no rule was broken and none was left unknown.
    clean: u64,
    /// The first seed that was run, and the one after the last.
    seeds: (u64, u64),
    /// Why it ended: `done`, `findings`, `time`, `interrupt`.
    ended: &'static str,
    elapsed_ms: u64,
    runs_per_second: u64,
    steps: u64,
    steps_per_second: u64,
    events: u64,
    simulated_ns: u128,
    rules: Vec<RuleJson>,
    /// Why runs were left unknown, without the numbers in the reasons.
    unknown: Vec<CountJson<'a>>,
    faults: Vec<FaultJson>,
    marks: Vec<CountJson<'a>>,
    /// Seeds that were run twice.
    repeated: u64,
    diverged: Vec<DivergenceJson>,
    /// Broken runs that held when they were run again to be written down.
    vanished: u64,
    /// With 95 % confidence, at most the first number of seeds in the second are not clean; `null`
    /// unless all were clean.
    bound: Option<(u64, u64)>,
    coverage: CoverageJson,
    findings: Vec<FindingJson<'a>>,
    /// The digests of all runs, folded: equal sweeps have equal ones.
    digest: String,
}

#[derive(Serialize)]
struct RuleJson {
    name: &'static str,
    sentence: &'static str,
    holds: u64,
    broken: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct FaultJson {
    id: &'static str,
    about: &'static str,
    count: u64,
}

#[derive(Serialize)]
struct CountJson<'a> {
    name: &'a str,
    count: u64,
}

/// What was covered: estimates, not proofs.
#[derive(Serialize)]
struct CoverageJson {
    /// Pairs of kinds of fault that fired in one run, of the kinds that fired at all.
    pairs: ShareJson,
    /// Every such pair, and in how many runs both fired.
    pair_runs: Vec<([&'static str; 2], u64)>,
    triples: ShareJson,
    /// The triples that were never seen; at most 1,000 of them.
    triples_unseen: Vec<[&'static str; 3]>,
    /// In how many runs each phase or mark of processes was entered.
    phases: Vec<(&'static str, u64)>,
    /// Phases that were entered during a cut of a shape.
    cuts: ShareJson,
    /// Each phase, each shape, and in how many runs they came together.
    cut_runs: Vec<(&'static str, &'static str, u64)>,
    new_behaviour: NewnessJson,
}

#[derive(Serialize)]
struct ShareJson {
    seen: u64,
    possible: u64,
}

/// The estimate of Good and Turing.
#[derive(Serialize)]
struct NewnessJson {
    /// The chance that the next run has a signature that none had before; `null` without runs.
    millionths: Option<u64>,
    /// Different signatures, and those of a single run; estimates, if not all are counted.
    signatures: u64,
    once: u64,
    /// One signature in this many is counted, and stands for this many.
    counted_one_in: u64,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    /// Where it is kept; `null` if that was not possible.
    path: Option<String>,
    #[serde(flatten)]
    finding: &'a WrittenFinding,
}

/// Returns the reports of `systems` as one value.
pub(crate) fn json<'a>(
    status: Status,
    systems: &'a [SystemReport],
    unswept: &'a [&'static str],
) -> RunJson<'a> {
    RunJson {
        squall: env!("CARGO_PKG_VERSION"),
        status: status.word(),
        exit: status.code(),
        systems: systems.iter().map(system).collect(),
        unswept,
    }
}

fn system(report: &SystemReport) -> SystemJson<'_> {
    let tally = &report.tally;
    let rules = tally.rules.iter().map(|rule| RuleJson {
        name: rule.name,
        sentence: rule.sentence,
        holds: rule.holds,
        broken: rule.broken,
        unknown: rule.unknown,
    });
    let faults = Kind::ALL.into_iter().map(|kind| FaultJson {
        id: kind.id(),
        about: kind.about(),
        count: tally.hits.of(kind),
    });
    let findings = report.findings.iter().map(|(finding, path)| FindingJson {
        path: path.as_ref().map(|path| path.display().to_string()),
        finding,
    });
    SystemJson {
        system: report.name,
        status: report.status.word(),
        runs: tally.runs,
        clean: tally.clean,
        seeds: (report.seeds.start, report.seeds.end),
        ended: match report.ended {
            Ended::Done => "done",
            Ended::Enough => "findings",
            Ended::Time => "time",
            Ended::Asked => "interrupt",
        },
        elapsed_ms: u64::try_from(report.time.as_millis()).unwrap_or(u64::MAX),
        runs_per_second: rate(tally.runs, report.time),
        steps: tally.steps,
        steps_per_second: rate(tally.steps, report.time),
        events: tally.events,
        simulated_ns: tally.simulated_ns,
        rules: rules.collect(),
        unknown: tally
            .unknown
            .iter()
            .map(|(name, count)| CountJson { name, count: *count })
            .collect(),
        faults: faults.collect(),
        marks: tally.marks.iter().map(|(name, count)| CountJson { name, count }).collect(),
        repeated: tally.repeated,
        diverged: tally.diverged.iter().map(DivergenceJson::new).collect(),
        vanished: tally.vanished,
        bound: report.bound(),
        coverage: coverage(&report.coverage),
        findings: findings.collect(),
        digest: format!("{:016x}", tally.digest),
    }
}

/// The number of triples that are listed.
const TRIPLES_MAX: usize = 1_000;

fn coverage(coverage: &Coverage) -> CoverageJson {
    let Coverage { together, phases, newness } = coverage;
    let pair_runs = together.pairs().map(|(pair, runs)| (pair.map(Kind::id), runs));
    let unseen = together.unseen_triples().map(|triple| triple.map(Kind::id));
    let cut_runs = phases.cells().map(|(phase, shape, runs)| (phase, shape.id(), runs));
    CoverageJson {
        pairs: share(together.pair_share()),
        pair_runs: pair_runs.collect(),
        triples: share(together.triple_share()),
        triples_unseen: unseen.take(TRIPLES_MAX).collect(),
        phases: phases.entered().collect(),
        cuts: share(phases.share()),
        cut_runs: cut_runs.collect(),
        new_behaviour: NewnessJson {
            millionths: newness.millionths(),
            signatures: newness.distinct(),
            once: newness.once(),
            counted_one_in: newness.counted_one_in(),
        },
    }
}

fn share(Share { seen, possible }: Share) -> ShareJson {
    ShareJson { seen, possible }
}
