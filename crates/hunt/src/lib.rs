//! Hunting: a seed becomes a script ([`generate`]), a [`sweep`] runs many of them on all cores, and
//! what breaks a rule is a [`Finding`], and [`shrink`] makes it small.
//!
//! This crate knows no clock, no terminal and no file: how long a sweep may take, who shows its
//! progress and where findings are kept is the business of whoever calls it.

mod causes;
mod coverage;
mod cuts;
mod decisive;
mod decode;
mod explain;
mod finding;
mod fingerprint;
mod generate;
mod overseer;
mod panics;
mod shrink;
mod sightings;
mod sweep;

pub use causes::Chronicle;
pub use coverage::{Coverage, Lookout, Newness, Notes, Phases, SHAPES, Share, Together};
pub use decisive::{Decisive, Sampled};
pub use decode::{CHOICES_MAX, DecodeError, decode, encode};
pub use explain::{Explainable, Explanation, Told, explain};
pub use finding::{Divergence, Finding, STAMPS_MAX, TRACE_MAX};
pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use generate::{generate, generate_into};
pub use overseer::Overseer;
pub use panics::{hush, last_place};
pub use shrink::{Budget, Progress as ShrinkProgress, ShrinkError, Shrunk, Size, Stopped, shrink};
pub use sightings::Sightings;
pub use sweep::{Plan, Progress, RuleTally, Sweep, SweepError, Tally, sweep};
