//! Resources that a lock protects (CHUBBY section 2.4; requirements N4 and N6).
//!
//! Model: a holder sends its requests with the sequencer of its lock. A resource that checks
//! refuses a sequencer that is not genuine, is for another lock, or is older than the highest that
//! it ever saw. It makes a higher one durable before the first request under it has any effect, so
//! it does not go back in its next life either. It needs no session: it shares the key of the cell.
//!
//! A resource that cannot check carries out whatever arrives. It relies on lock-delay: requests
//! that are under way when their holder fails arrive before the lock is granted again, unless they
//! are under way for longer.
//!
//! Limits: one resource, one lock. Shared holders of one generation are not told apart. After a
//! record that rotted the resource refuses everything, since what it saw is not known any more.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use squall_process::{Context, Disk, Input, Process, ProcessId, RecordNumber};

use crate::database::Instance;
use crate::{Error, Key, Path, Sequencer};

/// What orders the holders of a lock: the node, then its lock generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rank {
    /// The node.
    pub instance: Instance,
    /// The lock generation.
    pub generation: u64,
}

impl Rank {
    /// Returns the rank of a sequencer.
    #[must_use]
    pub const fn of(sequencer: &Sequencer) -> Self {
        let lock = sequencer.lock();
        Self { instance: lock.node.instance, generation: lock.held.generation }
    }
}

/// How a resource is protected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Protection {
    /// It checks sequencers.
    Fenced {
        /// The cell.
        cell: Arc<str>,
        /// The lock.
        path: Path,
        /// The key of the cell.
        key: Key,
    },
    /// It cannot.
    Unfenced,
}

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource {
    protection: Protection,
    /// The highest rank that was seen, durable or not.
    highest: Option<Rank>,
    /// Requests that wait for the record of their rank.
    waiting: VecDeque<Waiting>,
    syncing: bool,
    /// A record rotted.
    faulty: bool,
}

#[derive(Clone, Debug)]
struct Waiting {
    record: RecordNumber,
    from: ProcessId,
    request: Request,
}

/// A request of a holder.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// The sender's number for it.
    pub number: u64,
    /// The sequencer of the lock.
    pub sequencer: Sequencer,
}

/// What a resource and its users say.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ResourceMessage {
    /// Do this.
    Request(Request),
    /// It was done, or refused.
    Answer {
        /// The sender's number for it.
        number: u64,
        /// Why it was refused.
        result: Result<(), Error>,
    },
}

/// The record: nothing of a lower rank is carried out any more. Prints as `highest #7 3`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Highest(pub Rank);

/// The claim: a request was carried out.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Executed {
    /// Who sent it.
    pub from: ProcessId,
    /// The request.
    pub request: Request,
}

impl Resource {
    /// Returns a resource that was not started yet.
    #[must_use]
    pub const fn new(protection: Protection) -> Self {
        let waiting = VecDeque::new();
        Self { protection, highest: None, waiting, syncing: false, faulty: false }
    }

    fn check(&self, sequencer: &Sequencer) -> Result<(), Error> {
        let Protection::Fenced { cell, path, key } = &self.protection else {
            return Ok(());
        };
        if self.faulty {
            return Err(Error::SequencerInvalid);
        }
        if sequencer.cell() != &**cell {
            return Err(Error::OtherCell);
        }
        if !sequencer.is_genuine(*key) {
            return Err(Error::Forged);
        }
        let ours = sequencer.lock().node.path == *path;
        let old = self.highest.is_some_and(|highest| Rank::of(sequencer) < highest);
        if ours && !old { Ok(()) } else { Err(Error::SequencerInvalid) }
    }

    fn on_boot(&mut self, disk: &Disk<Highest>) {
        self.highest = disk.intact().map(|(_, Highest(rank))| *rank).max();
        self.faulty = disk.has_rot() || disk.replaced;
    }

    fn on_request(&mut self, from: ProcessId, request: Request, context: &mut Context<'_, Self>) {
        if let Err(error) = self.check(&request.sequencer) {
            let (number, result) = (request.number, Err(error));
            return context.send(from, ResourceMessage::Answer { number, result });
        }
        let rank = Rank::of(&request.sequencer);
        if self.protection == Protection::Unfenced {
            return execute(from, request, context);
        }
        if self.highest < Some(rank) {
            self.highest = Some(rank);
            let record = context.write(Highest(rank));
            self.waiting.push_back(Waiting { record, from, request });
        } else if let Some(last) = self.waiting.back() {
            // The record of its rank is on its way.
            let record = last.record;
            self.waiting.push_back(Waiting { record, from, request });
        } else {
            return execute(from, request, context);
        }
        if !self.syncing {
            self.syncing = true;
            context.sync();
        }
    }

    fn on_synced(&mut self, through: RecordNumber, context: &mut Context<'_, Self>) {
        self.syncing = false;
        while let Some(waiting) = self.waiting.pop_front_if(|one| one.record <= through) {
            execute(waiting.from, waiting.request, context);
        }
        if self.waiting.is_empty() {
            context.trim(through);
        } else {
            self.syncing = true;
            context.sync();
        }
    }
}

fn execute(from: ProcessId, request: Request, context: &mut Context<'_, Resource>) {
    let number = request.number;
    context.claim(Executed { from, request });
    context.send(from, ResourceMessage::Answer { number, result: Ok(()) });
}

impl Process for Resource {
    type Message = ResourceMessage;
    type Timer = std::convert::Infallible;
    type Record = Highest;
    type Op = std::convert::Infallible;
    type Reply = std::convert::Infallible;
    type Claim = Executed;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { disk, .. } => self.on_boot(&disk),
            Input::Message { from, message: ResourceMessage::Request(request) } => {
                self.on_request(from, request, context);
            }
            Input::Synced { through } => self.on_synced(through, context),
            Input::SyncFailed { .. } | Input::WriteFailed { .. } => {
                context.halt("what was seen last may be lost");
            }
            _ => {}
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.instance, self.generation)
    }
}

impl fmt::Display for Highest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "highest {}", self.0)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} under {}", self.number, self.sequencer)
    }
}

impl fmt::Display for ResourceMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => write!(f, "request {request}"),
            Self::Answer { number, result: Ok(()) } => write!(f, "answer {number} done"),
            Self::Answer { number, result: Err(error) } => write!(f, "answer {number} {error}"),
        }
    }
}

impl fmt::Display for Executed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "executed {} {}", self.from, self.request)
    }
}
