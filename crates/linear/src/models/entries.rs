//! A persistent list of entries: appending one costs the same for any length, and lists that were
//! made from the same one share what they have in common.

use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::slots::spread;

/// A list of entries.
#[derive(Clone)]
pub struct Entries<V> {
    length: u64,
    /// A hash of all entries.
    hash: u64,
    last: Option<Link<V>>,
}

type Link<V> = Arc<Entry<V>>;

struct Entry<V> {
    value: V,
    before: Entries<V>,
    /// An entry farther back, for quick access to early entries. Going back as far as possible
    /// without passing the target takes a number of steps logarithmic in the distance (Myers 1983,
    /// An applicative random-access stack).
    farther: Option<Link<V>>,
}

/// The bytes in front of an entry: its reference counts, and the allocator's header of a block.
const COUNTS: usize = 16;
const BLOCK: usize = 16;

impl<V> Entry<V> {
    /// Returns its place in the list, from 1.
    fn place(&self) -> u64 {
        self.before.length + 1
    }
}

impl<V> Drop for Entry<V> {
    fn drop(&mut self) {
        // A loop, because a long list must not be dropped by recursion. What is farther back is
        // dropped first, so the entry itself is reached when nothing else holds it.
        let mut held: SmallVec<[Link<V>; 4]> = SmallVec::new();
        held.extend(self.before.last.take());
        held.extend(self.farther.take());
        while let Some(link) = held.pop() {
            if let Some(mut entry) = Arc::into_inner(link) {
                held.extend(entry.before.last.take());
                held.extend(entry.farther.take());
            }
        }
    }
}

impl<V> Entries<V> {
    pub(super) fn new() -> Self {
        Self { length: 0, hash: 0, last: None }
    }

    /// Returns the number of entries.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the last entry.
    pub(super) fn last(&self) -> Option<&V> {
        self.last.as_ref().map(|entry| &entry.value)
    }

    /// Returns the entry at `place`, from 0.
    pub(super) fn get(&self, place: u64) -> Option<&V> {
        self.entry(place).map(|entry| &entry.value)
    }

    fn entry(&self, place: u64) -> Option<&Entry<V>> {
        let mut entry = self.last.as_deref().filter(|entry| place < entry.place())?;
        while entry.before.length > place {
            let farther = entry.farther.as_deref().filter(|it| it.before.length >= place);
            entry = farther.or(entry.before.last.as_deref())?;
        }
        Some(entry)
    }

    /// Returns how many of the first entries are stored once for both lists.
    fn shared(&self, other: &Self) -> u64 {
        let Some(last) = self.length.min(other.length).checked_sub(1) else { return 0 };
        let (mut one, mut two) = (self.entry(last), other.entry(last));
        while let (Some(here), Some(there)) = (one, two) {
            if std::ptr::eq(here, there) {
                return here.place();
            }
            // Entries at the same place have equally long links.
            (one, two) = match (&here.farther, &there.farther) {
                (Some(one), Some(two)) if !Arc::ptr_eq(one, two) => (Some(&**one), Some(&**two)),
                _ => (here.before.last.as_deref(), there.before.last.as_deref()),
            };
        }
        0
    }

    /// Returns how many bytes the entries take, without those that are stored once for these and
    /// for `beside`.
    pub(super) fn heap(&self, beside: Option<&Self>) -> u64 {
        let entry = size_of::<Entry<V>>() + COUNTS + BLOCK;
        let own = self.length - beside.map_or(0, |beside| self.shared(beside));
        own * entry as u64
    }

    /// Returns the entries, the last one first.
    pub(super) fn backwards(&self) -> impl Iterator<Item = &V> {
        self.links().map(|link| &link.value)
    }

    fn links(&self) -> impl Iterator<Item = &Link<V>> {
        std::iter::successors(self.last.as_ref(), |it| it.before.last.as_ref())
    }

    /// Returns the link of the next entry that is farther back than the entry before it.
    fn farther(&self) -> Option<Link<V>> {
        let place = |entry: Option<&Link<V>>| entry.map_or(0, |entry| entry.place());
        let far = self.last.as_ref()?.farther.as_ref();
        let farther = far.and_then(|entry| entry.farther.as_ref());
        let are_equally_far = self.length - place(far) == place(far) - place(farther);
        if are_equally_far { farther.cloned() } else { self.last.clone() }
    }
}

