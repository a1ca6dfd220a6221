//! Stories of a process that runs for real: on one machine, over loopback.

#![expect(clippy::unwrap_used, reason = "a story stops where something is missing")]

mod attacks;
mod network;
mod notebook;
mod process;
mod sessions;
