//! The simulated universe: what happens next, to whom, and what can go wrong on the way.
//!
//! [`World::step`] is the only place where time moves. A message travels through the files in this
//! order: a process leaves an effect (`world.rs`, `effects.rs`), the network decides its fate
//! (`network.rs`) by luck that is addressed (`choices.rs`), it waits in the agenda (`agenda.rs`),
//! reaches a host (`inputs.rs`, `host.rs`) and is handed to the process there (`world.rs`), which
//! may write to its disk (`journal.rs`). Faults come in from the side (`faults.rs`, `lives.rs`), as
//! values (`action.rs`, `conditions.rs`, `luck.rs`).
//!
//! The world knows no protocol, no rule that a protocol must keep, and no file, thread or terminal.

mod action;
mod agenda;
mod blueprint;
mod choices;
mod clock;
mod conditions;
mod draw;
mod effects;
mod faults;
mod host;
mod inputs;
mod journal;
mod keystream;
mod kind;
mod lives;
mod luck;
mod network;
mod record;
mod text;
mod timeline;
mod turn;
mod world;

pub use action::{Action, Fault, Group, Kept, KeptRecords, Links, Names, Sides};
pub use blueprint::Blueprint;
pub use conditions::{Chance, Condition, Conditions, Delay, Keep, SpanRange, Tail};
pub use draw::Draw;
pub use kind::{Hits, Kind};
pub use luck::{Address, Drawn, Luck, LuckKind, MessageLuck, SyncLuck};
pub use world::{Stepped, World};
