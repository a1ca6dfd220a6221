//! The interface of raft 0.7, on version 0.4.3 of the library.

#[path = "../../raft/config.rs"]
mod config;
#[path = "../../raft/early/mod.rs"]
mod early;
#[path = "../../raft/before_0_5.rs"]
mod version;
#[path = "../../raft/wire.rs"]
mod wire;

pub use config::Config;
pub use early::*;

const fn set_range(published: &mut published::Config, config: &Config) {
    published.min_election_tick = config.min_election_tick;
    published.max_election_tick = config.max_election_tick;
}
