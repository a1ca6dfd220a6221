//! W2: broadcast and acknowledgement among five processes over a network that loses one message in
//! twenty.
//!
//! Each process has one numbered message out at a time. It sends it to the four others and sets a
//! timer. An acknowledgement of the current number is noted; when all four are in, the timer is
//! cancelled and the next number goes out at once. When the timer fires, 30 ms after the last
//! (re)transmission, the message is sent again to those who have not acknowledged. A receiver
//! acknowledges whatever it gets. So a round without loss is eight messages, one timer set and one
//! cancelled.

use std::fmt;

use squall_process::{Context, Input, Process, ProcessId, Span};

use crate::{Goal, Network, Workload, ids};

const PROCESSES: u32 = 5;

/// Longer than the longest round trip, so that only a loss makes it fire.
const PATIENCE: Span = Span::from_millis(30);

/// W2, until a given number of messages, broadcasts and acknowledgements alike, was delivered.
#[derive(Clone, Copy, Debug)]
pub struct Broadcast {
    /// The budget of a world.
    pub deliveries: u64,
}

impl Workload for Broadcast {
    type Process = Speaker;

    fn processes(&self) -> u32 {
        PROCESSES
    }

    fn network(&self) -> Network {
        Network::lossy(5)
    }

    fn goal(&self) -> Goal {
        Goal::Deliveries(self.deliveries)
    }

    fn process(&self, _seed: u64, id: ProcessId) -> Speaker {
        Speaker { id, number: 0, missing: 0 }
    }
}

/// One process.
#[derive(Clone, Debug)]
pub struct Speaker {
    id: ProcessId,
    number: u64,
    /// A bit for each process that has not acknowledged `number`.
    missing: u32,
}

/// What speakers say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Word {
    /// The sender's message of this number.
    Say(u64),
    /// The receiver's message of this number has arrived.
    Heard(u64),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(number) => write!(f, "say {number}"),
            Self::Heard(number) => write!(f, "heard {number}"),
        }
    }
}

/// The one timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Resend;

impl fmt::Display for Resend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("resend")
    }
}

fn bit(id: ProcessId) -> u32 {
    1 << id.number()
}

impl Speaker {
    fn say_next(&mut self, context: &mut Context<'_, Self>) {
        self.number += 1;
        self.missing = ids(PROCESSES).map(bit).sum::<u32>() & !bit(self.id);
        self.say(context);
    }

    fn say(&self, context: &mut Context<'_, Self>) {
        let silent = ids(PROCESSES).filter(|id| self.missing & bit(*id) != 0);
        context.send_all(silent, &Word::Say(self.number));
        context.set_timer(Resend, PATIENCE);
    }

    fn on_heard(&mut self, from: ProcessId, number: u64, context: &mut Context<'_, Self>) {
        if number != self.number {
            return;
        }
        self.missing &= !bit(from);
        if self.missing == 0 {
            context.cancel_timer(Resend);
            self.say_next(context);
        }
    }
}

impl Process for Speaker {
    type Message = Word;
    type Timer = Resend;
    type Record = u8;
    type Op = u8;
    type Reply = u8;
    type Claim = u8;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { .. } => self.say_next(context),
            Input::Message { from, message } => match message {
                Word::Say(number) => context.send(from, Word::Heard(number)),
                Word::Heard(number) => self.on_heard(from, number, context),
            },
            Input::Timer(Resend) => self.say(context),
            _ => {}
        }
    }
}
