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
//! A [`History`] says what was called and what came back, in order. A [`Model`] says what one
//! object alone would answer. The history is linearizable if its operations can be put into one
//! order that keeps to time (an operation that returned before another was called comes first) and
//! in which the model gives the very replies that were given (Herlihy and Wing 1990).
//!
//! * An operation that returned has its effect once, before its return.
//! * One whose outcome is unknown has it once, at any time after its call, or never.
//! * One that was refused never happened ([`History::refuse`]).
//!
//! # The search
//!
//! [`check`] splits the history by [`Model::key`] (linearizability is local: a history is
//! linearizable if and only if each object's part is) and walks through the returns of each part in
//! order, with the set of all *configurations* that can explain what was seen so far. A
//! configuration is: which of the open operations have had their effect, and the state. Operations
//! are placed as late as possible, when a return forces them ("just in time", Lowe 2017), so two
//! ways that lead to the same configuration meet at once. This is the memo of Wing and Gong's
//! search with Lowe's key, (the next return, the open slots that are done, the state), walked
//! breadth first. Depth first may be lucky where the answer is yes; breadth first has the same work
//! in the worst case, needs no memory but the present configurations, knows the first impossible
//! return without looking further, and can drop a configuration because a better one is there:
//!
//! * a *read* ([`Model::is_read`]) has its effect as soon as the state allows it: that can never
//!   hurt;
//! * an *overwrite* ([`Model::overwrites`]) that no read has seen may hide just before another one:
//!   from then on it is *free*, may come or not, and a configuration in which it is free is better
//!   than both in which it must and in which it has;
//! * an operation of unknown outcome is free from the start;
//! * of two like operations, the one that returns first goes first.
//!
//! The [`Budget`] is how many configurations may be looked at, and how many bytes may be remembered
//! of them: both are counted, so they are the same on every machine, and when one is used up the
//! answer is *unknown*. Each object first gets a short walk that keeps few configurations; those
//! that stay undecided share the budget, a little first and twice as much in each further round.
//!
//! # Memory
//!
//! A configuration takes 32 bytes for up to 64 open operations, 64 for up to 128. States are kept
//! once each, and dropped when no configuration has them any more. Those of a queue, a log and a
//! set share their parts; what is shared is counted once, as far as neighbours share it.

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
