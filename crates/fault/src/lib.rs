//! Faults, links, conditions and fixed luck as values, and their text.
//!
//! An [`Action`] is what a script does at some time. A [`Fault`] names links or processes and what
//! happens to them. [`Conditions`] are the chances and delays that apply for a while. [`Luck`]
//! fixes the outcome of one draw, and an [`Address`] names the draw. A [`Kind`] is one of the 64
//! numbered kinds of fault.
//!
//! Each value has one text, the notation of scripts, traces and documents. The `script` crate
//! parses it.
//!
//! This crate knows the contract of a process. It does not carry out faults.

mod action;
mod conditions;
mod kind;
mod link;
mod luck;
mod text;

pub use action::{Action, Fault, Group, Kept, KeptRecords, Links, Names, Sides};
pub use conditions::{Chance, Condition, Conditions, Delay, Keep, SpanRange, Tail};
pub use kind::{Hits, Kind};
pub use link::{Fate, Link};
pub use luck::{Address, Drawn, Luck, LuckKind, MessageLuck, SyncLuck};
