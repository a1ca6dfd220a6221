//! Things that are going to happen, as they wait in the agenda and at a host.

use squall_process::{DiskError, OpId, Process, RecordNumber};

/// A message under way, without the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope {
    /// The places of the sender and of the receiver.
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Its number on its link.
    pub(crate) number: u32,
    /// The incarnation of the sender.
    pub(crate) incarnation: u32,
    /// If it has reached its host and waits there, the incarnation that it is for. No link can lose
    /// it any more, and it is dropped with that incarnation.
    pub(crate) there: u32,
}

/// Not at its host yet.
pub(crate) const NOT_THERE: u32 = u32::MAX;

/// A sync that a disk has under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SyncUnderWay {
    pub(crate) host: u32,
    pub(crate) incarnation: u32,
    /// The last record that it covers.
    pub(crate) through: RecordNumber,
    pub(crate) fails: bool,
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(crate) enum Due<P: Process> {
    /// A message arrives.
    Message { envelope: Envelope, message: P::Message },
    /// A timer may be due.
    Timer { host: u32, token: u32 },
    /// The disk has completed a sync, or it failed.
    Sync(SyncUnderWay),
    /// The process learns how a sync ended.
    SyncEnded(SyncUnderWay),
    /// The process learns that the disk refused a write.
    WriteFailed { host: u32, incarnation: u32, number: RecordNumber, error: DiskError },
    /// A message travels on a session, or waits for the process at its end. The sessions hold it,
    /// because few runs have sessions and this value is moved in all of them.
    Session { shipment: u32 },
    /// The process is asked for something.
    Asked { host: u32, id: OpId, op: P::Op },
    /// A busy process has time for the next waiting input.
    Next { host: u32, incarnation: u32 },
    /// A supervisor restarts a process that halted itself.
    Restart { host: u32, incarnation: u32 },
}
