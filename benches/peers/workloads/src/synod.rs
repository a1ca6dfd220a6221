//! W3: a stand-in for the Synod.

use std::fmt;

use squall_process::{Context, Input, Process, ProcessId, Span};

use crate::{Goal, Network, Workload, ids};

const PROCESSES: u32 = 5;

/// W3.
#[derive(Clone, Copy, Debug)]
pub struct Synod;

impl Workload for Synod {
    type Process = Participant;

    fn processes(&self) -> u32 {
        PROCESSES
    }

    fn network(&self) -> Network {
        Network::lossy(5)
    }

    fn goal(&self) -> Goal {
        Goal::AllLearned
    }

    fn process(&self, _seed: u64, id: ProcessId) -> Participant {
        Participant {
            id,
            want: None,
            ballot: 0,
            promises: 0,
            best: (0, 0),
            promised: 0,
            accepted: (0, 0),
            votes: (0, 0),
            learned: None,
        }
    }

    fn operation(&self, id: ProcessId) -> Option<u64> {
        (id.number() <= 2).then(|| u64::from(id.number()))
    }

    fn learned(claim: &u64) -> Option<u64> {
        Some(*claim)
    }
}

#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Participant {
    id: ProcessId,
    want: Option<u64>,
    ballot: u64,
    promises: u32,
    best: (u64, u64),
    promised: u64,
    accepted: (u64, u64),
    votes: (u64, u32),
    learned: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Say {
    Prepare(u64),
    Promise(u64, (u64, u64)),
    Accept(u64, u64),
    Accepted(u64, u64),
    Ask,
}

impl fmt::Display for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Participant {
    fn prepare(&mut self, context: &mut Context<'_, Self>) {
        self.ballot = (self.promised.max(self.ballot) / 8 + 1) * 8 + u64::from(self.id.number());
        self.promises = 0;
        self.best = (0, 0);
        context.send_all(ids(PROCESSES), &Say::Prepare(self.ballot));
        let wait = context.random_span(Span::from_millis(30), Span::from_millis(90));
        context.set_timer(0, wait);
    }
}

impl Process for Participant {
    type Message = Say;
    type Timer = u8;
    type Record = u64;
    type Op = u64;
    type Reply = u8;
    type Claim = u64;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { .. } => context.set_timer(1, Span::from_millis(100)),
            Input::Op { op, .. } => {
                self.want = Some(op);
                self.prepare(context);
            }
            Input::Timer(0) if self.learned.is_none() => self.prepare(context),
            Input::Timer(1) if self.learned.is_none() => {
                context.send_all(ids(PROCESSES), &Say::Ask);
                context.set_timer(1, Span::from_millis(100));
            }
            Input::Message { from, message } => match message {
                Say::Prepare(ballot) if ballot > self.promised => {
                    self.promised = ballot;
                    context.write(ballot);
                    context.sync();
                    context.send(from, Say::Promise(ballot, self.accepted));
                }
                Say::Promise(ballot, accepted) if ballot == self.ballot => {
                    self.best = self.best.max(accepted);
                    self.promises |= 1 << from.number();
                    if self.promises.count_ones() == 3 {
                        let own = self.want.unwrap_or(0);
                        let value = if self.best.0 > 0 { self.best.1 } else { own };
                        context.send_all(ids(PROCESSES), &Say::Accept(ballot, value));
                    }
                }
                Say::Accept(ballot, value) if ballot >= self.promised => {
                    self.promised = ballot;
                    self.accepted = (ballot, value);
                    context.write(ballot);
                    context.sync();
                    context.send_all(ids(PROCESSES), &Say::Accepted(ballot, value));
                }
                Say::Accepted(ballot, value) if self.learned.is_none() => {
                    if ballot > self.votes.0 {
                        self.votes = (ballot, 0);
                    }
                    if ballot == self.votes.0 {
                        self.votes.1 |= 1 << from.number();
                        if self.votes.1.count_ones() >= 3 {
                            self.learned = Some(value);
                            context.claim(value);
                        }
                    }
                }
                Say::Ask if self.accepted.0 > 0 => {
                    context.send(from, Say::Accepted(self.accepted.0, self.accepted.1));
                }
                _ => {}
            },
            _ => {}
        }
    }
}
