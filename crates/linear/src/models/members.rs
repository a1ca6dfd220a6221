//! The elements of a set, in order, in chunks: a set that was made from another one shares all
//! chunks with it except one.

use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::entries::folded;

/// The elements of a set.
#[derive(Clone)]
pub struct Members<V> {
    /// Each chunk is sorted and not empty, and all its elements precede those of the next chunk.
    chunks: Arc<[Chunk<V>]>,
    count: usize,
    /// The sum of the hashes of all elements.
    hash: u64,
}

type Chunk<V> = Arc<[V]>;

/// A chunk with more elements is split.
const CHUNK_MAX: usize = 64;

/// The bytes in front of a chunk, and the allocator's header of a block.
const BLOCK: usize = 32;

impl<V> Members<V> {
    pub(super) fn new() -> Self {
        Self { chunks: Arc::new([]), count: 0, hash: 0 }
    }

    /// Returns how many elements there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Returns the elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &V> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}

impl<V: Clone + Ord + Hash> Members<V> {
    /// Returns the index of the chunk that contains `value`, or that should contain it.
    fn chunk(&self, value: &V) -> usize {
        self.chunks.partition_point(|chunk| chunk[0] <= *value).saturating_sub(1)
    }

    /// Returns the index of `value` in its chunk, or where it should be inserted.
    fn place(&self, chunk: usize, value: &V) -> Result<usize, usize> {
        self.chunks.get(chunk).map_or(Err(0), |chunk| chunk.binary_search(value))
    }

    pub(super) fn contains(&self, value: &V) -> bool {
        self.place(self.chunk(value), value).is_ok()
    }

    /// Returns these elements and `value`.
    pub(super) fn with(&self, value: &V) -> Self {
        let number = self.chunk(value);
        let Err(place) = self.place(number, value) else { return self.clone() };
        let mut chunk = self.chunks.get(number).map_or(Vec::new(), |chunk| chunk.to_vec());
        chunk.insert(place, value.clone());
        let hash = self.hash.wrapping_add(folded(0, value));
        let rest = if chunk.len() > CHUNK_MAX { chunk.split_off(chunk.len() / 2) } else { vec![] };
        Self { chunks: self.replaced(number, [chunk, rest]), count: self.count + 1, hash }
    }

    /// Returns these elements without `value`.
    pub(super) fn without(&self, value: &V) -> Self {
        let number = self.chunk(value);
        let Ok(place) = self.place(number, value) else { return self.clone() };
        let mut chunk = self.chunks[number].to_vec();
        chunk.remove(place);
        let hash = self.hash.wrapping_sub(folded(0, value));
        Self { chunks: self.replaced(number, [chunk, vec![]]), count: self.count - 1, hash }
    }

    /// Returns the chunks, with the non-empty ones of `new` in place of the chunk `number`.
    fn replaced(&self, number: usize, new: [Vec<V>; 2]) -> Arc<[Chunk<V>]> {
        let before = self.chunks.iter().take(number).cloned();
        let after = self.chunks.iter().skip(number + 1).cloned();
        let new = new.into_iter().filter(|chunk| !chunk.is_empty()).map(Chunk::from);
        before.chain(new).chain(after).collect()
    }

    /// Returns how many bytes the elements take, without the chunks that are stored once for these
    /// and for `beside`.
    pub(super) fn heap(&self, beside: Option<&Self>) -> u64 {
        let is_shared = |chunk: &Chunk<V>| {
            let beside = beside.and_then(|beside| beside.chunks.get(beside.chunk(&chunk[0])));
            beside.is_some_and(|beside| Arc::ptr_eq(beside, chunk))
        };
        let own = self.chunks.iter().filter(|chunk| !is_shared(chunk));
        let bytes: usize = own.map(|chunk| size_of_val(&**chunk) + BLOCK).sum();
        (bytes + size_of_val(&*self.chunks) + BLOCK) as u64
    }
}

impl<V: Clone + Ord + Hash> PartialEq for Members<V> {
    fn eq(&self, other: &Self) -> bool {
        let are_shared = || {
            let mut pairs = self.chunks.iter().zip(&*other.chunks);
            self.chunks.len() == other.chunks.len() && pairs.all(|(one, two)| Arc::ptr_eq(one, two))
        };
        (self.count, self.hash) == (other.count, other.hash)
            && (are_shared() || self.iter().eq(other.iter()))
    }
}

impl<V: Clone + Ord + Hash> Eq for Members<V> {}

impl<V> Hash for Members<V> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

impl<V: Debug> Debug for Members<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn elements_come_and_go_in_any_order() {
        let (mut members, mut plain) = (Members::new(), BTreeSet::new());
        for step in 0..4_000_u32 {
            let value = step.wrapping_mul(2_654_435_761) % 997;
            assert_eq!(members.contains(&value), plain.contains(&value));
            if step % 3 == 2 {
                members = members.without(&value);
                plain.remove(&value);
            } else {
                members = members.with(&value);
                plain.insert(value);
            }
            assert_eq!(members.count(), plain.len());
        }
        assert!(members.iter().eq(&plain), "{members:?}");
        assert!(members.chunks.iter().all(|chunk| (1..=CHUNK_MAX).contains(&chunk.len())));
        let again = plain.iter().rev().fold(Members::new(), |all, value| all.with(value));
        assert_eq!((again.hash, &again), (members.hash, &members));
        let empty = plain.iter().fold(members, |all, value| all.without(value));
        assert_eq!(empty, Members::new());
    }

    #[test]
    fn what_two_sets_share_is_counted_once() {
        let many = (0..10_000_u32).fold(Members::new(), |all, value| all.with(&value));
        let more = many.with(&10_000);
        assert_eq!(
            many.heap(Some(&many)),
            many.heap(None) - 4 * 10_000 - 32 * many.chunks.len() as u64
        );
        let own = more.heap(Some(&many)) - many.heap(Some(&many));
        assert!(own < 64 * 4 + 2 * 32 + 32, "{own} bytes");
    }
}
