//! The story of a finding: of all events of its run, those in whose past the violation lies.
//!
//! For a rule that something bad never happens, these are the causes of the evidence, and theirs
//! ([`Chronicle`]). For a rule that something good happens, the evidence is what was waited for; so
//! what came of it is added: its consequences, and where they stopped.
//!
//! To these come the faults that bore on them: messages of theirs that were lost, cut off or
//! dropped; crashes of processes that they are about; and what was done to the clocks, disks and
//! speed of these.

use std::collections::BTreeSet;

use serde::Serialize;
use squall_judge::{Evidence, Rule};
use squall_process::ProcessId;
use squall_script::{AnySystem, Refused, Report, Runner, Script, System};
use squall_trace::{Line, LineKind};
use squall_world::{Fault, Group, Links};

use crate::causes::{Cause, Chronicle};
use crate::decisive::{self, Decisive};
use crate::finding::Finding;
use crate::fingerprint::evidence_of;
use crate::panics;

/// Why a finding came about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// The events that lead to the violation, in order.
    pub slice: Vec<Told>,
    /// How many events the run has.
    pub events: u64,
    /// When it was decided.
    pub decisive: Decisive,
}

/// One event of an explanation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// The event.
    #[serde(flatten)]
    pub line: Line,
    /// The events that led to it.
    pub causes: Vec<u64>,
    /// Whether it belongs to the step of the input before it, as what that step brought about.
    pub is_effect: bool,
    /// Whether it is part of the evidence.
    pub proves: bool,
}

/// A system whose runs can be explained. Every system is one.
pub trait Explainable: AnySystem {
    /// Runs `script` and takes down what led to what.
    ///
    /// # Errors
    ///
    /// If the system cannot be run so.
    fn chronicle(&self, script: &Script, chronicle: &mut Chronicle) -> Result<Report, Refused>;
}

impl<S: System> Explainable for S {
    fn chronicle(&self, script: &Script, chronicle: &mut Chronicle) -> Result<Report, Refused> {
        Runner::new(self).observe(script, chronicle)
    }
}

/// Runs `script` and explains what it breaks, if it breaks anything. The decisive moment is looked
/// for with so many `samples`, or as many as seem right, until `stop` says so.
pub fn explain(
    system: &dyn Explainable,
    script: &Script,
    samples: Option<u32>,
    stop: &dyn Fn() -> bool,
) -> Option<(Finding, Explanation)> {
    let mut runner = system.runner();
    let runner = &mut *runner;
    let finding = Finding::of(runner, script)?;
    let mut chronicle = Chronicle::default();
    let report = panics::hush(|| system.chronicle(script, &mut chronicle)).ok()?;
    let (rule, evidence) = evidence_of(&report)?;
    let decisive = decisive::find(runner, script, &report, samples, stop);
    let mut slice = slice(&chronicle, rule, &evidence);
    if let Decisive::Event { number, .. } = decisive {
        slice.insert(number);
    }
    let told = slice.iter().filter_map(|number| told(&chronicle, *number, &slice, &evidence));
    let explanation = Explanation { slice: told.collect(), events: report.events, decisive };
    Some((finding, explanation))
}

fn told(
    chronicle: &Chronicle,
    number: u64,
    slice: &BTreeSet<u64>,
    evidence: &Evidence,
) -> Option<Told> {
    let (line, cause) = (chronicle.line(number)?, chronicle.cause(number)?);
    let input = cause.step.filter(|input| slice.contains(input));
    Some(Told {
        line: line.clone(),
        causes: cause.all().collect(),
        is_effect: input.is_some(),
        proves: evidence.events.contains(&number),
    })
}

