//! Stories of a cell of real servers on this machine.

#![expect(clippy::unwrap_used, reason = "a story stops where something is missing")]

mod kills;
mod operating;
mod place;
mod program;
