//! The command line and the entry for tests, as their users see them.

mod bad_input;
mod entry;
mod findings;
mod parrot;
mod replay;
mod run;
mod terminal;
mod tools;
