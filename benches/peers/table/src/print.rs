//! The table as text: Markdown for people, JSON for machines.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::runner::{Cell, RUNNERS, Sample};
use crate::{ROUNDS, WORKS};

/// The work of which memory is shown.
const LARGEST: &str = "w4-10000";

/// Absolute figures, and ratios to the first runner.
pub(crate) fn markdown(cells: &[Cell]) -> String {
    let mut text = format!("Medians of {ROUNDS} interleaved rounds, one thread each.\n\n");
    heading(&mut text, "absolute");
    for (work, _) in WORKS {
        let row: Vec<&Cell> = cells.iter().filter(|cell| cell.work == work).collect();
        let values = row.iter().map(|cell| cell.rate().map(short));
        line(&mut text, &format!("{work}, {}/s", row[0].unit()), values);
    }
    let largest: Vec<&Cell> = cells.iter().filter(|cell| cell.work == LARGEST).collect();
    let peaks = largest.iter().map(|cell| cell.peak_mib().map(|mib| format!("{mib:.1} MiB")));
    line(&mut text, &format!("{LARGEST}, peak memory"), peaks);
    text.push('\n');
    heading(&mut text, "of bare");
    for (work, _) in WORKS {
        let row: Vec<&Cell> = cells.iter().filter(|cell| cell.work == work).collect();
        let values = row.iter().map(|cell| cell.times_slower(row[0]).map(ratio));
        line(&mut text, work, values);
    }
    let bare = largest[0].peak_mib();
    let peaks = largest.iter().map(|cell| Some(format!("{:.1} x", cell.peak_mib()? / bare?)));
    line(&mut text, &format!("{LARGEST}, peak memory"), peaks);
    footnotes(&mut text, cells);
    text
}

fn heading(text: &mut String, corner: &str) {
    line(text, corner, RUNNERS.iter().map(|runner| Some(runner.name.to_owned())));
    line(text, "---", RUNNERS.iter().map(|_| Some("---:".to_owned())));
}

fn line(text: &mut String, first: &str, rest: impl Iterator<Item = Option<String>>) {
    write!(text, "| {first} |").expect("text can be written to");
    for value in rest {
        let value = value.unwrap_or_else(|| "-".to_owned());
        write!(text, " {value} |").expect("text can be written to");
    }
    text.push('\n');
}

fn footnotes(text: &mut String, cells: &[Cell]) {
    text.push('\n');
    for cell in cells {
        let (runner, work) = (cell.runner(), cell.work);
        if let Some(reason) = &cell.refusal {
            writeln!(text, "- {runner} cannot do {work}: {reason}.")
                .expect("text can be written to");
        } else if cell.samples.len() < ROUNDS {
            writeln!(text, "- {runner} did {work} once only: it is too slow.")
                .expect("text can be written to");
        }
    }
}

/// Three digits and the prefix of the power of a thousand.
fn short(value: f64) -> String {
    let (scaled, prefix) = match value {
        value if value >= 1e6 => (value / 1e6, " M"),
        value if value >= 1e3 => (value / 1e3, " k"),
        value => (value, ""),
    };
    let decimals = match scaled {
        scaled if scaled >= 100.0 => 0,
        scaled if scaled >= 10.0 => 1,
        _ => 2,
    };
    format!("{scaled:.decimals$}{prefix}")
}

/// What share of bare's rate it has.
fn ratio(times_slower: f64) -> String {
    if times_slower < 10.0 {
        format!("1/{times_slower:.1}")
    } else if times_slower < 1e5 {
        format!("1/{times_slower:.0}")
    } else {
        format!("1/{}", short(times_slower))
    }
}

/// Everything that was measured.
pub(crate) fn json(cells: &[Cell]) -> Value {
    let cells: Vec<Value> = cells
        .iter()
        .map(|cell| {
            json!({
                "runner": cell.runner(),
                "work": cell.work,
                "unit": cell.unit(),
                "amount": cell.amount,
                "rate_per_second": cell.rate(),
                "peak_mib": cell.peak_mib(),
                "refusal": cell.refusal,
                "samples": cell.samples.iter().map(sample).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "rounds": ROUNDS, "cells": cells })
}

fn sample(sample: &Sample) -> Value {
    json!({
        "runs": sample.runs,
        "deliveries": sample.deliveries,
        "sends": sample.sends,
        "simulated_seconds": sample.simulated.as_secs_f64(),
        "elapsed_seconds": sample.elapsed.as_secs_f64(),
        "peak_kib": sample.peak_kib,
    })
}
