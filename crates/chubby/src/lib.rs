//! A lock service after Burrows, The Chubby lock service for loosely-coupled distributed systems,
//! OSDI 2006 (CHUBBY below), on the replicated log of `squall-paxos`.
//!
//! Everything here is a state machine under the contract of `squall-process`. docs/chubby.md has
//! the tables of calls, errors and events, and all assumptions about time.
//!
//! | looking for | module |
//! | --- | --- |
//! | what is replicated: nodes, locks, sessions | [`database`] |

mod contents;
pub mod database;
mod error;
mod name;

pub use contents::Contents;
pub use error::Error;
pub use name::{Name, NameError, Path};
