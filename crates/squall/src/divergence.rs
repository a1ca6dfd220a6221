//! Describes a run that did not repeat itself.

use std::io;

use squall_hunt::Divergence;
use squall_trace::Line;

/// Writes the first difference between two runs.
///
/// # Errors
///
/// Returns an error if `out` cannot be written to.
pub fn write_divergence(out: &mut dyn io::Write, found: &Divergence) -> io::Result<()> {
    writeln!(out, "  seed {} did not repeat itself", found.seed)?;
    let Some((one, other)) = &found.first else {
        return writeln!(out, "    the difference did not show again");
    };
    let text = |line: &Option<Line>| match line {
        Some(line) => format!("event {}: {line}", line.number),
        None => "the run is over".to_owned(),
    };
    writeln!(out, "    the one run    {}", text(one))?;
    writeln!(out, "    the other run  {}", text(other))
}
