//! Those who wait to hear what was chosen: operations of this server's own users, and clients.
//!
//! Model: operations are each answered once. A client is known by its latest question or request
//! alone, and a few clients at most are remembered; who is not asks again.

use squall_process::{OpId, Outcome};

use crate::synod::message::{Body, Caller};
use crate::synod::outbox::Outbox;
use crate::{Ballot, Proposable, Reply};

/// This many clients are remembered.
const CLIENTS_MAX: usize = 16;

#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    pub(crate) who: Who,
    pub(crate) wants: Wants,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    Op(OpId),
    /// A client, and the number of its question, or 0.
    Client(Caller, u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wants {
    /// The chosen value.
    Choice,
    /// The chosen value, or to be told that there is none. A ballot proves that for all who asked
    /// before it started, so this is the last ballot of this server that was under way by then.
    Answer { during: Option<Ballot> },
}

/// Holds the first in place, so that the usual one or none costs no allocation.
#[derive(Clone, Debug)]
pub(crate) struct Line<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Line<T> {
    pub(crate) const fn new() -> Self {
        Self { first: None, rest: Vec::new() }
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.first.is_none() && self.rest.is_empty() {
            self.first = Some(item);
        } else {
            self.rest.push(item);
        }
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.first.as_ref()
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.first.take();
        if !self.rest.is_empty() {
            self.first = Some(self.rest.remove(0));
        }
        item
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.rest)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.rest)
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }
}

impl Line<Waiter> {
    /// Lets a client wait, in the place of what it asked before.
    pub(crate) fn push_client(&mut self, caller: Caller, question: u32, wants: Wants) {
        let who = Who::Client(caller, question);
        let room = self.clients() < CLIENTS_MAX;
        let before = self.iter_mut().find(|waiter| match waiter.who {
            Who::Client(other, _) => other.process == caller.process,
            Who::Op(_) => false,
        });
        match before {
            // The same question again: it counts from when it was first heard.
            Some(waiter) if waiter.who == who => {}
            Some(waiter) => *waiter = Waiter { who, wants },
            None if room => self.push(Waiter { who, wants }),
            None => {}
        }
    }

    fn clients(&self) -> usize {
        self.iter().filter(|waiter| matches!(waiter.who, Who::Client(..))).count()
    }

    /// Tells all of them what was chosen.
    pub(crate) fn tell_all<V: Proposable>(&mut self, value: &V, outbox: &mut Outbox<'_, '_, V>) {
        while let Some(waiter) = self.pop() {
            match waiter.who {
                Who::Op(op) => outbox.complete(op, Outcome::Done(Reply::Chosen(value.clone()))),
                Who::Client(caller, _) => outbox.answer(caller, Body::Learn(value.clone())),
            }
        }
    }

    /// Tells those who asked before `ballot` started that nothing had been chosen. Returns whether
    /// somebody is left who wants an answer.
    pub(crate) fn tell_nothing<V: Proposable>(
        &mut self,
        ballot: Ballot,
        outbox: &mut Outbox<'_, '_, V>,
    ) -> bool {
        let mut left = false;
        for _ in 0..self.len() {
            let Some(waiter) = self.pop() else {
                break;
            };
            match (waiter.wants, waiter.who) {
                (Wants::Answer { during }, Who::Op(op)) if during < Some(ballot) => {
                    outbox.complete(op, Outcome::Done(Reply::Nothing));
                }
                (Wants::Answer { during }, Who::Client(caller, question))
                    if during < Some(ballot) =>
                {
                    outbox.answer(caller, Body::Nothing { question });
                }
                (wants, _) => {
                    left |= wants != Wants::Choice;
                    self.push(waiter);
                }
            }
        }
        left
    }
}
