//! The points of a ring: sorted positions, their owners, and an index to find them by.
//!
//! Model: structure of arrays. `positions` is sorted, equal positions ordered by the owner's rank
//! (that is by node key), so the order is total. `starts[b]` is the first point whose position
//! falls into the b-th of equal stretches of the circle, four points to a stretch on average, so a
//! lookup reads one entry of `starts`, about one cache line of `positions` and one owner, whatever
//! the size of the ring. Memory a point: 8 (position) + 2 (owner) + 1 (index) = 11 bytes up to
//! 65,536 nodes; above that an owner takes 3, so 12; 32-bit rings 7 and 8.
//!
//! Limits: at most [`LIMIT`] points. The index assumes that positions are spread by a hash; a
//! crowd in one stretch costs time there, never a wrong answer. A small change keeps the number of
//! stretches, so that there may be a sixteenth more or fewer than four points to each.

use crate::members::{Committed, Slot};
use crate::owners::{Owners, Renumbering};

/// The most points a ring holds: 2^24, some 180 MB.
pub(crate) const LIMIT: u64 = 1 << 24;

/// How many positions are looked at in one go. The list ends in as many sentinels.
const WINDOW: usize = 8;

/// Points to a stretch of the index.
const STRETCH: usize = 4;

/// A position on a circle of 2^32 or 2^64 places.
pub(crate) trait Position: Copy + Ord {
    const LAST: Self;
    fn narrow(hash: u64) -> Self;
    fn widen(self) -> u64;
    /// The stretch, of `count`, that this position falls into.
    fn stretch(self, count: usize) -> usize;
}

impl Position for u64 {
    const LAST: u64 = u64::MAX;

    #[inline]
    fn narrow(hash: u64) -> u64 {
        hash
    }

    #[inline]
    fn widen(self) -> u64 {
        self
    }

    #[inline]
    fn stretch(self, count: usize) -> usize {
        crate::hash::scale(self, count)
    }
}

impl Position for u32 {
    const LAST: u32 = u32::MAX;

    #[inline]
    fn narrow(hash: u64) -> u32 {
        hash as u32
    }

    #[inline]
    fn widen(self) -> u64 {
        u64::from(self)
    }

    #[inline]
    fn stretch(self, count: usize) -> usize {
        ((u64::from(self) * count as u64) >> 32) as usize
    }
}

/// A point before it stands on the ring: its position and the rank of its owner.
pub(crate) type Point<P> = (P, u32);

#[derive(Clone, Debug)]
pub(crate) struct Points<P> {
    positions: Vec<P>,
    owners: Owners,
    starts: Vec<u32>,
}

impl<P: Position> Points<P> {
    pub(crate) fn empty() -> Points<P> {
        Points::finish(Vec::new(), Owners::with_capacity(0, 0))
    }

    /// A ring of these points, for `nodes` nodes.
    pub(crate) fn build(mut points: Vec<Point<P>>, nodes: usize) -> Points<P> {
        points.sort_unstable();
        let mut positions = Vec::with_capacity(points.len() + WINDOW);
        positions.extend(points.iter().map(|point| point.0));
        let owners = Owners::collect(nodes, points.iter().map(|point| point.1));
        Points::finish(positions, owners)
    }

    /// This ring without the points `dropped` (in old ranks), with the points `added` (in new
    /// ranks), and `ranks` mapping old to new: one pass that copies whole runs. `ranks` keeps the
    /// order of the nodes that stay, as ranks by key do.
    pub(crate) fn merged(
        &self,
        dropped: Vec<Point<P>>,
        added: Vec<Point<P>>,
        ranks: &[u32],
        nodes: usize,
    ) -> Points<P> {
        let len = self.len() + added.len() - dropped.len();
        let mut positions = Vec::with_capacity(len + WINDOW);
        let mut owners = Owners::with_capacity(nodes, len);
        let numbers = Renumbering::new(ranks);
        let splices = self.splices(dropped, added, ranks);
        let mut from = 0;
        for splice in &splices {
            positions.extend_from_slice(&self.positions[from..splice.at]);
            owners.append(&self.owners, from..splice.at, &numbers);
            from = splice.at;
            match splice.insert {
                Some((position, rank)) => {
                    positions.push(position);
                    owners.push(rank);
                }
                None => from += 1,
            }
        }
        positions.extend_from_slice(&self.positions[from..self.len()]);
        owners.append(&self.owners, from..self.len(), &numbers);
        let (ideal, there) = (len / STRETCH, self.starts.len());
        if ideal.abs_diff(there) * 16 > there {
            return Points::finish(positions, owners);
        }
        let starts = self.shifted_starts(&splices);
        positions.resize(len + WINDOW, P::LAST);
        Points { positions, owners, starts }
    }

