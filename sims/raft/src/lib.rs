//! Raft: the published crate `raft` 0.7 (of TiKV), as it is, under storm.
//!
//! Servers drive one `RawNode` each and keep a key-value store; clients call. What stands around
//! the library is in [`Server`], which says what whoever uses the library owes it. The rules are
//! those of consensus, told from disks and claims, and linearizability, told from what clients
//! hear.
//!
//! What is not used of the library: group commit, snapshots on request, its own leases (see
//! `docs/found.md`), and forwarding of proposals by followers.
//!
//! Reads by lease are linearizable only while clocks keep to a bound of drift. A script in which a
//! server's clock is made to run further off, or to stand, is judged without the reads: that
//! `linearizable` holds is said there of writes and of compare-and-sets alone.
//!
//! Where members may change (`knob members changing`), one server may be all that is left, so
//! `applied-is-durable` asks for one disk and can hardly break. What was lost is left to the other
//! rules there. Neither is told as `unknown`: what is judged in part holds as far as it is judged,
//! and one rule that is unknown would make the whole run so.

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
/// What a step of a server is given, and where it leaves its effects.
type Context<'a> = squall_service::ServerContext<'a, Server>;
/// What a server says of itself.
type Claim = squall_service::Claim<u64>;
