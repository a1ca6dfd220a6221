//! Linearizability: the search against brute force, what it tells when a history is broken, and the
//! judge.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod brute_force;
mod judge;
mod keys;
mod locks;
mod objects;
mod properties;
mod second_models;
