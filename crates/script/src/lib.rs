//! Scripts: a run is a function of the code and one text file.
//!
//! A [`Script`] is a header (system, seed, sizes, conditions, knobs) and lines of a time and an
//! action. It prints as the text that [`parse`] reads; [`check`] finds the problems of a script
//! from any source; a [`Runner`] runs it and reports the verdicts of the judges; [`materialise`]
//! turns all luck of a run into lines. `docs/script.md` contains the complete notation.
//!
//! A [`System`] defines the processes of a script, the operations of its clients, its knobs and its
//! judges. This crate knows no system, and not where scripts come from.

mod advice;
mod any_system;
mod check;
mod error;
mod knob;
mod language;
mod materialise;
mod nearest;
mod operation;
mod parse;
mod print;
mod problem;
mod profile;
mod recovery;
mod run;
mod script;
mod system;

pub use any_system::{AnyRunner, AnySystem, Guide, Moment, Scout, Watch, check, parse};
pub use check::{CLIENTS_MAX, DRIFT_MAX, LINES_MAX, Place, Wrong, check_script};
pub use error::{Mistake, ScriptError};
pub use knob::{Domain, Knob, KnobValue, Knobs};
pub use language::{Language, ParseOperationError};
pub use materialise::{hint_times, materialise};
pub use nearest::nearest;
pub use operation::Operation;
pub use parse::{read_script, system_of};
pub use problem::{ChanceError, Expected, Problem};
pub use profile::{Profile, Reading, Refused, Sizes};
pub use run::{NO_PANIC, Report, Runner};
pub use script::{Action, Judged, Line, Script, VERSION};
pub use system::{Op, System};
