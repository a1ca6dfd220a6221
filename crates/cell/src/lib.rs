//! A cell: servers that keep a key-value store on a replicated log, on real sockets and disks.
//!
//! The program `cell` starts servers and asks them; [`Client`] does so from a program. The servers
//! are the processes of `squall-paxos` as they are, run by `squall-host`.

mod admin;
mod client;
mod config;
mod server;
pub mod store;

pub use client::{Client, Failure, status};
pub use config::{Cluster, Config, ConfigError, ServerConfig};
pub use server::{NewDisk, ServeError, Server, Status, make_disk};
