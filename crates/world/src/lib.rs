//! The simulated universe: what happens next, to which process, and what can fail on the way.
//!
//! [`World::step`] is the only place where time moves. The files are best read in the order in
//! which a message meets them:
//!
//! | | file | what |
//! | --- | --- | --- |
//! | 1 | `world.rs` | the world: reset, start, step, act |
//! | 2 | `world/effects.rs` | a process leaves an effect, and the world carries it out |
//! | 3 | `network.rs`, `network/wires.rs` | the network numbers a message on its link |
//! | 4 | `network/odds.rs`, `choices.rs` | and decides its fate by luck that is addressed |
//! | 5 | `agenda.rs`, `slab.rs`, `due.rs` | the message waits until it is due |
//! | 6 | `world/route.rs`, `world/inputs.rs` | it is due, and meets its host |
//! | 7 | `host.rs`, `host/inbox.rs` | which is up, down, busy or standing still |
//! | 8 | `host/clock.rs`, `host/timers.rs`, `host/disk.rs` | and owns clock, timers and disk |
//!
//! Faults come in from the side, as values of the crate `fault` (`world/faults.rs`,
//! `world/lives.rs`). `hosts.rs` finds the hosts by name and by place.
//!
//! The world knows no protocol, no rule of a protocol, and no file, thread or terminal.

mod agenda;
mod blueprint;
mod choices;
mod draw;
mod due;
mod host;
mod hosts;
mod keystream;
mod network;
mod slab;
mod timeline;
mod world;

pub use blueprint::Blueprint;
pub use draw::Draw;
pub use squall_fault::{
    Action, Address, Chance, Condition, Conditions, Delay, Drawn, Fault, Group, Hits, Keep, Kept,
    KeptRecords, Kind, Links, Luck, LuckKind, MessageLuck, Names, Sides, SpanRange, SyncLuck, Tail,
};
pub use world::{Stepped, World};
