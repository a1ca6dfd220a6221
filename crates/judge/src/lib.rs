//! Judges: each watches a run and answers one question.
//!
//! A [`Judge`] sees what an observer could see ([`Seen`]): operations and their outcomes, claims,
//! records made durable, crashes and boots; and, for rules about states, a process after a step. It
//! never sees the world, and it does not trust claims: facts are computed from durable records.
//!
//! A verdict has three values. *Broken* comes with [`Evidence`]: the numbers of the events that
//! prove it. *Unknown* comes with the reason why there is no verdict.
//!
//! A judge that has never failed is not known to work, so each has a test in which it must fail.

mod answers;
pub mod consensus;
mod evidence;
mod in_turn;
mod linearizable;
mod marks;
mod panel;
mod seen;
mod verdict;

pub use answers::{Answered, AnsweredOnce, Replies};
pub use evidence::{Argument, Evidence};
pub use in_turn::InTurn;
pub use linearizable::{Linearizable, Translate};
pub use marks::Marks;
pub use panel::{Both, Broken, Panel, Rulings};
pub use seen::{Observation, Seen};
pub use verdict::{End, Reason, Rule, Ruling, Verdict};

pub use squall_linear as linear;

use squall_process::{Process, ProcessId};

/// Watches one run and answers one question.
pub trait Judge<P: Process> {
    /// Returns the rule that it judges.
    fn rule(&self) -> Rule;

    /// Sees the next observation. An error means that the rule is broken, and the judge is not
    /// asked again in this run.
    ///
    /// # Errors
    ///
    /// Returns the evidence, if the rule is broken.
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Ruling;

    /// Sees the state of `process` after a step, of which the event `number` was the last.
    ///
    /// # Errors
    ///
    /// Returns the evidence, if the rule is broken.
    #[inline]
    fn see_state(&mut self, _number: u64, _process: ProcessId, _state: &P) -> Ruling {
        Ok(())
    }

    /// Returns whether everything that this judge waits for has happened. A run continues after
    /// `calm` until every judge is satisfied, or the time is up.
    #[inline]
    fn is_satisfied(&self) -> bool {
        true
    }

    /// Returns the verdict after a run that ended without breaking the rule.
    fn close(&self, _end: End) -> Verdict {
        Verdict::Holds
    }
}
