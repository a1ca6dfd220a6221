//! Who owns which stretch of the circle of hashes, and what a change of view moves.
//!
//! Model: the hashes are a circle; after [`Ranges::last_hash`] comes zero. A [`KeyRange`] names its
//! first and last hash, both inside it, and wraps when the first is the larger; so it is never
//! empty, and the whole circle is a range too. The ranges of a view cover the circle, each hash
//! once. [`diff`] lays two views over each other: exactly the hashes inside its moves change hands.
//!
//! Limits: a scheme without contiguous ownership (jump, rendezvous, multi-probe, anchor) has no
//! ranges of its own; wrap it in [`Partitioned`](crate::Partitioned).

use crate::members::Slot;
use crate::placement::Placement;

/// A stretch of the circle of hashes, both ends inside, wrapping when `first > last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRange {
    /// The first hash inside.
    pub first: u64,
    /// The last hash inside.
    pub last: u64,
}

impl KeyRange {
    /// Whether a hash lies inside.
    #[must_use]
    pub fn contains(&self, hash: u64) -> bool {
        if self.first <= self.last {
            self.first <= hash && hash <= self.last
        } else {
            hash >= self.first || hash <= self.last
        }
    }

    /// How many hashes lie inside, on a circle that ends at `last_hash`.
    #[must_use]
    pub fn size(&self, last_hash: u64) -> u128 {
        let (first, last) = (u128::from(self.first), u128::from(self.last));
        if first <= last { last - first + 1 } else { u128::from(last_hash) + 1 + last + 1 - first }
    }
}

/// A range and the node that owns it.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnedRange<'a, N> {
    /// The hashes.
    pub range: KeyRange,
    /// Their owner.
    pub node: &'a N,
}

/// A range that changes hands between two views.
#[derive(Debug, PartialEq, Eq)]
pub struct Move<'a, N> {
    /// The hashes.
    pub range: KeyRange,
    /// The owner in the old view; none if that was empty.
    pub from: Option<&'a N>,
    /// The owner in the new view; none if that is empty.
    pub to: Option<&'a N>,
}

/// Two views that place by different rules, so that no set of moved ranges says what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the two views differ in hash or configuration, so every key may have moved")]
pub struct Incomparable;

/// A scheme in which a node owns contiguous ranges of hashes.
pub trait Ranges: Placement {
    /// The largest hash of the circle: `u64::MAX`, or `u32::MAX` for rings of 32 bits.
    fn last_hash(&self) -> u64;

    /// The circle from zero on, cut at every change of owner: the last hash of each piece, and the
    /// owner. Ascending, the last piece ending at [`last_hash`](Ranges::last_hash); empty if there
    /// is no node.
    fn pieces(&self) -> Vec<(u64, Slot)>;

    /// All ranges with their owners, in order of their last hash. Neighbours differ in owner; the
    /// first may be one that wraps.
    fn ranges(&self) -> Vec<OwnedRange<'_, Self::Node>> {
        let pieces = self.pieces().into_iter().map(|(last, slot)| (last, Some(slot)));
        let node = |slot| self.members().node(slot);
        let owned = |(range, slot): (_, Option<Slot>)| {
            slot.map(|slot| OwnedRange { range, node: node(slot) })
        };
        joined(pieces).into_iter().filter_map(owned).collect()
    }

    /// The ranges of the node with this key; none if it is not there.
    fn ranges_of(&self, key: &[u8]) -> Vec<KeyRange> {
        let wanted = self.members().slot(key);
        let pieces = self.pieces().into_iter();
        let marked = pieces.map(|(last, slot)| (last, (Some(slot) == wanted).then_some(())));
        let owned = joined(marked).into_iter().filter(|(_, owned)| owned.is_some());
        owned.map(|(range, _)| range).collect()
    }
}

/// Exactly which ranges move where between two views of one scheme, in order of their last hash.
///
/// # Errors
/// [`Incomparable`] if the views hash or place by different rules.
pub fn diff<'a, S: Ranges>(old: &'a S, new: &'a S) -> Result<Vec<Move<'a, S::Node>>, Incomparable> {
    if !old.same_rules(new) {
        return Err(Incomparable);
    }
    let same = old.members().correspond(new.members());
    let stays = |from: Option<Slot>, to: Option<Slot>| match from {
        Some(from) => same[from.index()] == to && to.is_some(),
        None => to.is_none(),
    };
    let overlay = overlay(&old.pieces(), &new.pieces(), old.last_hash());
    let marked = overlay
        .into_iter()
        .map(|(last, from, to)| (last, (!stays(from, to)).then_some((from, to))));
    let moves = joined(marked).into_iter().filter_map(|(range, moved)| {
        let (from, to) = moved?;
        Some(Move {
            range,
            from: from.map(|slot| old.members().node(slot)),
            to: to.map(|slot| new.members().node(slot)),
        })
    });
    Ok(moves.collect())
}

/// Both lists of pieces, cut wherever either is cut.
fn overlay(
    old: &[(u64, Slot)],
    new: &[(u64, Slot)],
    last_hash: u64,
) -> Vec<(u64, Option<Slot>, Option<Slot>)> {
    let mut cut = Vec::with_capacity(old.len() + new.len());
    let (mut old_at, mut new_at) = (0, 0);
    loop {
        let (from, to) = (old.get(old_at), new.get(new_at));
        let old_last = from.map_or(last_hash, |piece| piece.0);
        let new_last = to.map_or(last_hash, |piece| piece.0);
        let last = old_last.min(new_last);
        cut.push((last, from.map(|piece| piece.1), to.map(|piece| piece.1)));
        if last == last_hash {
            return cut;
        }
        old_at += usize::from(old_last == last);
        new_at += usize::from(new_last == last);
    }
}

/// Pieces of the circle joined to the longest ranges of one mark, around the wrap as well.
fn joined<M: PartialEq>(pieces: impl Iterator<Item = (u64, M)>) -> Vec<(KeyRange, M)> {
    let mut ranges: Vec<(KeyRange, M)> = Vec::new();
    let mut first = 0;
    for (last, mark) in pieces {
        match ranges.last_mut() {
            Some((range, before)) if *before == mark => range.last = last,
            _ => ranges.push((KeyRange { first, last }, mark)),
        }
        first = last.wrapping_add(1);
    }
    if ranges.len() > 1
        && ranges.first().map(|(_, mark)| mark) == ranges.last().map(|(_, mark)| mark)
        && let Some((wrapping, _)) = ranges.pop()
    {
        ranges[0].0.first = wrapping.first;
    }
    ranges
}