impl<V: Clone + Eq + Hash> Entries<V> {
    /// Returns these entries, followed by `value`.
    pub(super) fn with(&self, value: V) -> Self {
        let hash = folded(self.hash, &value);
        let entry = Entry { value, before: self.clone(), farther: self.farther() };
        Self { length: self.length + 1, hash, last: Some(Arc::new(entry)) }
    }

    /// Returns all entries, in order.
    pub fn to_vec(&self) -> Vec<V> {
        let mut entries: Vec<V> = self.backwards().cloned().collect();
        entries.reverse();
        entries
    }

    /// Returns whether the last `count` entries are the same.
    pub(super) fn end_alike(&self, other: &Self, count: u64) -> bool {
        let mut pairs = (0..count).zip(self.links().zip(other.links()));
        loop {
            match pairs.next() {
                Some((_, (one, two))) if Arc::ptr_eq(one, two) => return true,
                Some((_, (one, two))) if one.value != two.value => return false,
                Some(_) => {}
                None => return true,
            }
        }
    }
}

impl<V: Clone + Eq + Hash> PartialEq for Entries<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.length, self.hash) == (other.length, other.hash) && self.end_alike(other, self.length)
    }
}

impl<V: Clone + Eq + Hash> Eq for Entries<V> {}

impl<V> Hash for Entries<V> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

impl<V: Debug> Debug for Entries<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries: Vec<&V> = self.backwards().collect();
        entries.reverse();
        f.debug_list().entries(entries).finish()
    }
}

/// Returns `hash` extended by `value`: the same on every machine.
pub(super) fn folded(hash: u64, value: &impl Hash) -> u64 {
    let mut hasher = Folding(hash);
    value.hash(&mut hasher);
    hasher.finish()
}

/// A hasher that continues an earlier hash.
struct Folding(u64);

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = spread(self.0.rotate_left(5) ^ u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        spread(self.0 ^ 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_at_its_place() {
        let mut entries = Entries::new();
        for value in 0..1_000_u32 {
            entries = entries.with(value);
        }
        for place in 0..1_000_u32 {
            assert_eq!(entries.get(place.into()), Some(&place));
        }
        assert_eq!((entries.get(1_000), entries.length()), (None, 1_000));
        assert_eq!(entries.to_vec(), (0..1_000).collect::<Vec<u32>>());
    }

    #[test]
    fn an_early_entry_of_many_is_found_in_few_steps() {
        let mut entries = Entries::new();
        for value in 0..100_000_u32 {
            entries = entries.with(value);
        }
        let mut steps = 0;
        let mut entry = entries.last.as_deref();
        while let Some(it) = entry {
            steps += 1;
            entry = it.farther.as_deref();
        }
        assert!(steps < 20, "{steps} steps back to the first");
    }

    #[test]
    fn what_two_lists_share_is_found_in_few_steps_and_counted_once() {
        let grown = |list: &Entries<u32>, more: u32| {
            (0..more).fold(list.clone(), |all, value| all.with(value))
        };
        for (common, more, others) in [(0, 3, 3), (1, 0, 9), (100, 1, 1), (1_000, 500, 77)] {
            let list = grown(&Entries::new(), common);
            let (one, two) = (grown(&list, more), grown(&list, others));
            assert_eq!((one.shared(&two), two.shared(&one)), (common.into(), common.into()));
            let each = list.with(0).heap(Some(&list));
            assert_eq!(one.heap(None), u64::from(common + more) * each);
            assert_eq!(one.heap(Some(&two)), u64::from(more) * each);
        }
    }

    #[test]
    fn many_entries_are_let_go_of_without_recursion() {
        let mut entries = Entries::new();
        let mut branch = None;
        for value in 0..1_000_000_u32 {
            entries = entries.with(value);
            branch = branch.or_else(|| (value == 500_000).then(|| entries.with(7)));
        }
        drop(entries);
        assert_eq!(branch.as_ref().map(Entries::length), Some(500_002));
    }

    #[test]
    fn lists_are_equal_if_their_entries_are() {
        let of = |values: &[u8]| values.iter().fold(Entries::new(), |all, it| all.with(*it));
        assert_eq!(of(&[1, 2, 3]), of(&[1, 2, 3]));
        assert_ne!(of(&[1, 2, 3]), of(&[3, 2, 1]));
        assert_ne!(of(&[1, 2]), of(&[1, 2, 3]));
        assert!(of(&[1, 2, 3]).end_alike(&of(&[7, 7, 2, 3]), 2));
        assert!(!of(&[1, 2, 3]).end_alike(&of(&[7, 7, 2, 3]), 3));
    }
}
