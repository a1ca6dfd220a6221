//! A survey as a table for the terminal.

use std::fmt::Write as _;

use crate::survey::Survey;

/// The survey in columns, one line a scheme.
#[must_use]
pub fn table(survey: &Survey) -> String {
    let mut text = String::new();
    let weight: u64 = survey.weights.iter().map(|weight| u64::from(weight.get())).sum();
    let _ = writeln!(
        text,
        "{} nodes of weight {weight} together, {} keys; a share of 1 is what the weight says",
        survey.nodes.len(),
        survey.keys
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
            theory(row.peak_expected),
            row.error,
            theory(row.error_expected),
            100.0 * row.moved_by_leaving,
            100.0 * row.leaving_had,
            100.0 * row.moved_by_joining,
            100.0 * row.joining_has,
        );
    }
    text.push_str("* knows no weights: shares are measured against equal ones\n");
    text
}
