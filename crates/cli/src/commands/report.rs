//! The report of a sweep: what was run, what was found, what was covered, and what may have been
//! missed.

use std::fmt::Write as _;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use squall_hunt::{Coverage, Plan, RuleTally, Tally};
use squall_world::Kind;

use super::run::Ended;
use crate::console::Palette;
use crate::program::Session;
use crate::status::Status;
use squall::figures::{counted, grouped, rate, simulated, waited};
use squall::play::{Described, Hunted};
use squall::write_divergence;
use squall::{WrittenFinding, sightings};

mod covered;
mod json;
#[cfg(test)]
mod tests;

pub(crate) use json::json;

/// What came of the sweep of one system.
pub(crate) struct SystemReport {
    pub(crate) name: &'static str,
    pub(crate) status: Status,
    pub(crate) tally: Tally,
    pub(crate) coverage: Coverage,
    pub(crate) seeds: Range<u64>,
    pub(crate) planned: Range<u64>,
    pub(crate) ended: Ended,
    pub(crate) time: Duration,
    pub(crate) findings: Vec<(WrittenFinding, Option<PathBuf>)>,
}

impl SystemReport {
    pub(crate) fn new(
        described: &Described,
        plan: &Plan,
        hunted: Hunted,
        time: Duration,
        ended: Ended,
        kept: Vec<Option<PathBuf>>,
    ) -> Self {
        let Hunted { mut tally, coverage, findings, seeds, .. } = hunted;
        if tally.rules.is_empty() {
            tally.rules = described.rules.iter().map(unjudged).collect();
        }
        let broken: u64 = tally.rules.iter().map(|rule| rule.broken).sum();
        let status = if !tally.diverged.is_empty() || tally.vanished > 0 {
            Status::Diverged
        } else if broken > 0 {
            Status::Broken
        } else if !tally.unknown.is_empty() {
            Status::Unknown
        } else if tally.runs == 0 {
            Status::NothingRun
        } else {
            Status::Holds
        };
        Self {
            name: described.profile.name,
            status,
            tally,
            coverage,
            seeds,
            planned: plan.seeds.clone(),
            ended,
            time,
            findings: findings.into_iter().zip(kept).collect(),
        }
    }

    /// With 95 % confidence, at most so many seeds in so many are not clean. The rule of three
    /// wants 30 of them, and runs that repeat themselves.
    fn bound(&self) -> Option<(u64, u64)> {
        let is_known = self.status == Status::Holds;
        self.tally.bound().filter(|(_, runs)| is_known && *runs >= 30)
    }

    /// What may have been missed, or why nothing can be said about that.
    fn bound_text(&self) -> String {
        match self.bound() {
            Some((at_most, runs)) => format!(
                "at most {at_most} in {} seeds are not clean, with 95 % confidence",
                grouped(runs)
            ),
            None if self.status == Status::Diverged => {
                "no bound on what was missed: the code does not repeat itself".to_owned()
            }
            None if self.tally.bound().is_some() => {
                "too few seeds to say what may have been missed".to_owned()
            }
            None if self.tally.runs == 0 => "nothing was run, so nothing is known".to_owned(),
            None => {
                let unclean = self.tally.runs - self.tally.clean;
                let are = if unclean == 1 { "is" } else { "are" };
                let unclean = counted(unclean, "run");
                format!("no bound on what was missed: {unclean} {are} not clean")
            }
        }
    }
}

fn unjudged(rule: &squall_judge::Rule) -> RuleTally {
    RuleTally { name: rule.name, sentence: rule.sentence, holds: 0, broken: 0, unknown: 0 }
}

/// Prints the report as text.
pub(crate) fn print(session: &mut Session<'_, '_>, report: &SystemReport) -> io::Result<()> {
    let palette = session.palette();
    write(&mut session.console.out, palette, &session.program, report)
}

/// Prints one line over all systems.
pub(crate) fn print_all(
    session: &mut Session<'_, '_>,
    reports: &[SystemReport],
    time: Duration,
) -> io::Result<()> {
    let palette = session.palette();
    writeln!(session.console.out, "\n{}", all(reports, time, palette))
}

/// `2 systems, 1,200 runs in 2.0s: echo holds, synod broken`.
fn all(reports: &[SystemReport], time: Duration, palette: Palette) -> String {
    let runs = reports.iter().map(|report| report.tally.runs).sum();
    let (systems, runs) = (counted(reports.len() as u64, "system"), counted(runs, "run"));
    let ends: Vec<String> = reports
        .iter()
        .map(|report| format!("{} {}", report.name, word(report.status, palette)))
        .collect();
    format!("{systems}, {runs} in {}: {}", waited(time), ends.join(", "))
}

/// How the sweep of a system ended.
fn word(status: Status, palette: Palette) -> String {
    match status {
        Status::Holds => palette.good("holds"),
        Status::NothingRun => palette.odd("nothing was run"),
        Status::Unknown => palette.odd("unknown"),
        Status::Diverged => palette.bad("did not repeat itself"),
        _ => palette.bad("broken"),
    }
}

fn write(
    out: &mut dyn io::Write,
    palette: Palette,
    program: &str,
    report: &SystemReport,
) -> io::Result<()> {
    writeln!(out, "{}: {}", palette.strong(report.name), word(report.status, palette))?;
    write_runs(out, report)?;
    for (finding, path) in &report.findings {
        write_finding(out, palette, finding, path.as_ref(), program)?;
    }
    if report.tally.vanished > 0 {
        let runs = counted(report.tally.vanished, "broken run");
        writeln!(out, "\n  {runs} held when run again: the code does not repeat itself")?;
    }
    write_rules(out, palette, &report.tally.rules)?;
    write_unknown(out, &report.tally)?;
    if report.tally.runs > 0 {
        write_faults(out, palette, &report.tally)?;
        write_marks(out, palette, &report.tally)?;
        covered::write(out, palette, &report.coverage)?;
    }
    write_repeats(out, &report.tally)?;
    writeln!(out, "  {}", report.bound_text())?;
    covered::write_newness(out, &report.coverage.newness)
}