/// The events that lead to the violation.
fn slice(chronicle: &Chronicle, rule: Rule, evidence: &Evidence) -> BTreeSet<u64> {
    let mut slice = BTreeSet::new();
    let last = chronicle.lines().last().map(|line| line.number);
    let roots = if evidence.events.is_empty() { last.as_slice() } else { &evidence.events };
    add_past(chronicle, roots.iter().copied(), &mut slice);
    if rule.progress {
        slice.extend(consequences(chronicle, &evidence.events));
    }
    for fault in faults_upon(chronicle, &slice) {
        let origins = chronicle.cause(fault).into_iter().flat_map(Cause::all);
        add_past(chronicle, origins.chain([fault]), &mut slice);
    }
    slice
}

/// Adds `events` and all that led to them.
fn add_past(
    chronicle: &Chronicle,
    events: impl IntoIterator<Item = u64>,
    slice: &mut BTreeSet<u64>,
) {
    let mut open: Vec<u64> = events.into_iter().collect();
    while let Some(number) = open.pop() {
        if slice.insert(number) {
            open.extend(chronicle.cause(number).into_iter().flat_map(Cause::all));
        }
    }
}

/// What came of `events`: by messages, timers and disks, not by the mere state of a process, from
/// which everything later would follow.
fn consequences(chronicle: &Chronicle, events: &[u64]) -> BTreeSet<u64> {
    let mut come: BTreeSet<u64> = events.iter().copied().collect();
    for line in chronicle.lines() {
        let cause = chronicle.cause(line.number);
        let follows = cause.is_some_and(|cause| {
            cause.step.iter().chain(&cause.origins).any(|origin| come.contains(origin))
        });
        if follows {
            come.insert(line.number);
        }
    }
    come
}

/// The faults that bore on the events of `slice`.
fn faults_upon(chronicle: &Chronicle, slice: &BTreeSet<u64>) -> Vec<u64> {
    let about = |line: &&Line| slice.contains(&line.number);
    let processes: BTreeSet<ProcessId> =
        chronicle.lines().iter().filter(about).filter_map(|line| line.process).collect();
    // Whether a process did anything of these since it last crashed.
    let mut lives: BTreeSet<ProcessId> = BTreeSet::new();
    let bears = |line: &&Line| {
        if slice.contains(&line.number) {
            lives.extend(line.process);
        }
        let step = |number: u64| chronicle.cause(number).and_then(|cause| cause.step);
        let is_in = |number: Option<u64>| number.is_some_and(|number| slice.contains(&number));
        match line.kind {
            LineKind::Sent if chronicle.is_lost(line.number) => is_in(step(line.number)),
            LineKind::Dropped => chronicle
                .cause(line.number)
                .is_some_and(|cause| cause.origins.iter().any(|sent| is_in(step(*sent)))),
            LineKind::Crashed => line.process.is_some_and(|process| lives.remove(&process)),
            LineKind::Fault => chronicle
                .fault(line.number)
                .is_some_and(|fault| processes.iter().any(|process| afflicts(fault, *process))),
            _ => false,
        }
    };
    chronicle.lines().iter().filter(bears).map(|line| line.number).collect()
}

/// Whether `fault` changes the clock, the disk or the speed of `process`, or of a link of its own.
fn afflicts(fault: &Fault, process: ProcessId) -> bool {
    let means = |group: &Group| match group {
        Group::Processes(names) => names.contains(&process),
        // Every process has a link to all or to the rest, and any process may hold a role.
        Group::All | Group::Rest | Group::Role(_) => true,
    };
    match fault {
        Fault::Lag(group, _)
        | Fault::ClockOffset(group, _)
        | Fault::ClockDrift(group, _)
        | Fault::DiskFull(group)
        | Fault::DiskSlow(group, _)
        | Fault::DiskStalls(group)
        | Fault::DiskWorks(group)
        | Fault::DiskRots(group, _) => means(group),
        Fault::Slow(links, _) | Fault::Clog(links) | Fault::Release(links) => match links {
            Links::All => true,
            Links::Between(pairs) => {
                pairs.iter().any(|sides| means(&sides.left) || means(&sides.right))
            }
        },
        _ => false,
    }
}
