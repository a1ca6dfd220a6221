//! OmniPaxos: the published crate `omnipaxos`, as it is, under storm. A cell of servers keeps a
//! key-value store; clients read and write it, and change who takes part.
//!
//! What the library is given, file by file:
//!
//! | what it asks for | where |
//! | --- | --- |
//! | storage that is durable when a write returns | `cabinet.rs`, `storage.rs`, `kv` |
//! | links like those of TCP, and to be told of a new session | `connection.rs` |
//! | time, as ticks | `server.rs`, by a timer |
//! | a snapshot that can be merged | `folded.rs` |
//! | a new instance after a stop-sign, and the state brought to it | `server.rs` |
//!
//! The library has no random source of its own, no clock, and no table whose order differs from run
//! to run (its optional cache has one, and is left out), so nothing had to be tamed.
//!
//! Duties that the library leaves to its user, and that are done here:
//!
//! * A server that lost its disk, or a durable record, may not come back under its own number: it
//!   is silent for ever, and is replaced by another.
//! * `trim` makes no snapshot: one made afterwards would begin in the middle, and so would a server
//!   that restarts. So the storage keeps the state after what was trimmed, in place of a snapshot.
//! * After a stop-sign, the old instance is dropped as soon as it is decided here. Whoever still
//!   speaks of the old configuration is handed the new one and the sealed state.
//! * A call that was forwarded may be lost on its way; clients ask again, and the store does each
//!   call once.

mod cabinet;
mod command;
mod connection;
mod flaws;
mod folded;
mod instance;
mod knobs;
mod library;
mod library_message;
mod marks;
mod record;
mod server;
mod storage;
mod system;
mod term;
mod word;

pub use cabinet::{Drawer, Workarounds};
pub use command::Command;
pub use connection::Stamp;
pub use flaws::OmniPaxosFlaw;
pub use folded::Folded;
pub use knobs::Settings;
pub use library_message::Letter;
pub use record::{Beginning, Change, Configuration, Logs, Record, Write};
pub use server::Server;
pub use system::OmniPaxosSystem;
pub use term::Term;
pub use word::{Envelope, Word};

use squall_process::ProcessId;

/// A process of the system.
pub type OmniPaxos = squall_service::Participant<Server>;
/// What a step of a server is given, and where it leaves its effects.
type Context<'a> = squall_service::ServerContext<'a, Server>;
/// What a server says of itself.
type Claim = squall_service::Claim<Term>;

/// The number by which the library knows a server.
fn node(server: ProcessId) -> u64 {
    u64::from(server.number())
}

/// The server that the library knows by `node`.
fn server_of(node: u64) -> ProcessId {
    ProcessId::server(node as u32)
}
