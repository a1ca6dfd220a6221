//! The sim of omnipaxos around the versions 0.2.0 to 0.2.2 of the library, whose storage was not
//! atomic. All but three files are those of the sim of today.

#[path = "../../kv/mod.rs"]
pub mod kv;
pub mod omnipaxos;
