//! `docs/faults.md` is accurate: it lists the existing kinds of fault, a default sweep fires
//! exactly those that it names, and its examples use valid notation.

use squall_hunt::{Plan, Progress, sweep};
use squall_process::Span;
use squall_script::parse;
use squall_sim_synod::Synod;
use squall_world::Kind;

const DOCUMENT: &str = include_str!("../../../docs/faults.md");

/// The seeds of the sweep. The rarest kind, D3, fires about four times in them, the others hundreds
/// of times or more.
const SEEDS: u64 = 10_000;

/// One row of the table.
struct Row {
    id: String,
    about: String,
    fires: String,
    script: String,
}

fn rows() -> Vec<Row> {
    let lines = DOCUMENT.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| row(line).unwrap_or_else(|| panic!("too few cells: {line}"))).collect()
}

fn row(line: &str) -> Option<Row> {
    // A bar within a cell is preceded by a backslash.
    let line = line.replace("\\|", "\u{0}");
    let mut cells = line.split('|').skip(1).map(|cell| cell.trim().replace('\u{0}', "|"));
    Some(Row {
        id: cells.next()?,
        about: cells.next()?,
        fires: cells.next()?,
        script: cells.next()?,
    })
}

/// Returns the texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn it_lists_every_kind_in_order() {
    let listed: Vec<_> = rows().into_iter().map(|row| (row.id, row.about)).collect();
    let kinds = Kind::ALL.map(|kind| (kind.id().to_owned(), kind.about().to_owned()));
    assert_eq!(listed, kinds);
}

#[test]
fn it_counts_the_kinds_that_fire() {
    let fires = rows().iter().filter(|row| row.fires == "yes").count();
    let counted = DOCUMENT.split("**").nth(1).expect("a number in bold");
    assert_eq!(counted, fires.to_string());
    let known = rows().iter().filter(|row| row.fires == "not yet").count();
    assert_eq!(fires + known, Kind::ALL.len(), "each kind fires, or does not yet");
}

#[test]
fn a_default_sweep_fires_what_it_says_and_nothing_else() {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let plan = Plan { seeds: 0..SEEDS, threads, repeat_every: 0, ..Plan::default() };
    let swept = sweep(&Synod, &plan, &Progress::default(), &|| false).expect("threads");
    assert_eq!(swept.tally.runs, SEEDS, "a finding ended the sweep: {:?}", swept.findings.first());
    let wrong: Vec<_> = Kind::ALL
        .into_iter()
        .zip(rows())
        .map(|(kind, row)| (kind, row.fires, swept.tally.hits.of(kind)))
        .filter(|(_, fires, hits)| (fires == "yes") != (*hits > 0))
        .map(|(kind, fires, hits)| format!("{}: {fires}, and fired {hits} times", kind.id()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn its_examples_are_notation() {
    let mut read = 0;
    let mut wrong = Vec::new();
    for row in rows() {
        for example in quoted(&row.script) {
            read += 1;
            if let Err(error) = parse(&Synod, &script(example), &row.id) {
                wrong.push(format!("{} `{example}`: {error}", row.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 50, "{read} examples are few: is the table read?");
    assert!(parse(&Synod, &script("cut n1 and n2"), "wrong").is_err());
}

/// Returns a script that contains `example`: a line with its time, an action alone, or a header
/// line.
fn script(example: &str) -> String {
    let header = "squall 1\nsystem synod\nseed 1\nservers 5\nclients 2\n";
    let first = example.split(' ').next().unwrap_or_default();
    if is_time(first) {
        format!("{header}\n{example}\n")
    } else if first == "knob" {
        format!("{header}{example}\n")
    } else {
        format!("{header}\n10ms {example}\n")
    }
}

fn is_time(word: &str) -> bool {
    word.parse::<Span>().is_ok()
}
