//! A long list of slots in as few bytes as will do: two each up to 65,536 nodes, else three,
//! which is enough for the most nodes that a placement holds.

use core::ops::Range;

use crate::members::{Committed, Members, Slot};

/// How a change renumbers the ranks of those that stay.
pub(crate) enum Renumbering<'a> {
    /// All from `first` on move by the same number, the others not at all: one node came or went.
    /// In wrapping arithmetic, so that a list of any width adds it in one instruction.
    Shift { first: u32, by: u32 },
    /// Each rank has its new one listed.
    Listed(&'a [u32]),
}

impl Renumbering<'_> {
    pub(crate) fn new(ranks: &[u32]) -> Renumbering<'_> {
        let kept = ranks.iter().enumerate().filter(|(_, rank)| **rank != Committed::GONE);
        let mut moved = kept.map(|(old, rank)| (old as u32, rank.wrapping_sub(old as u32)));
        let Some((first, by)) = moved.find(|(_, by)| *by != 0) else {
            return Renumbering::Shift { first: u32::MAX, by: 0 };
        };
        if moved.all(|(_, other)| other == by) {
            Renumbering::Shift { first, by }
        } else {
            Renumbering::Listed(ranks)
        }
    }

    pub(crate) fn of(&self, rank: u32) -> u32 {
        match self {
            Renumbering::Shift { first, .. } if rank < *first => rank,
            Renumbering::Shift { by, .. } => rank.wrapping_add(*by),
            Renumbering::Listed(ranks) => ranks[rank as usize],
        }
    }
}

const _: () = assert!(Members::<()>::LIMIT <= 1 << 24, "a rank fits in three bytes");

fn three_bytes(rank: u32) -> [u8; 3] {
    let [low, middle, high, _] = rank.to_le_bytes();
    [low, middle, high]
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    Narrow(Vec<u16>),
    /// Little-endian.
    Wide(Vec<[u8; 3]>),
}

impl Owners {
    /// The number of nodes up to which a slot takes two bytes.
    const NARROW: usize = 1 << 16;

    pub(crate) fn with_capacity(nodes: usize, capacity: usize) -> Owners {
        if nodes <= Owners::NARROW {
            Owners::Narrow(Vec::with_capacity(capacity))
        } else {
            Owners::Wide(Vec::with_capacity(capacity))
        }
    }

    pub(crate) fn collect(nodes: usize, ranks: impl Iterator<Item = u32>) -> Owners {
        if nodes <= Owners::NARROW {
            Owners::Narrow(ranks.map(|rank| rank as u16).collect())
        } else {
            Owners::Wide(ranks.map(three_bytes).collect())
        }
    }

    pub(crate) fn push(&mut self, rank: u32) {
        match self {
            Owners::Narrow(list) => list.push(rank as u16),
            Owners::Wide(list) => list.push(three_bytes(rank)),
        }
    }

    /// Appends a run of another list, every rank renumbered.
    pub(crate) fn append(&mut self, from: &Owners, run: Range<usize>, numbers: &Renumbering<'_>) {
        match (self, from, numbers) {
            (Owners::Narrow(list), Owners::Narrow(old), Renumbering::Shift { first, by }) => {
                let (first, by) = (*first as u16, *by as u16);
                let shifted = |rank: &u16| rank.wrapping_add(if *rank < first { 0 } else { by });
                list.extend(old[run].iter().map(shifted));
            }
            (list, old, _) => run.for_each(|at| list.push(numbers.of(old.get(at).0))),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Owners::Narrow(list) => list.len(),
            Owners::Wide(list) => list.len(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Slot {
        match self {
            Owners::Narrow(list) => Slot(u32::from(list[index])),
            Owners::Wide(list) => {
                let [low, middle, high] = list[index];
                Slot(u32::from_le_bytes([low, middle, high, 0]))
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Owners::Narrow(list) => list.capacity() * 2,
            Owners::Wide(list) => list.capacity() * 3,
        }
    }
}
