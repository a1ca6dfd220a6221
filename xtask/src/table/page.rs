//! The page as text: what was measured, in two tables, and what it comes to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Correct, Table};
use crate::bug::Bug;
use crate::figures::{Median, grouped, hundredths, seconds};
use crate::measure::{Measured, Size, Slack, Stream};

/// What a shrunk script should be at most, and how fast: hundredths of the witness, milliseconds,
/// and hundredths of the findings.
const RATIO_MAX: u64 = 150;
const SHRINK_MS_MAX: u64 = 2_000;
const MINIMAL_MIN: u64 = 9_500;

/// A bug should be found in a median of so many milliseconds.
const HUNT_MS_MAX: u64 = 60_000;

const INTRODUCTION: &str = "\
# How fast bugs are found

Written by `cargo xtask bugs table`, which anybody can run again; by hand nothing is changed here.
Each bug of the Synod ([bugs.md](bugs.md)) is planted into a copy of the project and hunted by the
program as users have it, with the generator and the judges as they are. ";

const FINDING: &str = "
## Finding

Seeds and seconds are those up to the first finding: the median, and in brackets between what the
true median lies with a confidence of 90 % (by order statistics). Behind a rule stands in how many
streams it was the one that caught the bug.

| bug | caught by | seeds | seconds |
| --- | --- | --- | --- |
";

const SHRINKING: &str = "
## Shrinking

Each finding is shrunk, and the result is checked independently of the shrinker. Lines are those
with a time and the settings of the header; events are the lines of the trace. All are medians: as
found, shrunk, and of the witness, a short script by hand, which a shrunk one may undercut. The
ratio is that of lines to those of the witness. *1-minimal*: no line with a time can go without
the finding becoming another one, by its rule or by its fingerprint ([findings.md](findings.md));
in brackets, those of which no line can go without the rule holding. *Slipped*: breaks another
rule than before, or breaks it without the bug as well.

| bug | lines | events | ratio | 1-minimal | slipped | seconds |
| --- | --- | --- | --- | --- | --- | --- |
";

/// The page that `table` is.
pub(super) fn write(table: &Table) -> String {
    let mut page = INTRODUCTION.to_owned();
    let streams = table.streams;
    let _ = writeln!(
        page,
        "There are {streams} streams of seeds\nfor each bug, a billion seeds apart, each swept on \
         one thread, {} at a time; a second is a second\nof one core.",
        table.threads
    );
    page.push_str(FINDING);
    table.bugs.iter().for_each(|(bug, measured)| page.push_str(&finding(bug, measured)));
    page.push_str(SHRINKING);
    table.bugs.iter().for_each(|(bug, measured)| page.push_str(&shrinking(bug, measured)));
    page.push_str("\n## In all\n\n");
    page.push_str(&in_all(table));
    page
}

fn finding(bug: &Bug, measured: &Measured) -> String {
    let of = |figure: fn(&Stream) -> u64| Median::of(measured.streams.iter().map(figure));
    let text = |median: Option<Median>, write: fn(u64) -> String| {
        median.map_or(String::new(), |median| median.text(write))
    };
    let (seeds, time) = (text(of(|s| s.seeds), grouped), text(of(|s| s.hunt_ms), seconds));
    format!("| {} | {} | {seeds} | {time} |\n", bug.name, caught_by(&measured.streams))
}

