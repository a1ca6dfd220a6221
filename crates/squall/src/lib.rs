//! Squall: deterministic simulation testing for distributed protocols.
//!
//! A protocol is written as a [`process::Process`] and described as a [`script::System`]: which
//! processes there are, what clients ask, which rules must hold. From there on there are three
//! doors; the program is a crate of its own, `squall-cli`, so that a test links no command line.
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
//! **A program.** Hand the systems to `squall_cli::Squall`, and `main` is the command line that
//! this project's own systems have.
//!
//! Clocks, files and threads begin in this crate; the crates below it know none of them.

mod clock;
mod divergence;
pub mod figures;
mod finding_file;
mod fuzz_target;
pub mod play;
pub mod prelude;
mod recorded;
mod script_file;
mod seeds;
mod smaller;
mod sweep_test;

pub use clock::Stopwatch;
pub use divergence::write_divergence;
pub use finding_file::{Kept, WrittenFinding, probe, sightings, write_new};
pub use fuzz_target::{FuzzTarget, fuzz};
pub use recorded::{Parting, Recorded, Standing};
pub use script_file::{BYTES_MAX, ReadError, is_script, read, read_bytes, scripts_in};
pub use seeds::{seed, seeds};
pub use smaller::{SHRINK_RUNS, make_smaller};
pub use squall_hunt::Explainable as AnySystem;
pub use sweep_test::{SweepTest, sweep};

pub use squall_hunt as hunt;
pub use squall_judge as judge;
pub use squall_process as process;
pub use squall_script as script;
pub use squall_trace as trace;
pub use squall_world as world;