fn write_runs(out: &mut dyn io::Write, report: &SystemReport) -> io::Result<()> {
    let (tally, time) = (&report.tally, report.time);
    let Range { start, end } = report.seeds;
    writeln!(
        out,
        "  {}, seeds {start}..{end}, in {}: {} runs/s, {} steps/s, {} simulated",
        counted(tally.runs, "run"),
        waited(time),
        grouped(rate(tally.runs, time)),
        grouped(rate(tally.steps, time)),
        simulated(tally.simulated_ns)
    )?;
    let planned = match report.planned.end {
        u64::MAX => String::new(),
        end => format!(", before seed {end}"),
    };
    match report.ended {
        Ended::Done => Ok(()),
        Ended::Enough => {
            writeln!(out, "  stopped at {}", counted(report.findings.len() as u64, "finding"))
        }
        Ended::Time => writeln!(out, "  stopped when its time was up{planned}"),
        Ended::Asked => writeln!(out, "  stopped by Ctrl-C{planned}"),
    }
}

fn write_finding(
    out: &mut dyn io::Write,
    palette: Palette,
    finding: &WrittenFinding,
    path: Option<&PathBuf>,
    program: &str,
) -> io::Result<()> {
    let rule = palette.bad(&format!("{} is broken", finding.rule));
    writeln!(out, "\n  {rule}: {}", finding.sentence)?;
    writeln!(out, "    seed {}: {}", finding.seed, finding.story.replace('\n', "\n    "))?;
    for line in &finding.proof {
        writeln!(out, "      {line}")?;
    }
    if let Some(shrunk) = finding.shrunk {
        writeln!(out, "    {}", palette.faint(&shrunk.to_string()))?;
    }
    if finding.seeds.count > 1 {
        let alike = format!("the same in {}", sightings(&finding.seeds));
        writeln!(out, "    {}", palette.faint(&alike))?;
    }
    if let Some(path) = path {
        writeln!(out, "    {program} replay {}", path.display())?;
    }
    Ok(())
}

fn write_rules(out: &mut dyn io::Write, palette: Palette, rules: &[RuleTally]) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0).max(20);
    let title = format!("{:<width$} {:>11} {:>11} {:>11}", "rule", "holds", "broken", "unknown");
    writeln!(out, "\n  {}", palette.faint(&title))?;
    for rule in rules {
        let broken = format!("{:>11}", grouped(rule.broken));
        let broken = if rule.broken > 0 { palette.bad(&broken) } else { broken };
        let (holds, unknown) = (grouped(rule.holds), grouped(rule.unknown));
        writeln!(out, "  {:<width$} {holds:>11} {broken} {unknown:>11}", rule.name)?;
    }
    Ok(())
}

fn write_unknown(out: &mut dyn io::Write, tally: &Tally) -> io::Result<()> {
    if tally.unknown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  unknown, because")?;
    for (reason, count) in &tally.unknown {
        writeln!(out, "  {:>11}  {reason}", grouped(*count))?;
    }
    Ok(())
}

fn write_faults(out: &mut dyn io::Write, palette: Palette, tally: &Tally) -> io::Result<()> {
    let (fired, never): (Vec<_>, Vec<_>) =
        Kind::ALL.into_iter().partition(|kind| tally.hits.of(*kind) > 0);
    if fired.is_empty() {
        return writeln!(out, "\n  no fault fired");
    }
    writeln!(out, "\n  {}", palette.faint("fault"))?;
    let width = fired.iter().map(|kind| kind.about().len()).max().unwrap_or(0);
    for kind in fired {
        let count = grouped(tally.hits.of(kind));
        writeln!(out, "  {:<3}  {:<width$}  {count:>13}", kind.id(), kind.about())?;
    }
    let never = never.into_iter().map(Kind::id);
    write_never(out, palette, "never fired", never)
}

fn write_marks(out: &mut dyn io::Write, palette: Palette, tally: &Tally) -> io::Result<()> {
    let (reached, never): (Vec<_>, Vec<_>) = tally.marks.iter().partition(|(_, count)| *count > 0);
    if reached.is_empty() && never.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  {}", palette.faint("mark"))?;
    let width = reached.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, count) in reached {
        writeln!(out, "  {name:<width$}  {:>13}", grouped(count))?;
    }
    let quoted: Vec<_> = never.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    write_never(out, palette, "never reached", quoted.iter().map(String::as_str))
}

fn write_never<'t>(
    out: &mut dyn io::Write,
    palette: Palette,
    title: &str,
    names: impl Iterator<Item = &'t str>,
) -> io::Result<()> {
    let mut text = String::new();
    for name in names {
        let _ = write!(text, " {name}");
    }
    if text.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {}{text}", palette.odd(&format!("{title}:")))
}

fn write_repeats(out: &mut dyn io::Write, tally: &Tally) -> io::Result<()> {
    writeln!(out)?;
    if tally.repeated == 0 {
        return writeln!(out, "  no seed was run twice, so nothing is known of repeatability");
    }
    let seeds = counted(tally.repeated, "seed");
    if tally.diverged.is_empty() {
        return writeln!(out, "  {seeds} run twice: no difference");
    }
    let diverged = counted(tally.diverged.len() as u64, "difference");
    writeln!(out, "  {seeds} run twice: {diverged}")?;
    tally.diverged.iter().take(3).try_for_each(|divergence| write_divergence(out, divergence))
}
