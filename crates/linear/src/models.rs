//! Models of the objects that are asked for most often.

mod entries;
mod lock;
mod log;
mod map;
mod queue;
mod register;
mod tenure;

pub use entries::Entries;
pub use lock::{Lock, LockOp, LockReply, LockState};
pub use log::{Log, LogOp, LogReply};
pub use map::{Map, MapOp};
pub use queue::{Queue, QueueOp, QueueReply, Waiting};
pub use register::{Register, RegisterOp, RegisterReply};
