//! Models of the objects that are asked for most often.

mod lock;
mod log;
mod map;
mod queue;
mod register;
mod tenure;

pub use lock::{Lock, LockOp, LockReply, LockState};
pub use log::{Entries, Log, LogOp, LogReply};
pub use map::{Map, MapOp};
pub use queue::{Queue, QueueOp, QueueReply};
pub use register::{Register, RegisterOp, RegisterReply};
