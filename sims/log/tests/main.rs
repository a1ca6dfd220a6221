//! The tests of the replicated log, in one program.

mod found;
mod stories;
mod sweep;
