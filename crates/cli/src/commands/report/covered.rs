//! What the report of a sweep says of coverage, as text. docs/coverage.md tells how each number is
//! made, and what it does not say.

use std::io;

use squall_hunt::{Coverage, Newness, Phases, Share, Together};

use crate::console::Palette;
use squall::figures::{counted, grouped};

/// Writes which faults struck together, and which phases were entered during cuts.
pub(super) fn write(
    out: &mut dyn io::Write,
    palette: Palette,
    coverage: &Coverage,
) -> io::Result<()> {
    let Coverage { together, phases, .. } = coverage;
    if together.kinds().len() < 2 {
        return Ok(());
    }
    writeln!(out, "\n  {}", palette.faint("covered"))?;
    write_pairs(out, together)?;
    write_triples(out, together)?;
    write_phases(out, phases)
}

/// `703 of 703 pairs of faults`, and some of those that are missing; JSON has all.
fn write_share(
    out: &mut dyn io::Write,
    Share { seen, possible }: Share,
    what: &str,
    unseen: impl Iterator<Item = String>,
    named_max: usize,
) -> io::Result<()> {
    write!(out, "  {} of {} {what}", grouped(seen), grouped(possible))?;
    let named: Vec<_> = unseen.take(named_max).collect();
    if named.is_empty() {
        return Ok(());
    }
    let more = if (named.len() as u64) < possible - seen { ", …" } else { "" };
    write!(out, "; never {}{more}", named.join(", "))
}

fn write_pairs(out: &mut dyn io::Write, together: &Together) -> io::Result<()> {
    let unseen = together.pairs().filter(|(_, runs)| *runs == 0);
    let unseen = unseen.map(|([one, other], _)| format!("{one} with {other}"));
    write_share(out, together.pair_share(), "pairs of faults struck in one run", unseen, 3)?;
    let seen = together.pairs().filter(|(_, runs)| *runs > 0);
    if let Some(([one, other], runs)) = seen.min_by_key(|(_, runs)| *runs) {
        write!(out, "; rarest {one} with {other}, in {}", counted(runs, "run"))?;
    }
    writeln!(out)
}

fn write_triples(out: &mut dyn io::Write, together: &Together) -> io::Result<()> {
    let unseen = together.unseen_triples();
    let unseen = unseen.map(|[one, other, third]| format!("{one} {other} {third}"));
    write_share(out, together.triple_share(), "triples of faults", unseen, 3)?;
    writeln!(out)
}

fn write_phases(out: &mut dyn io::Write, phases: &Phases) -> io::Result<()> {
    let share = phases.share();
    if share.possible == 0 {
        return Ok(());
    }
    let unseen = phases.cells().filter(|(_, _, runs)| *runs == 0);
    let unseen = unseen.map(|(phase, shape, _)| format!("{shape} at \"{phase}\""));
    write_share(out, share, "shapes of cuts at phases and marks", unseen, 1)?;
    writeln!(out)
}

/// Writes how often a run still behaved in a new way: the estimate for the next run, and so an
/// upper figure for all that come later.
pub(super) fn write_newness(out: &mut dyn io::Write, newness: &Newness) -> io::Result<()> {
    let Some(millionths) = newness.millionths() else { return Ok(()) };
    let sets = counted(newness.distinct(), "set");
    if newness.once() == 0 {
        let runs = counted(newness.runs(), "run");
        writeln!(out, "  none of {runs} had a set of phases and marks to itself")?;
        return writeln!(out, "  ({sets} so far; hardly any further run will enter a new one)");
    }
    let rate = match millionths {
        0 => "1 in 1,000,000".to_owned(),
        1..1_000 => format!("{millionths} in 1,000,000"),
        _ => format!("{}.{} %", millionths / 10_000, millionths / 1_000 % 10),
    };
    writeln!(
        out,
        "  at most about {rate} of further runs enter a set of phases and marks that is new"
    )?;
    writeln!(out, "  ({sets} so far; the estimate of Good and Turing)")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn told(signatures: impl Iterator<Item = u64>) -> String {
        let mut newness = Newness::default();
        signatures.for_each(|signature| newness.add(signature));
        let mut out = Vec::new();
        write_newness(&mut out, &newness).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_new_is_no_promise_for_ever() {
        assert_snapshot!(told((0..6_000).map(|run| run % 3)), @"
        none of 6,000 runs had a set of phases and marks to itself
        (3 sets so far; hardly any further run will enter a new one)
        ");
    }

    #[test]
    fn what_is_rare_is_told_in_millionths() {
        assert_snapshot!(told((0..6_000).map(|run| run / 5_999)), @"
        at most about 166 in 1,000,000 of further runs enter a set of phases and marks that is new
        (2 sets so far; the estimate of Good and Turing)
        ");
        assert!(told((0..1_500_000).map(|run| run / 1_499_999)).contains("about 1 in 1,000,000"));
    }

    #[test]
    fn without_runs_nothing_is_told() {
        assert_eq!(told(std::iter::empty()), "");
    }
}
