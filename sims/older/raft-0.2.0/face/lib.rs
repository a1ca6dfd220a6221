//! The interface of raft 0.7, on version 0.2.0 of the library.

#[path = "../../raft/config.rs"]
mod config;
#[path = "../../raft/early/mod.rs"]
mod early;
#[path = "../../raft/before_0_5.rs"]
mod version;
#[path = "../../raft/wire_by_prost.rs"]
mod wire;

pub use config::Config;
pub use early::*;

/// The range of election timeouts was not part of the configuration.
const fn set_range(_: &mut published::Config, _: &Config) {}
