//! Scripts: a run is a function of the code and one text file.
mod knob;
mod script;
mod system;
pub use knob::{Domain, Knob, KnobValue, Knobs};
pub use script::{Judged, Line, Script, VERSION};
pub use system::{Sizes, System};
