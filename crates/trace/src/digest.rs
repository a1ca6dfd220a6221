//! The digest: a running hash of a trace. Two runs are the same run if and only if their digests
//! are equal, up to the chance of a collision of 64 bits.
//!
//! Every event is folded in, with the content of messages, records, operations, outcomes and
//! claims. Events that follow from others are left out. The hash is fixed forever, and the same on
//! every machine, whatever its byte order and word size, because integers are folded by value.
//! Slices of plain integers are the exception: the standard library hashes them as raw memory, so
//! they hash differently on big-endian machines.

use std::hash::{Hash, Hasher};

use squall_process::{Process, ProcessId, Stored};

use crate::{Event, EventKind, Fate, Link, Observer};

/// The running hash of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u64);

/// Odd, with bits spread evenly: the fractional part of the golden ratio.
const FOLD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Digest {
    /// Returns the digest of no events.
    #[must_use]
    pub const fn new() -> Self {
        Self(0x5155_414C_4C00_0001)
    }

    /// Returns the digest so far.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Folds in one word: both halves of the 128-bit product, so that each bit of the word and of
    /// the state affects every bit of the result.
    #[inline]
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(FOLD);
        let (low, high) = (product as u64, (product >> 64) as u64);
        self.0 = (low ^ high).wrapping_add(word.rotate_left(32));
    }

    /// Folds in two words by one product. The words are also added, because a product with zero
    /// would lose one of them.
    #[inline]
    fn fold_two(&mut self, first: u64, second: u64) {
        let by = FOLD ^ second;
        if by == 0 {
            return self.fold_each(first, second);
        }
        let product = u128::from(self.0 ^ first) * u128::from(by);
        let (low, high) = (product as u64, (product >> 64) as u64);
        self.0 = (low ^ high).wrapping_add(first.rotate_left(32));
    }

    /// Folds in two words by a product each: a script can choose `second` so that one product would
    /// be zero, whatever the state is.
    #[cold]
    fn fold_each(&mut self, first: u64, second: u64) {
        self.fold(first);
        self.fold(second);
    }

    #[inline]
    fn content<T: Hash>(&mut self, content: &T) {
        content.hash(self);
    }

    /// Folds in the fate of the message that `head` describes.
    #[inline]
    fn fate(&mut self, head: u64, fate: Fate) {
        match fate {
            Fate::Takes(span) => self.fold_two(head, span.as_nanos()),
            Fate::Twice(first, second) => {
                self.fold_two(head, first.as_nanos());
                self.fold(second.as_nanos() ^ (1 << 63));
            }
            Fate::Lost => self.fold_two(head, 1 << 60),
            Fate::Cut => self.fold_two(head, 2 << 60),
            Fate::Held => self.fold_two(head, 3 << 60),
            Fate::Overflow => self.fold_two(head, 4 << 60),
        }
    }
}

/// Returns a word made of the kind of an event and two numbers of up to 28 bits. Larger numbers
/// overlap, which does no harm.
#[inline]
fn head(kind: u64, first: u64, second: u64) -> u64 {
    kind.wrapping_shl(58) ^ first.wrapping_shl(29) ^ second
}

#[inline]
fn about(kind: u64, process: ProcessId) -> u64 {
    head(kind, u64::from(process.code()), 0)
}

