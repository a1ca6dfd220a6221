//! The workloads on which the harness and its peers are compared, and what all their runners share.
//!
//! A workload is process code under the contract of `squall-process`, a network, and a goal. It
//! knows no simulator. A simulator joins by implementing [`Runner`] in one file and calling
//! [`measure::main`]: that measures it, checks that the work was done, and prints one line.
//! [`Seat`] spares an adapter the plumbing of a step; an engine that runs processes by itself
//! leaves it aside and feeds the [`Meter`].
//!
//! - `w1`, [`PingPong`]: 2 processes, no loss; one ball goes to and fro. Counts deliveries.
//! - `w2`, [`Broadcast`]: 5 processes, 5 % lost; each has one numbered message out to all others
//!   until all have acknowledged it. Counts deliveries.
//! - `w3`, [`Synod`]: 5 processes, 5 % lost; two propose; a new world for each seed, until all five
//!   have learned. Counts worlds.
//! - `w4-N`, [`Gossip`]: N processes, no loss; each passes what it hears to a random one of its
//!   five neighbours, N rumours in flight. Counts deliveries.
//!
//! Delays are uniform from 1 to 10 ms and drawn for each message; messages overtake one another.

mod broadcast;
mod depot;
mod gossip;
mod luck;
pub mod measure;
mod meter;
mod ping_pong;
mod seat;
mod synod;
mod timers;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use squall_process::{Process, ProcessId, Span};

pub use broadcast::Broadcast;
pub use depot::Depot;
pub use gossip::Gossip;
pub use luck::Luck;
pub use meter::Meter;
pub use ping_pong::PingPong;
pub use seat::{Action, Seat, Surroundings};
pub use synod::Synod;
pub use timers::Timers;

/// A simulator under measurement.
pub trait Runner {
    /// Its name in the table.
    const NAME: &'static str;

    /// Whether it has a clock, so that delays can be checked.
    const HAS_CLOCK: bool = true;

    /// Why it cannot do `work`, if it cannot.
    fn refuses(_work: Work) -> Option<&'static str> {
        None
    }

    /// Runs one new world of `workload` for each of `seeds`, one after the other, on the calling
    /// thread.
    ///
    /// On `meter`, each world is opened before it is built, begun before its first delivery, and
    /// closed when it has stopped, which it does as soon as [`Meter::done`]. In between the runner
    /// counts what is sent and delivered and passes claims on; a [`Seat`] does so by itself.
    /// Allocations may be kept from one world to the next, nothing else.
    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>);
}

/// Process code, a network and a goal.
pub trait Workload: Clone + Debug + Send + Sync + 'static {
    /// The code that every process runs.
    type Process: Process<
            Message: Send + Sync + 'static,
            Timer: Send + Sync + 'static,
            Record: Send + Sync + 'static,
            Op: Send + Sync + 'static,
            Reply: Send + Sync + 'static,
            Claim: Send + Sync + 'static,
        > + Clone
        + Send
        + Sync
        + 'static;

    /// How many processes there are: servers 1 to this.
    fn processes(&self) -> u32;

    /// What the network does to messages.
    fn network(&self) -> Network;

    /// When a world has run long enough.
    fn goal(&self) -> Goal;

    /// The process `id` of the world of `seed`, before its boot.
    fn process(&self, seed: u64, id: ProcessId) -> Self::Process;

    /// Whom `id` may send to, for simulators that open connections beforehand: all others, unless
    /// the workload knows better.
    fn acquaintances(&self, _seed: u64, id: ProcessId) -> Vec<ProcessId> {
        ids(self.processes()).filter(|other| *other != id).collect()
    }

    /// What `id` is asked right after its boot.
    fn operation(&self, _id: ProcessId) -> Option<<Self::Process as Process>::Op> {
        None
    }

    /// The value that a process says it has learned, if that is what it says.
    fn learned(_claim: &<Self::Process as Process>::Claim) -> Option<u64> {
        None
    }
}

/// What the network does to messages: the delay of each is uniform between two bounds.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// The shortest delay.
    pub delay_min: Span,
    /// The longest delay.
    pub delay_max: Span,
    /// How many of a hundred messages are lost.
    pub loss_percent: u32,
}

impl Network {
    /// Delays of 1 to 10 ms, and `loss_percent` of a hundred messages lost.
    #[must_use]
    pub const fn lossy(loss_percent: u32) -> Self {
        Self { delay_min: Span::from_millis(1), delay_max: Span::from_millis(10), loss_percent }
    }
}

/// When a world has run long enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// After this number of deliveries.
    Deliveries(u64),
    /// When every process has learned a value.
    AllLearned,
}

/// The name of a workload with its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// `w1`
    PingPong,
    /// `w2`
    Broadcast,
    /// `w3`
    Synod,
    /// `w4-N`, N processes
    Gossip(u32),
}

impl Work {
    /// The work called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "w1" => Some(Self::PingPong),
            "w2" => Some(Self::Broadcast),
            "w3" => Some(Self::Synod),
            _ => name.strip_prefix("w4-")?.parse().ok().map(Self::Gossip),
        }
    }
}

/// All of a world's processes, in order.
pub fn ids(processes: u32) -> impl Iterator<Item = ProcessId> {
    (1..=processes).map(ProcessId::server)
}
