//! The digest: a running hash of a trace. Two runs are the same run if and only if their digests
//! are equal, up to the chance of a collision of 64 bits.
//!
//! Every event is folded in, with the content of messages, records, operations, outcomes and
//! claims. The hash is fixed for ever, and the same on every machine with a little-endian or
//! big-endian word of any size: integers are folded by value (slices of plain integers, which the
//! standard library hashes as raw memory, are the exception: on big-endian machines they hash
//! differently).

use std::hash::{Hash, Hasher};

use squall_process::{Process, Stored};

use crate::{Event, Fate, Happening, Link, Observer};

/// The running hash of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u64);

/// Odd, with bits spread evenly: the fractional part of the golden ratio.
const FOLD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Digest {
    /// The digest of no events.
    #[must_use]
    pub const fn new() -> Self {
        Self(0x5155_414C_4C00_0001)
    }

    /// The digest so far.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Folds in one word: the two halves of the 128-bit product, so that each bit of the word and
    /// of the state reaches every bit of the result.
    #[inline]
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(FOLD);
        let (low, high) = (product as u64, (product >> 64) as u64);
        self.0 = (low ^ high).wrapping_add(word.rotate_left(32));
    }

    /// Folds in the kind of event and two numbers of up to 28 bits, of which larger ones overlap
    /// harmlessly.
    #[inline]
    fn head(&mut self, kind: u64, first: u64, second: u64) {
        self.fold(kind.wrapping_shl(58) ^ first.wrapping_shl(29) ^ second);
    }

    #[inline]
    fn link(&mut self, kind: u64, link: Link, number: u32) {
        self.head(kind, key(link.from), key(link.to));
        self.fold(u64::from(number));
    }

    #[inline]
    fn content<T: Hash>(&mut self, content: &T) {
        content.hash(self);
    }

    fn fate(&mut self, fate: Fate) {
        match fate {
            Fate::Takes(span) => self.fold(span.as_nanos()),
            Fate::Twice(first, second) => {
                self.fold(first.as_nanos());
                self.fold(second.as_nanos() ^ (1 << 63));
            }
            Fate::Lost => self.fold(1 << 60),
            Fate::Cut => self.fold(2 << 60),
            Fate::Held => self.fold(3 << 60),
            Fate::Overflow => self.fold(4 << 60),
        }
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A process as a number: servers even, clients odd.
#[inline]
fn key(id: squall_process::ProcessId) -> u64 {
    u64::from(id.number()) << 1 | u64::from(id.is_client())
}

/// Hashing content into the digest. Sizes and discriminants are widened, so that 32-bit machines
/// agree.
impl Hasher for Digest {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.fold(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.fold(u64::from(value));
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.fold(u64::from(value));
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.fold(u64::from(value));
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.fold(value);
    }

    #[inline]
    fn write_u128(&mut self, value: u128) {
        self.fold(value as u64);
        self.fold((value >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.fold(value as i64 as u64);
    }
}

impl<P: Process> Observer<P> for Digest {
    // Where an event is made, its kind is known: inlined, a few multiplications are left.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: fewer instructions a delivery by a tenth")]
    fn event(&mut self, event: &Event<'_, P>) {
        match &event.what {
            // A record becomes durable by a sync or a crash, which are events of their own.
            Happening::Stepped { .. } | Happening::Durable { .. } => return,
            Happening::Sent { link, number, message, fate } => {
                self.link(1, *link, *number);
                self.fate(*fate);
                self.content(*message);
                return;
            }
            Happening::Arrived { link, number, .. } => self.link(2, *link, *number),
            Happening::Fired { process, timer } => {
                self.head(3, key(*process), 0);
                self.content(timer);
            }
            Happening::Synced { process, through } => self.head(4, key(*process), through.0),
            Happening::Wrote { process, number, record } => {
                self.head(5, key(*process), number.0);
                self.content(*record);
                return;
            }
            Happening::TimerSet { process, timer, after } => {
                self.head(6, key(*process), 0);
                self.fold(after.as_nanos());
                self.content(timer);
                return;
            }
            Happening::Claimed { process, claim } => {
                self.head(8, key(*process), 0);
                self.content(*claim);
                return;
            }
            other => self.rare(other),
        }
        self.fold(event.at.as_nanos());
    }
}

impl Digest {
    /// The events that a run has few of.
    #[inline(never)]
    fn rare<P: Process>(&mut self, what: &Happening<'_, P>) {
        match what {
            Happening::Booted { process, incarnation, disk } => {
                self.head(9, key(*process), *incarnation);
                self.fold(u64::from(disk.replaced) ^ ((disk.records.len() as u64) << 1));
                for stored in &disk.records {
                    match stored {
                        Stored::Intact { number, .. } => self.fold(number.0),
                        Stored::Torn { number } => self.fold(number.0 ^ (1 << 62)),
                        Stored::Rotten { number } => self.fold(number.0 ^ (1 << 63)),
                    }
                }
            }
            Happening::Asked { process, id, op } => {
                self.head(10, key(*process), id.0);
                self.content(*op);
            }
            Happening::Completed { process, id, outcome } => {
                self.head(11, key(*process), id.0);
                outcome.hash(self);
            }
            Happening::Crashed { process, survival, open_ops } => {
                self.head(12, key(*process), u64::from(*open_ops));
                survival.hash(self);
            }
            Happening::Dropped { link, number, reason } => {
                self.link(13, *link, *number);
                reason.hash(self);
            }
            Happening::TimerCancelled { process, timer } => {
                self.head(14, key(*process), 0);
                timer.hash(self);
            }
            other => self.rarest(other),
        }
    }

    fn rarest<P: Process>(&mut self, what: &Happening<'_, P>) {
        match what {
            Happening::SyncAsked { process } => self.head(15, key(*process), 0),
            Happening::SyncFailed { process, through } => {
                self.head(16, key(*process), through.0);
            }
            Happening::WriteFailed { process, number, error } => {
                self.head(17, key(*process), number.0);
                error.hash(self);
            }
            Happening::Trimmed { process, before } => self.head(18, key(*process), before.0),
            Happening::Reached { process, mark } => {
                self.head(19, key(*process), 0);
                self.write(mark.as_bytes());
            }
            Happening::Halted { process, reason } => {
                self.head(20, key(*process), 0);
                reason.hash(self);
            }
            Happening::Paused { process, clock_stops } => {
                self.head(21, key(*process), u64::from(*clock_stops));
            }
            Happening::Resumed { process } => self.head(22, key(*process), 0),
            Happening::Fault(action) => {
                self.head(23, 0, 0);
                action.fold(self);
            }
            Happening::Calm => self.head(24, 0, 0),
            _ => {}
        }
    }
}
