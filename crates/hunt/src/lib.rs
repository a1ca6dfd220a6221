//! Hunting: seeds become scripts.
mod generate;
pub use generate::{generate, generate_into};
