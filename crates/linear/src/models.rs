//! Models of the most common objects.

mod counter;
mod entries;
mod lock;
mod log;
mod map;
mod members;
mod queue;
mod register;
mod set;
mod tenure;
mod texts;

pub use counter::{Counter, CounterOp, CounterReply};
pub use entries::Entries;
pub use lock::{Lock, LockOp, LockReply, LockState};
pub use log::{Log, LogOp, LogReply};
pub use map::{Map, MapOp};
pub use members::Members;
pub use queue::{Queue, QueueOp, QueueReply, Waiting};
pub use register::{Register, RegisterOp, RegisterReply};
pub use set::{Set, SetOp, SetReply};
pub use texts::{TextOp, TextReply, Texts, TextsOp};
