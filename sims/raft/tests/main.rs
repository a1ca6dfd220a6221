//! The tests of raft, in one program.

mod stories;
mod sweep;
