//! The sim of omnipaxos around versions 0.2.0 to 0.2.2 of the library, whose storage was not
//! atomic.
//!
//! Three files cover the differences: its storage, its messages, and the interface of
//! [`Library`](library::Library).

#[path = "../../omnipaxos/src/cabinet.rs"]
mod cabinet;
#[path = "../../omnipaxos/src/command.rs"]
mod command;
#[path = "../../omnipaxos/src/connection.rs"]
mod connection;
#[path = "../../omnipaxos/src/flaws.rs"]
mod flaws;
#[path = "../../omnipaxos/src/folded.rs"]
mod folded;
#[path = "../../omnipaxos/src/instance.rs"]
mod instance;
#[path = "../../omnipaxos/src/knobs.rs"]
mod knobs;
mod library_message;
mod library;
#[path = "../../omnipaxos/src/marks.rs"]
mod marks;
#[path = "../../omnipaxos/src/record.rs"]
mod record;
#[path = "../../omnipaxos/src/server.rs"]
mod server;
mod storage;
#[path = "../../omnipaxos/src/system.rs"]
mod system;
#[path = "../../omnipaxos/src/term.rs"]
mod term;
#[path = "../../omnipaxos/src/word.rs"]
mod word;

pub use cabinet::{Workarounds, Drawer};
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
