//! The text of scripts: what is printed reads back, what is wrong is told well, and no bytes break
//! the reader.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod any_bytes;
mod document;
mod errors;
mod errors_in_lines;
mod made_in_code;
mod round_trip;
mod speed;
mod strategies;
mod toy;
