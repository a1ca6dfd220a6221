//! The commands, one file each.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod list;
mod progress;
pub(crate) mod replay;
mod report;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod shrink;
mod source;
pub(crate) mod trace;
