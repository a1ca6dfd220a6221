//! The command line and the entry for tests, as their users see them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod bytes;
mod check;
mod entry;
mod explain;
mod files;
mod findings;
mod parrot;
mod process;
mod replay;
mod run;
mod script;
mod shrink;
mod terminal;
mod tools;
