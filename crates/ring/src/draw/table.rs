//! A survey as a table for the terminal.

use std::fmt::Write as _;

use super::{peak_in_theory, several};
use crate::survey::Survey;

/// The survey in columns, one line a scheme.
#[must_use]
pub fn table(survey: &Survey) -> String {
    let mut text = String::new();
    let weight: u64 = survey.weights.iter().map(|weight| u64::from(weight.get())).sum();
    let _ = writeln!(
        text,
        "{} of weight {weight} together, {}; a share of 1 is what the weight says",
        several(survey.nodes.len() as u64, "node"),
        several(survey.keys, "key")
    );
    let _ = writeln!(
        text,
        "{:<29}{:>17}{:>19}{:>21}{:>21}",
        "", "peak", "standard error", "a node leaves", "a node joins"
    );
    let _ = writeln!(
        text,
        "{:<29}{:>8}{:>9}{:>10}{:>9}{:>12}{:>9}{:>12}{:>9}",
        "scheme", "found", "theory", "found", "theory", "moved %", "must", "moved %", "must"
    );
    for row in &survey.schemes {
        let theory = |figure: Option<f64>| figure.map_or("-".to_owned(), |one| format!("{one:.3}"));
        let mark = if row.weighted { "" } else { " *" };
        let _ = writeln!(
            text,
            "{:<29}{:>8.3}{:>9}{:>10.4}{:>9}{:>12.2}{:>9.2}{:>12.2}{:>9.2}",
            format!("{}{mark}", row.scheme),
            row.peak,
            peak_in_theory(row),
            row.error,
            theory(row.error_expected),
            100.0 * row.moved_by_leaving,
            100.0 * row.leaving_had,
            100.0 * row.moved_by_joining,
            100.0 * row.joining_has,
        );
    }
    text.push_str("* knows no weights: shares are measured against equal ones\n");
    footnotes(&mut text, survey);
    text
}

/// Who comes and goes, and what is unlike the rest.
fn footnotes(text: &mut String, survey: &Survey) {
    let usual = survey.schemes.first().map_or("", |row| &row.leaves);
    let _ = writeln!(text, "leaves: {usual}; joins: {}", survey.joins);
    for row in &survey.schemes {
        if row.leaves != usual {
            let _ = writeln!(text, "{}: leaves: {}, its last", row.scheme, row.leaves);
        }
        if row.keys != survey.keys {
            let _ = writeln!(text, "{}: {} only", row.scheme, several(row.keys, "key"));
        }
    }
    for scheme in &survey.left_out {
        let _ = writeln!(text, "{} is left out: {}", scheme.scheme, scheme.reason);
    }
}