/// The rules that caught a bug, the most frequent first, and in how many streams.
fn caught_by(streams: &[Stream]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for stream in streams {
        *counts.entry(&stream.rule).or_insert(0) += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
    let texts = counts.iter().map(|(rule, count)| format!("{rule} {count}"));
    texts.collect::<Vec<_>>().join(", ")
}

fn shrinking(bug: &Bug, measured: &Measured) -> String {
    let middle = |figure: &dyn Fn(&Stream) -> u64| {
        Median::of(measured.streams.iter().map(figure)).map_or(0, |median| median.middle)
    };
    let sizes = |part: fn(&Size) -> u64| {
        format!(
            "{} → {}, by hand {}",
            grouped(middle(&|s| part(&s.found))),
            grouped(middle(&|s| part(&s.shrunk))),
            grouped(part(&measured.witness))
        )
    };
    let (lines, events) = (sizes(|size| size.lines), sizes(|size| size.events));
    let ratio = hundredths(middle(&|s| ratio(s, measured)));
    let time = seconds(middle(&|s| s.shrink_ms));
    let count = |is: fn(&Stream) -> bool| measured.streams.iter().filter(|s| is(s)).count();
    let of = measured.streams.len();
    let (minimal, strictly) = (count(is_minimal), count(is_strictly_minimal));
    let minimal = format!("{minimal} of {of} ({strictly})");
    let slipped = format!("{} of {of}", count(|stream| stream.has_slipped));
    format!("| {} | {lines} | {events} | {ratio} | {minimal} | {slipped} | {time} |\n", bug.name)
}

/// How many lines a shrunk script has for a hundred of the witness.
fn ratio(stream: &Stream, measured: &Measured) -> u64 {
    stream.shrunk.lines * 100 / measured.witness.lines.max(1)
}

/// No line can go without the finding becoming another one.
fn is_minimal(stream: &Stream) -> bool {
    stream.slack != Slack::SameFinding
}

/// No line can go without the rule holding.
fn is_strictly_minimal(stream: &Stream) -> bool {
    stream.slack == Slack::None
}

/// What it comes to, beside what it should.
fn in_all(table: &Table) -> String {
    let streams: Vec<(&Stream, u64)> = table
        .bugs
        .iter()
        .flat_map(|(_, measured)| measured.streams.iter().map(|s| (s, ratio(s, measured))))
        .collect();
    let middle = |figure: &dyn Fn(&(&Stream, u64)) -> u64| {
        Median::of(streams.iter().map(figure)).map_or(0, |median| median.middle)
    };
    let medians = table.bugs.iter().filter_map(|(bug, measured)| {
        let median = Median::of(measured.streams.iter().map(|s| s.hunt_ms))?;
        Some((median.middle, bug.name.as_str()))
    });
    let (slowest_ms, slowest) = medians.max().unwrap_or_default();
    let percent = |is: fn(&Stream) -> bool| {
        let count = streams.iter().filter(|(stream, _)| is(stream)).count() as u64;
        format!("{} %", hundredths(count * 10_000 / (streams.len() as u64).max(1)))
    };
    let slipped = streams.iter().filter(|(stream, _)| stream.has_slipped).count();
    let rows = [
        ("bugs found, in every stream", table.bugs.len().to_string(), "all".to_owned()),
        (
            "the slowest bug, in a median of",
            format!("{} s ({slowest})", seconds(slowest_ms)),
            format!("under {} s", seconds(HUNT_MS_MAX)),
        ),
        ("caught by a rule that the label does not name", unnamed(table), "never".to_owned()),
        ("findings shrunk", grouped(streams.len() as u64), String::new()),
        (
            "lines of a shrunk script to those of the witness, median",
            hundredths(middle(&|(_, ratio)| *ratio)),
            format!("at most {}", hundredths(RATIO_MAX)),
        ),
        (
            "1-minimal: no line can go without the finding becoming another one",
            percent(is_minimal),
            format!("{} %", hundredths(MINIMAL_MIN)),
        ),
        ("no line can go without the rule holding", percent(is_strictly_minimal), String::new()),
        (
            "time to shrink, median",
            format!("{} s", seconds(middle(&|(stream, _)| stream.shrink_ms))),
            format!("under {} s", seconds(SHRINK_MS_MAX)),
        ),
        ("slipped", slipped.to_string(), "none".to_owned()),
    ];
    let mut text = "| | measured | wanted |\n| --- | --- | --- |\n".to_owned();
    for (what, measured, wanted) in rows {
        let _ = writeln!(text, "| {what} | {measured} | {wanted} |");
    }
    text.push_str(&table.correct.as_ref().map_or(String::new(), correct));
    text
}

/// How often a bug was caught by a rule that its label does not name.
fn unnamed(table: &Table) -> String {
    let unnamed = table.bugs.iter().map(|(bug, measured)| {
        let is_unnamed = |stream: &&Stream| !bug.label.names(&stream.rule);
        measured.streams.iter().filter(is_unnamed).count()
    });
    match unnamed.sum::<usize>() {
        0 => "never".to_owned(),
        times => times.to_string(),
    }
}

/// What a sweep of the correct code says.
fn correct(correct: &Correct) -> String {
    let runs = grouped(correct.runs);
    let time = seconds(correct.elapsed_ms);
    format!(
        "\nOn the correct code none of {runs} seeds broke a rule, in {time} s: with a\n\
         confidence of 95 %, at most 3 in {runs} seeds would (the rule of three).\n"
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const PATCH: &str = "breaks: it.\ncaught by: agreement\nexposed by: luck.\nsource: none.\n";

    fn stream(seeds: u64, rule: &str, lines: u64) -> Stream {
        Stream {
            rule: rule.to_owned(),
            seeds,
            hunt_ms: seeds * 10,
            found: Size { lines: 40, events: 1_200 },
            shrunk: Size { lines, events: 30 },
            shrink_ms: 400,
            slack: match lines {
                4 => Slack::SameFinding,
                3 => Slack::OtherFinding,
                _ => Slack::None,
            },
            has_slipped: false,
        }
    }

    #[test]
    fn the_page_says_what_was_measured_beside_what_is_wanted() {
        let bug = Bug::parse("synod", Path::new("own.patch"), PATCH.to_owned()).unwrap();
        let streams = vec![
            stream(7, "agreement", 3),
            stream(2_000, "ballots", 4),
            stream(90, "agreement", 2),
        ];
        let witness = Size { lines: 2, events: 9 };
        let measured = Measured { code: 1, witness, streams };
        let correct = Some(Correct { code: 2, runs: 1_000_000, elapsed_ms: 20_000 });
        let page = write(&Table { bugs: vec![(bug, measured)], correct, streams: 3, threads: 2 });
        for line in [
            "| own | agreement 2, ballots 1 | 90 (7 to 2,000) | 0.900 (0.070 to 20.0) |",
            "| own | 40 → 3, by hand 2 | 1,200 → 30, by hand 9 | 1.50 | 2 of 3 (1) | 0 of 3 |",
            "| bugs found, in every stream | 1 | all |",
            "| caught by a rule that the label does not name | 1 | never |",
            "| the slowest bug, in a median of | 0.900 s (own) | under 60.0 s |",
            "| 1-minimal: no line can go without the finding becoming another one | 66.66 %",
            "| no line can go without the rule holding | 33.33 % |  |",
            "On the correct code none of 1,000,000 seeds broke a rule, in 20.0 s",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }
}
