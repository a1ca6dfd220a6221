//! The search against brute force, and what it reports of a broken history.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod brute_force;
mod budget;
mod keys;
mod locks;
mod objects;
mod properties;
mod second_models;
