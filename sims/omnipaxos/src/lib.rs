//! OmniPaxos: the published crate `omnipaxos`, unchanged, under faults. A cluster of servers keeps
//! a key-value store; clients read and write it, and change its members.
//!
//! The requirements of the library, and the files that meet them:
//!
//! | requirement | file |
//! | --- | --- |
//! | storage that is durable when a write returns | `cabinet.rs`, `storage.rs` |
//! | links like those of TCP, and a report of each new session | `connection.rs` |
//! | time, as ticks | `server.rs`, by a timer |
//! | a snapshot that can be merged | `folded.rs` |
//! | a new instance after a stop-sign, and the state handed over to it | `server.rs` |
//!
//! The library has no random source of its own, no clock, and no table whose order differs from run
//! to run (its optional cache has one, and is left out), so nothing had to be replaced.
//!
//! The library leaves these duties to its user, and the adapter fulfils them:
//!
//! * A server that lost its disk, or a durable record, must not return under its own number: it
//!   stays silent forever, and is replaced by another one.
//! * `trim` makes no snapshot. A later snapshot would begin in the middle, and so would a restarted
//!   server. The storage therefore keeps the state after the trimmed entries, in place of a
//!   snapshot.
//! * After a stop-sign, the old instance is dropped as soon as it is decided here. A server that
//!   still uses the old configuration receives the new one and the sealed state.
//! * A forwarded call may be lost on its way. Clients ask again, and the store carries out each
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
pub use library_message::LibraryMessage;
pub use record::{Beginning, Change, Configuration, Logs, Record, Write};
pub use server::Server;
pub use system::OmniPaxosSystem;
pub use term::Term;
pub use word::{Envelope, Word};

use squall_process::ProcessId;

/// A process of the system.
pub type OmniPaxos = squall_service::Participant<Server>;
/// The context of a step of a server.
type Context<'a> = squall_service::ServerContext<'a, Server>;
/// A claim of a server.
type Claim = squall_service::Claim<Term>;

/// Returns the number by which the library knows a server.
fn node(server: ProcessId) -> u64 {
    u64::from(server.number())
}

/// Returns the server that the library knows by `node`.
fn server_of(node: u64) -> ProcessId {
    ProcessId::server(node as u32)
}
