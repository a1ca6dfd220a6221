//! The simulated universe.
mod action;
mod blueprint;
mod choices;
mod conditions;
mod draw;
mod kind;
mod luck;
mod text;
pub use action::{Action, Fault, Group, Kept, KeptRecords, Links, Sides};
pub use blueprint::Blueprint;
pub use conditions::{Chance, Condition, Conditions, Delay, Keep, SpanRange, Tail};
pub use draw::Draw;
pub use kind::{Hits, Kind};
pub use luck::{Luck, MessageLuck, SyncLuck};
