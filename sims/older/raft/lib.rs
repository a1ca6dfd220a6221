//! The sim of raft, as it is today, around an older version of the library.
//!
//! Each package gives the sim a crate `raft` that looks like that of today and *is* the older one:
//! its *face*.

#[path = "../../kv/mod.rs"]
pub mod kv;
#[path = "../../raft/mod.rs"]
pub mod raft;
