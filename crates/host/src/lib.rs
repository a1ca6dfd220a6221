//! What a process needs to run for real.
//!
//! So far this crate provides the disk: [`disk`] keeps the journal of one process in a folder
//! and knows whose folder it is. It depends on the contract alone and knows no simulator.

pub mod disk;
