//! The sim of omnipaxos around the library as it was before 0.2.3.
//!
//! What it had otherwise is in three files of its own: its storage, its messages, and what a
//! [`Library`](library::Library) says.

#[path = "../../omnipaxos/cabinet.rs"]
mod cabinet;
#[path = "../../omnipaxos/connection.rs"]
mod connection;
#[path = "../../omnipaxos/folded.rs"]
mod folded;
#[path = "../../omnipaxos/instance.rs"]
mod instance;
#[path = "../../omnipaxos/knobs.rs"]
mod knobs;
#[path = "letter.rs"]
mod letter;
#[path = "library.rs"]
mod library;
#[path = "../../omnipaxos/marks.rs"]
mod marks;
#[path = "../../omnipaxos/record.rs"]
mod record;
#[path = "../../omnipaxos/server.rs"]
mod server;
#[path = "storage.rs"]
mod storage;
#[path = "../../omnipaxos/system.rs"]
mod system;
#[path = "../../omnipaxos/term.rs"]
mod term;
#[path = "../../omnipaxos/word.rs"]
mod word;

pub use cabinet::{Care, Drawer};
pub use connection::Stamp;
pub use folded::Folded;
pub use knobs::Settings;
pub use letter::Letter;
pub use record::{Beginning, Change, Configuration, Record, Write};
pub use server::Server;
pub use system::OmniPaxosSystem;
pub use term::Term;
pub use word::{Envelope, Word};

use squall_process::ProcessId;

/// A process of the system.
pub type OmniPaxos = crate::kv::Participant<Server>;
/// What a step of a server is given, and where it leaves its effects.
type Context<'a> = crate::kv::ServerContext<'a, Server>;
/// What a server says of itself.
type Claim = crate::kv::Claim<Term>;

/// The number by which the library knows a server.
fn node(server: ProcessId) -> u64 {
    u64::from(server.number())
}

/// The server that the library knows by `node`.
fn server_of(node: u64) -> ProcessId {
    ProcessId::server(node as u32)
}
