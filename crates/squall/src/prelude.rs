//! The imports of a file that describes a system: `use squall::prelude::*`.

pub use std::collections::BTreeMap;
pub use std::convert::Infallible;
pub use std::fmt;
pub use std::process::ExitCode;
pub use std::str::FromStr;

pub use squall_judge::{
    Answered, AnsweredOnce, Argument, Evidence, Judge, Marks, Observation, Replies, Rule, Ruling,
    Seen,
};
pub use squall_process::{Context, Input, Instant, OpId, Outcome, Process, ProcessId, Span};
pub use squall_script::{Profile, Reading, Refused, Script, Sizes, System};
pub use squall_world::Draw;

pub use crate::sweep;
