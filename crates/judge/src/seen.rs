//! What a judge may see of a run: what an observer outside could see, and nothing of the world.

use squall_process::{Instant, OpId, Outcome, Process, ProcessId, RecordNumber};
use squall_trace::{Event, EventKind};

/// One thing that an observer sees.
#[derive(Debug)]
pub struct Seen<'a, P: Process> {
    /// The number of the event, of which evidence is made.
    pub number: u64,
    /// The time, by the clock of the world.
    pub at: Instant,
    /// What happened.
    pub what: Observation<'a, P>,
}

/// What an observer sees.
#[derive(Debug)]
pub enum Observation<'a, P: Process> {
    /// An operation is asked of a process.
    Asked {
        /// The process.
        process: ProcessId,
        /// Its name.
        id: OpId,
        /// The operation.
        op: &'a P::Op,
    },
    /// An operation is answered.
    Completed {
        /// The process.
        process: ProcessId,
        /// The operation.
        id: OpId,
        /// Its outcome.
        outcome: &'a Outcome<P::Reply>,
    },
    /// A process says something of itself.
    Claimed {
        /// The process.
        process: ProcessId,
        /// The claim.
        claim: &'a P::Claim,
    },
    /// A record is permanently on a disk.
    Durable {
        /// The process.
        process: ProcessId,
        /// Its number.
        number: RecordNumber,
        /// The record.
        record: &'a P::Record,
    },
    /// A process is gone. Its open operations will never be answered.
    Crashed {
        /// The process.
        process: ProcessId,
        /// The number of its unsynced records.
        unsynced: u32,
    },
    /// A process starts.
    Booted {
        /// The process.
        process: ProcessId,
        /// How many times it was started before.
        incarnation: u64,
        /// Whether its disk was lost at some time.
        replaced: bool,
        /// Whether the disk lost records that a sync had covered.
        rotten: bool,
    },
    /// Faults end.
    Calm,
}

impl<'a, P: Process> Seen<'a, P> {
    /// Returns the observation of `event`, if there is one.
    #[inline(always)]
    #[must_use]
    pub fn of(event: &Event<'a, P>) -> Option<Self> {
        let what = match event.what {
            EventKind::Claimed { process, claim } => Observation::Claimed { process, claim },
            EventKind::Durable { process, number, record } => {
                Observation::Durable { process, number, record }
            }
            EventKind::Asked { process, id, op } => Observation::Asked { process, id, op },
            EventKind::Completed { process, id, outcome } => {
                Observation::Completed { process, id, outcome }
            }
            EventKind::Crashed { process, survival, .. } => {
                Observation::Crashed { process, unsynced: survival.unsynced }
            }
            EventKind::Booted { process, incarnation, disk } => Observation::Booted {
                process,
                incarnation,
                replaced: disk.replaced,
                rotten: disk.has_rot(),
            },
            EventKind::Calm => Observation::Calm,
            _ => return None,
        };
        Some(Self { number: event.number, at: event.at, what })
    }
}
