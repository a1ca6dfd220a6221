//! The command line of Squall as a library: any program that has systems has all commands.
//!
//! ```
//! # use squall::AnySystem;
//! fn program(synod: impl AnySystem + 'static) -> std::process::ExitCode {
//!     squall_cli::Squall::new().system(synod).main()
//! }
//! ```
//!
//! A test or a fuzz target needs none of this: it depends on `squall` alone.

mod command;
mod commands;
mod console;
mod course;
mod interrupt;
mod logbook;
mod program;
mod status;
mod supervisor;
mod tool;

pub use console::Console;
pub use course::{Course, part, shown};
pub use program::{Failure, Squall};
pub use status::Status;
pub use tool::Tool;

pub use clap;
