//! Scripts: a run is a function of the code and one text file.
mod knob;
mod run;
mod script;
mod system;
pub use knob::{Domain, Knob, KnobValue, Knobs};
pub use run::{NO_PANIC, Report, Runner};
pub use script::{Judged, Line, Script, VERSION};
pub use system::{Op, Sizes, System};
