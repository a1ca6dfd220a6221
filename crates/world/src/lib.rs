//! The simulated universe: what happens next, to whom, and what can go wrong on the way.
//!
//! [`World::step`] is the only place where time moves. A message travels through the files in this
//! order: a process leaves an effect (`world.rs`, `effects.rs`), the network decides its fate
//! (`network.rs`) by luck that is addressed (`choices.rs`), it waits in the agenda (`agenda.rs`),
//! reaches a host (`inputs.rs`, `host.rs`) and is handed to the process there (`world.rs`), which
//! may write to its disk (`journal.rs`). Faults come in from the side (`faults.rs`, `lives.rs`), as
//! values of the `fault` crate.
//!
//! The world knows no protocol, no rule that a protocol must keep, and no file, thread or terminal.

mod agenda;
mod blueprint;
mod choices;
mod draw;
mod host;
mod keystream;
mod network;
mod timeline;
mod world;

pub use blueprint::Blueprint;
pub use draw::Draw;
pub use squall_fault::{
    Action, Address, Chance, Condition, Conditions, Delay, Drawn, Fault, Group, Hits, Keep, Kept,
    KeptRecords, Kind, Links, Luck, LuckKind, MessageLuck, Names, Sides, SpanRange, SyncLuck, Tail,
};
pub use world::{Stepped, World};
