//! The interface of raft 0.7, on version 0.6.0-alpha of the library.

#[path = "../../raft/config.rs"]
mod config;
#[path = "../../raft/early/mod.rs"]
mod early;
mod version;
#[path = "../../raft/wire.rs"]
mod wire;

pub use config::Config;
pub use early::*;
