//! The tests of all systems together, in one program.

mod found;
mod materialise;
