//! Raft: the published crate `raft` 0.7 (of TiKV), unchanged, under faults.
//!
//! Each server drives one `RawNode` and keeps a key-value store; clients call the servers.
//! [`Server`] is the adapter around the library, and its documentation lists what a user of the
//! library owes it. The rules are those of consensus, judged from disks and claims, and
//! linearizability, judged from the replies to clients.
//!
//! Parts of the library that are not used: group commit, snapshots on request, its own leases (see
//! `docs/found.md`), and forwarding of proposals by followers.
//!
//! Reads by lease are linearizable only while clocks stay within a bound of drift. If a script
//! makes the clock of a server drift further, or stop, reads are not judged: there, `linearizable`
//! covers only writes and compare-and-sets.
//!
//! Where members may change (`knob members changing`), a single server may be left, so
//! `applied-is-durable` requires only one disk and hardly ever breaks. The other rules catch lost
//! entries there. Neither case is reported as `unknown`, because that would make the whole run
//! unknown.

mod flaws;
mod knobs;
mod log;
mod marks;
mod members;
mod membership;
mod peer;
mod reads;
mod record;
mod replica;
mod server;
mod system;
mod text;

pub use flaws::RaftFlaw;
pub use knobs::{ReadMode, Settings, Wakes};
pub use members::{Join, Leave};
pub use peer::Peer;
pub use record::{Logs, Record};
pub use server::Server;
pub use system::{Leases, RaftSystem};

/// A process of the system.
pub type Raft = squall_service::Participant<Server>;
/// The context of a step of a server.
type Context<'a> = squall_service::ServerContext<'a, Server>;
/// A claim of a server.
type Claim = squall_service::Claim<u64>;
