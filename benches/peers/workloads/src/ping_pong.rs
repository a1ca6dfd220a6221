//! W1: one ball between two processes.
//!
//! Process 1 serves at boot; the process that receives the ball sends it back. One message is in
//! flight at any time, and there are no timers, no chance and no state, so W1 measures the bare
//! cost of one message.

use std::fmt;

use squall_process::{Context, Input, Process, ProcessId};

use crate::{Goal, Network, Workload};

/// W1, until the ball was delivered so often.
#[derive(Clone, Copy, Debug)]
pub struct PingPong {
    /// The budget of a world.
    pub deliveries: u64,
}

impl Workload for PingPong {
    type Process = Player;

    fn processes(&self) -> u32 {
        2
    }

    fn network(&self) -> Network {
        Network::lossy(0)
    }

    fn goal(&self) -> Goal {
        Goal::Deliveries(self.deliveries)
    }

    fn process(&self, _seed: u64, _id: ProcessId) -> Player {
        Player
    }
}

/// Sends the ball back.
#[derive(Clone, Debug)]
pub struct Player;

/// How often the ball has been hit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ball(pub u64);

impl fmt::Display for Ball {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ball {}", self.0)
    }
}

impl Process for Player {
    type Message = Ball;
    type Timer = u8;
    type Record = u8;
    type Op = u8;
    type Reply = u8;
    type Claim = u8;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { .. } if context.id() == ProcessId::server(1) => {
                context.send(ProcessId::server(2), Ball(0));
            }
            Input::Message { from, message } => context.send(from, Ball(message.0 + 1)),
            _ => {}
        }
    }
}
