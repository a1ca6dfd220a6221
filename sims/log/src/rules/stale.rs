//! The bound of stale reads (requirement M16): what is read is what the store held at some moment
//! not longer before the question than the bound.
//!
//! Model: the store of a slot is out of date from when the next one is first applied. So the read
//! must agree with the store after some slot from the last one on that was applied anywhere by
//! then. Where clocks run further off than the leases of the run allow for, this is not judged.

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Observation, Rule, Ruling, Seen};
use squall_paxos::log::{self, Op, Participant, ReadMode};
use squall_process::{Instant, OpId, Outcome, Span};

use super::{LogRule, Reference};
use crate::store::{Get, Reply, Store};

/// Stale reads are no older than their bound.
#[derive(Clone, Debug)]
pub struct StaleReads {
    are_judged: bool,
    open: SmallVec<[Asked; 4]>,
}

/// A stale read under way.
#[derive(Clone, Copy, Debug)]
struct Asked {
    id: OpId,
    query: Get,
    bound: Span,
    at: Instant,
    event: u64,
}

impl StaleReads {
    /// Returns the judge of a run in which clocks keep to the bound, if they do.
    #[must_use]
    pub fn new(clocks_keep: bool) -> Self {
        Self { are_judged: clocks_keep, open: SmallVec::new() }
    }
}

impl LogRule for StaleReads {
    fn rule(&self) -> Rule {
        Rule::safety("stale-reads", "a stale read is no older than its bound")
    }

    fn see(&mut self, seen: &Seen<'_, Participant<Store>>, reference: &Reference) -> Ruling {
        match &seen.what {
            Observation::Asked {
                id,
                op: Op::Read { mode: ReadMode::Stale { millis }, query },
                ..
            } if self.are_judged => {
                let (bound, at) = (Span::from_millis(*millis), seen.at);
                self.open.push(Asked { id: *id, query: *query, bound, at, event: seen.number });
                Ok(())
            }
            Observation::Completed { process, id, outcome } => {
                let Some(place) = self.open.iter().position(|asked| asked.id == *id) else {
                    return Ok(());
                };
                let asked = self.open.swap_remove(place);
                let Outcome::Done(log::Reply::One(Reply::Holds(held))) = outcome else {
                    return Ok(());
                };
                let since_start = asked.at.since(Instant::ZERO) - asked.bound;
                let oldest = reference.applied_by(Instant::ZERO + since_start);
                let mut states = reference.states_from(oldest);
                if states.any(|(_, state)| state.store.get(asked.query.0) == *held) {
                    return Ok(());
                }
                let Get(key) = asked.query;
                let template = "{} is told that {} holds {}: it did not after {} or later";
                let (key, held) = (Argument::value(&key), Argument::value(held));
                let arguments = [(*process).into(), key, held, Argument::value(&oldest)];
                Evidence::broken("too-old", template, arguments, [asked.event, seen.number])
            }
            _ => Ok(()),
        }
    }
}
