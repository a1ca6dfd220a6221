//! Where a process of the hand-driven cell lives, and how wrong an acceptor may be made there.

use std::collections::BTreeMap;

use squall_paxos::{Message, Participant, Record, Timer, Value};
use squall_process::{Disk, Instant, ProcessId, Randomness, RecordNumber, Stored};

pub(crate) type Synod = Participant<Value>;

/// Numbers from a small generator with a seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Scripted(pub(crate) u64);

impl Randomness for Scripted {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// How an acceptor may be wrong: each must be caught, or the checks check nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mischief {
    None,
    /// It is told of a sync at once, so that it speaks before its record is durable.
    SpeaksBeforeSync,
    /// Its promises do not tell what it accepted.
    HidesVotes,
}

#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) from: ProcessId,
    pub(crate) message: Message<Value>,
}

#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) number: RecordNumber,
    pub(crate) record: Record<Value>,
    pub(crate) durable: bool,
    pub(crate) rotten: bool,
}

/// Where a process lives, and what of it outlives a crash.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) process: Option<Synod>,
    pub(crate) journal: Vec<Kept>,
    /// Whose records the disk lost in a torn write.
    pub(crate) torn: Vec<RecordNumber>,
    pub(crate) replaced: bool,
    pub(crate) timers: BTreeMap<String, (Timer, Instant)>,
    /// Syncs that were asked for, by the last record that they cover.
    pub(crate) syncs: Vec<RecordNumber>,
    pub(crate) record_next: RecordNumber,
    /// Without order, as a host may draw it at random.
    pub(crate) incarnation: u64,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self {
            process: None,
            journal: Vec::new(),
            torn: Vec::new(),
            replaced: false,
            timers: BTreeMap::new(),
            syncs: Vec::new(),
            record_next: RecordNumber(1),
            incarnation: 0,
        }
    }

    /// Begins another incarnation: a number that was not used before, and smaller than the last one
    /// every other time. Fits 32 bits, so that records show it as it is.
    pub(crate) fn begin_incarnation(&mut self) {
        self.incarnation = (self.incarnation * 0x0019_660d + 0x3c6e_f35f) & 0xffff_ffff;
    }

    /// Returns what the disk hands over at boot. What was torn is told of once.
    pub(crate) fn disk(&mut self) -> Disk<Record<Value>> {
        let whole = self.journal.iter().map(|kept| match kept.rotten {
            true => Stored::Rotten { number: kept.number },
            false => Stored::Intact { number: kept.number, record: kept.record },
        });
        let mut records: Vec<Stored<Record<Value>>> = whole.collect();
        records.extend(self.torn.drain(..).map(|number| Stored::Torn { number }));
        Disk { records, replaced: self.replaced }
    }
}
