//! A replicated log: servers agree on a sequence of commands and apply them to a
//! [`StateMachine`], each exactly once, while servers, disks and networks fail and members change.
//!
//! Everything here is a state machine under the contract of `squall-process`: input in, effects
//! out, no clock, socket, thread or disk. [`Participant`] is one process, a [`Server`] or a
//! [`Client`]; [`Settings`] is what they share. docs/log.md has the glossary, the tables of
//! messages and records, and a section for each part of the protocol.
//!
//! PMS is Lamport, Paxos Made Simple, 2001; PMMC is van Renesse, Paxos Made Moderately Complex,
//! 2011; PML is Chandra et al., Paxos Made Live, 2007; RAFT-D is Ongaro's dissertation, 2014.
//!
//! | looking for | file |
//! | --- | --- |
//! | phase 1 | `scout.rs`, and `on_prepare` in `acceptor.rs` |
//! | phase 2 and decision | `leader.rs`, and `on_accept` in `acceptor.rs` |
//! | who leads | `election.rs` |
//! | applying, snapshots | `replica.rs`, `state.rs`, `snapshot.rs` |
//! | catching up | `catch_up.rs` |
//! | sessions | `sessions.rs` |
//! | operations of the process around a server | `own.rs` |
//! | reads, leases | `reader.rs`, `lease.rs` |
//! | members | `members.rs`; the barrier in `leader.rs` |
//! | damaged and lost disks | `record.rs`, `on_boot` in `server.rs` |

mod acceptor;
mod catch_up;
mod client;
mod clock;
mod digest;
mod dispatch;
mod election;
mod entry;
mod leader;
mod lease;
pub mod marks;
mod members;
mod message;
mod outbox;
mod own;
mod packer;
mod participant;
mod reader;
mod record;
mod replica;
mod requests;
mod scout;
mod server;
mod sessions;
mod settings;
mod slot;
mod slots;
mod snapshot;
mod state;
mod state_machine;

pub use client::Client;
pub use digest::digest_of;
pub use entry::{Asked, Caller, Command, Content, Entry, Guard, Guarded, Operation};
pub use marks::MARKS;
pub use members::{Change, DiskId, Learner, Member, Members, MembersError, ParseChangeError};
pub use message::{
    Action, Answer, Ask, Body, Message, ParseReadModeError, Prepare, Pvalue, ReadMode, Report,
    Request, Round,
};
pub use participant::{Claim, Op, ParseOpError, Participant, Reply, Timer};
pub use record::{Fact, Previous, Record, Stamp};
pub use server::Server;
pub use sessions::{SessionId, Sessions};
pub use settings::{Agreement, LeaseTerms, Limits, Settings, SettingsError, Timing};
pub use slot::{LogTime, Slot};
pub use snapshot::{Header, Piece, SNAPSHOT_VERSION, SnapshotError, SnapshotId};
pub use state::Replicated;
pub use state_machine::{Datum, Serializable, StateMachine};
