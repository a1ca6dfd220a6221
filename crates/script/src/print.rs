//! Prints a script: the header, an empty line, the lines.
//!
//! The header contains the sizes, and then only the values that differ from the defaults, in a
//! fixed order. Equal scripts print as equal bytes, and the text parses to an equal script if
//! [`check`](crate::check) finds no problem.

use std::fmt::{self, Display, Formatter};

use crate::{Judged, Line, Script, VERSION};

impl Display for Script {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "squall {VERSION}")?;
        writeln!(f, "system {}", self.system)?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "servers {}", self.servers)?;
        writeln!(f, "clients {}", self.clients)?;
        if self.judged == Judged::Safety {
            writeln!(f, "judge safety")?;
        }
        for condition in self.conditions.unusual() {
            writeln!(f, "{condition}")?;
        }
        for (name, value) in self.knobs.iter() {
            writeln!(f, "knob {name} {value}")?;
        }
        if self.steps != Self::STEPS_DEFAULT {
            writeln!(f, "steps {}", self.steps)?;
        }
        if let Some(end) = self.end {
            writeln!(f, "end {end}")?;
        }
        if !self.lines.is_empty() {
            writeln!(f)?;
        }
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} {}", self.at, self.action)
    }
}