    /// The index after a few splices, with as many stretches as it has.
    fn shifted_starts(&self, splices: &[Splice<P>]) -> Vec<u32> {
        let stretches = self.starts.len();
        let mut splices = splices.iter().peekable();
        let mut shift: u32 = 0;
        let mut starts = Vec::with_capacity(stretches);
        for (stretch, start) in self.starts.iter().enumerate() {
            let before = |splice: &&Splice<P>| {
                let position = splice.insert.map_or(self.positions[splice.at], |point| point.0);
                position.stretch(stretches) < stretch
            };
            while let Some(splice) = splices.next_if(|splice| before(splice)) {
                shift = shift.wrapping_add(if splice.insert.is_some() { 1 } else { u32::MAX });
            }
            starts.push(start.wrapping_add(shift));
        }
        starts
    }

    /// Where this list is cut open, in order: insertions before the deletion at the same place.
    fn splices(
        &self,
        mut dropped: Vec<Point<P>>,
        mut added: Vec<Point<P>>,
        ranks: &[u32],
    ) -> Vec<Splice<P>> {
        dropped.sort_unstable();
        added.sort_unstable();
        let mut splices = Vec::with_capacity(dropped.len() + added.len());
        for point in added {
            // Of points that share its position it stands behind those of smaller rank. A point
            // that is about to be dropped may stand on either side.
            let mut at = self.first_from(point.0);
            while at < self.len()
                && self.positions[at] == point.0
                && (ranks[self.owner(at).index()] < point.1 || self.is_gone(at, ranks))
            {
                at += 1;
            }
            splices.push(Splice { at, insert: Some(point) });
        }
        let mut free = 0;
        for (position, rank) in dropped {
            let mut at = self.first_from(position).max(free);
            while self.owners.get(at).0 != rank {
                at += 1;
            }
            // A 32-bit ring may hold one point twice; each drop takes one of the two.
            free = at + 1;
            splices.push(Splice { at, insert: None });
        }
        splices.sort_by_key(|splice| (splice.at, splice.insert.is_none()));
        splices
    }

    fn is_gone(&self, at: usize, ranks: &[u32]) -> bool {
        ranks[self.owners.get(at).index()] == Committed::GONE
    }

    /// Seals the list: sentinels for the last window, and the index.
    fn finish(mut positions: Vec<P>, owners: Owners) -> Points<P> {
        let len = positions.len();
        let stretches = (len / STRETCH).max(1);
        let mut starts = Vec::with_capacity(stretches);
        for (at, position) in positions.iter().enumerate() {
            while starts.len() <= position.stretch(stretches) {
                starts.push(at as u32);
            }
        }
        starts.resize(stretches, len as u32);
        positions.resize(len + WINDOW, P::LAST);
        Points { positions, owners, starts }
    }

    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    /// The first point at or behind `position`, or `len` if there is none before the wrap.
    #[inline]
    fn first_from(&self, position: P) -> usize {
        let mut at = self.starts[position.stretch(self.starts.len())] as usize;
        loop {
            // Sentinels are never smaller than a position, so the last window ends the loop.
            let window = &self.positions[at..at + WINDOW];
            let smaller = count_smaller(window, position);
            at += smaller;
            if smaller < WINDOW {
                return at;
            }
        }
    }

    /// The first point at or behind `position`, the first of all after the wrap; zero if there is
    /// none at all. A product in place of a branch: on a small ring one hash in a few wraps.
    #[inline]
    pub(crate) fn next_from(&self, position: P) -> usize {
        let at = self.first_from(position);
        at * usize::from(at < self.len())
    }

    /// The first point at or behind `position`, the first of all after the wrap.
    #[inline]
    pub(crate) fn find(&self, position: P) -> Option<usize> {
        (self.len() > 0).then(|| self.next_from(position))
    }

    #[inline]
    pub(crate) fn owner(&self, at: usize) -> Slot {
        self.owners.get(at)
    }

    #[inline]
    pub(crate) fn position(&self, at: usize) -> P {
        self.positions[at]
    }

    /// All points, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (P, Slot)> + Clone {
        let positions = &self.positions[..self.len()];
        positions.iter().enumerate().map(|(at, position)| (*position, self.owners.get(at)))
    }

    /// The points from one on, once around.
    pub(crate) fn iter_from(&self, at: usize) -> impl Iterator<Item = (P, Slot)> {
        (at..self.len()).chain(0..at).map(|at| (self.positions[at], self.owners.get(at)))
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.positions.capacity() * size_of::<P>()
            + self.owners.bytes()
            + self.starts.capacity() * size_of::<u32>()
    }
}

/// How many of a sorted window stand before `position`: four steps of a binary search, no branch.
#[inline]
fn count_smaller<P: Position>(window: &[P], position: P) -> usize {
    let window: &[P; WINDOW] = window.first_chunk().expect("a window");
    let mut at = 4 * usize::from(window[3] < position);
    at += 2 * usize::from(window[at + 1] < position);
    at += usize::from(window[at] < position);
    at + usize::from(window[at] < position)
}

/// The same points in the same order, however the index is cut.
impl<P: Position> PartialEq for Points<P> {
    fn eq(&self, other: &Points<P>) -> bool {
        self.positions == other.positions && self.owners == other.owners
    }
}

impl<P: Position> Eq for Points<P> {}

/// One cut: before old point `at` a point goes in, or old point `at` goes out.
struct Splice<P> {
    at: usize,
    insert: Option<Point<P>>,
}
