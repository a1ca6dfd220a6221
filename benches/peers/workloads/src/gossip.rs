//! W4: gossip among many processes, to see what grows with their number.
//!
//! Each process knows five others, chosen at set-up from the seed: its active view. At boot it
//! starts one rumour, to one of them; each rumour that arrives is passed on to a random one of
//! them. Nothing is lost and no rumour ends, so there is always one message in flight for each
//! process, spread evenly. There are no timers.

use std::fmt;

use squall_process::{Context, Input, Process, ProcessId, Randomness};

use crate::{Goal, Luck, Network, Workload};

/// How many others a process knows.
const VIEW: usize = 5;

/// W4, until a given number of rumours was delivered.
#[derive(Clone, Copy, Debug)]
pub struct Gossip {
    /// How many processes.
    pub processes: u32,
    /// The budget of a world.
    pub deliveries: u64,
}

impl Workload for Gossip {
    type Process = Gossiper;

    fn processes(&self) -> u32 {
        self.processes
    }

    fn network(&self) -> Network {
        Network::lossy(0)
    }

    fn goal(&self) -> Goal {
        Goal::Deliveries(self.deliveries)
    }

    fn process(&self, seed: u64, id: ProcessId) -> Gossiper {
        Gossiper { view: self.view(seed, id) }
    }

    fn acquaintances(&self, seed: u64, id: ProcessId) -> Vec<ProcessId> {
        let mut view = self.view(seed, id).to_vec();
        view.sort();
        view.dedup();
        view
    }
}

impl Gossip {
    fn view(&self, seed: u64, id: ProcessId) -> [ProcessId; VIEW] {
        let mut luck = Luck::new(seed, u64::from(id.number()));
        let others = u64::from(self.processes - 1);
        std::array::from_fn(|_| {
            let step = 1 + luck.below(others);
            let place = (u64::from(id.number()) - 1 + step) % u64::from(self.processes);
            let number = u32::try_from(place + 1).expect("no larger than the number of processes");
            ProcessId::server(number)
        })
    }
}

/// One process.
#[derive(Clone, Debug)]
pub struct Gossiper {
    /// Never itself; the same one may be in it twice.
    view: [ProcessId; VIEW],
}

/// Says how often it was passed on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rumour(pub u64);

impl fmt::Display for Rumour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rumour {}", self.0)
    }
}

impl Process for Gossiper {
    type Message = Rumour;
    type Timer = u8;
    type Record = u8;
    type Op = u8;
    type Reply = u8;
    type Claim = u8;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        let rumour = match input {
            Input::Boot { .. } => Rumour(0),
            Input::Message { message, .. } => Rumour(message.0 + 1),
            _ => return,
        };
        let index = usize::try_from(context.random_below(VIEW as u64)).expect("a small number");
        context.send(self.view[index], rumour);
    }
}
