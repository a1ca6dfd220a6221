//! The tests of omnipaxos, in one program.

mod stories;
mod sweep;
