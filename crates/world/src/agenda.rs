//! The agenda: what happens next.
//!
//! 16-byte keys beside a slab of items. A key is a time, then the order of insertion, then the
//! place of the item in the slab. Items of the same time therefore come out in the order in which
//! they were inserted, and comparing two keys is comparing two integers.
//!
//! The few keys that are due first are in a short sorted list, all others in a binary heap. A small
//! world never needs the heap. A large one moves a dozen keys at a time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use squall_process::Instant;

use crate::slab::{PLACE_BITS, Slab};

/// The bits that number the items of a run: about 68 billion.
const ORDER_BITS: u32 = 64 - PLACE_BITS;
/// The largest number of keys in the sorted list, and how many of them move to or from the heap at
/// a time.
const SOON_MAX: usize = 32;
const MOVED: usize = 16;

/// When an item is due, in nanoseconds; then its order and its place.
type Key = (u64, u64);

/// What happens when, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<T> {
    /// The keys that are due first, the first of them at the end. Empty only if `later` is.
    soon: Vec<Key>,
    /// All later keys.
    later: BinaryHeap<Reverse<Key>>,
    items: Slab<T>,
    order: u64,
}

impl<T> Agenda<T> {
    pub(crate) const fn new() -> Self {
        Self { soon: Vec::new(), later: BinaryHeap::new(), items: Slab::new(), order: 0 }
    }

    /// Removes everything but keeps the allocated memory.
    pub(crate) fn clear(&mut self) {
        self.soon.clear();
        self.later.clear();
        self.items.clear();
        self.order = 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, at: Instant, item: T) {
        let place = self.items.put(item);
        debug_assert!(self.order < 1 << ORDER_BITS, "too many items in one run");
        let low = self.order << PLACE_BITS | u64::from(place);
        self.order += 1;
        self.enter((at.as_nanos(), low));
    }

    /// Enters a key that was inserted after all others.
    #[inline]
    fn enter(&mut self, key: Key) {
        if !self.later.is_empty() && self.soon.first().is_some_and(|last| key.0 >= last.0) {
            return self.later.push(Reverse(key));
        }
        self.soon.push(key);
        let mut rest = self.soon.as_mut_slice();
        while let [.., earlier, last] = rest
            && earlier.0 <= key.0
        {
            *last = *earlier;
            let shorter = rest.len() - 1;
            rest = &mut rest[..shorter];
        }
        if let [.., last] = rest {
            *last = key;
        }
        if self.soon.len() > SOON_MAX {
            self.later.extend(self.soon.drain(..MOVED).map(Reverse));
        }
    }

    /// Refills the sorted list from the heap.
    #[cold]
    fn fill(&mut self) {
        while self.soon.len() < MOVED
            && let Some(Reverse(key)) = self.later.pop()
        {
            self.soon.push(key);
        }
        self.soon.reverse();
    }

    /// Returns when the next item is due.
    #[inline]
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.soon.last().map(|key| Instant::from_nanos(key.0))
    }

    /// Takes the next item, if it is due before `before`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: an item is moved once less")]
    pub(crate) fn pop_before(&mut self, before: Instant) -> Option<(Instant, T)> {
        let at = self.next_at()?;
        if at >= before {
            return None;
        }
        let key = self.soon.pop()?;
        if self.soon.is_empty() {
            self.fill();
        }
        let place = (key.1 & ((1 << PLACE_BITS) - 1)) as u32;
        let item = self.items.take(place)?;
        Some((at, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_by_time_and_then_in_the_order_they_went_in() {
        let mut agenda = Agenda::new();
        for (millis, item) in [(5, "c"), (1, "a"), (5, "d"), (3, "b")] {
            agenda.push(Instant::from_millis(millis), item);
        }
        assert_eq!(agenda.next_at(), Some(Instant::from_millis(1)));
        let before = Instant::from_millis(5);
        assert_eq!(agenda.pop_before(before).map(|(_, item)| item), Some("a"));
        assert_eq!(agenda.pop_before(before).map(|(_, item)| item), Some("b"));
        // What is due at 5 ms is not due before 5 ms.
        assert_eq!(agenda.pop_before(before), None);
        agenda.push(Instant::from_millis(5), "e");
        let rest: Vec<_> = std::iter::from_fn(|| agenda.pop_before(Instant::MAX)).collect();
        assert_eq!(rest.iter().map(|(_, item)| *item).collect::<String>(), "cde");
    }

    #[test]
    fn many_items_come_in_order_too() {
        // More than the sorted list holds, put in and taken out in turn.
        let mut agenda = Agenda::new();
        let mut waiting = std::collections::BTreeSet::new();
        let mut word = 1_u64;
        for number in 0..2_000_u64 {
            word = word.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let at = word >> 54;
            agenda.push(Instant::from_nanos(at), (at, number));
            waiting.insert((at, number));
            if word >> 30 & 1 == 1 || number >= 1_000 {
                for _ in 0..2 {
                    let next = agenda.pop_before(Instant::MAX).map(|(_, item)| item);
                    assert_eq!(next, waiting.pop_first());
                }
            }
        }
    }
}
