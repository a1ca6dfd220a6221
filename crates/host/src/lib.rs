//! Runs a process for real: on tokio, on sockets and on a disk.
//!
//! The process that was swept is the process that runs. A [`Host`] gives a process what the
//! contract says that a runtime owes: clocks, timers, chance, incarnations, a network that may
//! lose, sessions, and a [`disk`] that knows whose it is.
//!
//! # Model
//!
//! * One task steps the process (`life.rs`). It waits for the next input and for nothing else.
//! * The disk has a thread of its own (`writer.rs`); the syncs that gather while one is under way
//!   are one sync.
//! * Connections have tasks of their own ([`network`]). They are bounded in number and in memory,
//!   and what is hostile costs its connection.
//! * Under `--cfg madsim` tasks, sockets and time are those of madsim (`runtime.rs`), and the disk
//!   is a task.
//!
//! It depends on the contract alone, and knows no simulator and no protocol.

mod chance;
mod clock;
pub mod disk;
mod host;
mod hosted;
mod life;
pub mod network;
mod port;
mod runtime;
mod timers;
mod writer;

pub use chance::Chance;
pub use host::{Handle, Host, Running, StartError};
pub use hosted::Hosted;
pub use life::{Ended, Observation};
