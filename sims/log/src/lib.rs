//! A key-value store on the replicated log of `squall-paxos`, under storm.
//!
//! Servers are acceptors, replicas and, elected, leaders; spares can be added. Clients put, get,
//! delete, compare and set, do several things under a guard, change the members and hand leadership
//! on, and read in every mode. The rules are in [`rules`], the state machine in [`store`].
//!
//! Limits: a run is judged without leases, reads by lease and stale reads if a server's clock
//! leaves the bound that the leases of the run allow for, or stands.

pub mod history;
mod knobs;
pub mod rules;
pub mod store;
mod system;

pub use store::{Command, Get, Held, Key, Reply, Store, Value};
pub use system::{Cluster, Log};
