//! Squall: deterministic simulation testing for distributed protocols.
//!
//! A protocol is written as a [`process::Process`] and described as a [`script::System`]: which
//! processes there are, what clients ask, which rules must hold. From there on there are three
//! doors.
//!
//! **A program.** Hand the systems to [`Squall`], and `main` is the command line that this
//! project's own systems have:
//!
//! ```
//! # use squall::AnySystem;
//! fn program(synod: impl AnySystem + 'static) -> std::process::ExitCode {
//!     squall::Squall::new().system(synod).main()
//! }
//! ```
//!
//! **A test.** One call sweeps seeds; a failure prints its seed, the one line that reproduces it,
//! and keeps its script in a folder whose scripts are run first next time:
//!
//! ```
//! # use squall::AnySystem;
//! fn all_holds(synod: &dyn AnySystem) {
//!     squall::sweep(synod).seeds(2_000).folder("tests/findings").check();
//! }
//! ```
//!
//! **A fuzz target.** Bytes that a coverage-guided fuzzer mutates become scripts, one call each:
//!
//! ```
//! # use squall::AnySystem;
//! fn target(system: &dyn AnySystem, bytes: &[u8]) {
//!     squall::fuzz(system).folder("findings").check(bytes);
//! }
//! ```
//!
//! This crate is where clocks, files, threads and the terminal are; the crates below it know none
//! of them.

mod clock;
mod command;
mod commands;
mod console;
mod course;
mod figures;
mod finding_file;
mod fuzz_target;
mod interrupt;
mod play;
pub mod prelude;
mod program;
mod recorded;
mod script_file;
mod status;
mod sweep_test;
mod tool;

pub use console::Console;
pub use course::{Course, part, shown};
pub use finding_file::WrittenFinding;
pub use fuzz_target::{FuzzTarget, fuzz};
pub use play::{
    Described, Explained, Hunted, PlayError, PrintedScript, Replayed, ShrinkFailure, WrittenShrunk,
    described, explain, hunt as hunt_seeds, print, replay, script_text, seed_bytes, shrink,
    text_of_bytes, trace as show_trace,
};
pub use program::{Failure, Squall};
pub use recorded::{Parting, Recorded, Standing};
pub use script_file::{BYTES_MAX, ReadError, read, read_bytes};
pub use squall_hunt::Explainable as AnySystem;
pub use status::Status;
pub use sweep_test::{SweepTest, sweep};
pub use tool::Tool;

pub use clap;

pub use squall_hunt as hunt;
pub use squall_judge as judge;
pub use squall_process as process;
pub use squall_script as script;
pub use squall_trace as trace;
pub use squall_world as world;