#[inline]
fn between(kind: u64, link: Link) -> u64 {
    head(kind, u64::from(link.from.code()), u64::from(link.to.code()))
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

/// Hashes content into the digest. Sizes and discriminants are widened, so that 32-bit machines
/// agree.
impl Hasher for Digest {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.fold(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let rest = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.fold(rest);
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
        self.fold_two(value as u64, (value >> 64) as u64);
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
    // The kind of an event is known where it is made, so only a few multiplications are left after
    // inlining. For that, the event must not be passed on by reference, so its kind is copied.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: fewer instructions a delivery by a tenth")]
    fn event(&mut self, event: &Event<'_, P>) {
        let at = event.at.as_nanos();
        match event.what {
            // A sync or a crash makes a record durable, and each is an event of its own.
            EventKind::Stepped { .. } | EventKind::Durable { .. } => {}
            // An effect of a process has the time of the input that it answers. The numbers of
            // messages and records follow from the events about them.
            EventKind::Sent { link, message, fate, .. } => {
                self.fate(between(1, link), fate);
                self.content(message);
            }
            EventKind::TimerSet { process, timer, after } => {
                self.fold_two(about(6, process), after.as_nanos());
                self.content(&timer);
            }
            EventKind::TimerCancelled { process, timer } => {
                self.fold(about(14, process));
                self.content(&timer);
            }
            EventKind::Wrote { process, record, .. } => {
                self.fold(about(5, process));
                self.content(record);
            }
            EventKind::SyncAsked { process } => self.fold(about(15, process)),
            EventKind::Claimed { process, claim } => {
                self.fold(about(8, process));
                self.content(claim);
            }
            EventKind::Arrived { link, number, .. } => {
                self.fold(between(2, link));
                self.fold_two(u64::from(number), at);
            }
            EventKind::Fired { process, timer } => {
                self.fold_two(about(3, process), at);
                self.content(&timer);
            }
            EventKind::Synced { process, through } => {
                self.fold_two(head(4, u64::from(process.code()), through.0), at);
            }
            EventKind::Dropped { link, number, reason } => {
                self.fold(between(13, link));
                self.fold(u64::from(number));
                self.content(&reason);
                self.fold(at);
            }
            other => {
                self.rare(other);
                self.fold(at);
            }
        }
    }
}

impl Digest {
    /// Folds in an event of a rare kind.
    #[inline(never)]
    fn rare<P: Process>(&mut self, what: EventKind<'_, P>) {
        match &what {
            EventKind::Booted { process, incarnation, disk } => {
                self.head(9, *process, *incarnation);
                self.fold(u64::from(disk.replaced) ^ ((disk.records.len() as u64) << 1));
                for stored in &disk.records {
                    match stored {
                        Stored::Intact { number, .. } => self.fold(number.0),
                        Stored::Torn { number } => self.fold(number.0 ^ (1 << 62)),
                        Stored::Rotten { number } => self.fold(number.0 ^ (1 << 63)),
                    }
                }
            }
            EventKind::Asked { process, id, op } => {
                self.head(10, *process, id.0);
                self.content(*op);
            }
            EventKind::Completed { process, id, outcome } => {
                self.head(11, *process, id.0);
                outcome.hash(self);
            }
            EventKind::Crashed { process, survival, open_ops } => {
                self.head(12, *process, u64::from(*open_ops));
                survival.hash(self);
            }
            other => self.rarest(other),
        }
    }

    /// Folds in an event of `process`, and a number.
    fn head(&mut self, kind: u64, process: ProcessId, number: u64) {
        self.fold(head(kind, u64::from(process.code()), number));
    }

    fn rarest<P: Process>(&mut self, what: &EventKind<'_, P>) {
        match what {
            EventKind::SyncFailed { process, through } => {
                self.head(16, *process, through.0);
            }
            EventKind::WriteFailed { process, number, error } => {
                self.head(17, *process, number.0);
                error.hash(self);
            }
            EventKind::Trimmed { process, before } => self.head(18, *process, before.0),
            EventKind::Reached { process, mark } => {
                self.head(19, *process, 0);
                self.write(mark.name.as_bytes());
                if let Some(note) = &mark.note {
                    self.write(note.as_bytes());
                }
            }
            EventKind::Halted { process, reason } => {
                self.head(20, *process, 0);
                reason.hash(self);
            }
            EventKind::Paused { process, clock_stops } => {
                self.head(21, *process, u64::from(*clock_stops));
            }
            EventKind::Resumed { process } => self.head(22, *process, 0),
            EventKind::Fault(fault) => {
                self.fold(head(23, 0, 0));
                self.content(*fault);
            }
            EventKind::SessionActed { process, session, action, fate } => {
                self.head(25, *process, 0);
                self.content(session);
                self.content(action);
                self.content(fate);
            }
            EventKind::SessionTold { process, session, event } => {
                self.head(26, *process, 0);
                self.content(session);
                self.content(*event);
            }
            EventKind::Calm => self.fold(head(24, 0, 0)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A span of as many nanoseconds as the multiplier is one that a script can write down.
    #[test]
    fn no_word_makes_the_digest_forget() {
        for second in [FOLD, FOLD ^ 1, 0, u64::MAX, 1 << 63] {
            let mut ends = Vec::new();
            for before in 0..100 {
                let mut digest = Digest::new();
                digest.fold(before);
                digest.fold_two(7, second);
                ends.push(digest.value());
            }
            ends.sort_unstable();
            ends.dedup();
            assert_eq!(ends.len(), 100, "after {second:#x} the digest knows what came before");
        }
    }

    /// The word that is folded in by itself is told from its neighbours.
    #[test]
    fn the_word_that_is_the_multiplier_is_told_from_others() {
        let end = |second| {
            let mut digest = Digest::new();
            digest.fold_two(7, second);
            digest.value()
        };
        let near = (0..64).map(|bit| end(FOLD ^ (1 << bit)));
        assert!(near.into_iter().all(|other| other != end(FOLD)));
    }
}
