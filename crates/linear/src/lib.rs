//! Decides whether a history of concurrent operations is linearizable: whether it could have come
//! from a sequential object, each operation taking effect at one moment between its call and its
//! return. It knows nothing of how the history was recorded, and depends on `smallvec` alone.
//!
//! ```
//! use squall_linear::models::{Register, RegisterOp, RegisterReply};
//! use squall_linear::{BUDGET, Checked, History, check};
//!
//! // Two clients of a register that holds 0: one writes 1, the other then reads 0.
//! let mut history = History::new();
//! let write = history.call(1, 0, RegisterOp::Write(1));
//! history.give_back(write, 2, RegisterReply::Written);
//! let read = history.call(3, 1, RegisterOp::Read);
//! history.give_back(read, 4, RegisterReply::Value(0));
//!
//! let Checked::Broken(why) = check(&Register { initial: 0 }, &history, BUDGET) else {
//!     panic!("the write is lost");
//! };
//! assert_eq!(
//!     why.story(history.operations()),
//!     "no order explains `read -> 0`: before it, the register holds 1",
//! );
//! ```
//!
//! # The question
//!
//! A [`History`] contains the calls and returns, in order. A [`Model`] defines the answers of one
//! sequential object. The history is linearizable if its operations can be put into one order that
//! respects time (an operation that returned before another was called comes first) and in which
//! the model gives the recorded replies (Herlihy and Wing 1990).
//!
//! * An operation that returned has its effect once, before its return.
//! * One whose outcome is unknown has it once, at any time after its call, or never.
//! * One that was refused never happened ([`History::refuse`]).
//!
//! # The search
//!
//! [`check`] splits the history by [`Model::key`] (linearizability is local: a history is
//! linearizable if and only if each object's part is) and walks through the returns of each part in
//! order, with the set of all *configurations* that can explain the history so far. A configuration
//! consists of the open operations that have had their effect, and the state. Operations are placed
//! as late as possible, when a return forces them ("just in time", Lowe 2017), so two ways that
//! lead to the same configuration merge at once. This is the memo of Wing and Gong's search with
//! Lowe's key (the next return, the open slots that are done, the state), walked breadth first.
//! Depth first may be lucky where the answer is yes. Breadth first does the same work in the worst
//! case, needs memory only for the present configurations, knows the first impossible return
//! without looking further, and can drop a configuration if a better one exists:
//!
//! * a *read* ([`Model::is_read`]) has its effect as soon as the state allows it, which is never a
//!   disadvantage;
//! * an *overwrite* ([`Model::overwrites`]) that no read has seen may hide just before another one:
//!   from then on it is *free*, which means that it may or may not take effect, and a configuration
//!   in which it is free is better than one in which it must take effect and than one in which it
//!   has;
//! * an operation of unknown outcome is free from the start;
//! * of two equivalent operations, the one that returns first goes first.
//!
//! The [`Budget`] limits the number of configurations and the bytes that are remembered. Both are
//! counted, so they are the same on every machine. When one is used up, the answer is *unknown*.
//! Each object first gets a short walk that keeps few configurations. The objects that stay
//! undecided share the budget: a small part first, and twice as much in each further round.
//!
//! # Memory
//!
//! A configuration takes 32 bytes for up to 64 open operations, 64 for up to 128. Each state is
//! kept once, and dropped when no configuration refers to it. The states of a queue, a log and a
//! set share their parts, and parts that neighbours share are counted once.

mod check;
mod frontier;
mod history;
mod meter;
mod milestones;
mod model;
pub mod models;
mod open;
mod parts;
mod refutation;
mod slots;
mod states;
mod sweep;

pub use check::{Checked, Limit, check, check_while};
pub use history::{Call, History, Operation};
pub use meter::{BUDGET, Budget, Progress};
pub use model::{Clash, Model};
pub use refutation::Refutation;
